//! What to run, decided from the parameters and the two stacks.

use std::collections::BTreeMap;

use crate::{
    ids::FunctionName,
    job::Job,
    ports::Stack,
    start_tests::{
        params::{Params, Reporting, Tests},
        run::Test,
    },
};

/// The tests to run and what each of them is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The URL under test.
    pub api_url: String,
    /// The app stack's outputs.
    pub outputs: BTreeMap<String, String>,
    /// The revision that the app stack's tags name.
    pub revision: Option<String>,
    /// The tests; at least one.
    pub tests: Vec<Test>,
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
        (Tests::Configured(function), _) => vec![Test { name: "TEST_FUNCTION".into(), function: function.clone() }],
        (Tests::Exactly(name, key), Some(stack)) => exactly(stack, name.as_str(), key)?,
        (Tests::Prefixed(name, prefix), Some(stack)) => prefixed(stack, name.as_str(), prefix)?,
        (Tests::Exactly(name, _) | Tests::Prefixed(name, _), None) => {
            return Err(Misconfigured(format!("stack {name} was not read")));
        }
    };
    if params.reporting == Reporting::Itself && tests.len() > 1 {
        let names = names(tests.iter().map(|test| &test.name));
        return Err(Misconfigured(format!(
            "\"report\": \"self\" takes one test, and there are {}: {names}",
            tests.len()
        )));
    }
    for test in &tests {
        at_home(job, test)?;
    }
    Ok(Plan { api_url, outputs: app.outputs.clone(), revision: app.tags.get(REVISION_TAG).cloned(), tests })
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
    Ok(Test { name: key.to_owned(), function })
}

fn output<'a>(stack: &'a Stack, name: &str, key: &str) -> Result<&'a str, Misconfigured> {
    stack.outputs.get(key).map(String::as_str).filter(|value| !value.is_empty()).ok_or_else(|| {
        let has = names(stack.outputs.keys());
        Misconfigured(format!("stack {name} has no output {key}; it has {has}"))
    })
}

fn at_home(job: &Job, test: &Test) -> Result<(), Misconfigured> {
    match test.function.account() {
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
