//! Why nothing became of a developer's stack.

/// What was asked for cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::cli) enum DevError {
    #[error("{name} has no stack of service {service}; `flowgate dev up` makes one")]
    None { service: String, name: String },
    #[error("stack {0} has no functions")]
    NoFunctions(String),
    #[error("stack {stack} has no function {asked}; it has {}", there.join(", "))]
    NoFunction { stack: String, asked: String, there: Vec<String> },
    #[error("stack {stack} has several functions, name one: {}", there.join(", "))]
    Several { stack: String, there: Vec<String> },
    #[error("stack {stack} is not there yet: {why}")]
    NotThere { stack: String, why: String },
}
