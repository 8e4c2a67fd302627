//! Somebody has the sweep's credentials: a bug in it, or a thief.

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};

use crate::plan::snapshot;
use crate::stacks::tiny;
use crate::world::World;

/// The service's own stages.
const RELEASES: [&str; 4] = ["shop-tests", "shop-beta", "shop-gamma", "shop-prod"];

/// The code that a request was refused with.
fn refused<T, E: ProvideErrorMetadata, R>(answer: Result<T, SdkError<E, R>>) -> Option<String> {
    answer.err()?.as_service_error()?.code().map(str::to_owned)
}

/// What AWS answers to each change of a stack, which is named so.
async fn attempts(thief: &Client, stack: &str) -> [(&'static str, Option<String>); 4] {
    let update = thief.update_stack().stack_name(stack).template_body(tiny().to_string());
    let protection = |on| thief.update_termination_protection().stack_name(stack).enable_termination_protection(on);
    [
        ("DeleteStack", refused(thief.delete_stack().stack_name(stack).send().await)),
        ("UpdateStack", refused(update.send().await)),
        ("protect", refused(protection(true).send().await)),
        ("unprotect", refused(protection(false).send().await)),
    ]
}

/// The threat "the sweep role abused" of SAFETY.md.
#[tokio::test]
async fn i14_the_role_of_sweep_can_change_no_stack_but_delete_previews() {
    let world = World::new().await;
    let thief = Client::new(&world.session("sweep", None).await.sdk);
    let mut releases = vec![world.settled("shop-flowgate").await.id];
    for name in RELEASES {
        let mut release = world.preview(name, 1);
        (release.role, release.protected) = (None, name == "shop-prod");
        releases.push(world.create(release).await);
    }
    let foreign = world.create(world.preview("other-pr-1", 1)).await;
    let preview = world.create(world.preview("shop-pr-1", 1)).await;
    let before = (snapshot(&world).await, protected(&world).await);

    let denied = Some("AccessDenied".to_owned());
    for id in releases.iter().chain([&foreign]) {
        let name = id.split('/').nth(1).unwrap();
        for stack in [id, name] {
            for (what, answer) in attempts(&thief, stack).await {
                assert_eq!(answer, denied, "{what} {stack}");
            }
        }
    }
    for (what, answer) in attempts(&thief, &preview).await.into_iter().skip(1) {
        assert_eq!(answer, denied, "{what} {preview}");
    }
    // Of that stack, the attempt to delete it was no attempt.
    assert_eq!(world.settled(&preview).await.status, "DELETE_COMPLETE");
    let mut expected = before;
    expected.0.1.remove(&preview);
    let mut after = (snapshot(&world).await, protected(&world).await);
    after.0.1.remove(&preview);
    expected.1.retain(|id| id != &preview);
    after.1.retain(|id| id != &preview);
    assert_eq!(after, expected);
}

/// The stacks that are protected from deletion.
async fn protected(world: &World) -> Vec<String> {
    let answer = world.cloudformation().describe_stacks().send().await.unwrap();
    let stacks = answer.stacks().iter().filter(|stack| stack.enable_termination_protection() == Some(true));
    stacks.map(|stack| stack.stack_id().unwrap().to_owned()).collect()
}
