//! Overrides: somebody with a permission of their own answers for a rule that did not pass.

use jiff::Timestamp;

use crate::ports::PortError;

/// A parameter as somebody wrote it last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// What it holds.
    pub value: String,
    /// The ARN of who wrote it, as Parameter Store recorded it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// Reading overrides.
pub trait ReadOverrides {
    /// The parameter of this name, and who wrote it, as Parameter Store says and not the parameter; `None` when there is
    /// none.
    fn written(&self, name: &str) -> impl Future<Output = Result<Option<Written>, PortError>>;
}
