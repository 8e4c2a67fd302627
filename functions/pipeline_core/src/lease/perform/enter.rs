//! Entering: only the latest claim's execution, only once no other is in, and only once the stack has come to rest.

use std::cell::Cell;

use jiff::{SignedDuration, Timestamp};

use super::Leases;
use crate::{
    ids::{Nonce, StackName},
    lease::{
        due::later,
        record::{Entered, Lease},
        refusal::Refusal,
        request::Enter,
        store::{Committed, FindLeases, ReadLeases, WriteLeases},
        transition::{self, Change},
    },
    ports::{Clock, PortError, Retry, patiently},
    sweep::{
        ports::{InspectStacks, WatchExecutions},
        stack::{StackStatus, Standing},
    },
};

/// Between two looks at what is in the way.
const PAUSE: SignedDuration = SignedDuration::from_secs(15);

/// Whether an execution was let in.
#[expect(clippy::large_enum_variant, reason = "there is one at a time, and it is taken apart at once")]
enum Attempt {
    In(Lease),
    /// Something that passes by itself is in the way: this.
    Later(String),
}

impl<C, S, I, E, N> Leases<'_, C, S, I, E, N>
where
    C: Clock,
    S: ReadLeases + FindLeases + WriteLeases,
    I: InspectStacks,
    E: WatchExecutions,
    N: Fn() -> Nonce,
{
    pub(super) async fn enter(&self, enter: &Enter, until: Timestamp) -> Result<Lease, Refusal> {
        self.is_watched(&enter.entered)?;
        loop {
            let why = match self.attempt(enter, until).await? {
                Attempt::In(lease) => return Ok(lease),
                Attempt::Later(why) => why,
            };
            let next = later(self.clock.now(), PAUSE);
            if next >= until {
                return Err(Refusal::Busy { stack: enter.stack.clone(), why, passes: true });
            }
            self.clock.sleep_until(next).await;
        }
    }

    /// Everything anew each time: who waits is superseded by a newer claim like everybody else.
    async fn attempt(&self, enter: &Enter, until: Timestamp) -> Result<Attempt, Refusal> {
        let standing = self.read(&enter.stack, until).await?;
        let decide = |standing: Option<&Lease>| transition::enter(standing, enter, &self.moment(false));
        // Who may not enter at all does not wait for it.
        decide(standing.as_ref())?;
        let executions = standing.iter().flat_map(|lease| &lease.executions);
        let others: Vec<&Entered> = executions.filter(|other| **other != enter.entered).collect();
        if let Some(why) = self.in_the_way(&others, &enter.stack, until).await? {
            return Ok(Attempt::Later(why));
        }
        match decide(standing.as_ref())? {
            Change::Stands(lease) => Ok(Attempt::In(lease)),
            Change::Write(next) => self.admit(standing.as_ref(), next, until).await,
        }
    }

    /// I6: only in place of the record whose executions were seen to have ended. So of all that ask, one is let in.
    async fn admit(&self, seen: Option<&Lease>, next: Lease, until: Timestamp) -> Result<Attempt, Refusal> {
        Ok(match self.write(seen, &next, &Cell::new(false), until).await? {
            Committed::Ours => Attempt::In(next),
            Committed::Theirs(_) => Attempt::Later("was changed by others each time; retry".to_owned()),
        })
    }

    /// First the executions: what one of them deployed to its end shows in the stack afterwards.
    async fn in_the_way(
        &self,
        others: &[&Entered],
        stack: &StackName,
        until: Timestamp,
    ) -> Result<Option<String>, Refusal> {
        for other in others {
            let ask = async || self.executions.is_running(other).await;
            if patiently(self.clock, until, Retry::Anything, ask).await? {
                return Ok(Some(occupied(other)));
            }
        }
        let status = self.status(stack, until).await?;
        status.map_or(Ok(None), |status| unrest(stack, &status))
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
            "pipeline: {pipeline} is not named {service}-…, and only of such ones anybody may ask whether they have ended"
        )))
    }
}

fn occupied(Entered { pipeline, execution }: &Entered) -> String {
    format!(
        "may still be deployed by execution {execution} of {pipeline}, which had not ended in time; retry when it has"
    )
}

/// What goes on with a stack; no use waiting where nothing does.
fn unrest(stack: &StackName, status: &StackStatus) -> Result<Option<String>, Refusal> {
    let StackStatus(name) = status;
    match status.standing() {
        Standing::Settled | Standing::DeleteFailed | Standing::Deleted => Ok(None),
        Standing::InProgress | Standing::Deleting => {
            Ok(Some(format!("is {name}, and was not done in time; retry when it is")))
        }
        Standing::Untouchable => {
            let why = format!("is {name}, which does not pass by itself; see to it, then retry");
            Err(Refusal::Busy { stack: stack.clone(), why, passes: false })
        }
    }
}
