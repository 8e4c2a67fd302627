//! An owner that is stopped for longer than its run lasts, and goes on when another has settled the job.

use std::time::Duration;

use jiff::Timestamp;
use rustix::process::Signal;
use serde_json::json;

use crate::proxy::{Fault, Gate, Proxy};
use crate::start_tests::jobs::Action;
use crate::start_tests::lab::Lab;
use crate::start_tests::stage::name;

/// A run ends some seconds before that.
const BRIEF: Duration = Duration::from_secs(14);

#[tokio::test]
async fn i16_i18_an_owner_that_wakes_when_another_has_settled_its_run_changes_nothing() {
    let lab = Lab::new(&[("TestFunction".to_owned(), json!(name("Probe")))]).await;
    let job = lab.job(&Action::with(&json!({"app_stack": "shop-beta", "test_stack": "shop-tests"}))).await;
    let (wire, gate) = (Proxy::start(lab.world.endpoint()).await, Gate::default());
    let hold = gate.clone();
    wire.harm(move |call| if call.operation == "Invoke" { Fault::HoldReply(hold.clone()) } else { Fault::None });
    let owner = lab.world.start_tests(&wire, BRIEF);
    let meanwhile = async {
        gate.reached().await;
        assert!(owner.signal(Signal::STOP).await);
        gate.open();
        past_its_end(&lab, &job.id).await;
        let report = lab.settle(&lab.start_tests(), &job).await;
        assert!(owner.signal(Signal::CONT).await);
        report
    };
    let event = job.event.to_string();
    let (_, report) = tokio::join!(owner.invoke(&event), meanwhile);
    assert_eq!((report.kind(), report.words()), ("JobFailed", "0 of 1 passed; TestFunction never answered"));
    lab.deliver(&lab.start_tests(), &job).await;
    let reports = lab.world.codepipeline.reports(&job.id);
    assert!(reports.iter().all(|said| *said == reports[0]), "I16: {reports:#?}");
    assert_eq!(lab.desk.started("job_id", &json!(job.id))["TestFunction"], 1, "I19");
}

async fn past_its_end(lab: &Lab, job: &str) {
    let run = lab.run_of(job).await.unwrap();
    let ends: Timestamp = run["ends"].as_str().unwrap().parse().unwrap();
    let left = ends.duration_since(Timestamp::now()).try_into().unwrap_or(Duration::ZERO);
    tokio::time::sleep(left + Duration::from_millis(100)).await;
}
