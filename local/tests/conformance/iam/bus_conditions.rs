use aws_config::SdkConfig;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use serde_json::json;

use super::world::{World, allow};

const BUS: &str = "arn:aws:events:us-east-1:000000000000:event-bus/default";
const KIND: &str = "Flowgate Preview State Change";

fn of(operator: &str) -> serde_json::Value {
    let mut statement = allow(&json!("events:PutEvents"), &json!(BUS));
    statement["Condition"] = json!({ operator: { "events:source": "flowgate", "events:detail-type": [KIND] } });
    statement
}

/// Whether somebody may put events of these sources and types in one request.
async fn may(who: &SdkConfig, events: &[(&str, &str)]) -> bool {
    let entry = |(source, kind): &(&str, &str)| {
        PutEventsRequestEntry::builder().source(*source).detail_type(*kind).detail("{}")
    };
    let entries = events.iter().map(|event| entry(event).build()).collect();
    let request = aws_sdk_eventbridge::Client::new(who).put_events().set_entries(Some(entries));
    request.send().await.is_ok()
}

#[tokio::test]
async fn without_the_patch_no_request_tells_its_events() {
    let world = World::without(&["bus_conditions"]).await;
    let who = world.somebody("putter", &json!([of("StringEquals")])).await;
    assert!(!may(&who, &[("flowgate", KIND)]).await);
}

#[tokio::test]
async fn events_are_put_of_the_sources_and_types_that_a_policy_names() {
    let world = World::start().await;
    for (name, operator) in [("one", "StringEquals"), ("set", "ForAllValues:StringEquals")] {
        let who = world.somebody(name, &json!([of(operator)])).await;
        assert!(may(&who, &[("flowgate", KIND), ("flowgate", KIND)]).await, "{operator}");
        for refused in [("another", KIND), ("flowgate", "Another")] {
            assert!(!may(&who, &[refused]).await, "{operator}: {refused:?}");
            assert!(!may(&who, &[("flowgate", KIND), refused]).await, "{operator}: {refused:?} beside another");
        }
    }
}

#[tokio::test]
async fn a_denied_source_is_denied_beside_others() {
    let world = World::start().await;
    let mut deny = allow(&json!("events:PutEvents"), &json!("*"));
    deny["Effect"] = json!("Deny");
    deny["Condition"] = json!({ "StringEquals": { "events:source": "flowgate" } });
    let who = world.somebody("denied", &json!([allow(&json!("events:PutEvents"), &json!(BUS)), deny])).await;
    assert!(may(&who, &[("another", KIND)]).await);
    assert!(!may(&who, &[("another", KIND), ("flowgate", KIND)]).await);
}
