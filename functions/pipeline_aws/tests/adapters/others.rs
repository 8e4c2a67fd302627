//! IAM, SNS, and the executions of CodePipeline.

use pipeline_aws::{codepipeline::Executions, iam::Roles, sns::Topic};
use pipeline_core::{
    lease::record::Entered,
    ports::PortError,
    sweep::ports::{ReadRoles, Tell, WatchExecutions},
};
use serde_json::json;

use crate::canned::{Canned, answered, refused, run};

fn policy(answer: (u16, String)) -> Result<Option<String>, PortError> {
    run(Roles::new(&Canned::new([answer]).config()).trust_policy("deploy"))
}

fn role(policy: &str) -> (u16, String) {
    let fields = "<Path>/</Path><RoleName>deploy</RoleName><RoleId>id</RoleId><Arn>a</Arn>\
                  <CreateDate>2026-11-21T12:00:00Z</CreateDate>";
    answered("GetRole", &format!("<Role>{fields}{policy}</Role>"))
}

#[test]
fn a_trust_policy_is_read_as_json() {
    let encoded = "<AssumeRolePolicyDocument>%7B%22a%22%3A%22b+c%20%C3%A9%22%7D</AssumeRolePolicyDocument>";
    assert_eq!(policy(role(encoded)), Ok(Some(r#"{"a":"b+c é"}"#.to_owned())));
    assert_eq!(policy(refused("NoSuchEntity", "The role with name deploy cannot be found.")), Ok(None));
}

#[test]
fn i10_a_trust_policy_that_is_not_there_or_no_text_is_an_error() {
    for answer in [
        role(""),
        role("<AssumeRolePolicyDocument></AssumeRolePolicyDocument>"),
        role("<AssumeRolePolicyDocument>%FF</AssumeRolePolicyDocument>"),
        refused("AccessDenied", "not you"),
        refused("ServiceFailure", "NoSuchEntity"),
    ] {
        assert!(policy(answer.clone()).is_err(), "{answer:?}");
    }
}

#[test]
fn people_are_told_once() {
    let canned = Canned::new([subscribed("1"), answered("Publish", "<MessageId>m</MessageId>")]);
    let topic = "arn:aws:sns:eu-west-1:111122223333:notices";
    assert_eq!(run(Topic::new(&canned.config(), topic.into()).tell("2 stacks", "a\nb")), Ok(()));
    let [_, asked] = &canned.asked()[..] else { panic!("{:?}", canned.asked()) };
    let told = ["TopicArn", "Subject", "Message"].map(|name| asked.field(name).unwrap_or_default());
    assert_eq!(told, [topic, "2 stacks", "a\nb"]);
    let failing = Canned::new([subscribed("1"), (500, String::new())]);
    assert!(run(Topic::new(&failing.config(), topic.into()).tell("s", "t")).is_err());
    assert_eq!(failing.asked().len(), 2, "a second attempt might tell twice");
}

fn subscribed(confirmed: &str) -> (u16, String) {
    let entry = |key: &str, value: &str| format!("<entry><key>{key}</key><value>{value}</value></entry>");
    let entries = [entry("SubscriptionsPending", "3"), entry("SubscriptionsConfirmed", confirmed)].concat();
    answered("GetTopicAttributes", &format!("<Attributes>{entries}</Attributes>"))
}

#[test]
fn i11_what_nobody_is_subscribed_to_tells_nobody() {
    let topic = "arn:aws:sns:eu-west-1:111122223333:notices";
    let tell = |answer: (u16, String)| {
        let canned = Canned::new([answer]);
        let refused = run(Topic::new(&canned.config(), topic.into()).tell("s", "t")).unwrap_err();
        let [asked] = &canned.asked()[..] else { panic!("{:?}", canned.asked()) };
        assert_eq!(asked.field("TopicArn").as_deref(), Some(topic));
        refused
    };
    let nobody = tell(subscribed("0"));
    assert!(matches!(&nobody, PortError::Unusable { what, .. } if what == topic), "{nobody}");
    assert!(nobody.to_string().contains("nobody is subscribed to it; deploy Flowgate with NoticeEmail"), "{nobody}");
    for unclear in [subscribed(""), subscribed("some"), answered("GetTopicAttributes", "<Attributes></Attributes>")] {
        assert!(matches!(tell(unclear), PortError::Unavailable { .. }));
    }
    assert!(matches!(tell(refused("AuthorizationError", "not you")), PortError::Denied { .. }));
}

#[test]
fn i10_an_execution_runs_unless_codepipeline_says_otherwise() {
    let entered = Entered {
        pipeline: "time-service-preview".into(),
        execution: "22222222-abcd-1111-abcd-111111abcdef".parse().unwrap(),
    };
    let is_running = |answer: (u16, String)| run(Executions::new(&Canned::new([answer]).config()).is_running(&entered));
    let status = |status: &str| (200, json!({"pipelineExecution": {"status": status}}).to_string());
    for going in ["InProgress", "Stopping", "Pausing", ""] {
        assert_eq!(is_running(status(going)), Ok(true), "{going}");
    }
    assert_eq!(is_running((200, "{}".to_owned())), Ok(true));
    for ended in ["Cancelled", "Stopped", "Succeeded", "Superseded", "Failed"] {
        assert_eq!(is_running(status(ended)), Ok(false), "{ended}");
    }
    let error = |code: &str| (400, json!({"__type": code, "message": "m"}).to_string());
    assert_eq!(is_running(error("PipelineExecutionNotFoundException")), Ok(false), "it is forgotten after a year");
    let no_pipeline = is_running(error("PipelineNotFoundException")).unwrap_err();
    assert!(
        no_pipeline.to_string().starts_with("pipeline time-service-preview cannot be used: it does not"),
        "{no_pipeline}"
    );
    assert!(matches!(no_pipeline, PortError::Unusable { .. }));
    for other in ["ValidationException", "AccessDeniedException", "ThrottlingException"] {
        assert!(is_running(error(other)).is_err(), "{other}");
    }
}
