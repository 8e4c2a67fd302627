//! The process killed before, during and after each of its calls. The verdict comes all the same, by a redelivery or by
//! sweep's repair, and is no pass that was not earned.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use rustix::process::Signal;
use serde_json::json;

use crate::function::Failure;
use crate::proxy::{Fault, Gate, Proxy, counts};
use crate::start_tests::jobs::{Action, Job};
use crate::start_tests::lab::{Lab, TIMEOUT};
use crate::start_tests::stage::name;
use crate::world::run;

/// All calls of a run with a set-up, two tests, a tear-down, `tests.yaml` and a report.
const CALLS: [(&str, usize); 8] = [
    ("dynamodb:GetItem", 2),
    ("cloudformation:DescribeStacks", 2),
    ("s3:GetObject", 1),
    // The run, four results and the verdict.
    ("dynamodb:PutItem", 6),
    ("lambda:Invoke", 4),
    ("s3:PutObject", 1),
    ("codepipeline:PutJobSuccessResult", 1),
    ("dynamodb:UpdateItem", 1),
];

/// So many processes at once are what a small machine bears.
const AT_ONCE: usize = 6;

/// When, seen from the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    /// It is never carried out.
    Before,
    /// It is carried out when its sender is dead.
    During,
    /// It was carried out, and nobody heard.
    After,
}

#[tokio::test]
async fn i16_i18_i19_a_process_killed_at_any_call_leaves_a_job_that_gets_one_verdict_which_was_earned() {
    let lab = lab().await;
    let action = action(&lab).await;
    let total = healthy(&lab, &action).await;
    let sites = (0..total).flat_map(|call| [When::Before, When::During, When::After].map(|when| (call, when)));
    let killed: Vec<(Job, String)> =
        stream::iter(sites).map(|(call, when)| kill(&lab, &action, call, when)).buffered(AT_ONCE).collect().await;
    assert_eq!(killed.len(), 54, "a new call is a new place to be killed at");
    for (job, _) in &killed {
        lab.age(&job.id).await;
    }
    let late = stream::iter(killed.iter().step_by(2)).map(|(job, _)| redeliver(&lab, job));
    late.buffered(AT_ONCE).collect::<Vec<()>>().await;
    let repaired = run(&lab.world.sweep(&[]), &json!({"repair": true})).await;
    for (job, place) in &killed {
        settled(&lab, job, &format!("{place}; repair: {repaired:#}")).await;
    }
}

async fn lab() -> Lab {
    let functions = ["TestSetup", "TestTeardown", "TestFunctionA", "ProbeFunction"];
    let lab = Lab::new(&functions.map(|key| (key.to_owned(), json!(name("Probe"))))).await;
    lab.desk.tell("TestFunctionA", &json!({"return": null}));
    lab
}

async fn action(lab: &Lab) -> Action {
    let check = "invoke: [{name: check, output: ProbeFunction, payload: {test: check}}]";
    let input = Some(lab.artifact(&[("tests.yaml", check.as_bytes())]).await);
    let parameters = json!({"app_stack": "shop-beta", "test_stack": "shop-tests"});
    Action { input, output: Some("shop/Report/killed".to_owned()), ..Action::with(&parameters) }
}

/// How many calls a run makes that nobody harms.
async fn healthy(lab: &Lab, action: &Action) -> usize {
    let job = lab.job(action).await;
    lab.world.wire.take();
    let report = lab.settle(&lab.start_tests(), &job).await;
    assert_eq!((report.passed, report.words()), (true, "2 of 2 passed"));
    let calls = counts(&lab.world.wire.take());
    assert_eq!(calls, BTreeMap::from(CALLS.map(|(call, times)| (call.to_owned(), times))));
    calls.values().sum()
}

/// Kills a process at its call of this number, and delivers the event again at once.
async fn kill(lab: &Lab, action: &Action, number: usize, when: When) -> (Job, String) {
    let job = lab.job(action).await;
    let (wire, gate, count) = (Proxy::start(lab.world.endpoint()).await, Gate::default(), AtomicUsize::new(0));
    let place = Arc::new(std::sync::Mutex::new(format!("{when:?} call {number}")));
    let (hold, said) = (gate.clone(), place.clone());
    wire.harm(move |call| match count.fetch_add(1, Ordering::Relaxed) {
        n if n != number => Fault::None,
        _ => {
            *said.lock().unwrap() += &[", ", &call.name(), " ", &call.target].concat();
            if when == When::After { Fault::HoldReply(hold.clone()) } else { Fault::Hold(hold.clone()) }
        }
    });
    let function = lab.world.start_tests(&wire, TIMEOUT);
    let event = job.event.to_string();
    let (ended, ()) = tokio::join!(function.invoke(&event), async {
        gate.reached().await;
        assert!(function.signal(Signal::KILL).await);
    });
    let place = place.lock().unwrap().clone();
    assert!(matches!(ended, Err(Failure::Ended(_))), "{place}: {ended:?}");
    if when == When::During {
        gate.open();
        answered(&wire, number).await;
    }
    redeliver(lab, &job).await;
    (job, place)
}

async fn redeliver(lab: &Lab, job: &Job) {
    lab.deliver(&lab.start_tests(), job).await;
}

/// Returns when a call has been carried out.
async fn answered(wire: &Proxy, number: usize) {
    let call = wire.take().swap_remove(number);
    while call.answered.get().is_none() {
        tokio::task::yield_now().await;
    }
}

async fn settled(lab: &Lab, job: &Job, place: &str) {
    let reports = lab.world.codepipeline.reports(&job.id);
    assert!(!reports.is_empty(), "nobody settled it: {place}");
    assert!(reports.iter().all(|report| *report == reports[0]), "I16: {place}: {reports:#?}");
    let results = lab.results_of(&job.id).await;
    let earned = results.len() == 4 && results.iter().all(|result| result["outcome"] == "passed");
    let passed = reports[0].0 == "PutJobSuccessResult";
    assert!(earned || !passed, "I18: {place}: {reports:#?}: {results:#?}");
    let mut started = lab.desk.started("job_id", &json!(job.id));
    let torn_down = started.remove("TestTeardown").is_some();
    assert!(started.values().all(|times| *times == 1), "I19: {place}: {started:?}");
    if !torn_down && !started.is_empty() {
        torn_down_at_last(lab, &job.id, place).await;
    }
    complete(passed, &started, place);
}

/// Whoever settles a run late starts its tear-down, and does not wait for it.
async fn torn_down_at_last(lab: &Lab, job: &str, place: &str) {
    let torn_down = async {
        while !lab.desk.started("job_id", &json!(job)).contains_key("TestTeardown") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), torn_down).await.unwrap_or_else(|_| panic!("not torn down: {place}"));
}

/// A pass is one of all that is told of the job.
fn complete(passed: bool, started: &BTreeMap<String, usize>, place: &str) {
    let all: Vec<&str> = started.keys().map(String::as_str).collect();
    assert!(!passed || all == ["TestFunctionA", "TestSetup"], "{place}: {started:?}");
}
