use super::{act, broken, client, id, small, stack, status, world};
use crate::world::World;

async fn store(world: &World, template: &str) {
    world.store("Built", "t.json", template).await;
}

#[tokio::test]
async fn a_failed_stack_is_replaced_and_another_is_created_or_updated() {
    let world = world().await;
    let replace = act("REPLACE_ON_FAILURE", "s", &[("OutputFileName", "out.json")]);
    store(&world, &broken()).await;
    let refusal = world.refusal(&replace).await;
    assert!(refusal.starts_with("JobFailed: stack s ended in ROLLBACK_COMPLETE: Broken "), "{refusal}");
    let failed = id(&world, "s").await;

    store(&world, &small("one")).await;
    let success = world.run(&replace).await.unwrap();
    assert_eq!(success.summary.as_deref(), Some("Stack s was deleted and created again."));
    assert_eq!(success.variables["Value"], "one");
    let created = id(&world, "s").await;
    assert_eq!(success.external_execution_id.as_ref(), Some(&created));
    assert_ne!(created, failed);
    assert_eq!(stack(&world, &failed).await.unwrap().status, "DELETE_COMPLETE");

    store(&world, &small("two")).await;
    let success = world.run(&replace).await.unwrap();
    assert_eq!(success.summary.as_deref(), Some("Stack s was updated."));
    assert_eq!(success.external_execution_id.as_ref(), Some(&created));
    assert_eq!(super::output_file(&world, "out.json").await, serde_json::json!({"Value": "two"}));
    let success = world.run(&replace).await.unwrap();
    assert_eq!(success.summary.as_deref(), Some("Stack s is up to date."));

    let fresh = world.run(&act("REPLACE_ON_FAILURE", "new", &[])).await.unwrap();
    assert_eq!(fresh.summary.as_deref(), Some("Stack new was created."));
    world.cloud.stop().await.unwrap();
}

#[tokio::test]
async fn an_update_that_was_rolled_back_is_no_failed_stack() {
    let world = world().await;
    let replace = act("REPLACE_ON_FAILURE", "s", &[]);
    store(&world, &small("one")).await;
    world.run(&replace).await.unwrap();
    let created = id(&world, "s").await;
    store(&world, &broken()).await;
    let refusal = world.refusal(&replace).await;
    assert!(refusal.starts_with("JobFailed: stack s ended in UPDATE_ROLLBACK_COMPLETE: Broken "), "{refusal}");
    store(&world, &small("two")).await;
    let success = world.run(&replace).await.unwrap();
    assert_eq!(
        (success.summary.as_deref(), success.external_execution_id),
        (Some("Stack s was updated."), Some(created))
    );
    world.cloud.stop().await.unwrap();
}

#[tokio::test]
async fn a_failed_stack_that_is_protected_is_not_replaced() {
    let world = world().await;
    let replace = act("REPLACE_ON_FAILURE", "s", &[]);
    store(&world, &broken()).await;
    world.run(&replace).await.unwrap_err();
    let failed = id(&world, "s").await;
    let protect = client(&world).update_termination_protection().stack_name("s").enable_termination_protection(true);
    protect.send().await.unwrap();
    store(&world, &small("one")).await;
    let refusal = world.refusal(&replace).await;
    let says = format!("Stack [{failed}] cannot be deleted while TerminationProtection is enabled");
    assert_eq!(refusal, format!("JobFailed: cloudformation DeleteStack of s failed: {says}"));
    assert_eq!(status(&world, "s").await, "ROLLBACK_COMPLETE");
    world.cloud.stop().await.unwrap();
}
