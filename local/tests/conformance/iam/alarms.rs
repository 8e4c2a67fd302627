use aws_sdk_cloudwatch::types::StateValue;
use serde_json::{Value, json};

use super::service_world::{World, arn, silent};

fn topic(name: &str) -> Value {
    json!({ "Type": "AWS::SNS::Topic", "Properties": {
        "TopicName": name,
        "Subscription": [{ "Protocol": "lambda", "Endpoint": { "Fn::GetAtt": [format!("{name}Function"), "Arn"] } }],
    } })
}

/// A policy that lets an alarm in.
fn policy(topic: &str, alarm: &str) -> Value {
    let only_over_tls = json!({
        "Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": { "Ref": topic },
        "Condition": { "Bool": { "aws:SecureTransport": "false" } },
    });
    let alarms = json!({
        "Effect": "Allow", "Principal": { "Service": "cloudwatch.amazonaws.com" }, "Action": "sns:Publish",
        "Resource": { "Ref": topic },
        "Condition": {
            "StringEquals": { "aws:SourceAccount": "000000000000" },
            "ArnLike": { "aws:SourceArn": arn("cloudwatch", &format!("alarm:{alarm}")) },
        },
    });
    json!({ "Type": "AWS::SNS::TopicPolicy", "Properties": {
        "Topics": [{ "Ref": topic }],
        "PolicyDocument": { "Version": "2012-10-17", "Statement": [only_over_tls, alarms] },
    } })
}

/// An alarm of three topics: one that lets in another alarm, one that lets it in, and one with the policy that topics
/// are made with.
async fn go_off(world: &World) {
    let topics = ["closed", "open", "usual"].map(|name| json!({ "Ref": name }));
    let alarm = json!({ "Type": "AWS::CloudWatch::Alarm", "Properties": {
        "AlarmName": "shop-errors", "Namespace": "shop", "MetricName": "errors", "Statistic": "Sum", "Period": 60,
        "EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold", "AlarmActions": topics,
    } });
    world
        .deploy(
            "alarms",
            json!({
                "Silent": silent(), "closedFunction": world.listener("closed-topic"),
                "openFunction": world.listener("open-topic"), "usualFunction": world.listener("usual-topic"),
                "closed": topic("closed"), "open": topic("open"), "usual": topic("usual"),
                "Closed": policy("closed", "another-errors"), "Open": policy("open", "shop-*"), "Alarm": alarm,
            }),
        )
        .await;
    let client = aws_sdk_cloudwatch::Client::new(&world.cloud.sdk_config());
    let state = client.set_alarm_state().alarm_name("shop-errors").state_value(StateValue::Alarm);
    state.state_reason("test").send().await.unwrap();
}

pub(super) async fn every_topic_is_told(world: &World) {
    go_off(world).await;
    assert_eq!(world.heard(3).await, ["closed-topic", "open-topic", "usual-topic"]);
}

#[tokio::test]
async fn an_alarm_tells_a_topic_whose_policy_lets_it_in() {
    let world = World::start(&[]).await;
    go_off(&world).await;
    assert_eq!(world.heard(2).await, ["open-topic", "usual-topic"]);

    let client = aws_sdk_cloudwatch::Client::new(&world.cloud.sdk_config());
    let alarms = client.describe_alarms().alarm_names("shop-errors").send().await.unwrap();
    // What was left out once is still one of its actions.
    assert_eq!(alarms.metric_alarms()[0].alarm_actions().len(), 3);
}
