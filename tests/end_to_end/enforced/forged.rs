//! Forged job events: sent by somebody who may not, and by somebody who may.

use std::collections::BTreeMap;
use std::fs;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_codepipeline::types::ActionExecutionFilter;
use aws_sdk_dynamodb::Client as Dynamo;
use aws_sdk_iam::Client as Iam;
use aws_sdk_lambda::Client as Lambda;
use aws_sdk_lambda::error::ProvideErrorMetadata as _;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use flowgate::cloud::client::ACCOUNT;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::{Enforced, arn};
use crate::up::{PATIENCE, POLL, Up};

const FUNCTIONS: [&str; 3] = ["configure", "start-tests", "gate"];
const ELSEWHERE: &str = "999999999999";

/// Whom each role of the stack works for, and as what. The pipelines' are those that may invoke.
const ROLES: [(&str, &str, &str); 15] = [
    ("ConfigureRole", "lambda.amazonaws.com", "lambda:function:shop-flowgate-configure"),
    ("StartTestsRole", "lambda.amazonaws.com", "lambda:function:shop-flowgate-start-tests"),
    ("GateRole", "lambda.amazonaws.com", "lambda:function:shop-flowgate-gate"),
    ("RecordRole", "lambda.amazonaws.com", "lambda:function:shop-flowgate-record"),
    ("LeaseRole", "lambda.amazonaws.com", "lambda:function:shop-flowgate-lease"),
    ("SweepRole", "lambda.amazonaws.com", "lambda:function:shop-flowgate-sweep"),
    ("PreviewRole", "lambda.amazonaws.com", "lambda:function:shop-flowgate-preview"),
    ("SweepScheduleRole", "scheduler.amazonaws.com", "scheduler:schedule-group/default"),
    ("PreviewScheduleRole", "scheduler.amazonaws.com", "scheduler:schedule-group/default"),
    ("BuildRole", "codebuild.amazonaws.com", "codebuild:project/shop-build"),
    ("PreviewBuildRole", "codebuild.amazonaws.com", "codebuild:project/shop-preview-build"),
    ("StartRole", "events.amazonaws.com", "events:rule/shop-flowgate-start"),
    ("DeployRole", "cloudformation.amazonaws.com", "cloudformation:stack/shop-beta/1"),
    ("ProdDeployRole", "cloudformation.amazonaws.com", "cloudformation:stack/shop-prod/1"),
    ("PreviewDeployRole", "cloudformation.amazonaws.com", "cloudformation:stack/shop-dev-ada/1"),
];

#[tokio::test]
async fn somebody_who_may_not_invoke_cannot_send_a_job_event() {
    let shop = Enforced::deployed().await;
    let mut senders = vec![("mallory".to_owned(), mallory(&shop.up).await)];
    for (role, service, source) in ROLES {
        senders.push((role.to_owned(), Lambda::new(&shop.session(role, service, source).await.sdk)));
    }
    for (who, lambda) in senders {
        for (function, name) in FUNCTIONS.iter().flat_map(|function| names(function).map(|name| (*function, name))) {
            for how in [InvocationType::RequestResponse, InvocationType::Event] {
                let invoke = lambda.invoke().function_name(&name).invocation_type(how);
                let refused = invoke.payload(Blob::new(forged(function).to_string())).send().await.unwrap_err();
                assert_eq!(refused.code(), Some("AccessDeniedException"), "{who} invokes {name}: {refused:?}");
            }
            let stream = lambda.invoke_with_response_stream().function_name(&name);
            let refused = stream.payload(Blob::new(forged(function).to_string())).send().await.unwrap_err();
            assert_eq!(refused.code(), Some("AccessDeniedException"), "{who} streams {name}: {refused:?}");
        }
    }
    let items = items(&shop).await;
    let of_jobs = items
        .keys()
        .filter(|key| ["verdict#", "run#", "tests#", "decision#"].iter().any(|family| key.starts_with(family)));
    assert_eq!(of_jobs.collect::<Vec<_>>(), [""; 0], "no event came through");
}

/// What a function is called by: its name and its ARN, and these with a qualifier.
fn names(function: &str) -> [String; 4] {
    let name = format!("shop-flowgate-{function}");
    let arn = arn(&format!("lambda:function:{name}"));
    [format!("{name}:$LATEST"), format!("{arn}:$LATEST"), name, arn]
}

/// An event that would do something if it came through.
fn forged(function: &str) -> Value {
    event(&Uuid::new_v4().to_string(), function, "{}", &[])
}

/// A user of the account who may look at functions.
async fn mallory(up: &Up) -> Lambda {
    let iam = Iam::new(&up.sdk());
    iam.create_user().user_name("mallory").send().await.unwrap();
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["lambda:Get*", "lambda:List*", "codepipeline:*"], "Resource": "*"}]});
    let policy = iam.put_user_policy().user_name("mallory").policy_name("Look").policy_document(policy.to_string());
    policy.send().await.unwrap();
    let key = iam.create_access_key().user_name("mallory").send().await.unwrap().access_key.unwrap();
    let credentials = Credentials::new(key.access_key_id(), key.secret_access_key(), None, None, "mallory");
    let lambda = up.sdk().to_builder().credentials_provider(SharedCredentialsProvider::new(credentials)).build();
    let lambda = Lambda::new(&lambda);
    let function = lambda.get_function().function_name("shop-flowgate-gate").send().await;
    assert!(function.is_ok(), "who mallory is, is known: {function:?}");
    lambda
}

fn event(id: &str, function: &str, parameters: &str, inputs: &[Value]) -> Value {
    let output = artifact("Configuration", "nowhere", "shop/Configuration/forged");
    json!({"CodePipeline.job": {"id": id, "accountId": ACCOUNT, "data": {
        "actionConfiguration": {"configuration": {"FunctionName": function, "UserParameters": parameters}},
        "inputArtifacts": inputs,
        "outputArtifacts": [output],
        // Of somebody who may do everything.
        "artifactCredentials": {"accessKeyId": "author", "secretAccessKey": "author", "sessionToken": ""},
    }}})
}

fn artifact(name: &str, bucket: &str, key: &str) -> Value {
    json!({"name": name, "revision": null, "location": {
        "type": "S3", "s3Location": {"bucketName": bucket, "objectKey": key}}})
}

/// The state table: the records by their keys.
async fn items(shop: &Enforced) -> BTreeMap<String, (Value, Option<String>)> {
    let scan = Dynamo::new(&shop.up.sdk()).scan().table_name(shop.resource("StateTable").await).consistent_read(true);
    let items = scan.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.unwrap();
    let record = |item: &std::collections::HashMap<String, aws_sdk_dynamodb::types::AttributeValue>| {
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
        let body = text("body").and_then(|body| serde_json::from_str(&body).ok()).unwrap_or_default();
        (format!("{} {}", text("pk").unwrap(), text("sk").unwrap()), (body, text("answer")))
    };
    items.iter().map(record).collect()
}

/// A release that waits for its approval, after one that went through.
struct Waiting {
    shop: Enforced,
    /// What went through: its commit and its execution.
    released: (String, String),
    commit: String,
    execution: String,
    build: Value,
}

impl Waiting {
    async fn new() -> Self {
        let up = Up::unrecorded().await;
        let service = up.service("plain", "shop");
        let first = up.push(&service).await;
        up.approve("shop", &first).await;
        assert_eq!(up.until_ended("shop", &first).await["status"], "Succeeded");
        let released = (first.clone(), up.execution("shop", &first).await);
        fs::write(service.join("again"), "1").unwrap();
        let commit = up.push(&service).await;
        up.until_asked("shop", &commit).await;
        let execution = up.execution("shop", &commit).await;
        let build = build_of(&up, &execution).await;
        let waiting = Self { shop: Enforced::new(up, "shop"), released, commit, execution, build };
        timeout(PATIENCE, waiting.until_recorded()).await.expect("what was built is recorded");
        waiting
    }

    async fn until_recorded(&self) {
        let digest = format!("digest#{} ", self.execution);
        while !items(&self.shop).await.keys().any(|key| key.starts_with(&digest)) {
            sleep(POLL).await;
        }
    }

    /// What the template passes to a function. To the gate, about a release whose approval is used up; and what is weaker,
    /// about the one that waits.
    fn parameters(&self, function: &str) -> Vec<String> {
        let (execution, revision) = (&self.execution, &self.commit);
        let gate = |(revision, execution): (&String, &String), rules: Value| {
            json!({"pipeline": "shop", "execution": execution, "approvals": ["Approve"], "rules": rules,
                "people": "/flowgate/shop/people", "revision": revision, "repository": {"codecommit": "shop"},
                "branch": "main", "max_wait_minutes": 1})
        };
        let all = match function {
            "configure" => vec![json!({"service": "shop", "execution": execution, "revision": revision,
                "stages": {"prod": "app-output_sam.yaml"}})],
            "start-tests" => vec![json!({"app_stack": "shop-beta", "test_stack": "shop-tests", "stage": "prod",
                "execution": execution})],
            _ => vec![
                gate((&self.released.0, &self.released.1), json!({"approved": {"count": 1}, "digest": {}})),
                gate((revision, execution), json!({"digest": {}})),
            ],
        };
        all.iter().map(Value::to_string).collect()
    }

    /// Everything that a release is.
    async fn releases(&self) -> (Vec<Value>, Vec<String>, Vec<String>) {
        let up = &self.shop.up;
        let list = up.pipelines().list_action_executions().pipeline_name("shop").send().await.unwrap();
        let actions = list.action_execution_details().iter().map(|action| {
            let (id, status, at) = (action.action_execution_id(), action.status(), action.last_update_time());
            format!("{:?} {:?} {id:?} {status:?} {at:?}", action.stage_name(), action.action_name())
        });
        let actions = actions.collect();
        let mut history = up.json("history", &["shop"]).await;
        // What the gate recorded of the events is told, too, and looked at in the table.
        for execution in &mut history {
            execution["decisions"] = Value::Null;
        }
        (history, actions, up.stacks().await.into_iter().collect())
    }

    /// Sends an event as somebody who may, and gives what the function made of it, and CodePipeline of that.
    async fn send(&self, function: &str, event: &Value) -> (Value, Option<String>) {
        let invoke = Lambda::new(&self.shop.up.sdk()).invoke().function_name(format!("shop-flowgate-{function}"));
        let answer = invoke.payload(Blob::new(event.to_string())).send().await.unwrap();
        assert_eq!(answer.function_error(), None, "{function}: {answer:?}");
        let id = event["CodePipeline.job"]["id"].as_str().unwrap();
        items(&self.shop)
            .await
            .remove(&format!("verdict#{id} verdict"))
            .unwrap_or_else(|| panic!("{function}: no verdict"))
    }
}

/// What the build of an execution made.
async fn build_of(up: &Up, execution: &str) -> Value {
    let filter = ActionExecutionFilter::builder().pipeline_execution_id(execution).build();
    let list = up.pipelines().list_action_executions().pipeline_name("shop").filter(filter).send().await.unwrap();
    let build = list.action_execution_details().iter().find(|action| action.action_name() == Some("Build")).unwrap();
    let made = build.output().unwrap().output_artifacts()[0].s3_location().unwrap();
    artifact("Build", made.bucket().unwrap(), made.key().unwrap())
}

/// One cloud for all of it, since starting one is most of the work.
#[tokio::test]
async fn a_forged_job_event_of_somebody_who_may_invoke_releases_nothing() {
    let waiting = Waiting::new().await;
    let (releases, before) = (waiting.releases().await, items(&waiting.shop).await);
    unknown_jobs(&waiting).await;
    foreign_accounts(&waiting).await;
    foreign_artifacts(&waiting).await;
    assert_eq!(waiting.releases().await, releases, "nothing was settled, started or deployed");

    let after = items(&waiting.shop).await;
    let of_release = |key: &str| ["digest#", "push#"].iter().any(|family| key.starts_with(family));
    for (key, item) in &before {
        assert_eq!(after.get(key), Some(item), "{key} is as it was");
    }
    let new: Vec<_> = after.iter().filter(|(key, _)| !before.contains_key(*key)).collect();
    assert!(new.iter().all(|(key, _)| !of_release(key)), "{new:?}");
    let decided: Vec<_> = new.iter().filter(|(key, _)| key.starts_with("decision#")).collect();
    assert!(!decided.is_empty(), "the gate was asked");
    for (_, (decision, _)) in decided {
        let counted = decision["votes"].as_array().unwrap().iter().any(|vote| vote["worth"] == "counts");
        assert!(!counted, "nobody approved: {decision}");
    }
    helps_nobody_later(&waiting).await;
}

/// CodePipeline does not know the job, whatever the function thinks of it.
async fn unknown_jobs(waiting: &Waiting) {
    for function in FUNCTIONS {
        for parameters in waiting.parameters(function) {
            let id = Uuid::new_v4().to_string();
            let (report, answer) =
                waiting.send(function, &event(&id, function, &parameters, std::slice::from_ref(&waiting.build))).await;
            assert_eq!(answer.as_deref(), Some("already settled"), "{function}: {report}");
        }
    }
}

async fn foreign_accounts(waiting: &Waiting) {
    for function in FUNCTIONS {
        for parameters in waiting.parameters(function) {
            let mut event =
                event(&Uuid::new_v4().to_string(), function, &parameters, std::slice::from_ref(&waiting.build));
            event["CodePipeline.job"]["accountId"] = ELSEWHERE.into();
            let (report, _) = waiting.send(function, &event).await;
            assert_eq!(
                (&report["report"], &report["kind"]),
                (&"fail".into(), &"ConfigurationError".into()),
                "{report}"
            );
            assert!(report["message"].as_str().unwrap().contains("it is of account 999999999999"), "{report}");
        }
    }
}

/// Of another account: a bucket, and credentials.
async fn foreign_artifacts(waiting: &Waiting) {
    let elsewhere = artifact("Build", "somebody-elses", "shop/Build/forged");
    for function in ["configure", "gate"] {
        for parameters in waiting.parameters(function) {
            for (input, key) in [(&elsewhere, "author"), (&waiting.build, ELSEWHERE)] {
                let mut event = event(&Uuid::new_v4().to_string(), function, &parameters, std::slice::from_ref(input));
                event["CodePipeline.job"]["data"]["artifactCredentials"]["accessKeyId"] = key.into();
                let (report, _) = waiting.send(function, &event).await;
                assert_eq!(report["report"], "fail", "{function} {key}: {report}");
            }
        }
    }
}

/// The gate decides as it would have: the author's approval is none.
async fn helps_nobody_later(waiting: &Waiting) {
    let up = &waiting.shop.up;
    up.json("approve", &["shop", "--as", "author"]).await;
    let ended = up.until_ended("shop", &waiting.commit).await;
    assert_eq!(ended["status"], "Failed", "{ended}");
    let said = ended["said"].as_array().unwrap().iter().find(|said| said["action"] == "Gate").unwrap();
    assert!(said["text"].as_str().unwrap().contains("pushed this commit"), "{ended}");
}
