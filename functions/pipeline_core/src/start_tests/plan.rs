//! What to run, decided from the parameters and the two stacks.

use crate::{
    ids::{FunctionName, TestName},
    job::Job,
    ports::Stack,
    start_tests::{
        checks::{Kind, Test},
        params::{Params, Reporting, Tests},
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
    /// The tests; at least one.
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

/// Decides what to run. `tests` is the test stack, when the parameters name one.
pub fn plan(job: &Job, params: &Params, app: &Stack, tests: Option<&Stack>) -> Result<Plan, Misconfigured> {
    deployed(app, params.app_stack.as_str())?;
    let api_url = output(app, params.app_stack.as_str(), &params.url_output)?.to_owned();
    let tests = match (&params.tests, tests) {
        (Tests::Configured(function), _) => vec![configured(function)?],
        (Tests::Exactly(name, key), Some(stack)) => exactly(stack, name.as_str(), key)?,
        (Tests::Prefixed(name, prefix), Some(stack)) => prefixed(stack, name.as_str(), prefix)?,
        (Tests::Exactly(name, _) | Tests::Prefixed(name, _), None) => {
            return Err(Misconfigured(format!("stack {name} was not read")));
        }
    };
    if params.reporting == Reporting::Itself && tests.len() > 1 {
        let names: Vec<&str> = tests.iter().map(|test| test.name.as_str()).collect();
        let (count, names) = (names.len(), names.join(", "));
        return Err(Misconfigured(format!("\"report\": \"self\" takes one test, and there are {count}: {names}")));
    }
    for test in &tests {
        at_home(job, test)?;
    }
    let subject = Subject { api_url, outputs: app.outputs.clone(), revision: app.tags.get(REVISION_TAG).cloned() };
    Ok(Plan { subject, setup: None, tests, teardown: None })
}

fn configured(function: &FunctionName) -> Result<Test, Misconfigured> {
    named("TEST_FUNCTION", function.clone())
}

fn named(name: &str, function: FunctionName) -> Result<Test, Misconfigured> {
    let name: TestName = name.parse().map_err(|error| Misconfigured(format!("the name of a test: {error}")))?;
    Ok(Test { name, kind: Kind::Function(function) })
}

/// The statuses of a stack that is what was deployed last. One that rolled back is what was there before.
const DEPLOYED: [&str; 4] =
    ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "IMPORT_COMPLETE"];

fn deployed(stack: &Stack, name: &str) -> Result<(), Misconfigured> {
    if DEPLOYED.contains(&stack.status.as_str()) {
        return Ok(());
    }
    Err(Misconfigured(format!("stack {name} is {}, so there is nothing to test", stack.status)))
}

fn exactly(stack: &Stack, name: &str, key: &str) -> Result<Vec<Test>, Misconfigured> {
    deployed(stack, name)?;
    Ok(vec![test(name, key, output(stack, name, key)?)?])
}

fn prefixed(stack: &Stack, name: &str, prefix: &str) -> Result<Vec<Test>, Misconfigured> {
    deployed(stack, name)?;
    let found = stack.outputs.iter().filter(|(key, _)| key.starts_with(prefix));
    let tests = found.map(|(key, value)| test(name, key, value)).collect::<Result<Vec<_>, _>>()?;
    if tests.is_empty() {
        let has = names(stack.outputs.keys());
        return Err(Misconfigured(format!(
            "stack {name} has no output whose key starts with {prefix}, so there is no test; it has {has}"
        )));
    }
    Ok(tests)
}

fn test(stack: &str, key: &str, value: &str) -> Result<Test, Misconfigured> {
    let function: FunctionName = value
        .parse()
        .map_err(|error| Misconfigured(format!("output {key} of stack {stack} does not name a test: {error}")))?;
    named(key, function)
}

fn output<'a>(stack: &'a Stack, name: &str, key: &str) -> Result<&'a str, Misconfigured> {
    stack.outputs.get(key).map(String::as_str).filter(|value| !value.is_empty()).ok_or_else(|| {
        let has = names(stack.outputs.keys());
        Misconfigured(format!("stack {name} has no output {key}; it has {has}"))
    })
}

fn at_home(job: &Job, test: &Test) -> Result<(), Misconfigured> {
    let Kind::Function(function) = &test.kind;
    match function.account() {
        Some(account) if account != job.account => Err(Misconfigured(format!(
            "output {} names a function in account {account}, and the pipeline is in {}",
            test.name, job.account
        ))),
        _ => Ok(()),
    }
}

fn names<'a>(keys: impl Iterator<Item = &'a String>) -> String {
    let keys: Vec<&str> = keys.map(String::as_str).collect();
    if keys.is_empty() { "none".to_owned() } else { keys.join(", ") }
}
