//! Templates in S3 are read as whoever asks, and those of stacks within a stack as that one's role.

use aws_config::SdkConfig;
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::error::ProvideErrorMetadata as _;
use serde_json::{Value, json};

use crate::iam::world::{CLOUDFORMATION, World, allow, log_group, template};

const OBJECT: &str = "arn:aws:s3:::templates/logs.json";

#[tokio::test]
async fn a_template_in_a_bucket_takes_a_permission() {
    let world = World::start().await;
    let s3 = aws_sdk_s3::Client::new(&world.sdk);
    s3.create_bucket().bucket("templates").send().await.unwrap();
    let logs = template(&json!({ "Logs": log_group("logs") })).to_string().into_bytes();
    s3.put_object().bucket("templates").key("logs.json").body(logs.into()).send().await.unwrap();
    let url = format!("{}/templates/logs.json", world.cloud.endpoint());
    whoever_asks_reads_it(&world, &url).await;
    a_stack_reads_those_within_it(&world, &url).await;
}

async fn whoever_asks_reads_it(world: &World, url: &str) {
    let stacks = allow(&json!(["cloudformation:*", "logs:*"]), &json!("*"));
    let blind = world.somebody("blind", &json!([stacks])).await;
    let expected = refusal("blind/somebody");
    let summary = Client::new(&blind).get_template_summary().template_url(url).send().await;
    let summary = summary.map_err(|error| error.message().unwrap().to_owned()).unwrap_err();
    assert!(summary.contains(&expected), "{summary}");
    let created = create(&blind, url).await.unwrap_err();
    assert!(created.contains(&expected), "{created}");

    let reader = world.somebody("reader", &json!([stacks, allow(&json!("s3:GetObject"), &json!(OBJECT))])).await;
    let id = create(&reader, url).await.unwrap();
    assert_eq!(world.outcome(&id).await.status, "CREATE_COMPLETE");
    assert_eq!(world.delete(&id).await.status, "DELETE_COMPLETE");
}

fn refusal(session: &str) -> String {
    format!("assumed-role/{session} is not authorized to perform: s3:GetObject on resource: {OBJECT}")
}

async fn create(who: &SdkConfig, url: &str) -> Result<String, String> {
    let answer = Client::new(who).create_stack().stack_name("from-bucket").template_url(url).send().await;
    Ok(answer.map_err(|error| error.message().unwrap().to_owned())?.stack_id.unwrap())
}

async fn a_stack_reads_those_within_it(world: &World, url: &str) {
    let within: Value =
        json!({ "Inner": { "Type": "AWS::CloudFormation::Stack", "Properties": { "TemplateURL": url } } });
    let own = |stack: &str| json!(format!("arn:aws:cloudformation:us-east-1:000000000000:stack/{stack}-Inner-*"));
    let statements = |stack| vec![allow(&json!("logs:*"), &json!("*")), allow(&json!("cloudformation:*"), &own(stack))];
    let blind = world.role("nesting-blindly", CLOUDFORMATION, &json!(statements("blind"))).await;
    let stack = world.create(&blind, "blind", &template(&within)).await.unwrap();
    let expected = refusal("nesting-blindly/AWSCloudFormation");
    assert!(stack.status == "ROLLBACK_COMPLETE" && stack.reasons.contains(&expected), "{stack:?}");

    let mut with_object = statements("outer");
    with_object.push(allow(&json!("s3:GetObject"), &json!(OBJECT)));
    let role = world.role("nesting", CLOUDFORMATION, &json!(with_object)).await;
    let stack = world.create(&role, "outer", &template(&within)).await.unwrap();
    assert_eq!(stack.status, "CREATE_COMPLETE", "{stack:?}");
    assert_eq!(world.delete(&stack.id).await.status, "DELETE_COMPLETE");
}
