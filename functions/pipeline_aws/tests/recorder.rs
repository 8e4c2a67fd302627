//! Events through the real reader and the real loop of `record`, with the state in memory.

use std::{cell::RefCell, path::PathBuf};

use jiff::Timestamp;
use pipeline_aws::{
    events::{self, Event, Pipelines},
    recorder::Recorder,
};
use pipeline_core::{
    memory::{Fault, World},
    ports::{Clock, PortError},
    preview::subject::Subject,
    record::{
        facts::Push,
        give_up::GiveUp,
        notice::{News, Turn, What},
        perform::{Fact, Record},
        sign::{Move, Sign},
        tell::Heard,
        watch::{ExecutionState, StepState},
    },
    verdict::{FailureKind, Report},
};
use serde_json::{Value, json, value::RawValue};

const SENTINEL: &str = "SENTINEL-SECRET";
const EXECUTION: &str = "22222222-abcd-1111-abcd-111111abcdef";

thread_local! {
    static METRICS: RefCell<Vec<Value>> = const { RefCell::new(vec![]) };
    static HEARD: RefCell<Vec<String>> = const { RefCell::new(vec![]) };
}

fn pipelines() -> Pipelines {
    Pipelines { release: "time-service".into(), previews: "time-service-flowgate-previews".into() }
}

/// What is to be told, if it can be.
fn hear(what: String) -> Heard {
    HEARD.with_borrow_mut(|heard| heard.push(what));
    Heard::Told
}

fn read(event: &Value) -> Result<Event, String> {
    let text = event.to_string();
    events::read(serde_json::from_str(&text).expect("JSON"), &pipelines()).map_err(|error| error.to_string())
}

/// What became of one event, and the metrics it counted in.
fn handle(world: &World, event: &Value) -> (Result<(), String>, Vec<Value>) {
    let text = event.to_string();
    let raw: &RawValue = serde_json::from_str(&text).expect("JSON");
    let recorder = Recorder {
        record: Record { builds: world, packages: world, facts: world },
        give_up: GiveUp { clock: world, verdicts: world, runs: world, jobs: world },
        tell: async |sign: &Sign, _| Ok(hear(format!("{sign:?}"))),
        notify: async |turn: &Turn, _| Ok(hear(format!("{turn:?}"))),
        pipelines: pipelines(),
        metrics: |line| METRICS.with_borrow_mut(|metrics| metrics.push(line.clone())),
    };
    let deadline = u64::try_from(world.now().as_millisecond()).expect("after 1970") + 300_000;
    let handled = world.run(recorder.handle(raw, deadline)).expect("no fault");
    (handled.map_err(|error| error.to_string()), METRICS.take())
}

fn world() -> World {
    World::new("2026-11-21T12:00:00Z".parse().expect("a timestamp"))
}

fn build() -> Value {
    json!({
        "version": "0", "source": "aws.codepipeline", "detail-type": "CodePipeline Action Execution State Change",
        "account": "111122223333", "time": "2026-11-21T11:59:00Z", "region": "eu-west-1",
        "resources": ["arn:aws:codepipeline:eu-west-1:111122223333:time-service"],
        "detail": {
            "pipeline": "time-service", "execution-id": EXECUTION, "stage": "Build", "action": "Build",
            "state": "SUCCEEDED", "region": "eu-west-1", "version": 3,
            "type": {"owner": "AWS", "provider": "CodeBuild", "category": "Build", "version": "1"},
            "output-artifacts": [
                {"name": "Build", "s3location": {"bucket": "artifacts", "key": "time-service/Build/a1"}},
                {"name": "Reports", "s3location": {"bucket": "artifacts", "key": "time-service/Reports/a1"}},
            ],
        },
    })
}

fn push() -> Value {
    json!({
        "source": "aws.codecommit", "detail-type": "CodeCommit Repository State Change",
        "time": "2026-11-21T11:54:58Z",
        "detail": {
            "event": "referenceUpdated", "repositoryName": "time_service", "referenceType": "branch",
            "referenceName": "main", "referenceFullName": "refs/heads/main", "commitId": "8f2c".repeat(10), "oldCommitId": "0000".repeat(10),
            "callerUserArn": "arn:aws:iam::111122223333:user/alice",
        },
    })
}

fn gave_up() -> Value {
    json!({
        "version": "1.0", "timestamp": "2026-11-21T12:00:00Z",
        "requestContext": {
            "requestId": "c2a6f2ae", "condition": "RetriesExhausted", "approximateInvokeCount": 3,
            "functionArn": "arn:aws:lambda:eu-west-1:111122223333:function:time-service-flowgate-gate:$LATEST",
        },
        "requestPayload": {"CodePipeline.job": {
            "id": "11111111-abcd-1111-abcd-111111abcdef",
            "data": {"artifactCredentials": {"secretAccessKey": SENTINEL, "sessionToken": SENTINEL}},
        }},
        "responseContext": {"statusCode": 200, "functionError": "Unhandled"}, "responsePayload": {"errorMessage": SENTINEL},
    })
}

fn with(mut event: Value, change: impl FnOnce(&mut Value)) -> Value {
    change(&mut event);
    event
}

fn execution(state: &str) -> Value {
    with(documented("pipeline_succeeded"), |event| event["detail"]["state"] = json!(state))
}

fn approval() -> Value {
    with(build(), |event| {
        let detail = event["detail"].as_object_mut().expect("an object");
        detail.remove("output-artifacts");
        detail.insert("state".into(), json!("STARTED"));
        detail.insert("stage".into(), json!("Approve"));
        detail.insert("action".into(), json!("Approve2"));
        detail.insert("type".into(), json!({"owner": "AWS", "provider": "Manual", "category": "Approval"}));
        detail.insert("action-execution-id".into(), json!("run-1"));
        detail.insert("pipeline-execution-attempt".into(), json!(2.0));
    })
}

fn preview() -> Value {
    json!({
        "version": "0", "source": "flowgate", "detail-type": "Flowgate Preview State Change",
        "account": "111122223333", "time": "2026-11-21T11:59:00Z", "region": "eu-west-1", "resources": [],
        "detail": {"service": "time-service", "preview": "pr-42", "version": 3, "phase": "RUNNING"},
    })
}

/// The same, of the preview pipeline.
fn of_previews(event: &Value) -> Value {
    with(event.clone(), |event| {
        event["detail"]["pipeline"] = json!("time-service-flowgate-previews");
        let detail = event["detail"].as_object_mut().expect("an object");
        detail.entry("action-execution-id").or_insert(json!("run-1"));
    })
}

fn at() -> Option<Timestamp> {
    "2026-11-21T11:59:00Z".parse().ok()
}

#[test]
fn a_preview_s_own_event_tells_its_version() {
    let expected = Sign::Version { subject: Subject::PullRequest(42), version: 3 };
    assert_eq!(read(&preview()), Ok(Event::Preview(expected)));
}

#[test]
fn what_moves_in_the_preview_pipeline_is_a_sign_and_its_builds_are_no_facts() {
    let moved = |what| Ok(Event::Preview(Sign::Moved { execution: EXECUTION.parse().unwrap(), what, at: at() }));
    for (state, expected) in [
        ("STARTED", ExecutionState::Running),
        ("RESUMED", ExecutionState::Running),
        ("STOPPING", ExecutionState::Stopping),
        ("STOPPED", ExecutionState::Stopped),
        ("CANCELED", ExecutionState::Cancelled),
        ("SUPERSEDED", ExecutionState::Superseded),
        ("FAILED", ExecutionState::Failed),
        ("SUCCEEDED", ExecutionState::Succeeded),
    ] {
        assert_eq!(read(&of_previews(&execution(state))), moved(Move::Execution(expected)), "{state}");
    }
    for (state, expected) in [
        ("STARTED", StepState::Running),
        ("SUCCEEDED", StepState::Succeeded),
        ("FAILED", StepState::Failed),
        ("ABANDONED", StepState::Abandoned),
        ("CANCELED", StepState::Abandoned),
    ] {
        let event = with(of_previews(&build()), |event| event["detail"]["state"] = json!(state));
        assert_eq!(read(&event), moved(Move::Step { run: "run-1".into(), state: expected }), "{state}");
    }
}

#[test]
fn a_release_tells_of_its_turns_and_of_those_who_must_approve_it() {
    let turn = |attempt, what, run: Option<&str>| {
        let execution = EXECUTION.parse().unwrap();
        let run = run.map(str::to_owned);
        Ok(Event::Release(Turn { execution, news: News { attempt, what }, run, at: at() }))
    };
    for (state, what) in [
        ("STARTED", What::Started),
        ("STOPPED", What::Stopped),
        ("CANCELED", What::Stopped),
        ("FAILED", What::Failed),
        ("SUCCEEDED", What::Succeeded),
    ] {
        assert_eq!(read(&execution(state)), turn(1, what, None), "{state}");
    }
    assert_eq!(read(&approval()), turn(2, What::Waits { stage: "Approve".into() }, Some("run-1")));
    // Numbers come in several forms, and older events have none.
    for (number, attempt) in [(json!(3), 3), (json!(3.0), 3), (json!("3"), 3), (json!(null), 0), (json!("x"), 0)] {
        let event = with(execution("FAILED"), |event| event["detail"]["pipeline-execution-attempt"] = number);
        assert_eq!(read(&event), turn(attempt, What::Failed, None));
    }
}

#[test]
fn what_is_to_be_told_is_told_by_whom_it_is_for_and_what_cannot_be_is_delivered_again() {
    for (event, expected) in [(preview(), "Version"), (of_previews(&build()), "Moved"), (approval(), "Waits")] {
        let world = world();
        assert_eq!(handle(&world, &event), (Ok(()), vec![]));
        let heard = HEARD.take();
        assert!(heard.len() == 1 && heard[0].contains(expected), "{heard:?}");
        assert!(world.effects.borrow().is_empty(), "no fact");
    }
    let text = preview().to_string();
    let raw: &RawValue = serde_json::from_str(&text).expect("JSON");
    let world = world();
    let denied = || PortError::Denied { operation: "comment".into(), detail: "no".into() };
    let recorder = Recorder {
        record: Record { builds: &world, packages: &world, facts: &world },
        give_up: GiveUp { clock: &world, verdicts: &world, runs: &world, jobs: &world },
        tell: async |_: &Sign, _| Err(denied()),
        notify: async |_: &Turn, _| Err(denied()),
        pipelines: pipelines(),
        metrics: |_| (),
    };
    let handled = world.run(recorder.handle(raw, 0)).expect("no fault");
    assert_eq!(handled.unwrap_err().to_string(), denied().to_string());
}

#[test]
fn a_build_tells_its_first_artifact() {
    let Ok(Event::Fact(Fact::Built { execution, artifact })) = read(&build()) else { panic!("no fact") };
    assert_eq!((execution.as_str(), artifact.name.as_str()), (EXECUTION, "Build"));
    assert_eq!((artifact.bucket.as_str(), artifact.key.as_str()), ("artifacts", "time-service/Build/a1"));
}

fn told(event: &Value) -> Push {
    match read(event) {
        Ok(Event::Fact(Fact::Pushed(push))) => push,
        other => panic!("{event}: {other:?}"),
    }
}

#[test]
fn a_push_tells_who_moved_what_and_when() {
    let expected = Push {
        repository: "time_service".to_owned(),
        commit: "8f2c".repeat(10).parse().unwrap(),
        by: Some("arn:aws:iam::111122223333:user/alice".to_owned()),
        reference: Some("refs/heads/main".to_owned()),
        at: Some("2026-11-21T11:54:58Z".parse().unwrap()),
    };
    assert_eq!(told(&push()), expected);
}

#[test]
fn i24_a_push_of_nobody_known_is_a_push() {
    let nobody = with(push(), |event| event["detail"]["callerUserArn"] = json!(null));
    assert_eq!(told(&nobody), Push { by: None, ..told(&push()) });
    let world = world();
    assert_eq!(handle(&world, &nobody), (Ok(()), vec![]));
    assert_eq!(*world.release.pushes.borrow(), [told(&nobody)]);
}

#[test]
fn a_push_of_which_less_is_told_is_kept_with_what_is_known() {
    let bare = with(push(), |event| {
        event.as_object_mut().unwrap().remove("time");
        event["detail"].as_object_mut().unwrap().remove("referenceFullName");
    });
    assert_eq!(told(&bare), Push { reference: None, at: None, ..told(&push()) });
    let odd = with(push(), |event| event["time"] = json!("yesterday"));
    assert_eq!(told(&odd), Push { at: None, ..told(&push()) });
}

#[test]
fn what_is_not_for_us_is_ignored() {
    for event in [
        json!(null),
        json!([]),
        json!("x"),
        json!({}),
        json!({"CodePipeline.job": {}}),
        json!({"source": "aws.codepipeline", "detail-type": "CodePipeline Stage Execution State Change", "detail": {}}),
        json!({"source": "mine", "detail-type": "CodeCommit Repository State Change", "detail": {}}),
        with(build(), |event| event["detail"]["pipeline"] = json!("other-service")),
        with(execution("FAILED"), |event| event["detail"]["pipeline"] = json!("other-service")),
        execution("SUPERSEDED"),
        execution("RESUMED"),
        execution("STOPPING"),
        of_previews(&execution("LOST")),
        of_previews(&with(build(), |event| event["detail"]["state"] = json!("LOST"))),
        with(preview(), |event| event["detail"]["service"] = json!("other-service")),
        with(approval(), |event| event["detail"]["state"] = json!("SUCCEEDED")),
        with(build(), |event| event["detail"]["state"] = json!("FAILED")),
        with(build(), |event| event["detail"]["type"]["category"] = json!("Source")),
        with(build(), |event| event["detail"]["output-artifacts"] = json!([])),
        with(push(), |event| event["detail"]["event"] = json!("referenceDeleted")),
        with(push(), |event| event["detail"]["referenceType"] = json!("tag")),
        with(gave_up(), |event| event["requestContext"]["condition"] = json!("Success")),
    ] {
        let world = world();
        assert!(matches!(read(&event), Ok(Event::Foreign(_))), "{event}");
        assert_eq!(handle(&world, &event), (Ok(()), vec![]), "{event}");
        assert!(world.effects.borrow().is_empty(), "{event}");
    }
}

#[test]
fn what_is_for_us_and_malformed_is_an_error_so_that_lambda_delivers_it_again() {
    for event in [
        with(build(), |event| event["detail"] = json!({})),
        with(build(), |event| event["detail"]["execution-id"] = json!("not-a-uuid")),
        with(build(), |event| event["detail"]["output-artifacts"][0] = json!({"name": "Build"})),
        with(execution("FAILED"), |event| event["detail"]["execution-id"] = json!("not-a-uuid")),
        with(approval(), |event| event["detail"]["execution-id"] = json!("not-a-uuid")),
        of_previews(&with(execution("FAILED"), |event| event["detail"]["execution-id"] = json!(7))),
        of_previews(&with(build(), |event| event["detail"]["action-execution-id"] = json!(null))),
        with(preview(), |event| event["detail"]["preview"] = json!(SENTINEL)),
        with(preview(), |event| event["detail"]["version"] = json!("3")),
        with(preview(), |event| event["detail"] = json!({})),
        with(push(), |event| event["detail"]["commitId"] = json!(null)),
        with(push(), |event| event["detail"]["commitId"] = json!("8f2c#main")),
        with(push(), |event| event["detail"]["repositoryName"] = json!(7)),
        with(gave_up(), |event| event["requestContext"] = json!(SENTINEL)),
    ] {
        let error = handle(&world(), &event).0.unwrap_err();
        assert!(error.contains("is malformed") && !error.contains(SENTINEL), "{error}");
    }
}

#[test]
fn a_fact_that_cannot_be_kept_is_an_error() {
    let (handled, _) = handle(&world(), &build());
    assert_eq!(handled.unwrap_err(), "artifact Build does not exist");
}

#[test]
fn a_push_to_a_branch_is_kept_once_and_the_first_time_stands() {
    let world = world();
    let again = with(push(), |event| event["time"] = json!("2026-11-21T11:59:00Z"));
    for event in [push(), again, push()] {
        assert_eq!(handle(&world, &event).0, Ok(()));
    }
    assert_eq!(*world.release.pushes.borrow(), [told(&push())]);
    let elsewhere = with(push(), |event| event["detail"]["referenceFullName"] = json!("refs/heads/other"));
    assert_eq!(handle(&world, &elsewhere).0, Ok(()));
    assert_eq!(world.release.pushes.borrow().len(), 2);
}

#[test]
fn i26_a_job_that_lambda_gave_up_on_counts_and_shows_nothing_of_its_event() {
    let event = read(&gave_up()).unwrap();
    assert!(!format!("{event:?}").contains(SENTINEL), "{event:?}");
    let Event::GaveUp(told) = event else { panic!("{event:?}") };
    assert_eq!(told.job.map(String::from).as_deref(), Some("11111111-abcd-1111-abcd-111111abcdef"));
    let world = world();
    let (handled, metrics) = handle(&world, &gave_up());
    assert_eq!(handled, Ok(()));
    let [line] = &metrics[..] else { panic!("{metrics:?}") };
    assert_eq!((&line["Service"], &line["JobsGivenUp"]), (&json!("time-service"), &json!(1)));
    let declared = &line["_aws"]["CloudWatchMetrics"][0];
    assert_eq!(declared["Namespace"], "Flowgate");
    assert_eq!(
        (&declared["Dimensions"], &declared["Metrics"][0]["Name"]),
        (&json!([["Service"]]), &json!("JobsGivenUp"))
    );
    assert!(!format!("{:?}", world.reports.borrow()).contains(SENTINEL));
}

/// The names of the metrics that were counted in.
fn names(metrics: &[Value]) -> Vec<&str> {
    metrics.iter().filter_map(|line| line["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"].as_str()).collect()
}

#[test]
fn a_job_that_lambda_gave_up_on_fails_at_once_and_says_which_function_to_look_at() {
    let world = world();
    for _ in 0..3 {
        let (handled, metrics) = handle(&world, &gave_up());
        assert_eq!((handled, names(&metrics)), (Ok(()), vec!["JobsGivenUp"]));
    }
    let words = "Lambda gave up on time-service-flowgate-gate (RetriesExhausted) before it settled this job; its log says \
                 why; then retry the stage";
    let reports: Vec<Report> = world.reports.borrow().iter().map(|(_, report, _)| report.clone()).collect();
    assert_eq!(reports, [Report::fail(FailureKind::SystemUnavailable, words)]);
}

/// It may never have run, and then has no log.
#[test]
fn a_job_whose_event_waited_too_long_says_so() {
    let world = world();
    let late = with(gave_up(), |event| event["requestContext"]["condition"] = json!("EventAgeExceeded"));
    assert_eq!(handle(&world, &late).0, Ok(()));
    let reports = format!("{:?}", world.reports.borrow());
    for words in ["(EventAgeExceeded)", "waited too long to be run", "Lambda concurrency"] {
        assert!(reports.contains(words), "{words}: {reports}");
    }
    assert!(!reports.contains("its log says why"), "{reports}");
}

#[test]
fn a_job_that_could_not_be_failed_now_is_left_to_repair_and_does_not_count_as_unsettled() {
    let world = world();
    world.outage("settle job", Fault::Refused);
    let (handled, metrics) = handle(&world, &gave_up());
    assert_eq!((handled, names(&metrics)), (Ok(()), vec!["JobsGivenUp"]));
    assert_eq!(world.open.all().len(), 1);
}

#[test]
fn what_nobody_could_settle_counts_and_is_delivered_again_where_that_helps() {
    for effect in ["read verdict", "read run", "record verdict"] {
        let world = world();
        world.outage(effect, Fault::Refused);
        let begin = world.now();
        let (handled, metrics) = handle(&world, &gave_up());
        assert!(handled.unwrap_err().contains(effect));
        assert_eq!(names(&metrics), ["JobsGivenUp", "JobsNotSettled"], "{effect}");
        assert!(world.now().duration_since(begin).as_secs() > 240, "{effect}: a moment's trouble is waited out");
        assert!(world.reports.borrow().is_empty(), "nothing is sent that is not recorded");
    }
    let world = world();
    let nameless = with(gave_up(), |event| event["requestPayload"] = json!({}));
    let (handled, metrics) = handle(&world, &nameless);
    assert_eq!((handled, names(&metrics)), (Ok(()), vec!["JobsGivenUp", "JobsNotSettled"]));
    assert!(world.effects.borrow().is_empty());
}

/// The text of an event as AWS documents its shape.
fn documented(name: &str) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/events").join(name).with_extension("json");
    serde_json::from_str(&std::fs::read_to_string(path).expect("an event")).expect("JSON")
}

#[test]
fn events_in_their_documented_shape_tell_what_they_should() {
    for (name, commit) in [("branch_created", "8f2c"), ("branch_updated", "8f2c")] {
        let push = told(&documented(name));
        assert_eq!(
            (push.commit.as_str(), push.by.as_deref()),
            (&commit.repeat(10)[..], Some("arn:aws:iam::111122223333:user/alice"))
        );
        assert!(push.reference.is_some() && push.at.is_some(), "{push:?}");
    }
    let told = read(&documented("build_succeeded")).unwrap();
    let Event::Fact(Fact::Built { artifact, .. }) = told else { panic!("{told:?}") };
    assert_eq!((&artifact.name[..], &artifact.key[..]), ("Build", "time-service/Build/b1"));
    assert!(matches!(read(&documented("retries_exhausted")), Ok(Event::GaveUp(told)) if told.job.is_some()));
    for name in ["build_started", "source_succeeded", "stage_started", "branch_deleted", "tag_created"] {
        assert!(matches!(read(&documented(name)), Ok(Event::Foreign(_))), "{name}");
    }
}

#[test]
fn published_events_are_read_where_there_are_any() {
    let corpus = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/events");
    let Ok(entries) = std::fs::read_dir(&corpus) else {
        return println!("no corpus of public events here: those of this repository have been read");
    };
    // AWS's documentation disguises commit ids, so its pushes are malformed; nothing else is.
    for path in entries.flatten().map(|entry| entry.path()) {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let Ok(raw) = serde_json::from_str::<&RawValue>(&text) else { continue };
        if let Err(error) = events::read(raw, &pipelines()) {
            assert!(error.to_string().contains("is not a full commit id"), "{}: {error}", path.display());
        }
    }
}
