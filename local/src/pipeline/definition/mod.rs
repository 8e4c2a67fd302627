//! What a pipeline is: CodePipeline's structure, checked once, here, as CodePipeline documents it.
//!
//! A [`Pipeline`] can run: whatever this machine cannot honour is refused by name, never skipped.

mod action;
mod artifacts;
mod condition;
mod configuration;
mod error;
mod names;
mod order;
mod pipeline;
mod provider;
mod read;
mod refused;
mod stage;
mod store;
mod template;
#[cfg(test)]
mod tests;
mod trigger;
mod unique;
mod values;
pub mod wire;

use std::collections::BTreeMap;

pub use condition::{Condition, ConditionResult, RetryMode, Rule, RuleType};
pub use error::{DefinitionError, ErrorKind, Place};
pub use pipeline::problems;
pub use provider::Provider;
pub use template::from_cloudformation;
pub use trigger::{Globs, PullRequestEvent, PullRequestFilter, PushFilter, Trigger};
pub use wire::{ExecutionMode, PipelineType};

use super::action::{ConditionKind, TypeId};

/// A pipeline that can run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    /// Its name.
    pub name: String,
    /// The bucket that holds its artifacts.
    pub bucket: String,
    /// Which version of the definition this is.
    pub version: u32,
    /// What a new execution does to those that still run.
    pub execution_mode: ExecutionMode,
    /// The variables that a start may set, with their default values.
    pub variables: BTreeMap<String, Option<String>>,
    /// At least two; the first holds the source actions.
    pub stages: Vec<Stage>,
    /// What starts it, where its sources come over connections and not everything does.
    pub triggers: Vec<Trigger>,
    declaration: wire::Declaration,
}

/// A stage: at least one action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// Its name, unique in the pipeline.
    pub name: String,
    /// Its actions, as declared.
    pub actions: Vec<Action>,
    /// What must hold before its first action.
    pub before_entry: Option<Condition>,
    /// What must hold when every action succeeded.
    pub on_success: Option<Condition>,
    /// What happens when it failed.
    pub on_failure: Option<Condition>,
    /// How it is tried again, once, when an action of it failed; such a stage has no condition for that case.
    pub retry: Option<RetryMode>,
}

/// An action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Its name, unique in the stage.
    pub name: String,
    /// What kind of action it is.
    pub type_id: TypeId,
    /// Who runs it.
    pub provider: &'static Provider,
    /// 1 to 999; equal orders run in parallel.
    pub run_order: u32,
    /// What the provider needs to know, with unresolved references.
    pub configuration: BTreeMap<String, String>,
    /// Names of artifacts that earlier actions write.
    pub inputs: Vec<String>,
    /// Names of artifacts that it writes, unique in the pipeline.
    pub outputs: Vec<String>,
    /// Where later actions find its variables, unique in the pipeline.
    pub namespace: Option<String>,
    /// The role it runs with, instead of the pipeline's.
    pub role_arn: Option<String>,
    /// The region it runs in, the same for all actions.
    pub region: Option<String>,
    /// How long a manual approval waits.
    pub timeout_minutes: Option<u32>,
}

impl Stage {
    /// Whether it has an action of this name.
    pub fn has(&self, action: &str) -> bool {
        self.actions.iter().any(|known| known.name == action)
    }

    /// Its condition of this kind.
    pub fn condition(&self, kind: ConditionKind) -> Option<&Condition> {
        match kind {
            ConditionKind::BeforeEntry => self.before_entry.as_ref(),
            ConditionKind::OnSuccess => self.on_success.as_ref(),
            ConditionKind::OnFailure => self.on_failure.as_ref(),
        }
    }
}

impl Pipeline {
    /// The declaration it was made from, with the defaults filled in, as `GetPipeline` shows it.
    pub fn declaration(&self) -> &wire::Declaration {
        &self.declaration
    }

    /// The role it runs with.
    pub fn role_arn(&self) -> &str {
        &self.declaration.role_arn
    }

    /// Its stage of this name.
    pub fn stage(&self, name: &str) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.name == name)
    }

    /// Numbers this definition among those of its pipeline.
    pub fn set_version(&mut self, version: u32) {
        self.version = version;
        self.declaration.version = version;
    }
}
