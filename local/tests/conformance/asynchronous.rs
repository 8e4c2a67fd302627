use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use axum::Router;
use axum::extract::Json;
use axum::http::StatusCode;
use flowgate::cloud::{Cloud, Options};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::world::{cloud, cloud_without, deploy_template, options};

/// Says what it is sent, and fails if it is refused that; it waits as long as it is told.
const CODE: &str = "
import json, os, time, urllib.request
def handler(event, context):
    told = json.dumps({'by': context.function_name, 'event': event}).encode()
    headers = {'content-type': 'application/json'}
    urllib.request.urlopen(urllib.request.Request(os.environ['LISTENER'], told, headers)).read()
    time.sleep(event.get('takes', 0))
";

/// A cloud with two functions: `works` is told of events by a rule, and `fallback` what becomes of those that `works` does not
/// do.
struct World {
    cloud: Cloud,
    heard: UnboundedReceiver<Value>,
}

impl World {
    /// So many times nobody listens.
    async fn start(cloud: Cloud, refusals: usize, limits: &Value) -> Self {
        let (url, heard) = listen(refusals).await;
        deploy_template(&cloud, "app", &template(&url, limits)).await.unwrap();
        Self { cloud, heard }
    }

    async fn hears(&mut self, count: usize) -> Vec<(String, Value)> {
        let mut heard = Vec::new();
        while heard.len() < count {
            let told = self.heard.recv().await.unwrap();
            heard.push((told["by"].as_str().unwrap().to_owned(), told["event"].clone()));
        }
        heard
    }

    async fn put(&self, detail: &Value) {
        let client = aws_sdk_eventbridge::Client::new(&self.cloud.sdk_config());
        let entry =
            PutEventsRequestEntry::builder().source("a.service").detail_type("Something").detail(detail.to_string());
        let answer = client.put_events().entries(entry.build()).send().await.unwrap();
        assert_eq!(answer.failed_entry_count(), 0, "{answer:?}");
    }

    async fn invoke(&self, event: &Value) {
        let invoke = self.lambda().invoke().function_name("works").invocation_type(InvocationType::Event);
        invoke.payload(Blob::new(event.to_string())).send().await.unwrap();
    }

    /// How many of the function may run at once.
    async fn reserve(&self, count: i32) {
        let reserve = self.lambda().put_function_concurrency().function_name("works");
        reserve.reserved_concurrent_executions(count).send().await.unwrap();
    }

    fn lambda(&self) -> aws_sdk_lambda::Client {
        aws_sdk_lambda::Client::new(&self.cloud.sdk_config())
    }
}

async fn listen(refusals: usize) -> (String, UnboundedReceiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, heard) = unbounded_channel();
    let left = Arc::new(AtomicUsize::new(refusals));
    let app = Router::new().fallback(move |Json(told): Json<Value>| async move {
        let refused = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        sender.send(told).unwrap();
        if refused { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
    });
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, heard)
}

fn template(url: &str, limits: &Value) -> Value {
    let function = |name: &str| {
        json!({ "Type": "AWS::Lambda::Function", "Properties": {
            "FunctionName": name, "Runtime": "python3.12", "Handler": "index.handler", "Timeout": 60,
            "Role": "arn:aws:iam::000000000000:role/r", "Code": { "ZipFile": CODE },
            "Environment": { "Variables": { "LISTENER": url } },
        } })
    };
    let mut limited = json!({
        "FunctionName": { "Ref": "Works" }, "Qualifier": "$LATEST",
        "DestinationConfig": { "OnFailure": { "Destination": { "Fn::GetAtt": ["Fallback", "Arn"] } } },
    });
    limited.as_object_mut().unwrap().extend(limits.as_object().unwrap().clone());
    json!({ "Resources": {
        "Works": function("works"), "Fallback": function("fallback"),
        "Limits": { "Type": "AWS::Lambda::EventInvokeConfig", "Properties": limited },
        "Rule": { "Type": "AWS::Events::Rule", "Properties": {
            "EventPattern": { "source": ["a.service"] },
            "Targets": [{ "Id": "works", "Arn": { "Fn::GetAtt": ["Works", "Arn"] } }],
        } },
    } })
}

/// Who was told, and what of.
fn told(heard: &[(String, Value)]) -> Vec<(&str, &Value)> {
    heard.iter().map(|(by, event)| (by.as_str(), event.get("requestPayload").unwrap_or(event))).collect()
}

/// Why an event was given up, and after how many failures.
fn why((by, record): &(String, Value)) -> (&str, &Value, &Value) {
    let context = &record["requestContext"];
    (by, &context["condition"], &context["approximateInvokeCount"])
}

#[tokio::test]
async fn without_the_patch_what_a_rule_sends_is_lost_and_missing_room_is_a_failure() {
    let mut world = World::start(cloud_without("asynchronous").await, 2, &json!({ "MaximumRetryAttempts": 0 })).await;
    world.put(&json!({})).await;
    assert_eq!(world.hears(1).await[0].1["source"], "a.service");
    let second = json!({ "number": 2 });
    world.invoke(&second).await;
    assert_eq!(told(&world.hears(2).await), [("works", &second), ("fallback", &second)], "of the first nobody is told");
    world.reserve(0).await;
    world.invoke(&json!({})).await;
    assert_eq!(why(&world.hears(1).await[0]), ("fallback", &json!("RetriesExhausted"), &json!(3)));
}

#[tokio::test]
async fn what_a_rule_sends_is_sent_again_twice() {
    let mut world = World::start(cloud().await, 2, &json!({})).await;
    world.put(&json!({ "number": 1 })).await;
    let heard = world.hears(3).await;
    assert!(heard.iter().all(|attempt| *attempt == heard[0]), "{heard:?}");
    assert_eq!(heard[0].1["detail"], json!({ "number": 1 }));
    world.put(&json!({ "number": 2 })).await;
    assert_eq!(world.hears(1).await[0].1["detail"], json!({ "number": 2 }), "the first was done");
}

#[tokio::test]
async fn what_fails_too_often_is_passed_on() {
    let mut world = World::start(cloud().await, 2, &json!({ "MaximumRetryAttempts": 1 })).await;
    let event = json!({ "number": 1 });
    world.invoke(&event).await;
    let heard = world.hears(3).await;
    assert_eq!(told(&heard), [("works", &event), ("works", &event), ("fallback", &event)]);
    assert_eq!(why(&heard[2]), ("fallback", &json!("RetriesExhausted"), &json!(2)));
    assert_eq!(heard[2].1["responsePayload"]["errorType"], "HTTPError");
}

#[tokio::test]
async fn what_would_be_too_old_is_passed_on_without_waiting() {
    let cloud = Cloud::start(&Options { lambda_minute: Some(Duration::from_hours(1)), ..options() }).await.unwrap();
    let mut world = World::start(cloud, 1, &json!({ "MaximumEventAgeInSeconds": 60 })).await;
    world.invoke(&json!({})).await;
    assert_eq!(why(&world.hears(2).await[1]), ("fallback", &json!("EventAgeExceeded"), &json!(1)));
}

#[tokio::test]
async fn where_there_is_no_room_events_wait_and_fail_nobody() {
    let mut world = World::start(cloud().await, 0, &json!({ "MaximumRetryAttempts": 0 })).await;
    world.reserve(1).await;
    let events = [1, 2, 3].map(|number| json!({ "number": number, "takes": 0.3 }));
    for event in &events {
        world.invoke(event).await;
    }
    let mut heard = world.hears(3).await;
    heard.sort_by_key(|(_, event)| event["number"].as_u64());
    assert_eq!(told(&heard), events.each_ref().map(|event| ("works", event)));

    world.reserve(0).await;
    world.invoke(&events[0]).await;
    let heard = world.hears(1).await;
    assert_eq!(told(&heard), [("fallback", &events[0])], "what may never run waits for nothing");
}
