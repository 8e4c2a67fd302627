//! Looks at the stack of a lease, and changes nothing (I13).

use std::collections::BTreeSet;

use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    ids::StackArn,
    lease::record::{Entered, Lease, State},
    ports::{Clock, PortError},
    sweep::{
        decide::{self, Brakes},
        eligible::{Circumstances, Seen},
        pace::Pace,
        policy::Policy,
        ports::{InspectStacks as _, ReadRoles as _, WatchExecutions as _},
        reach::Look,
        stack::{Resource, StackFacts, Standing},
    },
};

/// So many roles, nested stacks and exports of one stack are looked at, at most. They are before the tombstone and again
/// after it, and what a run has no time for would keep it from all else.
const HANGING: usize = 500;

/// What there is under a lease.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Observation {
    /// The stack that is bound, else the live one of the name; `None` when CloudFormation knows none.
    pub stack: Option<Seen>,
    /// An execution that may still deploy it: then the stack is not looked at.
    pub running: Option<Entered>,
}

/// What a run looks through.
#[derive(Debug)]
pub struct Observer<'a, E, C, R> {
    /// The ports.
    pub eyes: &'a E,
    /// How fast.
    pub pace: &'a Pace<'a, C, R>,
    /// What hangs on a stack is looked at only if this would let it be deleted.
    pub policy: &'a Policy,
}

impl<E: Look, C: Clock, R: Fn() -> Uuid> Observer<'_, E, C, R> {
    /// What there is now. Only what the decision needs is looked at: most stacks that are kept cost one call.
    pub async fn observe(&self, lease: &Lease, brakes: &Brakes, now: Timestamp) -> Result<Observation, PortError> {
        if !decide::needs_look(lease, self.policy, brakes, now) {
            return Ok(Observation::default());
        }
        // I6: before the stack. What it deploys to its end shows there afterwards.
        let running = self.running(lease).await?;
        if running.is_some() {
            return Ok(Observation { stack: None, running });
        }
        let stack = match self.facts(lease).await? {
            None => None,
            Some(facts) if decide::hangs_on_more(&facts, lease, self.policy, brakes, now) => {
                Some(self.whole(facts).await?)
            }
            Some(facts) => Some(Seen { facts, circumstances: None }),
        };
        Ok(Observation { stack, running })
    }

    /// The stack of this id, with all that hangs on it.
    pub async fn again(&self, id: &StackArn) -> Result<Option<Seen>, PortError> {
        match self.pace.call(self.eyes.stacks().by_id(id)).await? {
            Some(facts) if facts.status.standing() != Standing::Deleted => Ok(Some(self.whole(facts).await?)),
            Some(facts) => Ok(Some(Seen { facts, circumstances: None })),
            None => Ok(None),
        }
    }

    /// Only a lease that is not in use any more is ever closed, and behind the tombstone no execution is left.
    async fn running(&self, lease: &Lease) -> Result<Option<Entered>, PortError> {
        let may_be_closed = matches!(lease.state, State::Dirty { .. });
        for entered in lease.executions.iter().filter(|_| may_be_closed) {
            if self.eyes.executions().is_running(entered).await? {
                return Ok(Some(entered.clone()));
            }
        }
        Ok(None)
    }

    async fn facts(&self, lease: &Lease) -> Result<Option<StackFacts>, PortError> {
        let stacks = self.eyes.stacks();
        match (&lease.bound, &lease.state) {
            // I5: a stack that is bound is only ever looked at by its ARN, and only if it is the lease's.
            (Some(id), _) if !self.policy.place.has(id, &lease.stack) => Ok(None),
            (Some(id), _) => self.pace.call(stacks.by_id(id)).await,
            (None, State::Held { .. }) => Ok(None),
            (None, _) => self.pace.call(stacks.by_name(&lease.stack)).await,
        }
    }

    async fn whole(&self, facts: StackFacts) -> Result<Seen, PortError> {
        let mut circumstances = Circumstances::default();
        let (mut ahead, mut met) = (vec![facts.clone()], BTreeSet::from([facts.id.clone()]));
        while let Some(stack) = ahead.pop() {
            let resources = self.pace.call(self.eyes.stacks().resources(&stack.id)).await?;
            let nested: Vec<StackArn> = nested(&resources)?.into_iter().filter(|id| met.insert(id.clone())).collect();
            let roles = there(&resources, "AWS::IAM::Role").count();
            bounded(&facts, met.len() + roles + stack.exports.len() + circumstances.looks())?;
            for nested in nested {
                ahead.push(self.nested(&nested).await?);
            }
            self.roles(&resources, &mut circumstances).await?;
            for export in &stack.exports {
                let importers = self.pace.call(self.eyes.stacks().importers(export)).await?;
                circumstances.importers.insert(export.clone(), importers);
            }
            circumstances.resources.extend(resources);
        }
        Ok(Seen { facts, circumstances: Some(circumstances) })
    }

    async fn nested(&self, id: &StackArn) -> Result<StackFacts, PortError> {
        let missing = || PortError::NotFound { what: format!("nested stack {id}") };
        self.pace.call(self.eyes.stacks().by_id(id)).await?.ok_or_else(missing)
    }

    async fn roles(&self, resources: &[Resource], circumstances: &mut Circumstances) -> Result<(), PortError> {
        for role in there(resources, "AWS::IAM::Role") {
            let policy = self.pace.call(self.eyes.roles().trust_policy(&role.physical)).await?;
            // One that could not be made or deleted need not exist. If it does, it may be somebody else's of that name.
            if policy.is_some() || !role.status.ends_with("_FAILED") {
                circumstances.trusts.insert(role.physical.clone(), policy);
            }
        }
        Ok(())
    }
}

fn bounded(facts: &StackFacts, looks: usize) -> Result<(), PortError> {
    if looks <= HANGING {
        return Ok(());
    }
    let why = format!("more than {HANGING} roles, nested stacks and exports hang on it: a run has no time for so many");
    Err(PortError::Unusable { what: format!("stack {}", facts.id), why })
}

/// The resources of this type that exist.
fn there<'a>(resources: &'a [Resource], kind: &'a str) -> impl Iterator<Item = &'a Resource> {
    let exists = |resource: &&Resource| !resource.physical.is_empty() && resource.status != "DELETE_COMPLETE";
    resources.iter().filter(move |resource| resource.kind == kind).filter(exists)
}

fn nested(resources: &[Resource]) -> Result<Vec<StackArn>, PortError> {
    let arn = |nested: &Resource| {
        nested.physical.parse().map_err(|error| PortError::Unusable {
            what: format!("nested stack {}", nested.logical),
            why: format!("{error}"),
        })
    };
    there(resources, "AWS::CloudFormation::Stack").map(arn).collect()
}
