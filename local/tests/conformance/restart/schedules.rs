use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::wire::{call, rest};
use super::world::{Kept, Running};

/// A schedule that says its name to the queue, once and as soon as it can.
async fn schedule(running: &Running, path: &'static str) {
    let now = Timestamp::now().to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let schedule = json!({
        "ScheduleExpression": format!("at({now})"), "FlexibleTimeWindow": { "Mode": "OFF" },
        "Target": {
            "Arn": "arn:aws:sqs:us-east-1:000000000000:queue", "RoleArn": "arn:aws:iam::000000000000:role/r", "Input": path,
        },
    });
    rest("scheduler", "POST", path, schedule).send(running.cloud.endpoint()).await.unwrap();
}

/// The next that the queue is told.
async fn heard(running: &Running) -> Value {
    let url = format!("{}/000000000000/queue", running.cloud.endpoint());
    let wait = json!({ "QueueUrl": url, "WaitTimeSeconds": 20 });
    loop {
        let answer = call("sqs", "AmazonSQS.ReceiveMessage", &wait).send(running.cloud.endpoint()).await.unwrap();
        let mut message = serde_json::from_str::<Value>(&answer).unwrap()["Messages"][0].take();
        if !message.is_null() {
            let gone = json!({ "QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"] });
            call("sqs", "AmazonSQS.DeleteMessage", &gone).send(running.cloud.endpoint()).await.unwrap();
            return message["Body"].take();
        }
    }
}

#[tokio::test]
async fn a_schedule_fires_after_a_restart_and_never_again() {
    let kept = Kept::new();
    let first = kept.start().await;
    let queue = call("sqs", "AmazonSQS.CreateQueue", &json!({ "QueueName": "queue" }));
    queue.send(first.cloud.endpoint()).await.unwrap();
    schedule(&first, "/schedules/once").await;
    first.stop().await;
    let second = kept.start().await;
    assert_eq!(heard(&second).await, "/schedules/once");
    second.stop().await;
    let third = kept.start().await;
    // All that is due fires in one sweep, the older first.
    schedule(&third, "/schedules/later").await;
    assert_eq!(heard(&third).await, "/schedules/later");
}
