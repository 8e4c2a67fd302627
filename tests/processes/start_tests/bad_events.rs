//! Bad input of SAFETY.md for every function, here for `start_tests`: events that are no jobs, and jobs that are broken.

use serde_json::{Value, json};

use crate::no_jobs::no_jobs;
use crate::start_tests::jobs::Action;
use crate::start_tests::lab::Lab;
use crate::start_tests::stage::name;

/// Changes to a job that leave its id, and words of what is said about it.
fn broken() -> Vec<(&'static str, Value, &'static str)> {
    vec![
        ("/accountId", json!("111122223333"), "111122223333"),
        ("/accountId", json!("x"), "12 digits"),
        ("/data", json!(null), "invalid type: null"),
        ("/data", json!([1]), "invalid type: integer"),
        ("/data/actionConfiguration", json!(null), "invalid type: null"),
        ("/data/actionConfiguration/configuration/UserParameters", json!(7), "UserParameters"),
        ("/data/artifactCredentials", json!(null), "artifactCredentials"),
        ("/data/inputArtifacts", json!([{"name": "a"}]), "location"),
    ]
}

#[tokio::test]
async fn events_that_are_no_jobs_change_nothing_and_broken_jobs_fail_with_a_reason() {
    let lab = Lab::new(&[("TestFunction".to_owned(), json!(name("Probe")))]).await;
    let action = Action::with(&json!({"app_stack": "shop-beta", "test_stack": "shop-tests"}));
    let function = lab.start_tests();
    let job = lab.job(&action).await;
    lab.world.wire.take();
    for event in no_jobs(&job.event) {
        // Lambda itself refuses what is not JSON; a function that is sent it all the same fails.
        let answer = function.invoke(&event).await;
        assert!(answer.is_ok() || event == "not json", "{event:.300}: {answer:?}\n{}", function.log());
    }
    let calls = lab.world.wire.take();
    assert!(calls.is_empty(), "{calls:#?}");
    for (path, value, words) in broken() {
        let mut job = lab.job(&action).await;
        *job.event.pointer_mut(&format!("/CodePipeline.job{path}")).unwrap() = value;
        let report = lab.settle(&function, &job).await;
        assert_eq!(report.kind(), "ConfigurationError", "{path}: {report:?}");
        assert!(report.words().contains(words), "{path}: {report:?}");
        assert!(lab.run_of(&job.id).await.is_none(), "{path}");
    }
    assert!(lab.desk.started("test", &json!("TestFunction")).is_empty());
    unusual(&lab, &action).await;
}

/// What is there beside a job, however much and however deep, changes nothing about it.
async fn unusual(lab: &Lab, action: &Action) {
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    for more in [json!("x".repeat(1 << 20)).to_string(), deep] {
        let job = lab.job(action).await;
        let event = job.event.to_string().replacen('{', &format!("{{\"more\":{more},"), 1);
        let function = lab.start_tests();
        function.invoke(&event).await.unwrap_or_else(|error| panic!("{error}\n{}", function.log()));
        assert_eq!(lab.report(&job).words(), "1 of 1 passed");
    }
}
