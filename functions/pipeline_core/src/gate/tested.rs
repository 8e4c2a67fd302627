//! The rule `tested`: the actions that ran this execution's tests succeeded, and our records say the same.

use crate::gate::{
    observation::{ActionRun, Observation, TestedStack},
    params::Tested,
    rules::{Objection, Ruling, deny},
    runs::{SUCCEEDED, latest},
    say,
};

pub(super) fn tested(rule: &Tested, seen: &Observation) -> Ruling {
    let runs = seen.runs.as_ref()?;
    for name in &rule.actions {
        succeeded(name, runs)?;
    }
    let Some(tests) = &seen.tests else { return deny("nobody looked what the tests came to") };
    for stack in tests.as_ref()? {
        uncontradicted(stack)?;
    }
    Ok(format!("{} passed", rule.actions.join(", ")))
}

fn succeeded(name: &str, runs: &[ActionRun]) -> Result<(), Objection> {
    let is_it = |run: &ActionRun| name.split_once('/') == Some((run.stage.as_str(), run.action.as_str()));
    match latest(runs, is_it)? {
        Some(run) if run.status == SUCCEEDED => Ok(()),
        // CodePipeline's lists may be older than what it told us by running this action.
        Some(run) => wait(format!("{name} is {}", run.status)),
        None => wait(format!("{name} did not run in this execution")),
    }
}

/// A test may have settled its job as passed while others failed, or before they were done.
fn uncontradicted(TestedStack { stack, job, passed }: &TestedStack) -> Result<(), Objection> {
    match passed {
        Some(true) => Ok(()),
        Some(false) => deny(format!(
            "the tests of {stack} did not pass, although CodePipeline was told that they did: see who settled job {job}, \
             and {}",
            say::RELEASE_AGAIN
        )),
        None => wait(format!("nobody recorded yet what the tests of {stack} came to, of job {job}")),
    }
}

fn wait<T>(because: String) -> Result<T, Objection> {
    Err(Objection::Wait { because, remedy: say::RELEASE_AGAIN.to_owned() })
}
