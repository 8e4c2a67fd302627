//! Entering: only the latest claim's execution, and only once the stack has come to rest.

use jiff::{SignedDuration, Timestamp};

use super::Leases;
use crate::{
    ids::{Nonce, StackName},
    lease::{
        due::later,
        record::{Entered, Lease},
        refusal::Refusal,
        request::Enter,
        store::{FindLeases, ReadLeases, WriteLeases},
        transition,
    },
    ports::{Clock, PortError, Retry, patiently},
    sweep::{
        ports::InspectStacks,
        stack::{StackStatus, Standing},
    },
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
        self.is_watched(&enter.entered)?;
        let limit = later(self.clock.now(), LONGEST).min(until);
        loop {
            // Anew after each pause: who waits is superseded by a newer claim like everybody else.
            let lease =
                self.change(&enter.stack, until, |standing, moment| transition::enter(standing, enter, moment)).await?;
            let Some(status) = self.status(&enter.stack, until).await? else { return Ok(lease) };
            if is_at_rest(&lease.stack, &status)? {
                return Ok(lease);
            }
            let next = later(self.clock.now(), PAUSE);
            if next >= limit {
                return Err(busy(&lease.stack, &status, "and was not done in time; retry when it is"));
            }
            self.clock.sleep_until(next).await;
        }
    }

    async fn status(&self, stack: &StackName, until: Timestamp) -> Result<Option<StackStatus>, PortError> {
        let found = patiently(self.clock, until, Retry::Anything, async || self.stacks.by_name(stack).await).await?;
        Ok(found.map(|facts| facts.status))
    }

    /// I6: one that nobody may ask about could never be seen to have ended.
    fn is_watched(&self, Entered { pipeline, .. }: &Entered) -> Result<(), Refusal> {
        let service = &self.place.service;
        if pipeline.strip_prefix(service.as_str()).is_some_and(|rest| rest.starts_with('-')) {
            return Ok(());
        }
        Err(Refusal::BadRequest(format!(
            "pipeline: {pipeline} is not named {service}-…, and only of such ones sweep may ask whether they have ended"
        )))
    }
}

/// Whether a stack can be deployed; no use waiting where nothing goes on.
fn is_at_rest(stack: &StackName, status: &StackStatus) -> Result<bool, Refusal> {
    match status.standing() {
        Standing::Settled | Standing::DeleteFailed | Standing::Deleted => Ok(true),
        Standing::InProgress | Standing::Deleting => Ok(false),
        Standing::Untouchable => Err(busy(stack, status, "which does not pass by itself; see to it, then retry")),
    }
}

fn busy(stack: &StackName, StackStatus(status): &StackStatus, then: &str) -> Refusal {
    Refusal::Busy { stack: stack.clone(), why: format!("is {status}, {then}") }
}
