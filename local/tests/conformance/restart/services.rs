//! Each service by its wire: what it answers about what it was given is the same after a restart.

use flowgate::cloud::{Options, StopError};
use serde_json::json;

use super::wire::{Call, call, query, rest};
use super::world::Kept;
use crate::world::options;

const ROLE: &str = "arn:aws:iam::000000000000:role/role";

/// What services are given.
fn given() -> Vec<Call> {
    [objects_given(), tables_given(), identities_given(), settings_given(), events_given(), watching_given()]
        .into_iter()
        .flatten()
        .collect()
}

/// What they are asked then.
fn asked() -> Vec<Call> {
    [objects_asked(), tables_asked(), identities_asked(), settings_asked(), events_asked(), watching_asked()]
        .into_iter()
        .flatten()
        .collect()
}

fn objects_given() -> Vec<Call> {
    let versioned = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    let tags = "<Tagging><TagSet><Tag><Key>of</Key><Value>bucket</Value></Tag></TagSet></Tagging>";
    let mut tagged = rest("s3", "PUT", "/bucket/a%20b/c", "the first");
    tagged.headers = vec![("x-amz-tagging", "of=object".to_owned()), ("x-amz-meta-own", "word".to_owned())];
    vec![
        rest("s3", "PUT", "/bucket", ""),
        rest("s3", "PUT", "/bucket?versioning", versioned),
        rest("s3", "PUT", "/bucket?tagging", tags),
        tagged,
        // As large as what is kept in files of its own, and the same twice.
        rest("s3", "PUT", "/bucket/large", "x".repeat(100_000)),
        rest("s3", "PUT", "/bucket/large-too", "x".repeat(100_000)),
        rest("s3", "PUT", "/bucket/gone", "gone"),
        rest("s3", "DELETE", "/bucket/gone", ""),
    ]
}

fn objects_asked() -> Vec<Call> {
    let paths = [
        "/",
        "/bucket?versions",
        "/bucket?tagging",
        "/bucket?versioning",
        "/bucket/a%20b/c",
        "/bucket/a%20b/c?tagging",
        "/bucket/large",
        "/bucket/large-too",
    ];
    paths.into_iter().map(|path| rest("s3", "GET", path, "")).collect()
}

const TABLES: &str = "DynamoDB_20120810";

fn tables_given() -> Vec<Call> {
    let key = |name: &str, kind: &str| json!({ "AttributeName": name, "KeyType": kind });
    let attribute = |name: &str| json!({ "AttributeName": name, "AttributeType": "S" });
    let table = json!({
        "TableName": "table", "BillingMode": "PAY_PER_REQUEST", "DeletionProtectionEnabled": true,
        "KeySchema": [key("id", "HASH"), key("of", "RANGE")],
        "AttributeDefinitions": [attribute("id"), attribute("of"), attribute("due")],
        "GlobalSecondaryIndexes": [{
            "IndexName": "due", "KeySchema": [key("due", "HASH")], "Projection": { "ProjectionType": "ALL" },
        }],
        "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" },
        "Tags": [{ "Key": "of", "Value": "table" }],
    });
    let item = json!({ "TableName": "table", "Item": {
        "id": { "S": "1" }, "of": { "S": "2" }, "due": { "S": "3" }, "number": { "N": "1.5" }, "bytes": { "B": "AP8=" },
        "nested": { "L": [{ "M": { "set": { "SS": ["a", "b"] } } }, { "NULL": true }] },
    } });
    let ends = json!({ "TableName": "table", "TimeToLiveSpecification": { "Enabled": true, "AttributeName": "ends" } });
    vec![
        call("dynamodb", &format!("{TABLES}.CreateTable"), &table),
        call("dynamodb", &format!("{TABLES}.PutItem"), &item),
        call("dynamodb", &format!("{TABLES}.UpdateTimeToLive"), &ends),
    ]
}

fn tables_asked() -> Vec<Call> {
    let by_index = json!({ "TableName": "table", "IndexName": "due", "KeyConditionExpression": "due = :d",
        "ExpressionAttributeValues": { ":d": { "S": "3" } } });
    let of_table = json!({ "TableName": "table" });
    vec![
        call("dynamodb", &format!("{TABLES}.DescribeTable"), &of_table),
        call("dynamodb", &format!("{TABLES}.Scan"), &of_table),
        call("dynamodb", &format!("{TABLES}.Query"), &by_index),
        call("dynamodb", &format!("{TABLES}.DescribeTimeToLive"), &of_table),
        call("dynamodb", "DynamoDBStreams_20120810.ListStreams", &of_table),
    ]
}

fn identities_given() -> Vec<Call> {
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
    vec![
        query("iam", "CreateRole", &[("RoleName", "role"), ("AssumeRolePolicyDocument", trust)]),
        query("iam", "PutRolePolicy", &[("RoleName", "role"), ("PolicyName", "inline"), ("PolicyDocument", policy)]),
        query("iam", "TagRole", &[("RoleName", "role"), ("Tags.member.1.Key", "of"), ("Tags.member.1.Value", "role")]),
        query("iam", "CreatePolicy", &[("PolicyName", "own"), ("PolicyDocument", policy)]),
        query("iam", "CreateUser", &[("UserName", "ada")]),
        query("iam", "CreateAccessKey", &[("UserName", "ada")]),
        call("kms", "TrentService.CreateKey", &json!({})),
    ]
}

fn identities_asked() -> Vec<Call> {
    let inline = [("RoleName", "role"), ("PolicyName", "inline")];
    vec![
        query("iam", "GetRole", &[("RoleName", "role")]),
        query("iam", "GetRolePolicy", &inline),
        query("iam", "ListPolicies", &[("Scope", "Local")]),
        query("iam", "ListUsers", &[]),
        query("iam", "ListAccessKeys", &[("UserName", "ada")]),
        call("kms", "TrentService.ListKeys", &json!({})),
    ]
}

fn settings_given() -> Vec<Call> {
    let parameter = |value: &str| json!({ "Name": "/own/name", "Value": value, "Type": "String", "Overwrite": true });
    let project = json!({
        "name": "project", "serviceRole": ROLE, "artifacts": { "type": "NO_ARTIFACTS" },
        "source": { "type": "NO_SOURCE", "buildspec": "version: 0.2" },
        "environment": { "type": "LINUX_CONTAINER", "image": "image", "computeType": "BUILD_GENERAL1_SMALL" },
    });
    vec![
        call("ssm", "AmazonSSM.PutParameter", &parameter("one")),
        call("ssm", "AmazonSSM.PutParameter", &parameter("two")),
        call("secretsmanager", "secretsmanager.CreateSecret", &json!({ "Name": "secret", "SecretString": "one" })),
        call(
            "secretsmanager",
            "secretsmanager.PutSecretValue",
            &json!({ "SecretId": "secret", "SecretString": "two" }),
        ),
        call("codebuild", "CodeBuild_20161006.CreateProject", &project),
    ]
}

fn settings_asked() -> Vec<Call> {
    let secret = json!({ "SecretId": "secret" });
    vec![
        call("ssm", "AmazonSSM.GetParameterHistory", &json!({ "Name": "/own/name" })),
        call("secretsmanager", "secretsmanager.GetSecretValue", &secret),
        call("secretsmanager", "secretsmanager.ListSecretVersionIds", &secret),
        call("codebuild", "CodeBuild_20161006.BatchGetProjects", &json!({ "names": ["project"] })),
    ]
}

fn events_given() -> Vec<Call> {
    let rule =
        json!({ "Name": "rule", "EventPattern": "{\"source\":[\"own\"]}", "Tags": [{ "Key": "of", "Value": "rule" }] });
    let queue = "arn:aws:sqs:us-east-1:000000000000:queue";
    let target = json!({ "Rule": "rule", "Targets": [{ "Id": "1", "Arn": queue, "Input": "{}" }] });
    let schedule = json!({ "ScheduleExpression": "rate(1 day)", "FlexibleTimeWindow": { "Mode": "OFF" },
        "Target": { "Arn": queue, "RoleArn": ROLE } });
    let topic = "arn:aws:sns:us-east-1:000000000000:topic";
    vec![
        call("sqs", "AmazonSQS.CreateQueue", &json!({ "QueueName": "queue" })),
        call("events", "AWSEvents.PutRule", &rule),
        call("events", "AWSEvents.PutTargets", &target),
        rest("scheduler", "POST", "/schedules/schedule", schedule),
        query("sns", "CreateTopic", &[("Name", "topic")]),
        query("sns", "Subscribe", &[("TopicArn", topic), ("Protocol", "sqs"), ("Endpoint", queue)]),
    ]
}

fn events_asked() -> Vec<Call> {
    let topic = "arn:aws:sns:us-east-1:000000000000:topic";
    vec![
        call("sqs", "AmazonSQS.ListQueues", &json!({})),
        call("events", "AWSEvents.DescribeRule", &json!({ "Name": "rule" })),
        call("events", "AWSEvents.ListTargetsByRule", &json!({ "Rule": "rule" })),
        rest("scheduler", "GET", "/schedules/schedule", ""),
        query("sns", "ListSubscriptionsByTopic", &[("TopicArn", topic)]),
    ]
}

fn watching_given() -> Vec<Call> {
    let alarm = [
        ("AlarmName", "alarm"),
        ("Namespace", "own"),
        ("MetricName", "metric"),
        ("Period", "60"),
        ("Threshold", "1"),
        ("EvaluationPeriods", "1"),
        ("ComparisonOperator", "GreaterThanThreshold"),
        ("Statistic", "Sum"),
    ];
    let rings = [("AlarmName", "alarm"), ("StateValue", "ALARM"), ("StateReason", "so it is")];
    let stream = json!({ "logGroupName": "group", "logStreamName": "stream" });
    let line = json!({ "logGroupName": "group", "logStreamName": "stream",
        "logEvents": [{ "timestamp": 1_700_000_000_000_i64, "message": "a line" }] });
    vec![
        query("monitoring", "PutMetricAlarm", &alarm),
        query("monitoring", "SetAlarmState", &rings),
        call("logs", "Logs_20140328.CreateLogGroup", &json!({ "logGroupName": "group", "tags": { "of": "group" } })),
        call("logs", "Logs_20140328.CreateLogStream", &stream),
        call("logs", "Logs_20140328.PutLogEvents", &line),
    ]
}

fn watching_asked() -> Vec<Call> {
    let stream = json!({ "logGroupName": "group", "logStreamName": "stream" });
    vec![
        query("monitoring", "DescribeAlarms", &[]),
        call("logs", "Logs_20140328.DescribeLogGroups", &json!({})),
        call("logs", "Logs_20140328.ListTagsLogGroup", &json!({ "logGroupName": "group" })),
        call("logs", "Logs_20140328.GetLogEvents", &stream),
    ]
}

async fn give(endpoint: &str) {
    for call in given() {
        call.send(endpoint).await.unwrap_or_else(|refusal| panic!("{call:?}: {refusal}"));
    }
}

#[tokio::test]
async fn what_services_were_given_is_there_after_a_restart() {
    let kept = Kept::new();
    let first = kept.start().await;
    give(first.cloud.endpoint()).await;
    let mut before = Vec::new();
    for call in asked() {
        before.push(call.send(first.cloud.endpoint()).await.unwrap_or_else(|refusal| panic!("{call:?}: {refusal}")));
    }
    let endpoint = first.cloud.endpoint().to_owned();
    first.stop().await;
    let second = kept.start().await;
    assert_eq!(second.cloud.endpoint(), endpoint, "the port that it had, as nobody else has it");
    for (call, before) in asked().into_iter().zip(before) {
        assert_eq!(call.send(second.cloud.endpoint()).await, Ok(before), "{call:?}");
    }
}

#[tokio::test]
async fn without_the_patch_nothing_is() {
    let kept = Kept::new();
    let options = || Options { without_patches: vec!["keeping".to_owned()], ..options() };
    let first = kept.start_with(options()).await.unwrap();
    give(first.cloud.endpoint()).await;
    assert!(matches!(first.try_stop().await, Err(StopError::Save(_))), "who keeps a cloud learns that it is not saved");
    let second = kept.start_with(options()).await.unwrap();
    let table = call("dynamodb", &format!("{TABLES}.DescribeTable"), &json!({ "TableName": "table" }));
    table.send(second.cloud.endpoint()).await.unwrap_err();
}
