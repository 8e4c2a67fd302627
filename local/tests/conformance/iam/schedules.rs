use serde_json::{Value, json};

use super::service_world::{World, arn, role, silent};

/// Calls a function once, as soon as anybody looks, and after `earlier`.
fn schedule(name: &str, earlier: Option<&str>) -> Value {
    let mut schedule = json!({ "Type": "AWS::Scheduler::Schedule", "Properties": {
        "Name": name, "ScheduleExpression": "at(2026-01-01T00:00:00)", "FlexibleTimeWindow": { "Mode": "OFF" },
        "Target": {
            "Arn": arn("lambda", &format!("function:{name}")),
            "RoleArn": { "Fn::GetAtt": [format!("{name}Role"), "Arn"] },
        },
    } });
    schedule["DependsOn"] = earlier.map_or(json!(name), |earlier| json!([name, earlier]));
    schedule
}

/// As roles of which one trusts the schedule instead of its group, one may not call the function, and one is as it
/// should be.
async fn call_functions(world: &World) {
    let group = arn("scheduler", "schedule-group/default");
    let invoke = |source: &str, function: &str| {
        let function = arn("lambda", &format!("function:{function}"));
        role("scheduler.amazonaws.com", source, Some((&["lambda:InvokeFunction"], &function)))
    };
    world
        .deploy(
            "schedules",
            json!({
                "Silent": silent(),
                "one": world.listener("one"), "two": world.listener("two"), "three": world.listener("three"),
                "oneRole": invoke(&arn("scheduler", "schedule/default/one"), "one"),
                "twoRole": invoke(&group, "three"), "threeRole": invoke(&group, "three"),
                "One": schedule("one", None), "Two": schedule("two", Some("One")),
                "Three": schedule("three", Some("Two")),
            }),
        )
        .await;
}

pub(super) async fn every_function_is_called(world: &World) {
    call_functions(world).await;
    assert_eq!(world.heard(3).await, ["one", "three", "two"]);
}

#[tokio::test]
async fn a_schedule_calls_a_function_as_a_role_that_trusts_its_group_and_may() {
    let world = World::start(&[]).await;
    call_functions(&world).await;
    assert_eq!(world.heard(1).await, ["three"]);
    assert_eq!(world.counted("AWS/Scheduler", "TargetErrorCount").await, ["default"]);
}
