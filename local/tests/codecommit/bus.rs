//! What the bus is told, as a queue behind a rule hears it.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::{PutEventsRequestEntry, Target};
use flowgate::cloud::client::{ACCOUNT, REGION};
use serde_json::{Value, json};

use crate::world::World;

/// The source of the event behind which nothing else comes.
const END: &str = "test.end";

/// A queue with all events of CodeCommit.
pub(crate) struct Heard<'a> {
    world: &'a World,
    events: Client,
    queue: String,
}

impl<'a> Heard<'a> {
    pub(crate) async fn begin(world: &'a World) -> Self {
        let queue = sqs(world, "CreateQueue", &json!({"QueueName": "heard"})).await;
        let queue = queue["QueueUrl"].as_str().unwrap().to_owned();
        let events = Client::new(&world.cloud.sdk_config());
        let pattern = json!({"source": ["aws.codecommit", END]}).to_string();
        events.put_rule().name("heard").event_pattern(pattern).send().await.unwrap();
        let target = Target::builder().id("1").arn(format!("arn:aws:sqs:{REGION}:{ACCOUNT}:heard")).build().unwrap();
        events.put_targets().rule("heard").targets(target).send().await.unwrap();
        Self { world, events, queue }
    }

    /// Every event since the last time, in their order. A last one of our own tells that all are there.
    pub(crate) async fn events(&self) -> Vec<Value> {
        let end = PutEventsRequestEntry::builder().source(END).detail_type("End").detail("{}").build();
        self.events.put_events().entries(end).send().await.unwrap();
        let mut heard = Vec::new();
        loop {
            for event in self.receive().await {
                if event["source"] == END {
                    return heard;
                }
                heard.push(event);
            }
        }
    }

    /// The details alone, without what is the same in each.
    pub(crate) async fn details(&self) -> Vec<Value> {
        self.events().await.into_iter().map(|mut event| event["detail"].take()).collect()
    }

    async fn receive(&self) -> Vec<Value> {
        // One at a time: several come in no particular order.
        let request = json!({"QueueUrl": self.queue, "MaxNumberOfMessages": 1, "WaitTimeSeconds": 20});
        let answer = sqs(self.world, "ReceiveMessage", &request).await;
        let messages = answer["Messages"].as_array().cloned().unwrap_or_default();
        for message in &messages {
            let request = json!({"QueueUrl": self.queue, "ReceiptHandle": message["ReceiptHandle"]});
            sqs(self.world, "DeleteMessage", &request).await;
        }
        messages.iter().map(|message| serde_json::from_str(message["Body"].as_str().unwrap()).unwrap()).collect()
    }
}

async fn sqs(world: &World, operation: &str, request: &Value) -> Value {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let post = http.post(world.cloud.endpoint()).header("x-amz-target", format!("AmazonSQS.{operation}"));
    let answer = post.header("content-type", "application/x-amz-json-1.0").body(request.to_string()).send().await;
    let answer = answer.unwrap().error_for_status().unwrap().text().await.unwrap();
    if answer.is_empty() { Value::Null } else { serde_json::from_str(&answer).unwrap() }
}
