//! Parameter Store.

use crate::ports::PortError;

/// What a parameter holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parameter {
    /// This text.
    Plain(String),
    /// A secret (a `SecureString`), which is not read: what we read goes into artifacts, records and messages.
    Secret,
}

/// Reading parameters.
pub trait ReadParameters {
    /// The parameter of this name, `None` when there is none.
    fn parameter(&self, name: &str) -> impl Future<Output = Result<Option<Parameter>, PortError>>;
}
