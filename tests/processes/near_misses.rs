//! What is almost a stack that may be deleted stays, and sweep says why; the one beside it goes.

use aws_sdk_cloudformation::types::Capability;
use serde_json::{Value, json};

use crate::people::{claim, release};
use crate::proxy::counts;
use crate::stacks::tiny;
use crate::world::{World, entry, run};

/// A stack that exports something, and one that imports it.
pub(crate) fn exporting() -> Value {
    let mut template = tiny();
    template["Outputs"] = json!({"Url": {"Value": "x", "Export": {"Name": "shop-url"}}});
    template
}

fn importing() -> Value {
    json!({"Resources": {"Url": {"Type": "AWS::SSM::Parameter", "Properties": {
        "Type": "String", "Value": {"Fn::ImportValue": "shop-url"},
    }}}})
}

/// A stack with a role that CloudFormation may take on: whoever could update it could become that.
fn trusting() -> Value {
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": ["lambda.amazonaws.com", "cloudformation.amazonaws.com"]},
    }]});
    json!({"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": {
        "RoleName": "shop-pr-7-deploy", "AssumeRolePolicyDocument": trust,
    }}}})
}

/// A stack that waits for something that nobody tells it.
fn waiting() -> Value {
    let mut template = tiny();
    template["Resources"]["Wait"] = json!({
        "Type": "AWS::CloudFormation::WaitCondition", "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "3600"},
    });
    template
}

#[tokio::test]
async fn i5_i9_i10_near_misses_stay_and_say_why() {
    let world = World::new().await;
    let (lease, sweep) = (world.lease(), world.sweep(&[]));
    let none = json!({});
    let plain = world.released(&lease, "shop-pr-42", none.clone(), |_| {}).await;
    let beside = world.deployed(&lease, "shop-pr-420", none.clone(), |_| {}).await.id;
    let protected = world.released(&lease, "shop-pr-1", none.clone(), |preview| preview.protected = true).await;
    let exported = world.released(&lease, "shop-pr-2", none.clone(), |preview| preview.template = exporting()).await;
    let mut importer = world.preview("importer", 1);
    importer.template = importing();
    let importer = world.create(importer).await;
    let shouted = |tag: &'static str, value: &'static str| {
        move |preview: &mut crate::stacks::Preview<'_>| drop(preview.tags.insert(tag, value.to_owned()))
    };
    let upper = world.released(&lease, "shop-pr-3", none.clone(), shouted("flowgate:ephemeral", "TRUE")).await;
    let spaced = world.released(&lease, "shop-pr-4", none.clone(), shouted("flowgate:ephemeral", "true ")).await;
    let of_others = world.released(&lease, "shop-pr-8", none.clone(), shouted("flowgate:service", "other")).await;
    let without_role = world.released(&lease, "shop-pr-6", none.clone(), |preview| preview.role = None).await;
    let trusting = world.released(&lease, "shop-pr-7", none.clone(), |preview| preview.template = trusting()).await;
    let updating = world.deployed(&lease, "shop-pr-5", none, |_| {}).await;
    update(&world, &updating.id, &waiting()).await;
    release(&lease, "shop-pr-5", updating.token).await;
    world.wire.take();

    let report = run(&sweep, &json!({"mode": "apply"})).await;
    let calls = world.wire.take();
    assert_eq!(world.settled(&plain).await.status, "DELETE_COMPLETE", "{report:#}");
    assert_eq!(counts(&calls).get("cloudformation:DeleteStack"), Some(&1), "{calls:#?}");
    for (stack, id, why) in [
        ("shop-pr-1", &protected, "protect"),
        ("shop-pr-2", &exported, "import"),
        ("shop-pr-3", &upper, "flowgate:ephemeral"),
        ("shop-pr-4", &spaced, "flowgate:ephemeral"),
        ("shop-pr-5", &updating.id, "UPDATE_IN_PROGRESS"),
        ("shop-pr-6", &without_role, "role"),
        ("shop-pr-7", &trusting, "cloudformation.amazonaws.com"),
        ("shop-pr-8", &of_others, "flowgate:service"),
    ] {
        let entry = entry(&report, stack);
        let step = entry["step"].as_str().unwrap();
        assert!(["keep", "await"].contains(&step) && entry["reason"].as_str().unwrap().contains(why), "{entry:#}");
        assert_stays(&world, id).await;
    }
    for id in [&beside, &importer] {
        assert_stays(&world, id).await;
    }
}

#[tokio::test]
async fn i3_i6_a_stack_made_anew_under_the_name_of_an_expired_lease_stays() {
    let world = World::new().await;
    let (lease, sweep) = (world.lease(), world.sweep(&[]));
    let token = claim(&lease, "shop-pr-42", json!({"ttl": 1})).await;
    let first = world.create(world.preview("shop-pr-42", token)).await;
    crate::world::ask(&lease, &json!({"operation": "bind", "stack": "shop-pr-42", "token": token, "stack_id": first}))
        .await
        .unwrap();
    world.delete_by_hand(&first).await;
    let anew = world.create(world.preview("shop-pr-42", token)).await;
    until_gone(&world, &sweep, "shop-pr-42").await;
    assert_stays(&world, &anew).await;
    let calls = world.wire.take();
    assert_eq!(counts(&calls).get("cloudformation:DeleteStack"), None, "{calls:#?}");
}

#[tokio::test]
async fn i9_i12_adoption_takes_what_a_preview_is_and_nothing_beside_it() {
    let world = World::new().await;
    let (lease, sweep) = (world.lease(), world.sweep(&[]));
    let parent = parent(&world).await;
    let names = ["shop-pr-100", "shop-PR-42", "shop-pr-42-prod", "other-pr-1", "shop-beta", "shop-prod"];
    let mut ids = Vec::new();
    for name in names {
        ids.push(world.create(world.preview(name, 1)).await);
    }
    let mut upper = world.preview("shop-pr-101", 1);
    upper.tags.insert("flowgate:ephemeral", "TRUE".to_owned());
    ids.push(world.create(upper).await);
    ids.push(world.deployed(&lease, "shop-pr-102", json!({}), |_| {}).await.id);
    ids.extend(parent);

    let report = run(&sweep, &json!({"mode": "apply", "adopt": true})).await;
    let adopted: Vec<_> = world.leases().await.into_iter().filter(|lease| lease.state == "DIRTY").collect();
    let names: Vec<_> = adopted.iter().map(|lease| lease.stack.as_str()).collect();
    assert_eq!(names, ["shop-dev-parent", "shop-pr-100"], "{report:#}");
    assert_eq!(entry(&report, "shop-pr-100")["step"], "adopt", "{report:#}");
    let calls = counts(&world.wire.take());
    assert_eq!(calls.get("cloudformation:DeleteStack"), None, "{calls:?}");
    for id in &ids {
        assert_stays(&world, id).await;
    }
}

/// A stack and the one nested in it.
async fn parent(world: &World) -> [String; 2] {
    let s3 = aws_sdk_s3::Client::new(&world.sdk());
    s3.create_bucket().bucket("templates").send().await.unwrap();
    let body = aws_sdk_s3::primitives::ByteStream::from(tiny().to_string().into_bytes());
    s3.put_object().bucket("templates").key("child.json").body(body).send().await.unwrap();
    let mut preview = world.preview("shop-dev-parent", 1);
    let url = format!("{}/templates/child.json", world.endpoint());
    let child = json!({"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}});
    preview.template = json!({"Resources": {"Child": child}});
    let id = world.create(preview).await;
    let resources = world.cloudformation().list_stack_resources().stack_name(&id).send().await.unwrap();
    let child = resources.stack_resource_summaries()[0].physical_resource_id().unwrap().to_owned();
    [id, child]
}

async fn update(world: &World, id: &str, template: &Value) {
    let client = world.cloudformation();
    let request = client.update_stack().stack_name(id).template_body(template.to_string());
    request.role_arn(&world.role).capabilities(Capability::CapabilityIam).send().await.unwrap();
    assert_eq!(world.status(id).await, "UPDATE_IN_PROGRESS");
}

/// Sweeps until a lease is over.
async fn until_gone(world: &World, sweep: &crate::function::Function, stack: &str) {
    let gone = async {
        while world.stored(stack).await.is_none_or(|lease| lease.state != "GONE") {
            run(sweep, &json!({"mode": "apply"})).await;
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_mins(5), gone).await.expect("it never came to its end");
}

async fn assert_stays(world: &World, id: &str) {
    let status = world.status(id).await;
    assert!(!status.starts_with("DELETE"), "{id}: {status}");
}
