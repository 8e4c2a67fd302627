use aws_config::SdkConfig;
use aws_sdk_eventbridge::types::Target;
use aws_sdk_lambda::error::ProvideErrorMetadata as _;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{FunctionCode, Runtime};
use serde_json::{Value, json};

use super::world::{CLOUDFORMATION, World, allow, everything, log_group, template};

const POWERFUL: &str = "arn:aws:iam::000000000000:role/powerful";

fn logs() -> Value {
    template(&json!({ "Logs": log_group("logs") }))
}

fn without_pass_role() -> Value {
    json!([allow(&json!(["cloudformation:*", "lambda:*", "events:*"]), &json!("*"))])
}

fn refusal(who: &str) -> String {
    format!(
        "User: arn:aws:sts::000000000000:assumed-role/{who}/somebody is not authorized to perform: iam:PassRole on \
         resource: {POWERFUL} because no identity-based policy allows the iam:PassRole action"
    )
}

async fn create_function(who: &SdkConfig) -> Result<(), String> {
    let request = aws_sdk_lambda::Client::new(who).create_function().function_name("f").role(POWERFUL);
    let request = request.runtime(Runtime::Providedal2023).handler("bootstrap");
    let request = request.code(FunctionCode::builder().zip_file(Blob::new("")).build());
    request.send().await.map(|_| ()).map_err(|error| error.message().unwrap().to_owned())
}

async fn put_targets(who: &SdkConfig) -> Result<(), String> {
    let queue = "arn:aws:sqs:us-east-1:000000000000:q";
    let target = |id: &str| Target::builder().id(id).arn(queue);
    let [harmless, powerful] = [target("1").build().unwrap(), target("2").role_arn(POWERFUL).build().unwrap()];
    let request = aws_sdk_eventbridge::Client::new(who).put_targets().rule("r").targets(harmless).targets(powerful);
    request.send().await.map(|_| ()).map_err(|error| error.message().unwrap().to_owned())
}

#[tokio::test]
async fn without_the_patch_everybody_passes_any_role() {
    let world = World::without(&["pass_role"]).await;
    world.role("powerful", CLOUDFORMATION, &everything()).await;
    let who = world.somebody("weak", &without_pass_role()).await;
    let stack = world.create_by(&who, Some(POWERFUL), "app", &logs()).await.unwrap();
    assert_eq!(stack.status, "CREATE_COMPLETE", "{stack:?}");
}

#[tokio::test]
async fn who_gives_a_role_to_a_service_must_be_allowed_to() {
    let world = World::start().await;
    world.role("powerful", CLOUDFORMATION, &everything()).await;
    let weak = world.somebody("weak", &without_pass_role()).await;
    assert_eq!(world.create_by(&weak, Some(POWERFUL), "app", &logs()).await.unwrap_err(), refusal("weak"));
    assert_eq!(create_function(&weak).await.unwrap_err(), refusal("weak"));
    assert_eq!(put_targets(&weak).await.unwrap_err(), refusal("weak"));

    let client = aws_sdk_cloudformation::Client::new(&weak);
    let rolled_back = client.rollback_stack().stack_name("app").role_arn(POWERFUL).send().await;
    assert_eq!(rolled_back.unwrap_err().message(), Some(&*refusal("weak")));
    let continued = client.continue_update_rollback().stack_name("app").role_arn(POWERFUL).send().await;
    assert_eq!(continued.unwrap_err().message(), Some(&*refusal("weak")));

    let to_cloudformation = json!([
        allow(&json!(["cloudformation:*", "lambda:*", "events:*"]), &json!("*")),
        { "Effect": "Allow", "Action": "iam:PassRole", "Resource": POWERFUL,
          "Condition": { "StringEquals": { "iam:PassedToService": CLOUDFORMATION } } },
    ]);
    let deployer = world.somebody("deployer", &to_cloudformation).await;
    let stack = world.create_by(&deployer, Some(POWERFUL), "app", &logs()).await.unwrap();
    assert_eq!(stack.status, "CREATE_COMPLETE", "{stack:?}");
    assert_eq!(create_function(&deployer).await.unwrap_err(), refusal("deployer"));

    // Who may change the stack need not be allowed to pass it the role that it has.
    client.delete_stack().stack_name("app").send().await.unwrap();
    let people = world.sdk.to_builder();
    let author = aws_credential_types::Credentials::new("author", "author", None, None, "test");
    let author = people.credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(author));
    let stack = world.create_by(&author.build(), Some(POWERFUL), "other", &logs()).await.unwrap();
    assert_eq!(stack.status, "CREATE_COMPLETE", "people administer their account: {stack:?}");
}
