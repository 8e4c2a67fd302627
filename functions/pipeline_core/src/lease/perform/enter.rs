//! Entering: only the latest claim's execution, and only once the stack has come to rest.

use jiff::{SignedDuration, Timestamp};

use super::Leases;
use crate::{
    ids::{Nonce, StackName},
    lease::{
        due::later,
        record::Lease,
        refusal::Refusal,
        request::Enter,
        store::{FindLeases, ReadLeases, WriteLeases},
        transition,
    },
    ports::{Clock, PortError, Retry, patiently},
    sweep::{ports::InspectStacks, stack::StackStatus},
};

/// Between two looks at a stack that is busy.
const PAUSE: SignedDuration = SignedDuration::from_secs(15);
/// The longest wait for it.
const LONGEST: SignedDuration = SignedDuration::from_mins(10);

impl<C, S, I, N> Leases<'_, C, S, I, N>
where
    C: Clock,
    S: ReadLeases + FindLeases + WriteLeases,
    I: InspectStacks,
    N: Fn() -> Nonce,
{
    pub(super) async fn enter(&self, enter: &Enter, until: Timestamp) -> Result<Lease, Refusal> {
        let limit = later(self.clock.now(), LONGEST).min(until);
        loop {
            // Anew after each pause: who waits is superseded by a newer claim like everybody else.
            let lease =
                self.change(&enter.stack, until, |standing, moment| transition::enter(standing, enter, moment)).await?;
            let Some(status) = self.busy(&enter.stack, until).await? else { return Ok(lease) };
            let next = later(self.clock.now(), PAUSE);
            if next >= limit {
                return Err(Refusal::Busy { stack: lease.stack, status: status.0 });
            }
            self.clock.sleep_until(next).await;
        }
    }

    async fn busy(&self, stack: &StackName, until: Timestamp) -> Result<Option<StackStatus>, PortError> {
        let found = patiently(self.clock, until, Retry::Anything, async || self.stacks.by_name(stack).await).await?;
        Ok(found.map(|facts| facts.status).filter(|status| status.0.ends_with("_IN_PROGRESS")))
    }
}
