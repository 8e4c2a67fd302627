//! `gate`, from its job to its verdict: no release that nobody approved, whatever fails.

mod artifact;
mod drift;
mod faults;
mod history;
mod metamorphic;
mod orders;
mod overrides;
mod people;
mod phases;
mod pull_requests;
mod ride_along;
mod settings;
mod tested;
mod well;

use pipeline_core::{
    drive::Delivered,
    gate::decision::{Decision, Outcome},
    memory::World,
    verdict::{FailureKind, Report},
};
use serde_json::{Value, json};

use crate::{
    release::{gate, gate_job, parameters, run_gate},
    support::{failure, reports, success},
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
    let decisions = world.release.decisions.borrow();
    decisions.values().max_by_key(|decision| decision.at).expect("a decision").clone()
}

fn count(count: usize) -> Value {
    changed(|parameters| {
        parameters["rules"]["approved"]["count"] = json!(count);
        parameters["approvals"] = json!(["Approve", "Approve2", "Approve3"]);
    })
}

/// The gate with this rule alone.
fn only(rule: &str, settings: &Value) -> Value {
    changed(|parameters| parameters["rules"] = json!({rule: settings}))
}

/// Another job of the gate.
fn again(world: &World, parameters: &Value) -> Result<String, String> {
    let mut other = gate_job(parameters);
    other.id = "33333333-abcd-1111-abcd-111111abcdef".parse().expect("a job id");
    match world.run(gate(world, other)) {
        Some(Delivered::Settled(Report::Succeed { summary, .. }, _)) => Ok(summary),
        Some(Delivered::Settled(Report::Fail { message, .. }, _)) => Err(message),
        other => panic!("{other:?}"),
    }
}
