//! The leases that a preview takes, by the code that leases are changed with everywhere.

use jiff::Timestamp;

use crate::{
    ids::{FencingToken, Nonce, StackName},
    lease::{
        perform::Leases,
        record::Lease,
        refusal::Refusal,
        request::{Claim, Release, Request},
        store::{FindLeases, ReadLeases, WriteLeases},
        view::Answer,
    },
    ports::{Clock, PortError, Retry, patiently},
    preview::ports::UseStacks,
    sweep::{
        ports::{InspectStacks, WatchExecutions},
        stack::StackFacts,
    },
};

impl<C, S, I, E, N> UseStacks for Leases<'_, C, S, I, E, N>
where
    C: Clock,
    S: ReadLeases + FindLeases + WriteLeases,
    I: InspectStacks,
    E: WatchExecutions,
    N: Fn() -> Nonce,
{
    async fn lease(&self, stack: &StackName, until: Timestamp) -> Result<Option<Lease>, PortError> {
        patiently(self.clock, until, Retry::Anything, async || self.store.lease(stack).await).await
    }

    async fn stack(&self, stack: &StackName, until: Timestamp) -> Result<Option<StackFacts>, PortError> {
        patiently(self.clock, until, Retry::Anything, async || self.stacks.by_name(stack).await).await
    }

    async fn claim(&self, claim: Claim, until: Timestamp) -> Result<FencingToken, Refusal> {
        match self.handle(Request::Claim(claim), until).await? {
            Answer::Lease(view) => Ok(view.token),
            Answer::Leases { .. } => unreachable!("a claim is answered with its lease"),
        }
    }

    async fn release(&self, release: Release, until: Timestamp) -> Result<(), Refusal> {
        self.handle(Request::Release(release), until).await.map(drop)
    }
}
