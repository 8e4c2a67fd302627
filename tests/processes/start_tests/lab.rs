//! A world with a stage to test.

use std::time::Duration;

use flowgate::cloud::authority::{Role, Session};
use flowgate::cloud::client::{ACCOUNT, REGION};
use serde_json::{Value, json};

use crate::function::Function;
use crate::start_tests::desk::Desk;
use crate::start_tests::jobs::{Action, Job};
use crate::start_tests::stage::{self, BOOTSTRAP, BUCKET, make, put, trusting, zip};
use crate::world::World;

/// As `template.yaml` has it.
pub(super) const TIMEOUT: Duration = Duration::from_mins(15);

/// How long something may take that is waited for: a machine that is busy, and none that is stuck.
const PATIENCE: Duration = Duration::from_mins(1);

/// The role that lends jobs their credentials.
const LENDER: &str = "lender";

pub(super) struct Lab {
    pub(super) world: World,
    pub(super) desk: Desk,
    lender: Session,
}

impl Lab {
    /// Its test stack has these outputs, each of which names a function by the end of its name, or is as it stands.
    pub(super) async fn new(outputs: &[(String, Value)]) -> Self {
        let (world, desk) = tokio::join!(World::new(), Desk::open());
        let config = world.sdk();
        aws_sdk_s3::Client::new(&config).create_bucket().bucket(BUCKET).send().await.unwrap();
        put(&config, "bootstrap.zip", zip(&[("bootstrap", BOOTSTRAP.as_bytes())])).await;
        let url = ("ApiUrl".to_owned(), json!(format!("http://{}/app", desk.address)));
        let topic = json!({"Topic": {"Type": "AWS::SNS::Topic"}});
        make(&config, "beta", topic, &[url]).await;
        make(&config, "tests", stage::functions(&desk.address), outputs).await;
        let lender = lender(&world).await;
        Self { world, desk, lender }
    }

    /// One more environment of the function.
    pub(super) fn start_tests(&self) -> Function {
        self.world.start_tests(&self.world.wire, TIMEOUT)
    }

    pub(super) async fn job(&self, action: &Action) -> Job {
        action.job(&self.lender).await
    }

    /// An artifact with these files; its key.
    pub(super) async fn artifact(&self, files: &[(&str, &[u8])]) -> String {
        let key = format!("shop/Build/{}", uuid::Uuid::new_v4());
        put(&self.world.sdk(), &key, zip(files)).await;
        key
    }

    /// Delivers a job, which must not come to an error, and gives the one report about it.
    pub(super) async fn settle(&self, function: &Function, job: &Job) -> Report {
        self.deliver(function, job).await;
        self.report(job)
    }

    /// Delivers a job, which must not come to an error.
    pub(super) async fn deliver(&self, function: &Function, job: &Job) {
        let answer = function.invoke(&job.event.to_string()).await;
        answer.unwrap_or_else(|error| panic!("{error}\n{}", function.log()));
    }

    /// The one report about a job.
    pub(super) fn report(&self, job: &Job) -> Report {
        let reports = self.world.codepipeline.reports(&job.id);
        // A report whose answer was slow is sent again.
        assert!(!reports.is_empty() && reports.iter().all(|report| *report == reports[0]), "I16: {reports:#?}");
        let (operation, said) = &reports[0];
        Report { passed: operation == "PutJobSuccessResult", said: said.clone() }
    }
}

/// What CodePipeline was told.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Report {
    pub(super) passed: bool,
    pub(super) said: Value,
}

impl Report {
    /// What a person reads of it.
    pub(super) fn words(&self) -> &str {
        let path = if self.passed { "/executionDetails/summary" } else { "/failureDetails/message" };
        self.said.pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("{self:?}"))
    }

    /// Its type, where it is a failure.
    pub(super) fn kind(&self) -> &str {
        self.said["failureDetails"]["type"].as_str().unwrap_or("a success")
    }

    pub(super) fn output(&self, name: &str) -> &str {
        self.said["outputVariables"][name].as_str().unwrap_or_default()
    }
}

/// Waits for something, but not for ever.
pub(super) async fn soon<T>(what: &str, comes: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, comes).await.unwrap_or_else(|_| panic!("it took more than {PATIENCE:?}: {what}"))
}

/// CodePipeline's own role, as far as artifacts go.
async fn lender(world: &World) -> Session {
    let iam = aws_sdk_iam::Client::new(&world.sdk());
    let statement = json!({"Effect": "Allow", "Action": "s3:*", "Resource": format!("arn:aws:s3:::{BUCKET}/*")});
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
    let trust = trusting("codepipeline.amazonaws.com").to_string();
    let role = iam.create_role().role_name(LENDER).assume_role_policy_document(trust).send().await.unwrap();
    let put = iam.put_role_policy().role_name(LENDER).policy_name("artifacts").policy_document(policy.to_string());
    put.send().await.unwrap();
    let role = role.role.unwrap().arn;
    let source = format!("arn:aws:codepipeline:{REGION}:{ACCOUNT}:shop");
    let service = "codepipeline.amazonaws.com";
    world.assume(&Role { arn: &role, service, source: &source, session: "shop", policy: None }).await
}
