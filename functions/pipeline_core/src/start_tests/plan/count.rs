//! How many tests there are, and that none is taken for another.

use std::collections::BTreeSet;

use crate::{
    ports::Stack,
    start_tests::{
        checks::names,
        params::{Params, Reporting, Tests},
        plan::{Misconfigured, Plan},
    },
};

/// A run is one item of the state table, and has to fit it.
const MOST: usize = 500;

/// Whether a run can be made of the plan.
pub(super) fn countable(
    params: &Params,
    plan: &Plan,
    tests: Option<&Stack>,
    file: Option<&[u8]>,
) -> Result<(), Misconfigured> {
    let count = plan.tests.len();
    if count == 0 {
        return Err(Misconfigured(no_test(params, tests, file)));
    }
    if params.reporting == Reporting::Itself && count > 1 {
        let names: Vec<&str> = plan.tests.iter().map(|test| test.name.as_str()).collect();
        let names = names.join(", ");
        return Err(Misconfigured(format!("\"report\": \"self\" takes one test, and there are {count}: {names}")));
    }
    if count > MOST {
        return Err(Misconfigured(format!("there are {count} tests, and one action takes {MOST}; give it a second")));
    }
    distinct(plan)
}

fn distinct(plan: &Plan) -> Result<(), Misconfigured> {
    let mut seen = BTreeSet::new();
    let fixtures = [&plan.setup, &plan.teardown].into_iter().flatten().map(|fixture| &fixture.name);
    match fixtures.chain(plan.tests.iter().map(|test| &test.name)).find(|name| !seen.insert(*name)) {
        Some(name) => Err(Misconfigured(format!("two tests are named {name}; rename one in tests.yaml"))),
        None => Ok(()),
    }
}

fn no_test(params: &Params, tests: Option<&Stack>, file: Option<&[u8]>) -> String {
    let declared = match file {
        Some(_) => "tests.yaml declares none",
        None => "the action has no input artifact with a tests.yaml",
    };
    let named = match (&params.tests, tests) {
        (Tests::Prefixed(stack, prefix), Some(outputs)) => {
            let has = names(outputs.outputs.keys());
            format!("stack {stack} has no output whose key starts with {prefix}; it has {has}")
        }
        _ => "the action names no test_stack".to_owned(),
    };
    format!("there is no test: {named}, and {declared}")
}
