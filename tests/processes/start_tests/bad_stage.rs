//! Bad input of SAFETY.md for `start_tests`: a stage that is not there as it should be, a `tests.yaml` that makes no sense, a
//! test that never answers, and credentials that have expired.

use std::time::Duration;

use serde_json::json;

use crate::proxy::{Fault, Proxy};
use crate::start_tests::bad_input::{parameters, unstarted};
use crate::start_tests::jobs::Action;
use crate::start_tests::lab::Lab;
use crate::start_tests::stage::{name, put};

/// Time for a run that ends some seconds before it, on a busy machine.
const BRIEF: Duration = Duration::from_secs(30);

/// `tests.yaml`, with words of what is said about it.
const FILES: [(&[u8], &str); 8] = [
    (b"http: 7", "tests.yaml"),
    (b"http: [", "tests.yaml"),
    (b"http: [{name: a, path: \xff}]", "utf-8"),
    (b"http: [{name: a, path: /, unknown: 1}]", "unknown field `unknown`"),
    (b"http: [{name: a, path: time}]", "a: path does not begin with /"),
    (b"http: [{name: a, path: '/${nothing}'}]", "${nothing} stands for nothing"),
    (b"http: [{name: a, path: /}, {name: a, path: /}]", "two tests are named a"),
    (b"invoke: [{name: a, output: Nothing}]", "names no output"),
];

#[tokio::test]
async fn a_stage_a_file_and_credentials_that_are_no_good_are_told_and_a_test_that_is_silent() {
    let lab = Lab::new(&[("TestFunction".to_owned(), json!(name("Probe")))]).await;
    stacks(&lab).await;
    files(&lab).await;
    silent(&lab).await;
    expired(&lab).await;
}

/// What CloudFormation says of a stack.
fn described(status: &str, outputs: &str) -> String {
    format!(
        "<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>shop-beta</StackName>\
         <CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>{status}</StackStatus>{outputs}\
         </member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
    )
}

async fn stacks(lab: &Lab) {
    let valueless = "<Outputs><member><OutputKey>ApiUrl</OutputKey></member></Outputs>";
    for (stack, words) in [
        (described("UPDATE_IN_PROGRESS", ""), "stack shop-beta is UPDATE_IN_PROGRESS"),
        (described("UPDATE_ROLLBACK_COMPLETE", ""), "stack shop-beta is UPDATE_ROLLBACK_COMPLETE"),
        (described("CREATE_COMPLETE", ""), "stack shop-beta has no output ApiUrl"),
        (described("CREATE_COMPLETE", "<Outputs/>"), "stack shop-beta has no output ApiUrl"),
        (described("CREATE_COMPLETE", valueless), "stack shop-beta has no output ApiUrl"),
    ] {
        let job = lab.job(&Action::with(&parameters(&json!({})))).await;
        lab.world.wire.harm(move |call| match (call.operation.as_str(), call.target.as_str()) {
            ("DescribeStacks", "shop-beta") => Fault::Answer(stack.clone()),
            _ => Fault::None,
        });
        let report = lab.settle(&lab.start_tests(), &job).await;
        unstarted(lab, &job, &report, "ConfigurationError", words, words).await;
    }
    lab.world.wire.heal();
}

async fn files(lab: &Lab) {
    for (file, words) in FILES {
        let input = lab.artifact(&[("tests.yaml", file)]).await;
        refused(lab, input, words).await;
    }
    let no_zip = "shop/Build/no-zip".to_owned();
    put(&lab.world.sdk(), &no_zip, b"no zip".to_vec()).await;
    refused(lab, no_zip, "artifact Build").await;
}

async fn refused(lab: &Lab, input: String, words: &str) {
    let job = lab.job(&Action { input: Some(input), ..Action::with(&parameters(&json!({}))) }).await;
    let report = lab.settle(&lab.start_tests(), &job).await;
    unstarted(lab, &job, &report, "ConfigurationError", words, words).await;
}

/// A test that takes longer than its run may.
async fn silent(lab: &Lab) {
    lab.desk.tell("TestFunction", &json!({"sleep": 100, "return": null}));
    let job = lab.job(&Action::with(&parameters(&json!({})))).await;
    let report = lab.settle(&lab.world.start_tests(&lab.world.wire, BRIEF), &job).await;
    assert_eq!(report.kind(), "JobFailed", "{report:?}");
    assert!(report.words().starts_with("0 of 1 passed; TestFunction never answered"), "{report:?}");
    lab.desk.tell("TestFunction", &json!({"return": null}));
}

/// Its own: it can do nothing and tell nobody but Lambda, which delivers the event again.
async fn expired(lab: &Lab) {
    let wire = Proxy::start(lab.world.endpoint()).await;
    wire.harm(|_| Fault::Expired);
    let job = lab.job(&Action::with(&parameters(&json!({})))).await;
    let ended = lab.world.start_tests(&wire, BRIEF / 2).invoke(&job.event.to_string()).await;
    assert!(ended.is_err(), "{ended:?}");
    assert!(wire.take().iter().any(|call| call.service == "codepipeline"), "I17");
    assert!(lab.run_of(&job.id).await.is_none() && lab.world.codepipeline.reports(&job.id).is_empty());
    assert_eq!(lab.settle(&lab.start_tests(), &job).await.words(), "1 of 1 passed");
}
