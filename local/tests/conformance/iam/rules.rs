use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use serde_json::{Value, json};

use super::service_world::{World, arn, role, silent};

/// Puts an event of each source, in this order.
async fn put(world: &World, sources: &[&str]) {
    let entry =
        |source: &&str| PutEventsRequestEntry::builder().source(*source).detail_type("Test").detail("{}").build();
    let client = aws_sdk_eventbridge::Client::new(&world.cloud.sdk_config());
    let entries = sources.iter().map(entry).collect();
    let answer = client.put_events().set_entries(Some(entries)).send().await.unwrap();
    assert_eq!(answer.failed_entry_count(), 0);
}

fn rule(name: &str, source: &str, target: &Value) -> Value {
    json!({ "Type": "AWS::Events::Rule", "Properties": {
        "Name": name, "EventPattern": { "source": [source] }, "Targets": [target],
    } })
}

fn to_function(name: &str) -> Value {
    json!({ "Id": "function", "Arn": arn("lambda", &format!("function:{name}")) })
}

fn permission(function: &str, rule: &str) -> Value {
    json!({ "Type": "AWS::Lambda::Permission", "Properties": {
        "FunctionName": { "Ref": function }, "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com",
        "SourceArn": arn("events", &format!("rule/{rule}")),
    } })
}

/// Rules for the same event: one whose function lets in another rule, and one whose function lets it in.
async fn call_functions(world: &World) {
    world
        .deploy(
            "functions",
            json!({
                "Silent": silent(), "Closed": world.listener("closed"), "Open": world.listener("open"),
                "OfAnother": permission("Closed", "to-open"), "OfOpen": permission("Open", "to-open"),
                "ToClosed": rule("to-closed", "a", &to_function("closed")),
                "ToOpen": rule("to-open", "a", &to_function("open")),
            }),
        )
        .await;
    put(world, &["a"]).await;
}

/// Rules that start pipelines: `one` as a role that trusts another rule, `two` as one that may not start it, and `three`
/// as it should be.
async fn start_pipelines(world: &World) {
    let pipeline = |name| arn("codepipeline", name);
    let target = |name, role: &str| {
        let role = json!({ "Fn::GetAtt": [role, "Arn"] });
        json!({ "Id": "pipeline", "Arn": pipeline(name), "RoleArn": role })
    };
    let trusting = |rule: &str, name| {
        let source = arn("events", &format!("rule/{rule}"));
        role("events.amazonaws.com", &source, Some((&["codepipeline:StartPipelineExecution"], &pipeline(name))))
    };
    world
        .deploy(
            "pipelines",
            json!({
                "Distrusting": trusting("three", "one"), "Unable": trusting("two", "three"),
                "Able": trusting("three", "three"),
                "One": rule("one", "one", &target("one", "Distrusting")),
                "Two": rule("two", "two", &target("two", "Unable")),
                "Three": rule("three", "three", &target("three", "Able")),
            }),
        )
        .await;
    put(world, &["one", "two", "three"]).await;
}

async fn started(world: &World, count: usize) -> Vec<String> {
    let calls = world.runner.calls(count).await;
    calls.iter().map(|call| call.request["name"].as_str().unwrap().to_owned()).collect()
}

pub(super) async fn every_target_is_reached(world: &World) {
    call_functions(world).await;
    assert_eq!(world.heard(2).await, ["closed", "open"]);
    start_pipelines(world).await;
    assert_eq!(started(world, 3).await, ["one", "two", "three"]);
}

#[tokio::test]
async fn a_rule_reaches_a_function_whose_policy_lets_it_in() {
    let world = World::start(&[]).await;
    call_functions(&world).await;
    assert_eq!(world.heard(1).await, ["open"]);
    assert_eq!(world.counted("AWS/Events", "FailedInvocations").await, ["to-closed"]);

    let allowed =
        world.lambda().add_permission().function_name("closed").statement_id("now").action("lambda:InvokeFunction");
    let source = arn("events", "rule/to-closed");
    allowed.principal("events.amazonaws.com").source_arn(source).send().await.unwrap();
    put(&world, &["a"]).await;
    assert_eq!(world.heard(2).await, ["closed", "open"]);
}

#[tokio::test]
async fn a_rule_starts_a_pipeline_as_a_role_that_trusts_it_and_may() {
    let world = World::start(&[]).await;
    of_another_kind(&world).await;
    start_pipelines(&world).await;
    // One thread starts them in the order of the events: what was to be started before is known by now.
    assert_eq!(started(&world, 1).await, ["three"]);
    assert_eq!(world.counted("AWS/Events", "FailedInvocations").await, ["of-another-kind", "one", "two"]);
}

/// A rule for what the local cloud does not know: it is told, and not taken for allowed.
async fn of_another_kind(world: &World) {
    let target = json!({ "Id": "stream", "Arn": arn("kinesis", "stream/numbers") });
    world.deploy("others", json!({ "Other": rule("of-another-kind", "other", &target) })).await;
    put(world, &["other"]).await;
}
