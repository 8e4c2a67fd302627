//! A stage with everything: a set-up, tests of all three kinds, a tear-down, and an action that declares a report.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use pipeline_core::{
    drive::Delivered,
    job::{Artifact, Job},
    memory::{Behaviour, Replies, World},
    ports::{Clock as _, PortError, Settled},
    repair::perform::Repair,
    start_tests::{
        ports::{Answer, Response},
        run::{Outcome, TestResult},
    },
    verdict::Report,
};
use serde_json::{Value, json};

use crate::support::{PARAMETERS, answers, job, passes, reports, stack, stage, start_tests, world};

pub(super) const SETUP: &str = "time-tests-setup";
pub(super) const TEARDOWN: &str = "time-tests-teardown";
pub(super) const WORKER: &str = "time-beta-worker";
pub(super) const URL: &str = "https://api.example/Prod/time";
/// How many tests there are.
pub(super) const TESTS: usize = 4;

const CHECKS: &str = "
http:
  - name: time-is-told
    path: /time
    expect: { json: { zone: UTC } }
invoke:
  - name: worker-adds
    output: WorkerFunction
    payload: { a: 1, b: 2 }
    expect: { result: { sum: 3 } }
";

/// A world with that stage, where everything passes.
pub(super) fn whole() -> World {
    let world = world();
    stage(&world, &[passes(), passes()]);
    let mut stacks = world.stacks.borrow_mut();
    let app = [("ApiUrl", "https://api.example/Prod"), ("WorkerFunction", WORKER)];
    stacks.insert("time-beta".into(), stack(&app));
    let fixtures = [("TestSetup".to_owned(), SETUP.to_owned()), ("TestTeardown".to_owned(), TEARDOWN.to_owned())];
    stacks.get_mut("time-tests").expect("a test stack").outputs.extend(fixtures);
    drop(stacks);
    for function in [SETUP, TEARDOWN] {
        behaves(&world, function, passes());
    }
    behaves(&world, WORKER, answers(&json!({"sum": 3})));
    replies(&world, 200);
    world.test_files.borrow_mut().insert("Build.zip".into(), Some(CHECKS.into()));
    world
}

pub(super) fn behaves(world: &World, function: &str, behaviour: Behaviour) {
    world.functions.borrow_mut().insert(function.into(), behaviour);
}

pub(super) fn replies(world: &World, status: u16) {
    let body = json!({"zone": "UTC"}).to_string().into_bytes();
    let answer = Ok(Response { status, body, cut: false });
    world.answers.borrow_mut().insert(URL.into(), Replies { after: SignedDuration::from_millis(200), answer });
}

/// The action's job, with the artifacts it reads and writes.
pub(super) fn whole_job() -> Job {
    Job { inputs: vec![artifact("Build")], outputs: vec![artifact("BetaReport")], ..job(PARAMETERS) }
}

fn artifact(name: &str) -> Artifact {
    Artifact { name: name.into(), revision: None, bucket: "artifacts".into(), key: format!("{name}.zip") }
}

pub(super) fn deliver_whole(world: &World) -> Option<Delivered> {
    world.run(start_tests(world, whole_job()))
}

/// What holds of a job, whatever happened to its deliveries, once its verdict has come.
pub(super) fn check(world: &World, site: &str) {
    let accepted = world.reports.borrow().iter().filter(|(.., answer)| *answer == Settled::Accepted).count();
    let mut distinct = reports(world);
    distinct.dedup();
    assert_eq!((accepted, distinct.len()), (1, 1), "I16 {site}: {distinct:?}");
    started_once(world, site);
    announced(world, site);
    if matches!(distinct[0], Report::Succeed { .. }) {
        earned(world, site);
    }
}

/// The gate is told of every run that is stored for an execution.
pub(super) fn announced(world: &World, site: &str) {
    let announced = world.announced.borrow();
    for run in world.runs.borrow().values() {
        let execution = run.execution.clone().expect("an execution");
        assert!(announced.contains_key(&(execution, run.job.clone())), "{site}: {announced:?}");
    }
}

/// I19. A tear-down may be started again by those who settle late.
pub(super) fn started_once(world: &World, site: &str) {
    let started = world.started.borrow();
    let requests = world.requests.borrow();
    let functions = started.iter().map(|(function, _)| function.as_str()).filter(|function| *function != TEARDOWN);
    let all: Vec<&str> = functions.chain(requests.iter().map(|request| request.url.as_str())).collect();
    let distinct: BTreeSet<&str> = all.iter().copied().collect();
    assert_eq!(all.len(), distinct.len(), "I19 {site}: started twice: {all:?}");
}

/// I18: every part has a recorded pass of this run, and no answer that anybody heard was none.
pub(super) fn earned(world: &World, site: &str) {
    let job = job("").id;
    let run = world.runs.borrow()[&job].clone();
    let results: Vec<_> = world.results.borrow().values().cloned().collect();
    for part in run.parts() {
        let outcome = run.result(&results, part).map(|result| &result.outcome);
        assert_eq!(outcome, Some(&Outcome::Passed), "I18 {site}: {part}");
    }
    for heard in world.heard.borrow().iter() {
        let late = heard.function != TEARDOWN && heard.at >= run.deadline || heard.at >= run.ends;
        assert!(passed(&heard.answer) && !late, "I18 {site}: {heard:?}");
    }
    let written = world.written.borrow();
    let cases = written.last().map(|(_, report)| {
        report.cases.iter().chain(&report.fixtures).filter(|case| case.outcome == Some(Outcome::Passed))
    });
    assert_eq!(
        cases.map_or(0, Iterator::count),
        if run.report { run.parts().count() } else { 0 },
        "{site}: the report"
    );
}

fn passed(answer: &Result<Answer, PortError>) -> bool {
    let Ok(answer) = answer else { return false };
    let value: Value = serde_json::from_slice(&answer.payload).expect("JSON");
    !answer.failed && value.get("passed") != Some(&json!(false)) && value.get("sum").is_none_or(|sum| *sum == json!(3))
}

/// What repair does within an hour, which is as long as it tries to tear down: more often than faults strike.
pub(super) fn repaired(world: &World) {
    for _ in 0..8 {
        world.pass(SignedDuration::from_mins(7));
        let repair = Repair { clock: world, open: world, verdicts: world, jobs: world, runs: world, sites: world };
        world.run(repair.run(world.now() + SignedDuration::from_mins(5)));
    }
}

/// Tests are started behind a set-up that passed, and before the tear-down. What was set up is torn down in the end, whoever
/// died; if a start of the tear-down is `in_doubt`, perhaps not, and the verdict says so.
pub(super) fn in_order(world: &World, site: &str, in_doubt: bool) {
    let started: Vec<String> = world.started.borrow().iter().map(|(function, _)| function.clone()).collect();
    let places = |wanted: fn(&str) -> bool| {
        let places = started.iter().zip(0..).filter(move |(function, _)| wanted(function)).map(|(_, place)| place);
        places.collect::<Vec<usize>>()
    };
    let [setup, tests, teardown] =
        [places(|f| f == SETUP), places(|f| ![SETUP, TEARDOWN].contains(&f)), places(|f| f == TEARDOWN)];
    let result = |result: &TestResult| result.test.as_str() == "TestSetup" && result.outcome == Outcome::Passed;
    let ready = world.results.borrow().values().any(result);
    assert!(ready || tests.is_empty() && world.requests.borrow().is_empty(), "{site}: tests ran without a set-up");
    assert!(
        tests.is_empty() || setup < tests && (teardown.is_empty() || tests.last() < teardown.first()),
        "{site}: {started:?}"
    );
    let reports = format!("{:?}", reports(world));
    let told = in_doubt && reports.contains("TestTeardown was ");
    assert!(started.is_empty() || !teardown.is_empty() || told, "{site}: not torn down: {started:?}");
}

/// How often the tear-down was started.
pub(super) fn torn_down(world: &World) -> usize {
    world.started.borrow().iter().filter(|(function, _)| function == TEARDOWN).count()
}
