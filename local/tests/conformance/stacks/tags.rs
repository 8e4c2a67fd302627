use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::world::World;

fn bucket() -> Value {
    json!({ "Resources": { "Bucket": { "Type": "AWS::S3::Bucket", "Properties": {
        "BucketName": "tagged-bucket", "Tags": [{ "Key": "own", "Value": "<&>" }],
    } } } })
}

pub(super) async fn a_bucket_has_none(world: &World) {
    world.create("tags", &bucket()).await;
    world.s3.get_bucket_tagging().bucket("tagged-bucket").send().await.unwrap_err();
}

#[tokio::test]
async fn a_bucket_has_its_stacks_tags_and_says_which_stack_it_is_of() {
    let world = World::start().await;
    let id = world.create("app", &bucket()).await;
    let answer = world.s3.get_bucket_tagging().bucket("tagged-bucket").send().await.unwrap();
    let tags: BTreeMap<_, _> = answer.tag_set.iter().map(|tag| (tag.key(), tag.value())).collect();
    let expected = [
        ("aws:cloudformation:logical-id", "Bucket"),
        ("aws:cloudformation:stack-id", &id),
        ("aws:cloudformation:stack-name", "app"),
        ("flowgate:ephemeral", "true"),
        ("own", "<&>"),
    ];
    assert_eq!(tags, expected.into());
}
