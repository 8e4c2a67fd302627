//! CloudFormation stacks.

use std::collections::BTreeMap;

use crate::{ids::StackName, ports::PortError};

/// A stack, as far as a decision needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stack {
    /// CloudFormation's status, such as `UPDATE_COMPLETE`.
    pub status: String,
    /// The template's outputs.
    pub outputs: BTreeMap<String, String>,
    /// The stack's tags.
    pub tags: BTreeMap<String, String>,
}

/// Reading stacks.
pub trait ReadStacks {
    /// The stack of this name, or [`PortError::NotFound`].
    fn describe(&self, name: &StackName) -> impl Future<Output = Result<Stack, PortError>>;
}

impl<T: ReadStacks> ReadStacks for &T {
    fn describe(&self, name: &StackName) -> impl Future<Output = Result<Stack, PortError>> {
        T::describe(self, name)
    }
}
