//! Queues of the local cloud, to see what was sent.

use serde_json::{Value, json};

use crate::world::World;

/// A queue that a test reads.
pub(crate) struct Queue<'a> {
    world: &'a World,
    url: String,
    pub(crate) arn: String,
}

impl<'a> Queue<'a> {
    pub(crate) async fn new(world: &'a World, name: &str) -> Self {
        let url =
            call(world, "CreateQueue", json!({ "QueueName": name })).await["QueueUrl"].as_str().unwrap().to_owned();
        Self { world, url, arn: format!("arn:aws:sqs:us-east-1:{}:{name}", world.context.account) }
    }

    /// The bodies of the next so many messages.
    pub(crate) async fn receive(&self, count: usize) -> Vec<Value> {
        let mut bodies = Vec::new();
        while bodies.len() < count {
            // One at a time, because several come in no particular order.
            let ask = json!({ "QueueUrl": self.url, "MaxNumberOfMessages": 1, "WaitTimeSeconds": 20 });
            let answer = call(self.world, "ReceiveMessage", ask).await;
            for message in answer["Messages"].as_array().into_iter().flatten() {
                bodies.push(serde_json::from_str(message["Body"].as_str().unwrap()).unwrap());
                self.delete(message).await;
            }
        }
        bodies
    }

    async fn delete(&self, message: &Value) {
        let delete = json!({ "QueueUrl": self.url, "ReceiptHandle": message["ReceiptHandle"] });
        call(self.world, "DeleteMessage", delete).await;
    }
}

async fn call(world: &World, operation: &str, request: Value) -> Value {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let post = client.post(world.cloud.endpoint()).header("x-amz-target", format!("AmazonSQS.{operation}"));
    let credential = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sqs/aws4_request, Signature=s";
    let post = post.header("content-type", "application/x-amz-json-1.0").header("authorization", credential);
    let answer = post.body(request.to_string()).send().await.unwrap().error_for_status().unwrap();
    let body = answer.bytes().await.unwrap();
    serde_json::from_slice(&body).unwrap_or_default()
}
