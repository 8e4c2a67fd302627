//! What a run is to do: steps in order, within the limits of a run. Made of reads alone (I13).

use futures_util::future::join_all;
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    ids::StackName,
    lease::{record::Lease, store::ReadLeases as _},
    ports::{Clock, Parameter, ReadParameters},
    sweep::{
        adopt,
        decide::{Brakes, Reason, Step, decide, is_due},
        keep::Keep,
        observe::Observer,
        policy::{self, Policy},
        ports::InspectStacks as _,
        reach::Look,
        report::{Entry, Outcome},
        stack::StackFacts,
    },
};

/// A step, and what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The stack's name.
    pub stack: StackName,
    /// Its lease as it was seen.
    pub lease: Option<Lease>,
    /// What to do.
    pub step: Step,
}

impl Planned {
    /// Nothing is done about this stack, of which no lease was read.
    pub fn unread(stack: StackName, why: Keep) -> Self {
        Self { stack, lease: None, step: Step::keep(why) }
    }

    /// The report's line about it.
    pub fn entry(&self, outcome: Outcome) -> Entry {
        let lease = self.lease.as_ref();
        let is_read = !matches!(self.step.reason, Reason::Kept(Keep::Late | Keep::Unreadable(_)));
        let none = if is_read { "FREE" } else { "UNKNOWN" };
        Entry {
            stack: self.stack.clone(),
            state: lease.map_or(none, |lease| lease.state.name()),
            token: lease.map(|lease| lease.token),
            stack_id: lease.and_then(|lease| lease.bound.clone()),
            step: self.step.doing,
            reason: self.step.reason.to_string(),
            outcome,
            detail: None,
        }
    }
}

/// I12: why nothing may be deleted in this run; unreadable means stop.
pub async fn stopped(switch: &impl ReadParameters, service: &str) -> Option<String> {
    let name = policy::switch(service);
    let why = match switch.parameter(&name).await {
        Ok(Some(Parameter::Plain(value))) if value == policy::ALLOWED => return None,
        Ok(Some(Parameter::Plain(value))) => format!("is {value:?}"),
        Ok(Some(Parameter::Secret)) => "is a secret".to_owned(),
        Ok(None) => "does not exist".to_owned(),
        Err(error) => format!("could not be read: {error}"),
    };
    Some(format!("the parameter {name} {why}; stacks are deleted while it is exactly {:?}", policy::ALLOWED))
}

impl<E: Look, C: Clock, R: Fn() -> Uuid> Observer<'_, E, C, R> {
    /// The steps for these names, in their order; none for those about which there is nothing to decide.
    pub async fn plan(&self, names: &[StackName], brakes: &mut Brakes, now: Timestamp) -> Vec<Planned> {
        let all = join_all(names.iter().map(|name| self.one(name, brakes, now))).await;
        limited(all.into_iter().flatten().collect(), brakes, self.policy)
    }

    async fn one(&self, stack: &StackName, brakes: &Brakes, now: Timestamp) -> Option<Planned> {
        let lease = match self.eyes.leases().lease(stack).await {
            Ok(lease) => lease?,
            Err(error) => return Some(Planned::unread(stack.clone(), Keep::Unreadable(error))),
        };
        if !is_due(&lease, self.policy, now) {
            return None;
        }
        let seen = self.observe(&lease, brakes, now).await;
        let step = decide(&lease, &seen, self.policy, brakes, now)?;
        Some(Planned { stack: stack.clone(), lease: Some(lease), step })
    }

    /// The step for a stack of a listing.
    pub async fn adoption(&self, listed: &StackFacts, now: Timestamp) -> Option<Planned> {
        let (stack, id) = (listed.id.name(), &listed.id);
        let lease = match self.eyes.leases().lease(&stack).await {
            Ok(lease) => lease,
            Err(error) => return Some(Planned::unread(stack, Keep::Unreadable(error))),
        };
        if !adopt::is_free(lease.as_ref(), id) {
            return None;
        }
        let step = match self.pace.call(self.eyes.stacks().by_id(id)).await {
            Ok(facts) => adopt::decide(&facts?, lease.as_ref(), self.policy, now)?,
            Err(error) => Step::keep(Keep::Unreadable(error)),
        };
        Some(Planned { stack, lease, step })
    }
}

/// I12: so many expired stacks are deleted and no more; the others are kept for now.
fn limited(all: Vec<Planned>, brakes: &mut Brakes, policy: &Policy) -> Vec<Planned> {
    let mut limit = |planned: Planned| {
        if !planned.step.is_expiry() {
            return planned;
        }
        match brakes.left.checked_sub(1) {
            Some(left) => {
                brakes.left = left;
                planned
            }
            None => Planned { step: Step::keep(Keep::OverLimit(policy.max_deletes)), ..planned },
        }
    };
    all.into_iter().map(&mut limit).collect()
}

/// How many expired stacks are kept for the limit's sake.
pub fn over_limit(all: &[Planned]) -> usize {
    all.iter().filter(|planned| matches!(planned.step.reason, Reason::Kept(Keep::OverLimit(_)))).count()
}
