//! What CloudFormation may list, and what of it is not to be adopted: bad input of SAFETY.md through the real sweep.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{ChangeSetType, Tag};
use flowgate::cloud::client::{ACCOUNT, REGION};
use jiff::{SignedDuration, Timestamp, Unit};
use serde_json::{Value, json};

use crate::call::Call;
use crate::proxy::Fault;
use crate::stacks::tiny;
use crate::table::lease as record;
use crate::world::{World, entry, run};

/// More than any listing here should ever need.
const PAGES: usize = 150;

fn adopting() -> Value {
    json!({"mode": "apply", "adopt": true})
}

/// A page of a list of all stacks.
fn page(stacks: &[&str], next: Option<&str>) -> String {
    let member = |id: &&str| {
        let name = id.split('/').nth(1).unwrap_or_default();
        format!(
            "<member><StackId>{id}</StackId><StackName>{name}</StackName><StackStatus>CREATE_COMPLETE</StackStatus>\
             <CreationTime>2026-01-01T00:00:00Z</CreationTime></member>"
        )
    };
    let members: String = stacks.iter().map(member).collect();
    let next = next.map_or_else(String::new, |token| format!("<NextToken>{token}</NextToken>"));
    format!(
        "<DescribeStacksResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><DescribeStacksResult>\
         <Stacks>{members}</Stacks>{next}</DescribeStacksResult></DescribeStacksResponse>"
    )
}

/// From now on all stacks are listed so: from the token that is asked with to a page.
fn list(world: &World, page: impl Fn(Option<String>) -> String + Send + 'static) {
    let is_list = |call: &Call| call.operation == "DescribeStacks" && call.field("StackName").is_none();
    world.wire.harm(move |call| if is_list(call) { Fault::Answer(page(call.field("NextToken"))) } else { Fault::None });
}

#[tokio::test]
async fn i10_a_list_is_read_to_its_end_or_nothing_comes_of_it() {
    let world = World::new().await;
    let sweep = world.sweep(&[]);
    let id = world.create(world.preview("shop-pr-1", 1)).await;

    let first = id.clone();
    list(&world, move |_| page(&[&first], Some("again")));
    let report = run(&sweep, &adopting()).await;
    assert!(report["read_only"].as_str().unwrap().contains("came again"), "{report:#}");
    assert!(world.leases().await.is_empty(), "{report:#}");

    let last = id.clone();
    list(&world, move |token| match token.map_or(1, |token| token.parse().unwrap()) {
        PAGES => page(&[&last], None),
        number => page(&[], Some(&(number + 1).to_string())),
    });
    world.wire.take();
    let report = run(&sweep, &adopting()).await;
    assert_eq!(entry(&report, "shop-pr-1")["outcome"], "done", "{report:#}");
    let pages =
        world.wire.take().iter().filter(|call| call.target.is_empty() && call.service == "cloudformation").count();
    assert_eq!(pages, PAGES, "{report:#}");
    assert_eq!(world.status(&id).await, "CREATE_COMPLETE");
}

#[tokio::test]
async fn i5_i9_names_that_only_look_like_previews_are_not_adopted() {
    let world = World::new().await;
    let sweep = world.sweep(&[]);
    let id = |name: &str| format!("arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/1");
    let plain =
        [id("shop-prod"), id("SHOP-pr-42"), id("shop-pr-42-prod"), id(&format!("shop-pr-{}x", "4".repeat(119)))];
    list(&world, move |_| page(&plain.each_ref().map(String::as_str), None));
    let report = run(&sweep, &adopting()).await;
    assert_eq!((&report["entries"], &report["read_only"]), (&json!([]), &Value::Null), "{report:#}");

    // No stack can have these: whoever lists them is not to be relied on.
    for name in
        ["ѕhop-pr-42", "shop-pr-4２", "shop-pr-42 ", "shop-pr-42&#10;", "", &format!("shop-pr-{}", "4".repeat(121))]
    {
        let odd = id(name);
        list(&world, move |_| page(&[&odd], None));
        let report = run(&sweep, &adopting()).await;
        assert!(report["read_only"].is_string() && report["entries"] == json!([]), "{name:?}: {report:#}");
    }
    assert!(world.leases().await.is_empty());
}

#[tokio::test]
async fn an_empty_account_has_nothing_to_adopt() {
    let world = World::new().await;
    list(&world, |_| page(&[], None));
    let report = run(&world.sweep(&[]), &adopting()).await;
    assert_eq!((&report["entries"], &report["read_only"]), (&json!([]), &Value::Null), "{report:#}");
    assert!(world.leases().await.is_empty());
}

#[tokio::test]
async fn i9_i10_a_stack_that_is_only_reviewed_or_tagged_in_another_way_stays() {
    let world = World::new().await;
    let sweep = world.sweep(&[]);
    let reviewed = reviewed(&world, "shop-pr-1").await;
    let mut odd = BTreeMap::new();
    for (name, tag, value) in [
        ("shop-pr-2", "Flowgate:Ephemeral", "true"),
        ("shop-pr-3", "flowgate:ephemeral ", "true"),
        ("shop-pr-4", "flowgate:ephemeral", "True"),
    ] {
        let mut preview = world.preview(name, 1);
        preview.tags.remove("flowgate:ephemeral");
        preview.tags.insert(tag, value.to_owned());
        odd.insert(name, world.create(preview).await);
    }
    let report = run(&sweep, &adopting()).await;
    assert_eq!(entry(&report, "shop-pr-1")["step"], "keep", "{report:#}");
    assert!(world.leases().await.is_empty(), "{report:#}");

    world
        .store([("shop-pr-1", &reviewed)].into_iter().chain(odd.iter().map(|(name, id)| (*name, id))).map(released))
        .await;
    let report = run(&sweep, &json!({"mode": "apply"})).await;
    let reviewing = entry(&report, "shop-pr-1")["reason"].as_str().unwrap();
    assert!(reviewing.contains("REVIEW_IN_PROGRESS"), "{report:#}");
    assert_eq!(world.status(&reviewed).await, "REVIEW_IN_PROGRESS");
    for (name, id) in odd {
        let reason = entry(&report, name)["reason"].as_str().unwrap();
        assert!(reason.contains("flowgate:ephemeral"), "{name}: {report:#}");
        assert_eq!(world.status(&id).await, "CREATE_COMPLETE");
    }
}

/// A lease that was given back a minute ago.
fn released((name, id): (&str, &String)) -> Value {
    let at = Timestamp::now().round(Unit::Second).unwrap() - SignedDuration::from_mins(1);
    let state = json!({"is": "DIRTY", "notice": {"by": "release", "at": at}, "absent_at": null});
    let mut record = record(name, 1, &state, Some(at));
    record["bound"] = json!(id);
    record
}

/// A stack for which there is no more than a change set.
async fn reviewed(world: &World, name: &str) -> String {
    let preview = world.preview(name, 1);
    let tags = preview.tags.iter().map(|(key, value)| Tag::builder().key(*key).value(value).build()).collect();
    let client = world.cloudformation();
    let request =
        client.create_change_set().stack_name(name).change_set_name("first").template_body(tiny().to_string());
    let request = request.set_tags(Some(tags)).role_arn(&world.role).change_set_type(ChangeSetType::Create);
    request.send().await.unwrap().stack_id.unwrap()
}
