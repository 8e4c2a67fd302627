use aws_sdk_cloudformation::types::StackStatus;

use super::{act, id, signal, status, status_now, until_it_waits, waiting, world};

#[tokio::test]
async fn what_an_abandoned_action_asked_for_goes_on() {
    let world = world().await;
    world.store("Built", "t.json", &waiting()).await;
    let deploy = act("CREATE_UPDATE", "s", &[]);
    tokio::select! {
        ended = world.run(&deploy) => panic!("it ended: {ended:?}"),
        // What is not the first is dropped.
        () = until_it_waits(&world, "s") => {}
    }
    assert_eq!(status_now(&world, "s").await, StackStatus::CreateInProgress);
    let created = super::client(&world).describe_stacks().stack_name("s").send().await.unwrap();
    let created = created.stacks()[0].stack_id().unwrap().to_owned();
    for mode in ["CREATE_UPDATE", "REPLACE_ON_FAILURE", "CHANGE_SET_REPLACE"] {
        let refusal = world.refusal(&act(mode, "s", &[("ChangeSetName", "c")])).await;
        let says = "is in CREATE_IN_PROGRESS state and can not be updated: wait until it is done, then retry";
        assert_eq!(refusal, format!("JobFailed: Stack:{created} {says}"), "{mode}");
    }
    signal(&world, "s").await;
    assert_eq!(status(&world, "s").await, "CREATE_COMPLETE");
    assert_eq!(id(&world, "s").await, created);
    world.cloud.stop().await.unwrap();
}
