//! Bad input of SAFETY.md for `start_tests`: parameters and stacks that make no sense. Each gets a clear message, and nothing
//! is started.

use serde_json::{Value, json};

use crate::start_tests::jobs::{Action, Job};
use crate::start_tests::lab::{Lab, Report};
use crate::start_tests::stage::name;

const FOREIGN: &str = "arn:aws:lambda:us-east-1:111122223333:function:shop-tests-probe";

pub(super) fn parameters(more: &Value) -> Value {
    let mut parameters = json!({"app_stack": "shop-beta", "test_stack": "shop-tests"});
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    parameters
}

/// `UserParameters`, with words of what is said about them.
fn refused() -> Vec<(Option<String>, &'static str)> {
    let json = |more: Value| Some(parameters(&more).to_string());
    let outputs = |tests: &str| json(json!({"outputs": {"tests": tests}}));
    vec![
        (None, "UserParameters: missing"),
        (Some(" ".to_owned()), "UserParameters: missing"),
        (Some("{".to_owned()), "UserParameters: EOF"),
        (Some("{\"app_stack\": \"a\", \"app_stack\": \"b\"}".to_owned()), "duplicate field"),
        (Some("null".to_owned()), "TEST_FUNCTION"),
        (Some("shop-beta|shop-tests".to_owned()), "2 parts"),
        (Some("x".repeat(100_000)), "not a stack name"),
        (json(json!({"unknown": 1})), "unknown field"),
        (json(json!({"width": 0})), "width is 0"),
        (json(json!({"timeout_minutes": 14})), "not 1 to 13"),
        (json(json!({"outputs": {"url": "U".repeat(5000)}})), "has no output"),
        (json(json!({"outputs": {"setup": "Absent"}})), "has no output Absent"),
        (json(json!({"app_stack": "shop-prod"})), "stack shop-prod does not exist"),
        (outputs("Nothing"), "there is no test: stack shop-tests has no output whose key starts with Nothing"),
        (outputs("Empty"), "output EmptyTest of stack shop-tests"),
        (outputs("Foreign"), "111122223333"),
        (outputs("Stranger"), "another stack"),
        (outputs("Sentence"), "output SentenceTest of stack shop-tests"),
    ]
}

fn outputs() -> Vec<(String, Value)> {
    let outputs = [
        ("TestFunction", json!(name("Probe"))),
        ("SameA", json!(name("Probe"))),
        ("SameB", json!(name("Probe"))),
        ("EmptyTest", json!("")),
        ("ForeignTest", json!(FOREIGN)),
        ("StrangerTest", json!("shop-flowgate-sweep")),
        ("SentenceTest", json!("not a function at all")),
    ];
    outputs.map(|(key, value)| (key.to_owned(), value)).into()
}

#[tokio::test]
async fn parameters_and_stacks_that_make_no_sense_are_refused_and_nothing_is_started() {
    let lab = Lab::new(&outputs()).await;
    let function = lab.start_tests();
    for (parameters, words) in refused() {
        let shown = parameters.clone().map(|text| text.chars().take(200).collect::<String>());
        let job = lab.job(&Action { parameters, ..Action::default() }).await;
        let report = lab.settle(&function, &job).await;
        unstarted(&lab, &job, &report, "ConfigurationError", words, &format!("{shown:?}")).await;
    }
    forged(&lab).await;
    expired(&lab).await;
    // Two outputs may name one function: it is two tests.
    let job = lab.job(&Action::with(&parameters(&json!({"outputs": {"tests": "Same"}})))).await;
    assert_eq!(lab.settle(&function, &job).await.words(), "2 of 2 passed");
    long(&lab).await;
}

pub(super) async fn unstarted(lab: &Lab, job: &Job, report: &Report, kind: &str, words: &str, about: &str) {
    assert_eq!(report.kind(), kind, "{about}: {report:?}");
    assert!(report.words().contains(words), "{about}: {}", report.words());
    assert!(report.words().chars().count() <= 5000, "{about}");
    assert!(lab.desk.started("job_id", &json!(job.id)).is_empty(), "{about}");
    assert!(lab.run_of(&job.id).await.is_none(), "{about}");
}

/// Nobody asked for a continuation: not now, and not in an earlier job.
async fn forged(lab: &Lab) {
    let earlier = lab.job(&Action::with(&parameters(&json!({})))).await;
    for token in ["forged".to_owned(), json!({"previous_job_id": earlier.id}).to_string()] {
        let mut job = lab.job(&Action::with(&parameters(&json!({})))).await;
        job.event["CodePipeline.job"]["data"]["continuationToken"] = json!(token);
        let report = lab.settle(&lab.start_tests(), &job).await;
        unstarted(lab, &job, &report, "ConfigurationError", "continues one with a token", &token).await;
    }
}

/// The artifact's credentials are of no use.
async fn expired(lab: &Lab) {
    let input = Some(lab.artifact(&[("tests.yaml", b"http: []")]).await);
    let mut job = lab.job(&Action { input, ..Action::with(&parameters(&json!({}))) }).await;
    job.event["CodePipeline.job"]["data"]["artifactCredentials"]["sessionToken"] = json!("of long ago");
    let report = lab.settle(&lab.start_tests(), &job).await;
    unstarted(lab, &job, &report, "PermissionError", "Build", "expired credentials").await;
}

/// A test's message of more than 5,000 characters.
async fn long(lab: &Lab) {
    lab.desk.tell("TestFunction", &json!({"return": {"passed": false, "message": "é".repeat(6000)}}));
    let job = lab.job(&Action::with(&parameters(&json!({})))).await;
    let report = lab.settle(&lab.start_tests(), &job).await;
    let words = report.words();
    assert_eq!(report.kind(), "JobFailed");
    assert!(words.starts_with("0 of 1 passed; TestFunction failed: éééé") && words.chars().count() <= 5000, "{words}");
}
