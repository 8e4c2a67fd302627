//! The gate at work: one process, and the jobs that it is sent.

use std::time::Duration;

use flowgate::cloud::client::{ACCOUNT, REGION};
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use crate::binaries::build;
use crate::function::{Function, Launch};
use crate::gate::asked::{Asked, GITHUB};
use crate::gate::desk::Desk;
use crate::gate::release::{COMMIT, EXECUTION, artifact};

/// Of which 5 s are kept back for the report and 10 s for the decision: what waits is looked at once more, and is then
/// another job's.
const TIMEOUT: Duration = Duration::from_secs(16);

/// A gate in front of a desk.
pub(super) struct Judge {
    pub(super) desk: Desk,
    pub(super) function: Function,
    _logs: TempDir,
}

/// What became of a job.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) passed: bool,
    /// What people are told.
    pub(super) words: String,
    /// What the next job gets, where this one waits.
    pub(super) continuation: Option<String>,
    pub(super) asked: Vec<Asked>,
}

impl Judge {
    /// With these settings in place of none.
    pub(super) async fn start(settings: &[(&str, &str)]) -> Self {
        Self::with(TIMEOUT, settings).await
    }

    /// As long as that each job may take.
    pub(super) async fn with(timeout: Duration, settings: &[(&str, &str)]) -> Self {
        let desk = Desk::start().await;
        let logs = tempfile::tempdir().unwrap();
        let program = build(&["gate"]).await.remove("gate").unwrap();
        let api = format!("{}{GITHUB}", desk.endpoint);
        let usual = [
            ("AWS_ENDPOINT_URL", desk.endpoint.as_str()),
            ("AWS_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", "k"),
            ("AWS_SECRET_ACCESS_KEY", "s"),
            ("STATE_TABLE", "state"),
            ("GITHUB_API", &api),
            // The worst that somebody could set.
            ("RUST_LOG", "trace"),
        ];
        let all = usual.iter().chain(settings).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let function = Function::new(Launch {
            name: "shop-flowgate-gate".to_owned(),
            program,
            environment: all.collect(),
            log: logs.path().join("log"),
            timeout,
        });
        Self { desk, function, _logs: logs }
    }

    /// Sends it a job, which must be settled just once.
    pub(super) async fn judge(&self, event: &Value) -> Judged {
        self.desk.asked();
        let answer = self.function.invoke(&event.to_string()).await;
        answer.unwrap_or_else(|error| panic!("{error}\n{}", self.function.log()));
        let asked = self.desk.asked();
        let settled: Vec<_> = asked.iter().filter(|one| one.call.operation.starts_with("PutJob")).collect();
        let [settled] = &settled[..] else { panic!("{settled:#?}\n{}", self.function.log()) };
        let said = settled.call.json();
        let passed = settled.call.operation == "PutJobSuccessResult";
        let words = if passed { &said["executionDetails"]["summary"] } else { &said["failureDetails"]["message"] };
        let (words, continuation) = (words.as_str().unwrap_or_default().to_owned(), &said["continuationToken"]);
        Judged { passed, words, continuation: continuation.as_str().map(str::to_owned), asked }
    }
}

/// What the template asks of the gate, with every rule but that of drift.
pub(super) fn parameters(repository: &Value) -> Value {
    json!({
        "pipeline": "shop", "execution": EXECUTION, "stage": "Approve", "approvals": ["Approve"],
        "rules": {"approved": {"count": 1}, "pull_request": {}, "tested": {"actions": ["Beta/Test", "Gamma/Test"]}, "digest": {}},
        "people": "/flowgate/shop/people", "overrides": "/flowgate/shop/overrides", "revision": COMMIT,
        "repository": repository, "branch": "main", "max_wait_minutes": 5,
    })
}

pub(super) fn codecommit() -> Value {
    parameters(&json!({"codecommit": "shop"}))
}

pub(super) fn github() -> Value {
    parameters(&json!({"github": "ada/shop"}))
}

/// A job of the gate.
pub(super) fn job(parameters: &Value) -> Value {
    json!({"CodePipeline.job": {"id": Uuid::new_v4(), "accountId": ACCOUNT, "data": {
        "actionConfiguration": {"configuration": {"FunctionName": "gate", "UserParameters": parameters.to_string()}},
        "inputArtifacts": [artifact()], "outputArtifacts": [],
        "artifactCredentials": {"accessKeyId": "k", "secretAccessKey": "s", "sessionToken": "t"},
    }}})
}

/// A job that goes on where another one left off.
pub(super) fn continued(parameters: &Value, token: &str) -> Value {
    let mut event = job(parameters);
    event["CodePipeline.job"]["data"]["continuationToken"] = token.into();
    event
}

impl Judged {
    /// Approved.
    pub(super) fn passes(&self) {
        assert!(self.passed && self.continuation.is_none(), "{}: {:#?}", self.words, names(&self.asked));
        self.keeps_to_itself();
    }

    /// Denied, in these words among others.
    pub(super) fn is_denied(&self, about: &str, words: &[&str]) {
        assert!(!self.passed, "{about}: {}", self.words);
        for words in words {
            assert!(self.words.contains(words), "{about}: {words:?} is not in {:?}", self.words);
        }
        self.keeps_to_itself();
    }

    /// Waits for another job, and says for what; gives what that job gets.
    pub(super) fn waits(&self, about: &str, words: &str) -> String {
        let token = self.continuation.clone();
        let token = token.unwrap_or_else(|| panic!("{about}: it does not wait: {}", self.words));
        assert!(self.words.starts_with("waiting: ") && self.words.contains(words), "{about}: {}", self.words);
        self.keeps_to_itself();
        token
    }

    /// Nothing was changed but the gate's own records, and the job was settled.
    fn keeps_to_itself(&self) {
        let own = ["verdict#", "decision#"];
        for one in self.asked.iter().filter(|one| one.changes()) {
            let is_record = one.call.service == "dynamodb" && own.iter().any(|own| one.call.target.starts_with(own));
            assert!(is_record || one.call.operation.starts_with("PutJob"), "{one:#?}");
        }
    }
}

pub(super) fn names(asked: &[Asked]) -> Vec<&str> {
    asked.iter().map(|one| one.name.as_str()).collect()
}
