//! What a run is to do: steps in order, within the limits of a run. Made of reads alone (I13).

use futures_util::future::join_all;
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    ids::StackName,
    lease::{record::Lease, store::ReadLeases as _},
    ports::{Clock, Parameter, PortError, ReadParameters},
    sweep::{
        adopt,
        decide::{Brakes, Reason, Step, decide, is_due},
        keep::Keep,
        observe::{Observation, Observer},
        policy,
        ports::InspectStacks as _,
        reach::Look,
        report::{Entry, Outcome},
        stack::StackFacts,
    },
    text,
};

/// A lease, and what there is under it.
type Looked = (Lease, Result<Observation, PortError>);

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

    /// Whether sweep could not look although there was time to: it lacks a permission, or does not understand what it sees.
    pub fn is_blind(&self) -> bool {
        matches!(&self.step.reason, Reason::Kept(Keep::Unreadable(error)) if !matches!(error, PortError::Throttled { .. }))
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
        Ok(Some(Parameter::Plain(value))) if text::is_word(&value) => format!("is {value:?}"),
        Ok(Some(Parameter::Plain(_))) => "is something else".to_owned(),
        Ok(Some(Parameter::Secret)) => "is a secret".to_owned(),
        Ok(None) => "does not exist".to_owned(),
        Err(error) => format!("could not be read: {error}"),
    };
    Some(format!("the parameter {name} {why}; stacks are deleted while it is exactly {:?}", policy::ALLOWED))
}

impl<E: Look, C: Clock, R: Fn() -> Uuid> Observer<'_, E, C, R> {
    /// The steps for these names, in their order; none for those about which there is nothing to decide. All are looked
    /// at together, and decided one after the other: the brakes let go of the oldest first (I12).
    pub async fn plan(&self, names: &[StackName], brakes: &mut Brakes, now: Timestamp) -> Vec<Planned> {
        let looks = join_all(names.iter().map(|name| self.look(name, brakes, now))).await;
        let mut plan = vec![];
        for (name, look) in names.iter().zip(looks) {
            plan.extend(match look {
                Ok(look) => look.and_then(|(lease, seen)| self.decide(lease, &seen, brakes, now)),
                Err(error) => Some(Planned::unread(name.clone(), Keep::Unreadable(error))),
            });
        }
        plan
    }

    /// The lease of this name, if it is due, and what there is under it.
    async fn look(&self, stack: &StackName, brakes: &Brakes, now: Timestamp) -> Result<Option<Looked>, PortError> {
        let Some(lease) = self.eyes.leases().lease(stack).await?.filter(|lease| is_due(lease, self.policy, now)) else {
            return Ok(None);
        };
        let seen = self.observe(&lease, brakes, now).await;
        Ok(Some((lease, seen)))
    }

    fn decide(
        &self,
        lease: Lease,
        seen: &Result<Observation, PortError>,
        brakes: &mut Brakes,
        now: Timestamp,
    ) -> Option<Planned> {
        let step = decide(&lease, seen, self.policy, brakes, now)?;
        brakes.left = brakes.left.saturating_sub(usize::from(step.is_expiry()));
        Some(Planned { stack: lease.stack.clone(), lease: Some(lease), step })
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

/// How many expired stacks are kept for the limit's sake.
pub fn over_limit(all: &[Planned]) -> usize {
    all.iter().filter(|planned| matches!(planned.step.reason, Reason::Kept(Keep::OverLimit(_)))).count()
}
