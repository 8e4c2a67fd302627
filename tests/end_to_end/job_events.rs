//! Job events to the deployed function itself: a real process behind the Runtime API, with its real state table.

use std::collections::HashMap;

use aws_sdk_cloudformation::Client as CloudFormation;
use aws_sdk_dynamodb::Client as Dynamo;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_lambda::Client as Lambda;
use aws_sdk_lambda::primitives::Blob;
use flowgate::cloud::client;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::run::Run;
use crate::world::{World, fixture};

const FUNCTION: &str = "plain-flowgate-start-tests";

/// A pipeline that has ended, with its cloud still up.
struct Deployed {
    table: String,
    state: Dynamo,
    lambda: Lambda,
    _run: Run,
}

impl Deployed {
    async fn new(world: &World) -> Self {
        let mut command = world.run(&fixture("plain"));
        command.arg("--keep");
        let mut run = Run::start(command);
        let last = run.until(|line| line["stages"].is_array()).await;
        let url = last["outputs"]["Beta"]["ApiUrl"].as_str().unwrap();
        let sdk = client::sdk_config(url.split("/_aws").next().unwrap());
        let stack = CloudFormation::new(&sdk).describe_stack_resource().stack_name("plain-flowgate");
        let resource = stack.logical_resource_id("StateTable").send().await.unwrap();
        let table = resource.stack_resource_detail().and_then(|detail| detail.physical_resource_id()).unwrap();
        Self { table: table.to_owned(), state: Dynamo::new(&sdk), lambda: Lambda::new(&sdk), _run: run }
    }

    /// Invokes the function and asserts that it answers Ok, whatever it thinks of the event.
    async fn deliver(&self, event: &str) {
        let answer = self.lambda.invoke().function_name(FUNCTION).payload(Blob::new(event)).send().await.unwrap();
        let payload = answer.payload().map(|payload| String::from_utf8_lossy(payload.as_ref()).into_owned());
        assert_eq!(answer.function_error(), None, "{payload:?}");
    }

    /// All items of a partition of the state table, by their sort keys.
    async fn items(&self, pk: &str) -> Vec<(String, Value, Option<String>)> {
        let query = self.state.query().table_name(&self.table).key_condition_expression("pk = :pk");
        let query = query.expression_attribute_values(":pk", AttributeValue::S(pk.to_owned())).consistent_read(true);
        let answer = query.send().await.unwrap();
        let item = |item: &HashMap<String, AttributeValue>| {
            let text = |name: &str| item.get(name)?.as_s().ok().cloned();
            (text("sk").unwrap(), serde_json::from_str(&text("body").unwrap()).unwrap(), text("answer"))
        };
        answer.items().iter().map(item).collect()
    }

    /// What a delivery leaves behind that was killed when its tests had answered: as of another job's, and long ago.
    async fn leave_behind(&self, from: &str, job: &str) {
        let query = self.state.query().table_name(&self.table).key_condition_expression("pk = :pk");
        let query = query.expression_attribute_values(":pk", AttributeValue::S(format!("run#{from}")));
        for mut item in query.send().await.unwrap().items.unwrap() {
            let mut body: Value = serde_json::from_str(&item["body"].as_s().unwrap().replace(from, job)).unwrap();
            if body["deadline"].is_string() {
                (body["deadline"], body["ends"]) = (json!("2026-01-01T00:00:00Z"), json!("2026-01-01T00:00:00Z"));
            }
            item.insert("body".to_owned(), AttributeValue::S(body.to_string()));
            item.insert("pk".to_owned(), AttributeValue::S(format!("run#{job}")));
            self.state.put_item().table_name(&self.table).set_item(Some(item)).send().await.unwrap();
        }
    }

    /// The verdict that stands for a job, and how CodePipeline answered it.
    async fn verdict(&self, job: &str) -> (Value, Option<String>) {
        let items = self.items(&format!("verdict#{job}")).await;
        assert_eq!(items.len(), 1, "{items:?}");
        items.into_iter().map(|(_, body, answer)| (body, answer)).next().unwrap()
    }
}

fn job(id: &str, parameters: &str) -> Value {
    json!({"CodePipeline.job": {
        "id": id,
        "accountId": client::ACCOUNT,
        "data": {
            "actionConfiguration": {"configuration": {"FunctionName": FUNCTION, "UserParameters": parameters}},
            "inputArtifacts": [],
            "outputArtifacts": [],
            "artifactCredentials": {"accessKeyId": "k", "secretAccessKey": "s", "sessionToken": "t"},
        },
    }})
}

fn id(n: u8) -> String {
    format!("{n:08}-abcd-1111-abcd-111111abcdef")
}

/// One cloud for all of it, since starting one is most of the work.
#[tokio::test]
async fn i16_i17_malformed_and_duplicated_job_events_get_one_verdict_each() {
    let world = World::new().await;
    let deployed = Deployed::new(&world).await;
    let parameters = r#"{"app_stack": "plain-beta", "test_stack": "plain-tests"}"#;

    for event in ["null", "[]", "7", "{}", r#"{"CodePipeline.job": {"id": "x"}}"#] {
        deployed.deliver(event).await;
    }

    let foreign = job(&id(1), parameters).to_string().replace(client::ACCOUNT, "999999999999");
    let mut half = job(&id(2), parameters);
    half["CodePipeline.job"]["data"].as_object_mut().unwrap().remove("actionConfiguration");
    // Deeper than our parser goes, and not too deep for the emulator's.
    let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
    let deep =
        job(&id(3), parameters).to_string().replace("\"inputArtifacts\":[]", &format!("\"inputArtifacts\":{deep}"));
    let misread = job(&id(4), &"x".repeat(1 << 20)).to_string();
    for (n, event, words) in [
        (1, foreign, "it is of account 999999999999"),
        (2, half.to_string(), "missing field `actionConfiguration`"),
        (3, deep, "malformed"),
        (4, misread, "UserParameters"),
    ] {
        deployed.deliver(&event).await;
        let (report, answer) = deployed.verdict(&id(n)).await;
        assert_eq!((&report["report"], &report["kind"]), (&"fail".into(), &"ConfigurationError".into()), "{report}");
        assert!(report["message"].as_str().unwrap().contains(words), "{report}");
        // I20: CodePipeline does not know the job, which is nobody's error.
        assert_eq!(answer.as_deref(), Some("already settled"));
    }

    let event = job(&id(5), parameters).to_string();
    join_all((0..5).map(|_| deployed.deliver(&event))).await;
    deployed.deliver(&event).await;
    let (report, _) = deployed.verdict(&id(5)).await;
    assert_eq!((&report["report"], &report["summary"]), (&"succeed".into(), &"1 of 1 passed".into()), "{report}");
    let run = deployed.items(&format!("run#{}", id(5))).await;
    // One run owns the results; that its tests start once (I19) is counted in the functions' own tests.
    let keys: Vec<&str> = run.iter().map(|(key, ..)| key.as_str()).collect();
    assert_eq!(keys, ["result#TestFunctionGreeted", "run"]);
    assert_eq!(run[0].1["run"], run[1].1["id"], "the result is of the run that the first delivery stored");

    deployed.leave_behind(&id(5), &id(6)).await;
    let before = deployed.items(&format!("run#{}", id(6))).await;
    deployed.deliver(&job(&id(6), parameters).to_string()).await;
    let (report, _) = deployed.verdict(&id(6)).await;
    assert_eq!((&report["report"], &report["summary"]), (&"succeed".into(), &"1 of 1 passed".into()), "{report}");
    assert_eq!(deployed.items(&format!("run#{}", id(6))).await, before, "I19: it is settled from what is recorded");
}
