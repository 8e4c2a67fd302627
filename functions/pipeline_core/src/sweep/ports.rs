//! What sweep needs of the world, beside leases: traits that only look, and apart from them those that delete.

use crate::{
    ids::{StackArn, StackName},
    lease::record::Entered,
    ports::PortError,
    sweep::stack::{Resource, StackFacts},
};

/// Looking at stacks.
pub trait InspectStacks {
    /// The stack of this id, also when it is deleted; `None` when CloudFormation knows no such stack (any more).
    fn by_id(&self, id: &StackArn) -> impl Future<Output = Result<Option<StackFacts>, PortError>>;
    /// The live stack of this name, if there is one.
    fn by_name(&self, name: &StackName) -> impl Future<Output = Result<Option<StackFacts>, PortError>>;
    /// All resources of a stack.
    fn resources(&self, id: &StackArn) -> impl Future<Output = Result<Vec<Resource>, PortError>>;
    /// The names of the stacks that import this export.
    fn importers(&self, export: &str) -> impl Future<Output = Result<Vec<String>, PortError>>;
}

/// Looking through all stacks of the account and region.
pub trait ListStacks {
    /// Those that are there. An error, also one on a later page, is an error of the whole (I10).
    fn stacks(&self) -> impl Future<Output = Result<Vec<StackFacts>, PortError>>;
}

/// Looking at IAM roles.
pub trait ReadRoles {
    /// The trust policy of the role of this name, as JSON; `None` when there is no such role.
    fn trust_policy(&self, role: &str) -> impl Future<Output = Result<Option<String>, PortError>>;
}

/// Looking at pipeline executions.
pub trait WatchExecutions {
    /// Whether it may still deploy something.
    fn is_running(&self, entered: &Entered) -> impl Future<Output = Result<bool, PortError>>;
}

/// Looking at buckets.
pub trait ReadBuckets {
    /// The value of the bucket's tag `aws:cloudformation:stack-id`.
    fn owner(&self, bucket: &str) -> impl Future<Output = Result<Option<String>, PortError>>;
}

/// Emptying buckets.
pub trait EmptyBuckets {
    /// Deletes some of a bucket's objects, in all their versions; says whether it is empty now.
    fn empty(&self, bucket: &str) -> impl Future<Output = Result<bool, PortError>>;
}

/// Deleting stacks.
pub trait DeleteStacks {
    /// Asks for the deletion of the stack of this id, once for each request token. [`PortError::Unusable`] is
    /// CloudFormation's refusal, such as of a protected stack or of a role that is gone.
    fn delete(&self, id: &StackArn, request_token: &str) -> impl Future<Output = Result<(), PortError>>;
}

/// Telling people.
pub trait Tell {
    /// Sends them one message. The subject is ASCII, fewer than 100 characters.
    fn tell(&self, subject: &str, text: &str) -> impl Future<Output = Result<(), PortError>>;
}
