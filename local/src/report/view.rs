//! What the commands show of a pipeline: plain data, read from CodePipeline's answers and rendered elsewhere.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::words::kind_in_json;
use crate::pipeline::action::ConditionKind;
use crate::pipeline::token::Token;

/// A pipeline as it is now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Its name.
    pub pipeline: String,
    /// How its executions get on with one another, as the newest has it: `SUPERSEDED`, `QUEUED` or `PARALLEL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// Its stages, in order.
    pub stages: Vec<Stage>,
    /// Executions that run, and others as new as the oldest of these; the newest first.
    pub executions: Vec<Execution>,
}

/// A stage, and the execution that was in it last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// CodePipeline's status; none while nothing has ever entered.
    pub status: Option<String>,
    /// The execution that is or was in it.
    pub execution: Option<String>,
    /// The execution that waits before it, and enters next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inbound: Option<String>,
    /// Those that wait behind that, the oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub queued: Vec<String>,
    /// How often it was tried again.
    #[serde(skip_serializing_if = "is_none")]
    pub retries: i32,
    /// Why nothing may enter, when somebody has disabled that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<String>,
    /// The conditions that were evaluated.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Its actions, in order.
    pub actions: Vec<Action>,
}

/// A condition of a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Condition {
    /// When it is evaluated.
    #[serde(serialize_with = "kind_in_json")]
    pub kind: ConditionKind,
    /// CodePipeline's status.
    pub status: String,
    /// What it or its rules say.
    pub summary: Option<String>,
}

/// An action, as it ran last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Action {
    /// Its name.
    pub name: String,
    /// CodePipeline's status; none while it has never run.
    pub status: Option<String>,
    /// When that changed; of one in progress, when it began.
    pub at: Option<Timestamp>,
    /// What it said, or why it failed.
    pub summary: Option<String>,
    /// Who answered it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Whether it is an approval that somebody must answer.
    pub waits: bool,
    /// Whether it is an approval at all: others, too, may say who changed them last.
    #[serde(skip)]
    pub is_approval: bool,
}

impl Action {
    /// Whether it is an approval that somebody has answered.
    pub fn is_answered(&self) -> bool {
        self.is_approval && self.by.is_some()
    }

    /// Whether it ended well; an approval, whether it was given.
    pub fn succeeded(&self) -> bool {
        self.status.as_deref() == Some("Succeeded")
    }
}

/// An execution of a pipeline.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Execution {
    /// Its id.
    pub execution: String,
    /// CodePipeline's status.
    pub status: String,
    /// Why it has that status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// How it gets on with others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// Whether it brings back what an earlier execution deployed.
    pub rollback: bool,
    /// Which execution that was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollback_of: Option<String>,
    /// The way it was started.
    pub trigger: Option<String>,
    /// Who or what started it.
    pub started_by: Option<String>,
    /// When it started.
    pub started: Option<Timestamp>,
    /// When it changed last.
    pub updated: Option<Timestamp>,
    /// What it takes through the pipeline.
    #[serde(flatten)]
    pub revision: Revision,
    /// The stage that it is in, where the pipeline's stages do not tell since it runs beside others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// What approvals and the gate said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub said: Vec<Said>,
    /// The gate's decisions as it recorded them, the oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<Value>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_none(count: &i32) -> bool {
    *count == 0
}

impl Execution {
    /// Whether it has not ended yet.
    pub fn runs(&self) -> bool {
        matches!(&*self.status, "InProgress" | "Stopping")
    }
}

/// A source revision.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Revision {
    /// The commit's id.
    pub commit: Option<String>,
    /// The commit's message.
    #[serde(rename = "commitMessage")]
    pub message: Option<String>,
}

/// What an action said that decides about a release.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Said {
    /// Its stage.
    pub stage: String,
    /// Its name.
    pub action: String,
    /// CodePipeline's status.
    pub status: String,
    /// Who answered it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Its words.
    pub text: Option<String>,
    /// When it ran, if it was the gate.
    #[serde(skip)]
    pub judged: Option<Span>,
}

/// From when to when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// When it began.
    pub from: Timestamp,
    /// When it changed last.
    pub to: Timestamp,
}

/// An approval that waits for an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// The pipeline.
    pub pipeline: String,
    /// The stage.
    pub stage: String,
    /// The action.
    pub action: String,
    /// What an answer must carry: it belongs to this one run of the action.
    #[serde(skip)]
    pub token: Token,
    /// The execution that waits.
    pub execution: String,
    /// What would be approved.
    #[serde(flatten)]
    pub revision: Revision,
    /// The outputs of the stacks that were deployed before, by stage.
    pub outputs: BTreeMap<String, BTreeMap<String, String>>,
    /// The other approvals that its stage asks for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Other>,
}

/// An approval beside the one that waits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Other {
    /// The action.
    pub action: String,
    /// What was answered; none while it waits, too.
    pub approved: Option<bool>,
    /// Who answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}
