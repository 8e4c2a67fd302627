use std::sync::Mutex;

use serde_json::{Value, json};

use super::*;
use crate::actions::jobs::{FailureDetails, JobId};
use crate::cloud::authority::{Authority, Iam, Role};
use crate::cloud::client::sdk_config;
use crate::pipeline::action::{Artifact, Location, Roles, TypeId};
use crate::pipeline::engine::{Trigger, TriggerType};

/// A function that keeps its events and settles each job at once, as the next of `answers` says.
struct Fake {
    jobs: Jobs,
    answers: Mutex<Vec<Answer>>,
    events: Mutex<Vec<Value>>,
}

enum Answer {
    Success,
    Continue(&'static str),
    Fail,
    Never,
}

impl Fake {
    fn new(jobs: &Jobs, answers: impl Into<Vec<Answer>>) -> Self {
        let mut answers = answers.into();
        answers.reverse();
        Self { jobs: jobs.clone(), answers: Mutex::new(answers), events: Mutex::default() }
    }

    fn events(&self) -> Vec<Value> {
        self.events.lock().unwrap().clone()
    }
}

impl Invoke for Fake {
    async fn invoke(&self, event: Vec<u8>) -> Result<(), Failure> {
        let event: Value = serde_json::from_slice(&event).unwrap();
        let job = JobId::new(event["CodePipeline.job"]["id"].as_str().unwrap());
        self.events.lock().unwrap().push(event);
        let jobs = self.jobs.clone();
        let details = ExecutionDetails { summary: Some("s".into()), percent_complete: Some(40), ..Default::default() };
        let go_on = move |jobs: &Jobs, token: &str| {
            jobs.settle_success(&job, details, Some(token.to_owned()), BTreeMap::new()).unwrap();
        };
        let answer = self.answers.lock().unwrap().pop().unwrap_or(Answer::Never);
        match answer {
            Answer::Never => {}
            Answer::Continue(token) => go_on(&jobs, token),
            Answer::Success => {
                let variables = BTreeMap::from([("A".to_owned(), "1".to_owned())]);
                let job = self.job();
                jobs.settle_success(&job, ExecutionDetails::default(), None, variables).unwrap();
            }
            Answer::Fail => {
                let details = FailureDetails {
                    kind: "RevisionOutOfSync".into(),
                    message: "no".into(),
                    external_execution_id: Some("x".into()),
                };
                let job = self.job();
                jobs.settle_failure(&job, details).unwrap();
            }
        }
        Ok(())
    }
}

impl Fake {
    fn job(&self) -> JobId {
        let events = self.events.lock().unwrap();
        JobId::new(events.last().unwrap()["CodePipeline.job"]["id"].as_str().unwrap())
    }
}

#[derive(Default)]
struct Heard(Mutex<Vec<Progress>>);

pub(super) fn work(request: &Request) -> Work<'_> {
    Work { configuration: &request.configuration, inputs: &request.inputs, outputs: &request.outputs }
}

pub(super) fn request() -> Request {
    let artifact = |name: &str, revision: Option<&str>| Artifact {
        name: name.into(),
        location: Location { bucket: "b".into(), key: format!("k/{name}") },
        revision: revision.map(str::to_owned),
    };
    Request {
        id: "00000000-0000-0000-0000-000000000001".into(),
        pipeline: "p".into(),
        execution: "e".into(),
        stage: "s".into(),
        action: "test".into(),
        type_id: TypeId {
            category: "Invoke".into(),
            owner: "AWS".into(),
            provider: "Lambda".into(),
            version: "1".into(),
        },
        configuration: BTreeMap::from([("FunctionName".into(), "f".into()), ("UserParameters".into(), "u".into())]),
        roles: Roles { pipeline: "arn:aws:iam::000000000000:role/pipeline".into(), own: None },
        inputs: vec![artifact("In", Some("abc"))],
        outputs: vec![artifact("Out", None)],
        approval: None,
        trigger: Trigger { trigger_type: TriggerType::StartPipelineExecution, trigger_detail: String::new() },
        source_revisions: Vec::new(),
    }
}

async fn converse_with(fake: &Fake, heard: &Heard) -> Result<Success, Failure> {
    let role = Role { arn: "r", service: "codepipeline.amazonaws.com", source: "p", session: "e", policy: None };
    let authority = Authority::new(Iam::Off, sdk_config("http://127.0.0.1:1")).unwrap();
    let session = authority.assume(&role).await.unwrap();
    let sender = Sender { account: "111122223333".into(), session };
    let continued = |progress| heard.0.lock().unwrap().push(progress);
    converse(fake, &fake.jobs, &sender, &work(&request()), &continued).await?
}

#[tokio::test]
async fn the_event_is_the_documented_one() {
    let jobs = Jobs::default();
    let fake = Fake::new(&jobs, [Answer::Success]);
    let success = converse_with(&fake, &Heard::default()).await.unwrap();
    assert_eq!(success.variables["A"], "1");
    let location = |key: &str| json!({"type": "S3", "s3Location": {"bucketName": "b", "objectKey": key}});
    let event = &fake.events()[0];
    let id = event["CodePipeline.job"]["id"].as_str().unwrap();
    assert!(uuid::Uuid::parse_str(id).is_ok(), "{id}");
    let expected = json!({"CodePipeline.job": {"id": id, "accountId": "111122223333", "data": {
        "actionConfiguration": {"configuration": {"FunctionName": "f", "UserParameters": "u"}},
        "inputArtifacts": [{"name": "In", "revision": "abc", "location": location("k/In")}],
        "outputArtifacts": [{"name": "Out", "revision": null, "location": location("k/Out")}],
        "artifactCredentials": {"accessKeyId": "test", "secretAccessKey": "test", "sessionToken": ""},
    }}});
    assert_eq!(*event, expected);
}

#[tokio::test]
async fn a_continuation_is_a_new_job_that_carries_the_token() {
    let jobs = Jobs::default();
    let fake = Fake::new(&jobs, [Answer::Continue("one"), Answer::Continue("two"), Answer::Success]);
    let heard = Heard::default();
    converse_with(&fake, &heard).await.unwrap();
    let events = fake.events();
    let token = |at: usize| events[at]["CodePipeline.job"]["data"].get("continuationToken").cloned();
    assert_eq!([token(0), token(1), token(2)], [None, Some(json!("one")), Some(json!("two"))]);
    let ids: std::collections::BTreeSet<_> =
        events.iter().map(|event| event["CodePipeline.job"]["id"].to_string()).collect();
    assert_eq!(ids.len(), 3);
    let progress = Progress { summary: Some("s".into()), percent: Some(40), external_execution_id: None };
    assert_eq!(*heard.0.lock().unwrap(), [progress.clone(), progress]);
}

#[tokio::test]
async fn a_failure_keeps_its_type_message_and_id() {
    let jobs = Jobs::default();
    let failure = converse_with(&Fake::new(&jobs, [Answer::Fail]), &Heard::default()).await.unwrap_err();
    assert_eq!((failure.code.as_str(), failure.message.as_str()), ("RevisionOutOfSync", "no"));
    assert_eq!(failure.external_execution_id.as_deref(), Some("x"));
}

#[tokio::test]
async fn who_no_longer_waits_has_closed_the_job() {
    let jobs = Jobs::default();
    let fake = Fake::new(&jobs, [Answer::Never]);
    let heard = Heard::default();
    let mut waits = std::pin::pin!(converse_with(&fake, &heard));
    assert!(futures_util::poll!(&mut waits).is_pending());
    let job = fake.job();
    waits.set(converse_with(&fake, &heard));
    let late = jobs.settle_success(&job, ExecutionDetails::default(), None, BTreeMap::new());
    assert!(late.is_err(), "a late report must be refused");
}
