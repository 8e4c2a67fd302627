//! Manual approvals: tell the topic that somebody is asked. The answer comes through the API.

use aws_sdk_sns::Client;
use aws_sdk_sns::operation::publish::PublishError;
use serde_json::{Value, json};

use super::acting::Acting;
use super::{config, failed, store};
use crate::cloud::client::REGION;
use crate::pipeline::action::{Approval, Failure, Request};

/// SNS takes shorter subjects only.
const SUBJECT_CHARACTERS: usize = 100;

/// Asks for the approval.
pub(super) async fn run(acting: &Acting, request: &Request) -> Result<(), Failure> {
    let Some(approval) = &request.approval else {
        let message = format!("action {} has no approval token: this is a defect of flowgate", request.action);
        return Err(failed("SystemUnavailable", message));
    };
    let Some(topic) = config::optional(request, "NotificationArn") else { return Ok(()) };
    let publish = Client::new(&acting.sdk).publish().topic_arn(topic).subject(subject(request));
    let published = publish.message(message(request, approval).to_string()).send().await;
    published.map(drop).map_err(|error| {
        let code = match error.as_service_error() {
            Some(PublishError::NotFoundException(_) | PublishError::InvalidParameterException(_)) => {
                "ConfigurationError"
            }
            _ => "JobFailed",
        };
        let reason = store::reason(&error);
        let action = &request.action;
        let remedy = if reason.denied { "" } else { ", correct NotificationArn" };
        reason.failure(code, format!("topic {topic} of action {action} cannot be published to{remedy}: {reason}"))
    })
}

fn subject(request: &Request) -> String {
    let Request { pipeline, action, .. } = request;
    let subject = format!("APPROVAL NEEDED: AWS CodePipeline {pipeline} for action {action}");
    subject.chars().take(SUBJECT_CHARACTERS - 1).collect()
}

/// The documented "JSON data format for manual approval notifications".
fn message(request: &Request, approval: &Approval) -> Value {
    let Request { pipeline, stage, action, .. } = request;
    let token = approval.token.expose();
    let pipeline_link = format!("https://console.aws.amazon.com/codepipeline/home?region={REGION}#/view/{pipeline}");
    json!({
        "region": REGION,
        "consoleLink": pipeline_link,
        "approval": {
            "pipelineName": pipeline,
            "stageName": stage,
            "actionName": action,
            "token": token,
            "expires": approval.expires.strftime("%Y-%m-%dT%H:%MZ").to_string(),
            "externalEntityLink": config::optional(request, "ExternalEntityLink"),
            "approvalReviewLink": format!("{pipeline_link}/{stage}/{action}/approve/{token}"),
            "customData": config::optional(request, "CustomData"),
        },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::pipeline::action::{Roles, TypeId};
    use crate::pipeline::engine::{Trigger, TriggerType};
    use crate::pipeline::token::Token;

    fn request(pipeline: &str, configuration: &[(&str, &str)]) -> Request {
        let configuration = configuration.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let token = Token::new("1a2b3c4d-573f-4ea7-a67e-000000000000");
        Request {
            id: "run".into(),
            pipeline: pipeline.into(),
            execution: "execution".into(),
            stage: "Approve".into(),
            action: "Review".into(),
            type_id: TypeId {
                category: "Approval".into(),
                owner: "AWS".into(),
                provider: "Manual".into(),
                version: "1".into(),
            },
            configuration: configuration.collect::<BTreeMap<_, _>>(),
            roles: Roles { pipeline: "arn:aws:iam::000000000000:role/pipeline".into(), own: None },
            inputs: Vec::new(),
            outputs: Vec::new(),
            approval: Some(Approval { token, expires: "2026-07-07T20:22:59.5Z".parse().unwrap() }),
            trigger: Trigger { trigger_type: TriggerType::StartPipelineExecution, trigger_detail: String::new() },
            source_revisions: Vec::new(),
        }
    }

    #[test]
    fn the_message_has_the_documented_form() {
        let configuration = [("CustomData", "Look at it."), ("ExternalEntityLink", "http://example.com")];
        let request = request("release", &configuration);
        let view = "https://console.aws.amazon.com/codepipeline/home?region=us-east-1#/view/release";
        let token = "1a2b3c4d-573f-4ea7-a67e-000000000000";
        let expected = json!({
            "region": "us-east-1", "consoleLink": view,
            "approval": {
                "pipelineName": "release", "stageName": "Approve", "actionName": "Review", "token": token,
                "expires": "2026-07-07T20:22Z", "externalEntityLink": "http://example.com",
                "approvalReviewLink": format!("{view}/Approve/Review/approve/{token}"),
                "customData": "Look at it.",
            },
        });
        assert_eq!(message(&request, request.approval.as_ref().unwrap()), expected);
    }

    #[test]
    fn what_is_not_configured_is_null() {
        let request = request("release", &[]);
        let message = message(&request, request.approval.as_ref().unwrap());
        assert_eq!(message["approval"]["customData"], Value::Null);
        assert_eq!(message["approval"]["externalEntityLink"], Value::Null);
    }

    #[test]
    fn a_long_name_is_cut_to_what_a_subject_holds() {
        assert_eq!(subject(&request("p", &[])), "APPROVAL NEEDED: AWS CodePipeline p for action Review");
        let long = subject(&request(&"p".repeat(100), &[]));
        assert_eq!(long.chars().count(), 99);
    }
}
