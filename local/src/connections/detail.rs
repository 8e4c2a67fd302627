//! What started an execution, as its trigger tells it.

use serde::{Deserialize, Serialize};

use crate::pipeline::definition::PullRequestEvent;
use crate::pipeline::engine::{Trigger, TriggerType};

/// The `triggerDetail` of a start by a connection, as JSON: AWS documents no form of it but that it tells of the connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Detail {
    /// The connection of the source action.
    pub connection_arn: String,
    /// `OWNER/NAME`.
    pub full_repository_name: String,
    /// What happened.
    pub event_type: EventType,
    /// The commit that it is about.
    pub commit_id: String,
    /// The branch that was pushed, or that a pull request is from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch_name: Option<String>,
    /// The tag that was pushed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag_name: Option<String>,
    /// The pull request.
    #[serde(flatten)]
    pub pull_request: Option<PullRequestDetail>,
}

/// What becomes of a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EventType {
    /// A branch or a tag was pushed.
    Push,
    /// A pull request was opened.
    PullRequestOpen,
    /// One has other commits.
    PullRequestUpdated,
    /// One was closed.
    PullRequestClosed,
}

impl From<PullRequestEvent> for EventType {
    fn from(event: PullRequestEvent) -> Self {
        match event {
            PullRequestEvent::Open => Self::PullRequestOpen,
            PullRequestEvent::Updated => Self::PullRequestUpdated,
            PullRequestEvent::Closed => Self::PullRequestClosed,
        }
    }
}

/// What of a pull request becomes variables of the source action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PullRequestDetail {
    /// Its number.
    pub pull_request_id: String,
    /// Its title.
    pub pull_request_title: String,
    /// The branch that it is from.
    pub source_branch_name: String,
    /// The branch that it is to be merged into.
    pub destination_branch_name: String,
}

impl Detail {
    /// What a trigger tells, where a connection started the execution: by a filter, or by any push.
    pub(crate) fn of(trigger: &Trigger) -> Option<Self> {
        let is_of_a_connection = matches!(trigger.trigger_type, TriggerType::Webhook | TriggerType::WebhookV2);
        is_of_a_connection.then(|| serde_json::from_str(&trigger.trigger_detail).ok()).flatten()
    }
}
