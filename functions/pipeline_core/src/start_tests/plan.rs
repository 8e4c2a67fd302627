//! What to run, decided from the parameters, the two stacks and `tests.yaml`.

mod count;
mod declared;
#[cfg(test)]
mod tests;

use count::countable;
use declared::declared;

use crate::{
    ids::{FunctionName, StackName, TestName},
    job::{Artifact, Job},
    ports::Stack,
    start_tests::{
        checks::{Home, Kind, Test, names},
        params::{Params, Reporting, SETUP, TEARDOWN, Tests},
        run::{Fixture, Subject},
    },
};

/// What to run, and on what.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// What is under test.
    pub subject: Subject,
    /// What runs before the tests.
    pub setup: Option<Fixture>,
    /// The tests; at least one, at most 500, each with a name of its own.
    pub tests: Vec<Test>,
    /// What runs after them.
    pub teardown: Option<Fixture>,
}

/// Why there is nothing to run: the pipeline's author has to mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Misconfigured(String);

/// The tag by which `configure` names the revision of a stack.
const REVISION_TAG: &str = "flowgate:revision";

/// The artifact whose `tests.yaml` is to be read. A test that settles the job itself is the only one.
pub fn test_artifact<'a>(job: &'a Job, params: &Params) -> Result<Option<&'a Artifact>, Misconfigured> {
    match &job.inputs[..] {
        _ if params.reporting == Reporting::Itself => Ok(None),
        [] => Ok(None),
        [artifact] => Ok(Some(artifact)),
        several => Err(Misconfigured(format!(
            "the action declares {} input artifacts; give it the one whose tests.yaml is to be read, or none",
            several.len()
        ))),
    }
}

/// Decides what to run. `tests` is the test stack, when the parameters name one, and `file` is `tests.yaml` of the test
/// artifact, when there is one.
pub fn plan(
    job: &Job,
    params: &Params,
    app: &Stack,
    tests: Option<&Stack>,
    file: Option<&[u8]>,
) -> Result<Plan, Misconfigured> {
    begun_here(job, params)?;
    one_report(job, params)?;
    deployed(app, &params.app_stack)?;
    let subject = subject(params, app)?;
    let home = home(job, params, app, tests)?;
    let (setup, teardown) = (fixture(params, &home, Which::Setup)?, fixture(params, &home, Which::Teardown)?);
    let mut all = functions(params, &home)?;
    all.extend(declared(params, &subject, home, file)?);
    let plan = Plan { subject, setup, tests: all, teardown };
    countable(params, &plan, tests, file)?;
    Ok(plan)
}

/// A continuation token is none of ours: a test settled an earlier job with it, or somebody forged it.
fn begun_here(job: &Job, params: &Params) -> Result<(), Misconfigured> {
    if params.reporting == Reporting::Itself || job.continuation.is_none() {
        return Ok(());
    }
    Err(Misconfigured(
        "this job continues one with a token, and start_tests never asks for that; a test that settles jobs itself \
         needs \"report\": \"self\""
            .to_owned(),
    ))
}

fn one_report(job: &Job, params: &Params) -> Result<(), Misconfigured> {
    match job.outputs.len() {
        count if count > 1 && params.reporting == Reporting::Auto => Err(Misconfigured(format!(
            "the action declares {count} output artifacts; give it one for the report, or none"
        ))),
        count if count > 0 && params.reporting == Reporting::Itself => Err(Misconfigured(
            "the action declares OutputArtifacts, which a test with \"report\": \"self\" cannot have, as nobody would write \
             them; remove them"
                .to_owned(),
        )),
        _ => Ok(()),
    }
}

fn subject(params: &Params, app: &Stack) -> Result<Subject, Misconfigured> {
    let api_url = output(app, &params.app_stack, &params.url_output)?.to_owned();
    Ok(Subject { api_url, outputs: app.outputs.clone(), revision: app.tags.get(REVISION_TAG).cloned() })
}

fn home<'a>(
    job: &'a Job,
    params: &'a Params,
    app: &'a Stack,
    tests: Option<&'a Stack>,
) -> Result<Home<'a>, Misconfigured> {
    let account = params.site.role_arn.as_ref().map_or(job.account.as_str(), |role| role.account());
    let mut stacks = vec![(&params.app_stack, app)];
    match (params.test_stack(), tests) {
        (Some(name), None) => return Err(Misconfigured(format!("stack {name} was not read"))),
        (Some(name), Some(stack)) => {
            // All stages share it: where a newer release's update failed, it is what this one was tested with.
            if !KEPT.contains(&stack.status.as_str()) {
                deployed(stack, name)?;
            }
            stacks.push((name, stack));
        }
        (None, _) => {}
    }
    Ok(Home { stacks, account, assumed: params.site.role_arn.is_some() })
}

/// The statuses of a stack that is what was deployed last. One that rolled back is what was there before.
const DEPLOYED: [&str; 4] =
    ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "IMPORT_COMPLETE"];

/// The statuses of a stack that is what it was before an update that failed.
const KEPT: [&str; 2] = ["UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"];

/// That the stack is what was deployed last.
pub(super) fn deployed(stack: &Stack, name: &StackName) -> Result<(), Misconfigured> {
    if DEPLOYED.contains(&stack.status.as_str()) {
        return Ok(());
    }
    Err(Misconfigured(format!("stack {name} is {}, so there is nothing to test", stack.status)))
}

/// Whether the stack will soon be what was deployed last, as far as one can tell: a newer execution deploys its tests while
/// an older one is in a later stage. What rolls back or is deleted ends otherwise.
pub(super) fn is_being_deployed(stack: &Stack) -> bool {
    let status = stack.status.as_str();
    let ends_badly = status.contains("ROLLBACK") || status.starts_with("DELETE");
    status.ends_with("_IN_PROGRESS") && !ends_badly && !DEPLOYED.contains(&status)
}

fn functions(params: &Params, home: &Home<'_>) -> Result<Vec<Test>, Misconfigured> {
    match (&params.tests, home.stacks.get(1)) {
        (Tests::Configured(function), _) => Ok(vec![configured(function, home)?]),
        (Tests::Exactly(_, key), Some((name, stack))) => Ok(vec![test(home, name, key, output(stack, name, key)?)?]),
        (Tests::Prefixed(_, prefix), Some((name, stack))) => prefixed(params, home, prefix, name, stack),
        (Tests::Declared | Tests::Exactly(..) | Tests::Prefixed(..), _) => Ok(Vec::new()),
    }
}

/// Our own environment names it, whoever made it.
fn configured(function: &FunctionName, home: &Home<'_>) -> Result<Test, Misconfigured> {
    home.in_account(function).map_err(|complaint| Misconfigured(format!("TEST_FUNCTION {complaint}")))?;
    Ok(Test { name: name("TEST_FUNCTION")?, kind: Kind::Function(function.clone()) })
}

fn prefixed(
    params: &Params,
    home: &Home<'_>,
    prefix: &str,
    name: &StackName,
    stack: &Stack,
) -> Result<Vec<Test>, Misconfigured> {
    let fixtures = [Which::Setup, Which::Teardown].map(|which| which.key(params));
    let tests = stack.outputs.iter().filter(|(key, _)| key.starts_with(prefix) && !fixtures.contains(&key.as_str()));
    tests.map(|(key, value)| test(home, name, key, value)).collect()
}

fn test(home: &Home<'_>, stack: &StackName, key: &str, value: &str) -> Result<Test, Misconfigured> {
    Ok(Test { name: name(key)?, kind: Kind::Function(function(home, stack, key, value)?) })
}

fn function(home: &Home<'_>, stack: &StackName, key: &str, value: &str) -> Result<FunctionName, Misconfigured> {
    home.function(value, &[stack])
        .map_err(|complaint| Misconfigured(format!("output {key} of stack {stack} {complaint}")))
}

fn name(key: &str) -> Result<TestName, Misconfigured> {
    key.parse().map_err(|error| Misconfigured(format!("the name of a test: {error}")))
}

#[derive(Clone, Copy)]
enum Which {
    Setup,
    Teardown,
}

impl Which {
    /// The key that the action names.
    fn named(self, params: &Params) -> Option<&str> {
        match self {
            Self::Setup => params.setup.as_deref(),
            Self::Teardown => params.teardown.as_deref(),
        }
    }

    fn key(self, params: &Params) -> &str {
        self.named(params).unwrap_or(match self {
            Self::Setup => SETUP,
            Self::Teardown => TEARDOWN,
        })
    }
}

/// Only the JSON form with a test stack has set-up and tear-down: the sample's tests know nothing of them.
fn fixture(params: &Params, home: &Home<'_>, which: Which) -> Result<Option<Fixture>, Misconfigured> {
    let (Tests::Prefixed(..), Some((stack, outputs))) = (&params.tests, home.stacks.get(1)) else { return Ok(None) };
    let key = which.key(params);
    let value = match outputs.outputs.get(key) {
        None if which.named(params).is_none() => return Ok(None),
        _ => output(outputs, stack, key)?,
    };
    if params.reporting == Reporting::Itself {
        return Err(Misconfigured(format!(
            "output {key} of stack {stack} is a set-up or tear-down, which \"report\": \"self\" does not have: nobody \
             waits for the test"
        )));
    }
    Ok(Some(Fixture { name: name(key)?, function: function(home, stack, key, value)? }))
}

fn output<'a>(stack: &'a Stack, name: &StackName, key: &str) -> Result<&'a str, Misconfigured> {
    stack.outputs.get(key).map(String::as_str).filter(|value| !value.is_empty()).ok_or_else(|| {
        let has = names(stack.outputs.keys());
        Misconfigured(format!("stack {name} has no output {key}; it has {has}"))
    })
}
