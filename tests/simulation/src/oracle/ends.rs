//! I15: once faults have stopped, everything that may be deleted is.

use pipeline_core::{
    ids::StackArn,
    lease::record::{Lease, State},
};

use super::{Oracle, ensure, eyes::objection};
use crate::{
    cloud::{Cloud, Stack},
    op::state,
    scenario::NAMES,
    world::World,
};

impl Oracle {
    /// What should be gone and is not.
    pub(crate) fn left_over(world: &World) -> Option<String> {
        let cloud = world.cloud.borrow();
        let lease = cloud.leases.values().map(|record| &record.lease).find(|lease| !is_settled(&cloud, lease));
        if let Some(lease) = lease {
            return Some(format!("the lease of {} is {}", lease.stack, state(lease)));
        }
        let stray = cloud.stacks.iter().filter(|stack| NAMES.contains(&stack.name.as_str()) && stack.is_live());
        stray
            .filter(|stack| is_free(&cloud, stack))
            .find(|stack| is_eligible(&cloud, stack))
            .map(|stack| format!("{} has no lease", stack.facts.id))
    }

    /// Nothing is under way any more, and a sweeper still waits for something.
    pub(crate) fn check_hanging(&mut self, hangs: bool) {
        self.judge(ensure(!hangs, "I15", || "sweep waits for what never comes".to_owned()));
    }

    /// At the very end.
    pub(crate) fn check_end(&mut self, world: &World, runs: usize) {
        let left = Self::left_over(world);
        let checked =
            ensure(left.is_none(), "I15", || format!("after {runs} runs without faults {}", left.unwrap_or_default()));
        self.judge(checked);
        self.check_settled(world, runs);
        if world.scenario.jobs {
            let checked = self.check_torn_down(world);
            self.judge(checked);
        }
    }
}

fn is_settled(cloud: &Cloud, lease: &Lease) -> bool {
    match (&lease.state, &lease.bound) {
        (State::Gone { .. } | State::Quarantined { .. }, _) => true,
        (State::Held { .. } | State::Deleting { .. }, _) => false,
        (State::Dirty { .. }, Some(id)) => is_kept(cloud, id),
        (State::Dirty { .. }, None) => match cloud.by_name(&lease.stack) {
            Some(stack) => !is_eligible(cloud, stack) || !carries_token(stack, lease),
            None => lease.executions.iter().any(|it| cloud.executions.is_running(&it.execution)),
        },
    }
}

/// Whether the stack rightly stays; of one that CloudFormation has forgotten a person is told (I6).
fn is_kept(cloud: &Cloud, id: &StackArn) -> bool {
    cloud.by_id(id).is_some_and(|stack| stack.is_live() && !is_eligible(cloud, stack))
}

/// Whether no lease takes care of it.
fn is_free(cloud: &Cloud, stack: &Stack) -> bool {
    cloud.lease(&stack.name).is_none_or(|lease| matches!(lease.state, State::Gone { .. }))
}

/// Whether its tag says that it was deployed under this lease, or before, or under none.
fn carries_token(stack: &Stack, lease: &Lease) -> bool {
    let tag = stack.facts.tags.get("flowgate:token");
    tag.is_none_or(|tag| tag.parse::<u64>().is_ok_and(|tag| tag <= lease.token.0))
}

fn is_eligible(cloud: &Cloud, stack: &Stack) -> bool {
    let imported = stack.facts.exports.iter().any(|export| cloud.imports.get(export).is_some_and(|it| !it.is_empty()));
    objection(&stack.facts).is_none() && !imported && !stack.owns_deploy_role
}
