use serde_json::json;

use super::{act, client, id, output_file, signal, small, stack, status, until_it_waits, waiting, without, world};
use crate::world::World;

async fn create(world: &World, template: &str) -> String {
    world.store("Built", "t.json", template).await;
    world.run(&act("CREATE_UPDATE", "s", &[])).await.unwrap().external_execution_id.unwrap()
}

#[tokio::test]
async fn a_stack_is_deleted_and_one_that_is_not_there_is_as_good_as_deleted() {
    let world = world().await;
    let delete = without(act("DELETE_ONLY", "s", &[("OutputFileName", "out.json")]), "TemplatePath");
    let absent = world.run(&delete).await.unwrap();
    assert_eq!(absent.summary.as_deref(), Some("Stack s does not exist."));
    assert_eq!((absent.external_execution_id, absent.variables.len()), (None, 0));

    let created = create(&world, &small("one")).await;
    let deleted = world.run(&delete).await.unwrap();
    assert_eq!(deleted.summary.as_deref(), Some("Stack s was deleted."));
    assert_eq!((deleted.external_execution_id.as_ref(), deleted.variables.len()), (Some(&created), 0));
    assert_eq!(output_file(&world, "out.json").await, json!({}));
    assert!(stack(&world, "s").await.is_none());
    assert_eq!(stack(&world, &created).await.unwrap().status, "DELETE_COMPLETE");
    let again = world.run(&delete).await.unwrap();
    assert_eq!(again.summary.as_deref(), Some("Stack s does not exist."));
    world.cloud.stop().await.unwrap();
}

#[tokio::test]
async fn a_stack_that_cannot_be_deleted_says_why() {
    let world = world().await;
    let bucket = json!({"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "full-bucket"}});
    let created = create(&world, &json!({"Resources": {"Bucket": bucket}}).to_string()).await;
    let config = aws_sdk_s3::config::Builder::from(&world.context.sdk).force_path_style(true).build();
    let s3 = aws_sdk_s3::Client::from_conf(config);
    s3.put_object().bucket("full-bucket").key("k").send().await.unwrap();
    let delete = act("DELETE_ONLY", "s", &[]);
    let failure = world.run(&delete).await.unwrap_err();
    let says = "stack s ended in DELETE_FAILED: Bucket (AWS::S3::Bucket) DELETE_FAILED: ";
    assert!(failure.message.starts_with(says) && failure.message.contains("not empty"), "{}", failure.message);
    assert_eq!((failure.code.as_str(), failure.external_execution_id.as_ref()), ("JobFailed", Some(&created)));
    world.store("Built", "t.json", &small("one")).await;
    let refusal = world.refusal(&act("CREATE_UPDATE", "s", &[])).await;
    let says = format!("Stack:{created} is in DELETE_FAILED state and can not be updated: delete it first");
    assert_eq!(refusal, format!("JobFailed: {says}"));

    s3.delete_object().bucket("full-bucket").key("k").send().await.unwrap();
    world.run(&act("DELETE_ONLY", "s", &[])).await.unwrap();
    assert!(stack(&world, "s").await.is_none());
    world.cloud.stop().await.unwrap();
}

#[tokio::test]
async fn a_stack_that_is_protected_or_busy_or_imported_from_stays() {
    let world = world().await;
    let refusal = async || world.refusal(&act("DELETE_ONLY", "s", &[])).await;
    let created = create(&world, &small("one")).await;
    let protect = |on| client(&world).update_termination_protection().stack_name("s").enable_termination_protection(on);
    protect(true).send().await.unwrap();
    let refused = |why: &str| format!("JobFailed: cloudformation DeleteStack of s failed: Stack [{created}] {why}");
    assert_eq!(refusal().await, refused("cannot be deleted while TerminationProtection is enabled"));
    protect(false).send().await.unwrap();

    client(&world).update_stack().stack_name("s").template_body(waiting()).send().await.unwrap();
    until_it_waits(&world, "s").await;
    assert_eq!(refusal().await, refused("cannot be deleted while in status UPDATE_IN_PROGRESS"));
    signal(&world, "s").await;
    assert_eq!(status(&world, "s").await, "UPDATE_COMPLETE");

    let topic = json!({"Type": "AWS::SNS::Topic"});
    let exports = json!({"Resources": {"T": topic}, "Outputs": {"V": {"Value": "v", "Export": {"Name": "shared"}}}});
    create(&world, &exports.to_string()).await;
    let value = json!({"Type": "String", "Value": {"Fn::ImportValue": "shared"}});
    let imports = json!({"Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": value}}});
    world.store("Built", "t.json", &imports.to_string()).await;
    world.run(&act("CREATE_UPDATE", "importer", &[])).await.unwrap();
    let says =
        "stack s ended in UPDATE_COMPLETE: Delete canceled. Cannot delete export shared as it is in use by importer.";
    assert_eq!(refusal().await, format!("JobFailed: {says}"));
    assert_eq!(id(&world, "s").await, created);
    world.cloud.stop().await.unwrap();
}
