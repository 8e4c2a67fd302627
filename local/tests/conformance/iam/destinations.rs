use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use serde_json::{Value, json};

use super::service_world::{World, arn, function, role, silent};

const FAILING: &str = "def handler(event, context): raise Exception('as it should')";

fn once(function: &str) -> Value {
    json!({ "Type": "AWS::Lambda::EventInvokeConfig", "Properties": {
        "FunctionName": { "Ref": function }, "Qualifier": "$LATEST", "MaximumRetryAttempts": 0,
        "DestinationConfig": { "OnFailure": { "Destination": { "Fn::GetAtt": ["Destination", "Arn"] } } },
    } })
}

async fn fail(world: &World, function: &str) {
    let event = Blob::new(json!({ "of": function }).to_string());
    let invoke = world.lambda().invoke().function_name(function).invocation_type(InvocationType::Event);
    invoke.payload(event).send().await.unwrap();
}

async fn deploy(world: &World) {
    let destination = arn("lambda", "function:destination");
    let passing = role("lambda.amazonaws.com", "*", Some((&["lambda:InvokeFunction"], &destination)));
    let resources = json!({
        "Silent": silent(), "Passing": passing, "Destination": world.listener("destination"),
        "Keeps": function("keeps", "Silent", FAILING, &json!({})), "KeepsOnce": once("Keeps"),
        "Passes": function("passes", "Passing", FAILING, &json!({})), "PassesOnce": once("Passes"),
    });
    world.deploy("destinations", resources).await;
}

pub(super) async fn every_event_is_passed_on(world: &World) {
    deploy(world).await;
    fail(world, "keeps").await;
    assert_eq!(world.heard(1).await, ["destination"]);
}

#[tokio::test]
async fn a_function_passes_on_what_it_could_not_handle_if_its_role_may() {
    let world = World::start(&[]).await;
    deploy(&world).await;
    fail(&world, "keeps").await;
    while world.counted("AWS/Lambda", "DestinationDeliveryFailures").await != ["keeps"] {
        tokio::task::yield_now().await;
    }
    fail(&world, "passes").await;
    let heard = world.runner.calls(1).await;
    let events: Vec<_> = heard.iter().map(|call| &call.request["event"]["requestPayload"]).collect();
    assert_eq!(events, [&json!({ "of": "passes" })]);
}
