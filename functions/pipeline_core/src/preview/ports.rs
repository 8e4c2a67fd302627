//! What previews need of the world, beside leases and stacks.

use jiff::Timestamp;

use crate::{
    ids::{ExecutionId, FencingToken, Holder, StackName},
    lease::{
        record::Lease,
        refusal::Refusal,
        request::{Claim, Release},
    },
    ports::PortError,
    preview::{
        record::{Head, Preview, Tokens},
        slots::Slots,
        subject::Subject,
    },
    sweep::stack::StackFacts,
};

/// Reading previews.
pub trait ReadPreviews {
    /// The preview's record, read consistently.
    fn preview(&self, subject: &Subject) -> impl Future<Output = Result<Option<Preview>, PortError>>;
}

/// Finding previews.
pub trait FindPreviews {
    /// Up to `limit` that are due at `now`, the oldest first.
    fn due(&self, now: Timestamp, limit: usize) -> impl Future<Output = Result<Vec<Subject>, PortError>>;
    /// All that anything is left to do for, due or not.
    fn active(&self) -> impl Future<Output = Result<Vec<Subject>, PortError>>;
}

/// Writing previews.
pub trait WritePreviews {
    /// Writes `next` if `seen` still stands, as its nonce tells. I8: an answer that got lost was ours if what stands has
    /// the nonce of `next`.
    fn replace(
        &self,
        seen: Option<&Preview>,
        next: &Preview,
    ) -> impl Future<Output = Result<Replaced<Preview>, PortError>>;
}

/// The stacks of previews and their leases.
pub trait UseStacks {
    /// The lease on this name, read consistently.
    fn lease(&self, stack: &StackName, until: Timestamp) -> impl Future<Output = Result<Option<Lease>, PortError>>;
    /// The live stack of this name.
    fn stack(&self, stack: &StackName, until: Timestamp)
    -> impl Future<Output = Result<Option<StackFacts>, PortError>>;
    /// Claims a name; the same claim again gives the same token.
    fn claim(&self, claim: Claim, until: Timestamp) -> impl Future<Output = Result<FencingToken, Refusal>>;
    /// Gives a name back.
    fn release(&self, release: Release, until: Timestamp) -> impl Future<Output = Result<(), Refusal>>;
}

/// The record of who has a place.
pub trait KeepSlots {
    /// It, read consistently; empty before anybody had one.
    fn slots(&self) -> impl Future<Output = Result<Slots, PortError>>;
    /// Writes `next` if `seen` still stands, as its nonce tells.
    fn replace_slots(&self, seen: &Slots, next: &Slots) -> impl Future<Output = Result<Replaced<Slots>, PortError>>;
}

/// What became of a conditional write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replaced<T> {
    /// It was done.
    Done,
    /// Something else stands there; `None` where nothing does.
    Conflict(Option<T>),
}

/// What an execution of the preview pipeline is started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// What it is for.
    pub subject: Subject,
    /// The service's stack.
    pub stack: StackName,
    /// The tests' stack.
    pub tests_stack: StackName,
    /// The claims that they are deployed under.
    pub tokens: Tokens,
    /// What is deployed.
    pub head: Head,
    /// The claims' holder: started again with it, it is the same execution.
    pub holder: Holder,
}

/// Starting and stopping executions of the preview pipeline.
pub trait RunPreviews {
    /// Starts one; `None` while as many run as may.
    fn start(&self, start: &Start) -> impl Future<Output = Result<Option<ExecutionId>, PortError>>;
    /// Has one stop when what it is at has ended, so that nothing of it goes on unseen; one that stops already, or has
    /// ended, is left alone.
    fn stop(&self, execution: &ExecutionId, reason: &str) -> impl Future<Output = Result<(), PortError>>;
}

/// Telling whoever shows previews to people.
pub trait Announce {
    /// That this version of the record stands.
    fn changed(&self, preview: &Preview) -> impl Future<Output = Result<(), PortError>>;
}
