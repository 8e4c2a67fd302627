//! `gate`, from its job to its verdict: no release that nobody approved, whatever fails.

mod artifact;
mod faults;
mod history;
mod people;

use pipeline_core::{
    drive::Ports,
    gate::{
        decision::{Decision, Outcome},
        perform::Gate,
    },
    memory::World,
    verdict::{FailureKind, Report},
};
use serde_json::{Value, json};

use crate::{
    release::{gate_job, parameters, run_gate},
    support::{deadline, failure, job, reports, success},
};

fn changed(change: impl FnOnce(&mut Value)) -> Value {
    let mut value = parameters();
    change(&mut value);
    value
}

/// The gate's words after it let the release through.
fn passes(world: &World, parameters: &Value) -> String {
    run_gate(world, parameters);
    success(&reports(world))
}

/// Its words after it did not.
fn denies(world: &World, parameters: &Value) -> String {
    run_gate(world, parameters);
    let (kind, message) = failure(&reports(world));
    assert_eq!(kind, FailureKind::JobFailed, "{message}");
    assert_eq!(decision(world).outcome, Outcome::Deny);
    message
}

fn decision(world: &World) -> Decision {
    world.release.decisions.borrow()[&job("").id].clone()
}

fn count(count: usize) -> Value {
    changed(|parameters| {
        parameters["rules"]["approved"]["count"] = json!(count);
        parameters["approvals"] = json!(["Approve", "Approve2", "Approve3"]);
    })
}

/// Another job of the gate.
fn again(world: &World, parameters: &Value) -> Result<String, String> {
    let mut other = gate_job(parameters);
    other.id = "33333333-abcd-1111-abcd-111111abcdef".parse().expect("a job id");
    let id = other.id.clone();
    let action =
        Gate { clock: world, executions: world, parameters: world, state: world, builds: world, packages: world };
    let ports = Ports { clock: world, verdicts: world, jobs: world };
    world.run(ports.deliver(&id, Ok((other, action)), deadline(world)));
    let verdicts = world.verdicts.borrow();
    match &verdicts[&id].report {
        Report::Succeed { summary, .. } => Ok(summary.clone()),
        Report::Fail { message, .. } => Err(message.clone()),
        other @ Report::Continue { .. } => panic!("{other:?}"),
    }
}
