//! I28: executions deploy a name in the order of the claims that they were let in under, and none does so once sweep has
//! begun to delete, unless a newer claim let it in.

use pipeline_core::{
    ids::{ExecutionId, FencingToken},
    lease::record::Lease,
};

use super::{Checked, Oracle, ensure};
use crate::{op::Deploy, world::World};

/// The executions of a name.
#[derive(Debug, Default)]
pub(super) struct Deployments {
    /// Those that were let in since the name was last free.
    pub(super) entered: Vec<ExecutionId>,
    /// The latest claim under which one deployed.
    latest: Option<FencingToken>,
    /// The latest claim that sweep closed.
    closed: Option<FencingToken>,
}

impl Deployments {
    /// A tombstone stands, or the name is free.
    pub(super) fn close(&mut self, token: FencingToken) {
        self.closed = self.closed.max(Some(token));
    }
}

impl Oracle {
    /// An execution begins to deploy.
    pub(crate) fn deploys(&mut self, world: &World, execution: &ExecutionId, deploy: &Deploy) {
        world.note(|| format!("  execution {execution} deploys {} {}", deploy.name, deploy.token));
        let deployments = &mut self.names.entry(deploy.name.clone()).or_default().deployments;
        let checked = deployments.check(execution, deploy);
        deployments.latest = deployments.latest.max(Some(deploy.token));
        self.judge(checked);
    }

    /// I6: nothing that was let in may still deploy when a lease is closed.
    pub(super) fn check_ended(&self, world: &World, lease: &Lease) -> Checked {
        let cloud = world.cloud.borrow();
        let entered = self.names.get(&lease.stack).map(|ledger| &ledger.deployments.entered);
        let running = entered.into_iter().flatten().find(|it| cloud.executions.is_running(it));
        ensure(running.is_none(), "I6", || format!("closed while execution {running:?} runs"))
    }
}

impl Deployments {
    fn check(&self, execution: &ExecutionId, deploy: &Deploy) -> Checked {
        let Deploy { name, token, .. } = deploy;
        let (latest, closed) = (self.latest, self.closed);
        ensure(latest <= Some(*token), "I28", || {
            format!("execution {execution} deploys {name} under {token}, after one under {latest:?}")
        })?;
        ensure(closed < Some(*token), "I28", || {
            format!("execution {execution} deploys {name} under {token}, and {closed:?} is closed")
        })
    }
}
