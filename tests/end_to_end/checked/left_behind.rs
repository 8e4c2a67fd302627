//! What a killed function leaves behind is settled by the sweep's function when it repairs.

use std::collections::HashMap;

use aws_config::SdkConfig;
use aws_sdk_cloudformation::Client as CloudFormation;
use aws_sdk_dynamodb::Client as Dynamo;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_lambda::Client as Lambda;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_ssm::Client as Parameters;
use aws_sdk_ssm::types::ParameterType;
use flowgate::cloud::client::ACCOUNT;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::Checked;
use crate::up::{PATIENCE, POLL};

type Item = HashMap<String, AttributeValue>;

/// The state table and the functions of a service.
pub(super) struct Records {
    service: &'static str,
    table: String,
    state: Dynamo,
    lambda: Lambda,
}

impl Records {
    pub(super) async fn of(service: &'static str, sdk: &SdkConfig) -> Self {
        let stack = CloudFormation::new(sdk).describe_stack_resource().stack_name(format!("{service}-flowgate"));
        let resource = stack.logical_resource_id("StateTable").send().await.unwrap();
        let table = resource.stack_resource_detail().and_then(|detail| detail.physical_resource_id());
        let table = table.expect("a state table").to_owned();
        Self { service, table, state: Dynamo::new(sdk), lambda: Lambda::new(sdk) }
    }

    async fn invoke(&self, function: &str, payload: &Value) -> Value {
        let invoke = self.lambda.invoke().function_name(format!("{}-flowgate-{function}", self.service));
        let answer = invoke.payload(Blob::new(payload.to_string())).send().await.unwrap();
        assert_eq!(answer.function_error(), None, "{function}: {answer:?}");
        serde_json::from_slice(answer.payload().unwrap().as_ref()).unwrap()
    }

    /// Runs tests for a job that CodePipeline does not know, and gives its id.
    pub(super) async fn run_tests(&self, parameters: &Value) -> String {
        let job = Uuid::new_v4().to_string();
        let event = json!({"CodePipeline.job": {"id": job, "accountId": ACCOUNT, "data": {
            "actionConfiguration": {"configuration": {"UserParameters": parameters.to_string()}},
            "inputArtifacts": [],
            "outputArtifacts": [],
            "artifactCredentials": {"accessKeyId": "k", "secretAccessKey": "s", "sessionToken": "t"},
        }}});
        self.invoke("start-tests", &event).await;
        job
    }

    pub(super) async fn repair(&self) -> Value {
        self.invoke("sweep", &json!({"repair": true})).await
    }

    async fn items(&self, pk: &str) -> Vec<Item> {
        let query = self.state.query().table_name(&self.table).key_condition_expression("pk = :pk");
        let query = query.expression_attribute_values(":pk", text(pk)).consistent_read(true);
        query.send().await.unwrap().items.unwrap_or_default()
    }

    /// The run of a job.
    async fn run(&self, job: &str) -> Value {
        let items = self.items(&format!("run#{job}")).await;
        items.iter().find(|item| item["sk"] == text("run")).map_or_else(|| panic!("{job} has no run"), body)
    }

    /// The verdict that stands for a job, and how CodePipeline answered it.
    pub(super) async fn verdict(&self, job: &str) -> Option<(Value, Option<String>)> {
        let items = self.items(&format!("verdict#{job}")).await;
        let answer = |item: &Item| item.get("answer").and_then(|answer| answer.as_s().ok()).cloned();
        items.first().map(|item| (body(item), answer(item)))
    }

    /// As the items of another job look when whoever worked at it was killed an hour ago: those whose sort key is `kept`.
    pub(super) async fn leave_behind(&self, family: &str, from: &str, kept: impl Fn(&str) -> bool) -> String {
        let job = Uuid::new_v4().to_string();
        let (pk, ago) = (format!("{family}#{job}"), Timestamp::now() - SignedDuration::from_hours(1));
        for mut item in self.items(&format!("{family}#{from}")).await {
            if !kept(item["sk"].as_s().unwrap()) {
                continue;
            }
            let mut body = body(&item);
            if body.get("job").is_some() {
                body["job"] = json!(job);
            }
            if body.get("ends").is_some() {
                (body["deadline"], body["ends"]) = (json!(ago), json!(ago));
            }
            let due = text(&format!("{ago}#{pk}"));
            match item.get_mut("due") {
                Some(place) => *place = due,
                // One that was sent has left the index.
                None if family == "verdict" => item.extend([("due_of".into(), text("job")), ("due".into(), due)]),
                // Of a result.
                None => {}
            }
            item.remove("answer");
            item.insert("body".into(), text(&body.to_string()));
            item.insert("pk".into(), text(&pk));
            self.state.put_item().table_name(&self.table).set_item(Some(item)).send().await.unwrap();
        }
        job
    }

    /// Waits until a job is settled and nothing of it is open, and gives its verdict and how CodePipeline answered it.
    pub(super) async fn settled(&self, job: &str) -> (Value, String) {
        let look = async {
            loop {
                if let Some((verdict, Some(answer))) = self.verdict(job).await
                    && !self.is_open(job).await
                {
                    return (verdict, answer);
                }
                sleep(POLL).await;
            }
        };
        timeout(PATIENCE, look).await.unwrap_or_else(|_| panic!("{job} is settled and closed"))
    }

    /// Whether it is in the index of what is due.
    async fn is_open(&self, job: &str) -> bool {
        let query =
            self.state.query().table_name(&self.table).index_name("due").key_condition_expression("due_of = :of");
        let open = query.expression_attribute_values(":of", text("job")).send().await.unwrap();
        open.items().iter().any(|item| item["pk"].as_s().unwrap().ends_with(job))
    }
}

fn body(item: &Item) -> Value {
    serde_json::from_str(item["body"].as_s().unwrap()).unwrap()
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

#[tokio::test]
async fn what_a_killed_function_left_behind_is_settled_by_the_sweep_also_unasked() {
    let checked = Checked::new().await;
    let commit = checked.up.push(&checked.service).await;
    checked.up.until_asked("checked", &commit).await;
    let records = Records::of("checked", &checked.up.sdk()).await;
    let parameters = json!({"app_stack": "checked-beta", "test_stack": "checked-tests", "stage": "beta"});
    let done = records.run_tests(&parameters).await;
    let (verdict, _) = records.verdict(&done).await.unwrap();
    assert_eq!(verdict["summary"], "1 of 1 passed", "{verdict}");

    let recorded = records.leave_behind("run", &done, |_| true).await;
    let note = Note::of(&records, &done, &checked.up.sdk()).await;
    let unanswered = records.leave_behind("run", &done, |key| ["run", "result#TestSetup"].contains(&key)).await;
    let unsent = records.leave_behind("verdict", &done, |_| true).await;

    // The schedule may come before, and be at it still.
    let report = records.repair().await;
    assert!(report["entries"].is_array(), "{report}");
    // Nobody but the schedule comes for this one.
    let alone = records.leave_behind("run", &done, |_| true).await;
    for job in [&recorded, &unsent, &alone] {
        let (verdict, answer) = records.settled(job).await;
        assert_eq!((&verdict["report"], &verdict["summary"]), (&"succeed".into(), &"1 of 1 passed".into()), "{report}");
        // I20: CodePipeline does not know the job.
        assert_eq!(answer, "already settled", "{report}");
    }
    let (verdict, answer) = records.settled(&unanswered).await;
    let message = verdict["message"].as_str().unwrap_or_else(|| panic!("I18: it is no pass: {verdict}"));
    assert!(message.starts_with("0 of 1 passed; TestFunctionReads was lost: "), "{message}");
    assert!(message.contains("TestTeardown was lost: ") && message.contains("; it was started again"), "{message}");
    assert_eq!(answer, "already settled");
    timeout(PATIENCE, note.is_removed()).await.expect("the tear-down runs");
}

/// What the set-up of a run wrote.
struct Note {
    parameters: Parameters,
    name: String,
}

impl Note {
    async fn of(records: &Records, job: &str, sdk: &SdkConfig) -> Self {
        let run = records.run(job).await;
        let note = Self { parameters: Parameters::new(sdk), name: format!("/notes/{}", run["id"].as_str().unwrap()) };
        let put = note.parameters.put_parameter().name(&note.name).value("hello beta").r#type(ParameterType::String);
        put.send().await.unwrap();
        note
    }

    async fn is_removed(&self) {
        while self.parameters.get_parameter().name(&self.name).send().await.is_ok() {
            sleep(POLL).await;
        }
    }
}
