//! The process killed before, during and after each of its calls. The verdict comes all the same, by a redelivery or by
//! sweep's repair, and is no pass that was not earned.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use rustix::process::Signal;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::call::Call;
use crate::function::Failure;
use crate::proxy::{Fault, Gate, Proxy};
use crate::start_tests::cost::{asked, distinct};
use crate::start_tests::jobs::{Action, Job};
use crate::start_tests::lab::{Lab, TIMEOUT, soon};
use crate::start_tests::stage::name;
use crate::world::run;

/// All calls of a run with a set-up, two tests, a tear-down, `tests.yaml` and a report.
const CALLS: [(&str, usize); 8] = [
    ("dynamodb:GetItem", 2),
    ("cloudformation:DescribeStacks", 2),
    ("s3:GetObject", 1),
    // The announcement, the run, four results and the verdict.
    ("dynamodb:PutItem", 7),
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

/// A process that was killed.
struct Killed {
    job: Job,
    /// Tells its requests and those of its tests from all others.
    stage: String,
    call: Call,
    when: When,
    /// Whether the event is delivered again after the run's end; else repair is left to settle it.
    late: bool,
}

#[tokio::test]
async fn i16_i18_i19_a_process_killed_at_any_call_leaves_a_job_that_gets_one_verdict_which_was_earned() {
    let lab = lab().await;
    let input = input(&lab).await;
    let total = healthy(&lab, &input).await;
    let sites = (0..total).flat_map(|call| [When::Before, When::During, When::After].map(|when| (call, when)));
    let killed = stream::iter(sites).map(|(call, when)| kill(&lab, &input, call, when)).buffered(AT_ONCE);
    let mut killed: Vec<Killed> = killed.collect().await;
    assert_eq!(killed.len(), 57, "a new call is a new place to be killed at");
    for (number, killed) in killed.iter_mut().enumerate() {
        killed.late = number % 2 == 0;
        lab.age(&killed.job.id).await;
    }
    let late = stream::iter(killed.iter().filter(|killed| killed.late)).map(|killed| redeliver(&lab, &killed.job));
    late.buffered(AT_ONCE).collect::<Vec<()>>().await;
    let repaired = run(&lab.world.sweep(&[]), &json!({"repair": true})).await;
    for killed in &killed {
        settled(&lab, killed, &format!("{killed}; repair: {repaired:#}")).await;
    }
}

async fn lab() -> Lab {
    let functions = ["TestSetup", "TestTeardown", "TestFunctionA", "ProbeFunction"];
    let lab = Lab::new(&functions.map(|key| (key.to_owned(), json!(name("Probe"))))).await;
    lab.desk.tell("TestFunctionA", &json!({"return": null}));
    lab
}

async fn input(lab: &Lab) -> String {
    let check = "invoke: [{name: check, output: ProbeFunction, payload: {test: check, stage: \"${stage}\"}}]";
    lab.artifact(&[("tests.yaml", check.as_bytes())]).await
}

fn report_key(stage: &str) -> String {
    format!("shop/Report/{stage}")
}

/// A job of its own stage.
async fn job(lab: &Lab, input: &str, stage: &str) -> Job {
    let parameters = json!({
        "app_stack": "shop-beta", "test_stack": "shop-tests", "stage": stage, "execution": Uuid::new_v4(),
    });
    let (input, output) = (Some(input.to_owned()), Some(report_key(stage)));
    lab.job(&Action { input, output, ..Action::with(&parameters) }).await
}

/// How many calls a run makes that nobody harms.
async fn healthy(lab: &Lab, input: &str) -> usize {
    let job = job(lab, input, "healthy").await;
    lab.world.wire.take();
    let report = lab.settle(&lab.start_tests(), &job).await;
    assert_eq!((report.passed, report.words()), (true, "2 of 2 passed"));
    let calls = distinct(&lab.world.wire.take());
    assert_eq!(calls, BTreeMap::from(CALLS.map(|(call, times)| (call.to_owned(), times))));
    calls.values().sum()
}

/// Kills a process at its call of this number, and delivers the event again at once.
async fn kill(lab: &Lab, input: &str, number: usize, when: When) -> Killed {
    let stage = format!("{when:?}-{number}");
    let job = job(lab, input, &stage).await;
    let (wire, gate, struck) = (Proxy::start(lab.world.endpoint()).await, Gate::default(), Arc::default());
    strike(&wire, number, when, &gate, &struck);
    let function = lab.world.start_tests(&wire, TIMEOUT);
    let event = job.event.to_string();
    let (ended, ()) = tokio::join!(function.invoke(&event), async {
        soon(&format!("{when:?} call {number}"), gate.reached()).await;
        assert!(function.signal(Signal::KILL).await);
    });
    let call = struck.get().unwrap().clone();
    let killed = Killed { job, stage, call, when, late: false };
    assert!(matches!(ended, Err(Failure::Ended(_))), "{killed}: {ended:?}");
    if when == When::During {
        gate.open();
        soon(&killed.to_string(), answered(&killed.call)).await;
    }
    redeliver(lab, &killed.job).await;
    killed
}

/// Holds the call of this number, with its second attempts.
fn strike(wire: &Proxy, number: usize, when: When, gate: &Gate, struck: &Arc<OnceLock<Call>>) {
    let (mut seen, hold, struck) = (Vec::new(), gate.clone(), struck.clone());
    wire.harm(move |call| {
        let about = asked(call);
        let place = seen.iter().position(|earlier| *earlier == about).unwrap_or_else(|| {
            seen.push(about);
            seen.len() - 1
        });
        if place != number {
            return Fault::None;
        }
        struck.get_or_init(|| call.clone());
        if when == When::After { Fault::HoldReply(hold.clone()) } else { Fault::Hold(hold.clone()) }
    });
}

async fn redeliver(lab: &Lab, job: &Job) {
    lab.deliver(&lab.start_tests(), job).await;
}

/// Returns when a call has been carried out.
async fn answered(call: &Call) {
    while call.answered.get().is_none() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn settled(lab: &Lab, killed: &Killed, place: &str) {
    let job = &killed.job.id;
    let reports = lab.world.codepipeline.reports(job);
    assert!(!reports.is_empty(), "nobody settled it: {place}");
    assert!(reports.iter().all(|report| *report == reports[0]), "I16: {place}: {reports:#?}");
    let passed = reports[0].0 == "PutJobSuccessResult";
    assert!(passed || !killed.must_pass(), "it was earned: {place}: {reports:#?}");
    if passed {
        earned(lab, killed, place).await;
    }
    let mut started = lab.desk.started("stage", &json!(killed.stage));
    let torn_down = started.remove("TestTeardown").is_some();
    assert!(started.values().all(|times| *times == 1), "I19: {place}: {started:?}");
    assert!(!passed || started.keys().eq(["TestFunctionA", "TestSetup", "check"]), "{place}: {started:?}");
    if !torn_down && !started.is_empty() {
        soon(&format!("the tear-down: {place}"), torn_down_at_last(lab, &killed.stage)).await;
    }
}

/// I18: a pass is one of every part, and the report that was declared is there.
async fn earned(lab: &Lab, killed: &Killed, place: &str) {
    let results = lab.results_of(&killed.job.id).await;
    let all = results.len() == 4 && results.iter().all(|result| result["outcome"] == "passed");
    assert!(all, "I18: {place}: {results:#?}");
    let report = lab.report_at(&report_key(&killed.stage)).await;
    assert!(report.is_some_and(|report| report.contains("<testcase ")), "I18: no report: {place}");
}

/// Whoever settles a run late starts its tear-down, and does not wait for it.
async fn torn_down_at_last(lab: &Lab, stage: &str) {
    let stage = Value::from(stage);
    while !lab.desk.started("stage", &stage).contains_key("TestTeardown") {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

impl Killed {
    /// Whether all that a pass takes was there, or could still be done by who came next.
    fn must_pass(&self) -> bool {
        let carried_out = self.when != When::Before;
        match self.call.operation.as_str() {
            "PutItem" if self.call.target.starts_with("verdict#") => carried_out || self.late,
            "PutItem" if self.call.target.starts_with("tests#") => true,
            "PutItem" => asked(&self.call).1.ends_with("/run") && !carried_out,
            // Repair has no credentials to write a report with.
            "PutObject" => self.late,
            "Invoke" => false,
            // Nothing was claimed, and the next one is the first one; or all was recorded.
            _ => true,
        }
    }
}

impl std::fmt::Display for Killed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (name, about) = asked(&self.call);
        write!(f, "{:?} {name} {about:.200}", self.when)
    }
}
