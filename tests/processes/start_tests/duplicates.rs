//! I16, I19: one event, delivered once to five times, at once and late.

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use serde_json::json;

use crate::start_tests::jobs::Action;
use crate::start_tests::lab::{Lab, soon};
use crate::start_tests::stage::name;

/// Each is started once, however often the event comes.
const TESTS: usize = 3;

#[tokio::test]
async fn i19_each_test_is_started_once_and_one_result_sent_however_often_an_event_is_delivered() {
    let outputs: Vec<_> = (0..TESTS).map(|number| (format!("TestFunction{number}"), json!(name("Probe")))).collect();
    let lab = Lab::new(&outputs).await;
    let action = Action::with(&json!({"app_stack": "shop-beta", "test_stack": "shop-tests"}));
    for times in 1..=5 {
        delivered(&lab, &action, times).await;
    }
}

/// So many processes are given the event at once, one more while the tests run, and one when the job has long been settled.
async fn delivered(lab: &Lab, action: &Action, times: usize) {
    let job = lab.job(action).await;
    let functions: Vec<_> = (0..times).map(|_| lab.start_tests()).collect();
    lab.desk.hold();
    let mut deliveries: FuturesUnordered<_> = functions.iter().map(|function| lab.deliver(function, &job)).collect();
    // While the tests are held, all but the one that started them come to their end.
    for ended in 1..times {
        soon(&format!("the end of {ended} of {times}"), deliveries.next()).await;
    }
    tokio::select! {
        _ = deliveries.next() => panic!("{times} times: nobody waited for the tests"),
        () = soon("the tests", lab.desk.has_seen(TESTS)) => {}
    }
    lab.deliver(&lab.start_tests(), &job).await;
    assert_eq!(lab.world.codepipeline.reports(&job.id), [], "{times} times: the tests are still running");
    lab.desk.release();
    soon("the owner's end", deliveries.next()).await;
    let report = lab.report(&job);
    assert!(report.passed && report.words() == "3 of 3 passed", "{times} times: {report:?}");
    lab.deliver(&lab.start_tests(), &job).await;
    assert_eq!(lab.report(&job), report, "I16");
    let started = lab.desk.started("job_id", &json!(job.id));
    assert_eq!((started.len(), started.values().sum::<usize>()), (TESTS, TESTS), "I19: {times} times: {started:?}");
}
