//! Job events through the real handler, with the state and CodePipeline in memory.

use std::{cell::Cell, path::PathBuf};

use futures_util::future::join_all;
use pipeline_aws::{event::ArtifactAccess, runtime::Actions};
use pipeline_core::{
    drive::{Action, Ports},
    job::Job,
    memory::World,
    verdict::{FailureKind, Report, Verdict},
};
use serde_json::{Value, json, value::RawValue};

const ACCOUNT: &str = "111122223333";
const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:time-service-flowgate-start-tests";
const SENTINEL: &str = "SENTINEL-SECRET";

/// Counts its runs, and panics when the job asks for it.
struct Counted<'a>(&'a Cell<usize>);

impl Action for Counted<'_> {
    async fn perform(&self, job: &Job, _until: jiff::Timestamp) -> Verdict {
        self.0.set(self.0.get() + 1);
        match job.user_parameters.as_deref() {
            Some("panic") => panic!("the action panics"),
            Some(secret @ SENTINEL) => panic!("the action panics with {secret}"),
            _ => (),
        }
        Report::succeed("done", [].into()).into()
    }
}

/// What CodePipeline was told after so many concurrent deliveries, and how often the work was done.
fn deliver(event: &str, deliveries: usize) -> (Vec<Report>, usize) {
    let world = World::new("2026-11-21T12:00:00Z".parse().expect("a timestamp"));
    let performed = Cell::new(0);
    let ports = Ports { clock: &world, verdicts: &world, jobs: &world };
    let actions = Actions { ports, action: |_: &ArtifactAccess| Counted(&performed) };
    let event: &RawValue = serde_json::from_str(event).expect("Lambda hands over JSON only");
    let deadline = 1_795_266_000_000;
    let handled = world.run(join_all((0..deliveries).map(|_| actions.handle(event, FUNCTION, deadline))));
    assert!(handled.expect("no fault").iter().all(Result::is_ok), "an error would make Lambda deliver the event again");
    let reports = world.reports.borrow().iter().map(|(_, report, _)| report.clone()).collect();
    (reports, performed.get())
}

fn job() -> Value {
    json!({"CodePipeline.job": {
        "id": "11111111-abcd-1111-abcd-111111abcdef",
        "accountId": ACCOUNT,
        "data": {
            "actionConfiguration": {"configuration": {"FunctionName": "f", "UserParameters": "{}"}},
            "inputArtifacts": [],
            "outputArtifacts": [],
            "artifactCredentials": {"accessKeyId": SENTINEL, "secretAccessKey": SENTINEL, "sessionToken": SENTINEL},
        },
    }})
}

fn with(change: impl FnOnce(&mut Value)) -> String {
    let mut event = job();
    change(&mut event["CodePipeline.job"]);
    event.to_string()
}

fn assert_misconfigured(event: &str, words: &str) {
    let (reports, performed) = deliver(event, 1);
    match &reports[..] {
        [Report::Fail { kind: FailureKind::ConfigurationError, message }] => {
            assert!(message.contains(words), "{message}");
            assert!(!message.contains(SENTINEL), "{message}");
        }
        other => panic!("{words}: {other:?}"),
    }
    assert_eq!(performed, 0);
}

#[test]
fn a_job_is_done_and_reported() {
    assert_eq!(deliver(&job().to_string(), 1), (vec![Report::succeed("done", [].into())], 1));
}

#[test]
fn an_event_without_a_job_id_is_ignored() {
    let id = |id: Value| with(|job| job["id"] = id);
    for event in [
        "null".to_owned(),
        "[]".to_owned(),
        "\"x\"".to_owned(),
        "{}".to_owned(),
        r#"{"source": "aws.codepipeline", "detail-type": "CodePipeline Action Execution State Change"}"#.to_owned(),
        r#"{"CodePipeline.job": null}"#.to_owned(),
        r#"{"CodePipeline.job": {"data": {}}}"#.to_owned(),
        id(json!(null)),
        id(json!("")),
        id(json!(7)),
        id(json!("not-a-uuid")),
        id(json!("x".repeat(1 << 20))),
    ] {
        assert_eq!(deliver(&event, 1), (vec![], 0), "{}", &event[..event.len().min(200)]);
    }
}

#[test]
fn i17_a_job_whose_id_is_known_is_reported_however_broken_the_rest_is() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_misconfigured(&with(|job| job["data"] = json!(null)), "invalid type: null");
    assert_misconfigured(
        &with(|job| drop(job.as_object_mut().expect("an object").remove("data"))),
        "missing field `data`",
    );
    assert_misconfigured(&with(|job| job["data"]["artifactCredentials"] = json!(SENTINEL)), "its artifactCredentials");
    let half = json!({"accessKeyId": {"x": SENTINEL}, "secretAccessKey": SENTINEL});
    assert_misconfigured(&with(|job| job["data"]["artifactCredentials"] = half), "its artifactCredentials");
    assert_misconfigured(
        &with(|job| job["data"]["inputArtifacts"] = json!([{"name": "a"}])),
        "missing field `location`",
    );
    for (parameters, kind) in [(json!(7), "integer"), (json!([SENTINEL]), "sequence"), (json!({SENTINEL: 1}), "map")] {
        let event =
            with(|job| job["data"]["actionConfiguration"]["configuration"]["UserParameters"] = parameters.clone());
        let words =
            format!("data.actionConfiguration.configuration.UserParameters: invalid type: {kind}, expected a str");
        assert_misconfigured(&event, &words);
    }
    assert_misconfigured(&with(|job| job["accountId"] = json!("999999999999")), "it is of account 999999999999");
    for id in ["", "11112222333", SENTINEL] {
        assert_misconfigured(&with(|job| job["accountId"] = json!(id)), "its accountId is not 12 digits");
    }
    assert_misconfigured(
        &job().to_string().replace("\"accountId\"", "\"accountId\":\"1\",\"accountId\""),
        "duplicate field",
    );
    assert_misconfigured(
        &job().to_string().replace("\"inputArtifacts\":[]", &format!("\"inputArtifacts\":{deep}")),
        "malformed",
    );
}

#[test]
fn what_a_job_holds_beyond_what_we_know_is_tolerated() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let event = job().to_string().replace("\"inputArtifacts\":[]", &format!("\"inputArtifacts\":[],\"new\":{deep}"));
    let big = with(|job| job["data"]["note"] = json!("x".repeat(1 << 20)));
    for event in [event, big] {
        assert_eq!(deliver(&event, 1).1, 1);
    }
}

#[test]
fn i17_a_panicking_action_is_reported_once() {
    // I26: what a panic's message was put together of may be anything.
    for (parameters, words) in
        [("panic", "panicked: the action panics"), (SENTINEL, "panicked: for a reason of its own")]
    {
        let event =
            with(|job| job["data"]["actionConfiguration"]["configuration"]["UserParameters"] = json!(parameters));
        let (reports, _) = deliver(&event, 1);
        match &reports[..] {
            [Report::Fail { kind: FailureKind::JobFailed, message }] => {
                assert!(message.contains(words) && !message.contains(SENTINEL), "{message}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn i16_concurrent_deliveries_send_one_distinct_report() {
    for deliveries in 2..=5 {
        let (mut reports, _) = deliver(&job().to_string(), deliveries);
        reports.dedup();
        assert_eq!(reports.len(), 1, "{reports:?}");
    }
}

#[test]
fn i26_the_access_to_artifacts_does_not_print_its_secrets() {
    let event = job().to_string();
    let raw: &RawValue = serde_json::from_str(&event).expect("JSON");
    let delivery = pipeline_aws::event::read(raw, ACCOUNT).expect("a job");
    assert!(format!("{delivery:?}").contains("REDACTED"));
    assert!(!format!("{delivery:?}").contains(SENTINEL), "{delivery:?}");
}

#[test]
fn published_events_are_read() {
    let corpus = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/events");
    let Ok(entries) = std::fs::read_dir(&corpus) else {
        return println!("no corpus of public events here: nothing to read");
    };
    let mut jobs = 0;
    for path in entries.flatten().map(|entry| entry.path()) {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        // AWS's documentation disguises ids with letters that no UUID has.
        let text = text.replace("xmpl", "0000");
        let Ok(raw) = serde_json::from_str::<&RawValue>(&text) else { continue };
        let event: Value = serde_json::from_str(&text).expect("read above");
        let Some(job) = event.get("CodePipeline.job") else {
            assert!(pipeline_aws::event::read(raw, ACCOUNT).is_err(), "{}", path.display());
            continue;
        };
        let delivery = pipeline_aws::event::read(raw, job["accountId"].as_str().unwrap_or_default());
        let (read, _) = delivery.expect("a job").job.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let parameters = &job["data"]["actionConfiguration"]["configuration"]["UserParameters"];
        assert_eq!(read.user_parameters.as_deref(), parameters.as_str(), "{}", path.display());
        jobs += 1;
    }
    assert!(jobs >= 3, "only {jobs} job events were found in {}", corpus.display());
}
