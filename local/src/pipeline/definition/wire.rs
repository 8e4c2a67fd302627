//! A pipeline as CodePipeline's API writes it, before anything is checked.
//!
//! Unknown fields are refused: a field that nobody reads would be a promise that nobody keeps.

mod condition;
mod trigger;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::pipeline::action::TypeId;
pub use condition::{Condition, Conditions, FailureConditions, RetryConfiguration, Rule, RuleTypeId};
pub use trigger::{Filter, GitConfiguration, PullRequestFilter, PushFilter, Trigger};

/// `PipelineDeclaration`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Declaration {
    /// The pipeline's name.
    pub name: String,
    /// The role it runs with.
    pub role_arn: String,
    /// Where artifacts lie, for a pipeline in one region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact_store: Option<ArtifactStore>,
    /// Where artifacts lie, by region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact_stores: Option<BTreeMap<String, ArtifactStore>>,
    /// The stages, in order.
    pub stages: Vec<Stage>,
    /// Counted by CodePipeline: 1 when created, one more with every update.
    #[serde(default = "one")]
    pub version: u32,
    /// What a new execution does to those that still run.
    #[serde(default)]
    pub execution_mode: ExecutionMode,
    /// Which features the pipeline may use.
    #[serde(default)]
    pub pipeline_type: PipelineType,
    /// Variables that a start may set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<Variable>,
    /// Filters on what starts it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub triggers: Vec<Trigger>,
}

/// A bucket for artifacts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ArtifactStore {
    /// Always `S3`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The bucket's name.
    pub location: String,
    /// The key that artifacts are encrypted with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption_key: Option<EncryptionKey>,
}

/// The key of an artifact store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncryptionKey {
    /// The key's id, ARN or alias.
    pub id: String,
    /// Always `KMS`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// What a new execution does to those that still run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ExecutionMode {
    /// It replaces one that waits for a stage.
    #[default]
    Superseded,
    /// It waits for its turn.
    Queued,
    /// It runs beside them.
    Parallel,
}

/// Which features a pipeline may use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PipelineType {
    /// Stages and actions only.
    #[default]
    V1,
    /// Variables, triggers, conditions and execution modes too.
    V2,
}

/// A pipeline-level variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Variable {
    /// Read as `#{variables.<name>}`.
    pub name: String,
    /// The value of a start that sets none; without it a start must set one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_value: Option<String>,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// `StageDeclaration`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Stage {
    /// The stage's name.
    pub name: String,
    /// Its actions, in any order: `runOrder` decides.
    pub actions: Vec<Action>,
    /// Reserved by CodePipeline.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blockers: Vec<Value>,
    /// Conditions to enter the stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before_entry: Option<Conditions>,
    /// Conditions to leave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_success: Option<Conditions>,
    /// What happens when it fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_failure: Option<FailureConditions>,
}

/// `ActionDeclaration`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Action {
    /// The action's name.
    pub name: String,
    /// What kind of action it is.
    pub action_type_id: TypeId,
    /// When it runs inside its stage; equal orders run in parallel.
    #[serde(default = "one")]
    pub run_order: u32,
    /// What its provider needs to know.
    #[serde(default)]
    pub configuration: BTreeMap<String, String>,
    /// Shell commands of a Compute action.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<Value>,
    /// The artifacts it reads.
    #[serde(default)]
    pub input_artifacts: Vec<InputArtifact>,
    /// The artifacts it writes.
    #[serde(default)]
    pub output_artifacts: Vec<OutputArtifact>,
    /// Variables that a Compute action exports.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub output_variables: Vec<Value>,
    /// Variables for a Compute action's commands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environment_variables: Vec<Value>,
    /// The role the action runs with, instead of the pipeline's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// The region the action runs in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Where later actions find its variables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// How long a manual approval waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_in_minutes: Option<u32>,
}

/// An artifact that an action reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputArtifact {
    /// The name another action gave it.
    pub name: String,
}

/// An artifact that an action writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputArtifact {
    /// The name, unique in the pipeline.
    pub name: String,
    /// Which files a Compute action exports.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Value>,
}

const fn one() -> u32 {
    1
}
