//! Roles that services work as: found by their whole ARN, trusted and asked as the emulator does it itself.

use aws_sdk_eventbridge::types::{PutEventsRequestEntry, Target};
use aws_sdk_iam::types::Tag;
use flowgate::cloud::authority::{Refused, Role};
use serde_json::{Value, json};

use super::world::{World, allow, everything, log_group, template};
use super::{service_world, world};
use crate::world::{deploy_template, invoke};

const LAMBDA: &str = "lambda.amazonaws.com";
const EVENTS: &str = "events.amazonaws.com";

async fn assume(world: &World, arn: &str) -> Result<(), Refused> {
    let role = Role { arn, service: LAMBDA, source: "arn:aws:lambda:::f", session: "s", policy: None };
    world.cloud.authority().assume(&role).await.map(drop)
}

/// A role whose trust policy has one statement, which stands in no list.
async fn trusting(world: &World, name: &str, service: &str) -> String {
    let arn = world.role(name, service, &everything()).await;
    let trust = json!({ "Version": "2012-10-17", "Statement":
        { "Effect": "Allow", "Principal": { "Service": service }, "Action": "sts:AssumeRole" } });
    let iam = aws_sdk_iam::Client::new(&world.sdk);
    iam.update_assume_role_policy().role_name(name).policy_document(trust.to_string()).send().await.unwrap();
    arn
}

#[tokio::test]
async fn a_trust_policy_may_be_one_statement() {
    let world = World::start().await;
    let deploys = trusting(&world, "deploys", world::CLOUDFORMATION).await;
    let outcome = world.create(&deploys, "one", &template(&json!({ "Group": log_group("one") }))).await.unwrap();
    assert_eq!(outcome.status, "CREATE_COMPLETE", "{outcome:?}");
}

#[tokio::test]
async fn a_role_is_another_with_another_account_or_path() {
    let world = World::start().await;
    let arn = world.role("known", LAMBDA, &everything()).await;
    assert_eq!(assume(&world, &arn).await, Ok(()));
    for other in ["arn:aws:iam::111111111111:role/known", "arn:aws:iam::000000000000:role/path/known"] {
        let refused = assume(&world, other).await.unwrap_err();
        assert_eq!(refused, Refused::Denied(format!("role {other} does not exist")));
    }
    for nonsense in ["known", "", "arn:aws:iam::000000000000:user/known"] {
        let refused = assume(&world, nonsense).await.unwrap_err();
        assert_eq!(refused, Refused::Denied(format!("'{nonsense}' is not the ARN of a role")));
    }
}

#[tokio::test]
async fn a_question_that_cannot_be_read_is_the_askers_mistake() {
    let world = World::start().await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for (path, body) in [("assume", "{"), ("assume", "{}"), ("authorize", "[]"), ("authorize", "null")] {
        let url = format!("{}/_flowgate/{path}", world.cloud.endpoint());
        let answer = client.post(url).body(body).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{path} {body}");
        assert!(answer.json::<Value>().await.unwrap()["message"].as_str().unwrap().contains("cannot be read"));
    }
}

#[tokio::test]
async fn conditions_on_who_asks_hold_without_a_request() {
    let world = World::start().await;
    let when =
        |action: &str, held: Value| json!({ "Effect": "Allow", "Action": action, "Resource": "*", "Condition": held });
    let statements = json!([
        when("s3:GetObject", json!({ "StringEquals": { "aws:PrincipalTag/team": "a" } })),
        when("s3:PutObject", json!({ "StringLike": { "aws:userid": "AROA*:s" } })),
        when("s3:DeleteObject", json!({ "Null": { "aws:TagKeys": "true" } })),
        allow(&json!("kms:Decrypt"), &json!("*")),
    ]);
    let arn = world.role("tagged", LAMBDA, &statements).await;
    let tag = Tag::builder().key("team").value("a").build().unwrap();
    aws_sdk_iam::Client::new(&world.sdk).tag_role().role_name("tagged").tags(tag).send().await.unwrap();
    let role = Role { arn: &arn, service: LAMBDA, source: "a", session: "s", policy: None };
    let session = world.cloud.authority().assume(&role).await.unwrap();
    for action in ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"] {
        assert_eq!(session.may(action, "arn:aws:s3:::bucket/key", &[]).await, Ok(()), "{action}");
    }

    // What the policy of a key does not allow, nobody may.
    let policy = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "kms:*", "Resource": "*",
        "Principal": { "AWS": "arn:aws:iam::000000000000:user/author" } }] });
    let key = json!({ "Type": "AWS::KMS::Key", "Properties": { "KeyPolicy": policy } });
    let keys =
        json!({ "Resources": { "Key": key }, "Outputs": { "Arn": { "Value": { "Fn::GetAtt": ["Key", "Arn"] } } } });
    let stack = deploy_template(&world.cloud, "keys", &keys).await.unwrap();
    let refused = session.may("kms:Decrypt", &stack.outputs["Arn"], &[]).await;
    assert!(matches!(refused, Err(Refused::Denied(_))), "{refused:?}");
}

/// Whatever is wrong with a target or a function's role: what comes after it goes on.
#[tokio::test]
async fn a_role_that_is_none_stops_nothing_else() {
    let world = service_world::World::start(&[]).await;
    let open = json!({ "Type": "AWS::Lambda::Permission", "Properties": {
        "FunctionName": { "Ref": "Open" }, "Action": "lambda:InvokeFunction", "Principal": EVENTS } });
    let mut mute = service_world::function("mute", "Silent", "def handler(event, context): return 1", &json!({}));
    mute["Properties"]["Role"] = "nonsense".into();
    let resources = json!({
        "Silent": service_world::silent(), "Open": world.listener("open"), "Let": open, "Mute": mute });
    world.deploy("none", resources).await;
    assert_eq!(invoke(&world.cloud, "mute", &json!({})).await, Ok(json!(1)));

    let events = aws_sdk_eventbridge::Client::new(&world.cloud.sdk_config());
    let bus = service_world::arn("events", "event-bus/default");
    let function = service_world::arn("lambda", "function:open");
    for (name, arn, role) in [("bad", bus, Some("nonsense")), ("good", function, None)] {
        let pattern = json!({ "source": ["a"] }).to_string();
        events.put_rule().name(name).event_pattern(pattern).send().await.unwrap();
        let target = Target::builder().id("t").arn(arn).set_role_arn(role.map(str::to_owned)).build().unwrap();
        events.put_targets().rule(name).targets(target).send().await.unwrap();
    }
    let entry = PutEventsRequestEntry::builder().source("a").detail_type("Test").detail("{}").build();
    events.put_events().entries(entry).send().await.unwrap();
    assert_eq!(world.heard(1).await, ["open"]);
}
