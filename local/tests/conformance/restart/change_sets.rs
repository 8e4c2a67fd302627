use aws_sdk_cloudformation::Client;
use serde_json::{Value, json};

use super::world::{Kept, Running, Stacks};

fn template(value: &str) -> Value {
    let properties = json!({ "Type": "String", "Value": value });
    json!({ "Resources": { "Parameter": { "Type": "AWS::SSM::Parameter", "Properties": properties } } })
}

async fn execution_status(running: &Running, id: &str) -> Option<String> {
    let client = Client::new(&running.cloud.sdk_config());
    let answer = client.describe_change_set().change_set_name(id).send().await.ok()?;
    answer.execution_status.map(|status| status.as_str().to_owned())
}

#[tokio::test]
async fn one_that_was_executed_is_known_by_its_arn() {
    let kept = Kept::new();
    let first = kept.start().await;
    let (client, stacks) = (Client::new(&first.cloud.sdk_config()), Stacks::of(&first.cloud));
    let stack = stacks.begin("app", &template("1")).await;
    assert_eq!(stacks.settled(&stack).await, "CREATE_COMPLETE");
    let request = client.create_change_set().stack_name("app").change_set_name("c");
    let made = request.template_body(template("second value").to_string()).send().await.unwrap().id.unwrap();
    client.execute_change_set().change_set_name(&made).send().await.unwrap();
    assert_eq!(stacks.settled(&stack).await, "UPDATE_COMPLETE");
    first.stop().await;
    let second = kept.start().await;
    assert_eq!(execution_status(&second, &made).await.as_deref(), Some("EXECUTE_COMPLETE"));
    assert_eq!(Stacks::of(&second.cloud).delete(&stack).await, "DELETE_COMPLETE");
    assert_eq!(execution_status(&second, &made).await, None);
}
