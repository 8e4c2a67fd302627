//! Manual approvals against a real local cloud.

use flowgate::pipeline::action::{Approval, Outcome, Request};
use flowgate::pipeline::token::Token;
use serde_json::{Value, json};

use crate::queue::Queue;
use crate::world::{World, request};

const TOKEN: &str = "1a2b3c4d-573f-4ea7-a67e-000000000000";

fn approval(configuration: &[(&str, &str)]) -> Request {
    let mut request = request("Approval", "Manual", configuration, &[], &[]);
    request.approval = Some(Approval { token: Token::new(TOKEN), expires: "2026-07-07T20:22:00Z".parse().unwrap() });
    request
}

#[tokio::test]
async fn whoever_subscribed_to_the_topic_is_told_what_to_answer() {
    let world = World::new().await;
    let queue = Queue::new(&world, "approvals").await;
    let sns = aws_sdk_sns::Client::new(&world.context.sdk);
    let topic = sns.create_topic().name("approvals").send().await.unwrap().topic_arn.unwrap();
    sns.subscribe().topic_arn(&topic).protocol("sqs").endpoint(&queue.arn).send().await.unwrap();

    let configuration = [("NotificationArn", &*topic), ("CustomData", "Look at #1 & <2>.")];
    assert_eq!(world.outcome(&approval(&configuration)).await, Outcome::Waiting);

    let notification = queue.receive(1).await.remove(0);
    assert_eq!(notification["Subject"], "APPROVAL NEEDED: AWS CodePipeline p for action act");
    let message: Value = serde_json::from_str(notification["Message"].as_str().unwrap()).unwrap();
    let view = "https://console.aws.amazon.com/codepipeline/home?region=us-east-1#/view/p";
    let expected = json!({
        "region": "us-east-1", "consoleLink": view,
        "approval": {
            "pipelineName": "p", "stageName": "S", "actionName": "act", "token": TOKEN, "expires": "2026-07-07T20:22Z",
            "externalEntityLink": null, "approvalReviewLink": format!("{view}/S/act/approve/{TOKEN}"),
            "customData": "Look at #1 & <2>.",
        },
    });
    assert_eq!(message, expected);
    world.cloud.stop().await.unwrap();
}

#[tokio::test]
async fn nobody_is_told_without_a_topic_and_a_topic_that_is_not_there_fails_the_action() {
    let world = World::new().await;
    assert_eq!(world.outcome(&approval(&[])).await, Outcome::Waiting);
    let topic = format!("arn:aws:sns:us-east-1:{}:absent", world.context.account);
    let refusal = world.refusal(&approval(&[("NotificationArn", &topic)])).await;
    let expected =
        format!("ConfigurationError: topic {topic} of action act cannot be published to, correct NotificationArn");
    assert!(refusal.starts_with(&expected), "{refusal}");
    world.cloud.stop().await.unwrap();
}
