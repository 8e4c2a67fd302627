//! Where stacks are, and whose they are.

use crate::ids::{StackArn, StackName};

/// The account and region that a state table is about, and the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// The service whose stacks these are.
    pub service: String,
}

impl Place {
    /// The place of Flowgate's own stack, for this service.
    pub fn of(own_stack: &StackArn, service: &str) -> Self {
        Self {
            account: own_stack.account().to_owned(),
            region: own_stack.region().to_owned(),
            service: service.to_owned(),
        }
    }

    /// Whether this id is of a stack of this name, here (I5).
    pub fn has(&self, id: &StackArn, stack: &StackName) -> bool {
        id.account() == self.account && id.region() == self.region && id.name() == *stack
    }
}
