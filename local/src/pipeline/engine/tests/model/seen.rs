//! What was seen of one execution.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::pipeline::action::{Artifact, Request};
use crate::pipeline::definition::{Action, Condition, Stage};

#[derive(Default)]
pub(super) struct Seen {
    pub(super) end: Option<ExecutionStatus>,
    /// The stage it is in, or will enter next.
    pub(super) stage: usize,
    pub(super) in_stage: bool,
    pub(super) succeeded: BTreeSet<usize>,
    pub(super) running: BTreeSet<RunId>,
    /// The actions of the current stage that were started, and whether each succeeded.
    pub(super) begun: BTreeMap<String, Option<bool>>,
    /// The rules of the current stage that were asked, and whether each holds.
    pub(super) asked: BTreeMap<String, Option<bool>>,
    /// The conditions of the current stage that do not wait for a rule.
    pub(super) abandoned: Vec<ConditionKind>,
    pub(super) failed: bool,
    /// What it produced, and in which stage.
    pub(super) artifacts: BTreeMap<String, (usize, Artifact)>,
    pub(super) variables: BTreeMap<String, (usize, String)>,
    /// Whether it passes through one stage only, to bring something back.
    pub(super) is_rollback: bool,
}

/// A rule's name, unique in its stage.
pub(super) fn rule_name(kind: ConditionKind, rule: &str) -> String {
    format!("{kind:?}/{rule}")
}

impl Seen {
    /// A rollback of this stage: it reads what the target produced before it.
    pub(super) fn back(target: &Self, stage: usize) -> Self {
        let earlier = |(_, (made, _)): &(&String, &(usize, Artifact))| *made < stage;
        let known = |(_, (made, _)): &(&String, &(usize, String))| *made < stage;
        Self {
            stage,
            artifacts: target
                .artifacts
                .iter()
                .filter(earlier)
                .map(|(name, made)| (name.clone(), made.clone()))
                .collect(),
            variables: target.variables.iter().filter(known).map(|(name, made)| (name.clone(), made.clone())).collect(),
            is_rollback: true,
            ..Self::default()
        }
    }

    /// Whether the condition is met, as far as that is decided.
    pub(super) fn met(&self, stage: &Stage, kind: ConditionKind) -> Option<bool> {
        let rules = stage.condition(kind).into_iter().flat_map(|condition| &condition.rules);
        let answers: Vec<Option<bool>> =
            rules.map(|rule| self.asked.get(&rule_name(kind, &rule.name)).copied().flatten()).collect();
        if answers.contains(&Some(false)) {
            return Some(false);
        }
        answers.iter().all(Option::is_some).then_some(true)
    }

    pub(super) fn action_failed(&self) -> bool {
        self.begun.values().any(|ended| *ended == Some(false))
    }

    pub(super) fn all_succeeded(&self, stage: &Stage) -> bool {
        stage.actions.iter().all(|action| self.begun.get(&action.name) == Some(&Some(true)))
    }

    /// Whether its stage may end so.
    pub(super) fn may_end(&self, stage: &Stage, status: StageStatus) -> bool {
        let entry = self.met(stage, ConditionKind::BeforeEntry);
        let skips = stage.before_entry.as_ref().is_some_and(|entry| entry.result == ConditionResult::Skip);
        let held = self.met(stage, ConditionKind::OnSuccess);
        match status {
            StageStatus::Succeeded => entry == Some(true) && self.all_succeeded(stage) && held == Some(true),
            StageStatus::Skipped => entry == Some(false) && skips && self.begun.is_empty(),
            StageStatus::Failed => {
                let decided = self.met(stage, ConditionKind::OnFailure).is_some();
                let kept_out = entry == Some(false) && !skips && self.begun.is_empty();
                kept_out || self.action_failed() && decided || self.all_succeeded(stage) && held == Some(false)
            }
            _ => false,
        }
    }

    /// Whether what succeeded in its failed stage before is to come back.
    pub(super) fn wants_back(&self, stage: &Stage) -> bool {
        if self.action_failed() {
            return stage.on_failure.is_some() && self.met(stage, ConditionKind::OnFailure) == Some(true);
        }
        let rolls_back = |success: &Condition| success.result == ConditionResult::Rollback;
        self.all_succeeded(stage) && stage.on_success.as_ref().is_some_and(rolls_back)
    }

    /// Whether a rule of this kind may be asked now.
    pub(super) fn may_ask(&self, stage: &Stage, kind: ConditionKind) -> bool {
        let entered = self.met(stage, ConditionKind::BeforeEntry) == Some(true);
        match kind {
            ConditionKind::BeforeEntry => self.begun.is_empty(),
            ConditionKind::OnSuccess => entered && self.all_succeeded(stage),
            ConditionKind::OnFailure => entered && self.action_failed() && !self.begun.values().any(Option::is_none),
        }
    }

    /// A value that is one reference, or none.
    pub(super) fn resolved(&self, value: &str) -> String {
        if value.starts_with('#') { self.variables[value].1.clone() } else { value.to_owned() }
    }

    /// Whether everything that the action reads is there.
    pub(super) fn has_what_it_needs(&self, action: &Action) -> bool {
        let wanted = action.configuration.get("UserParameters");
        action.inputs.iter().all(|input| self.artifacts.contains_key(input))
            && wanted.is_none_or(|reference| self.variables.contains_key(reference))
    }

    pub(super) fn keep(&mut self, request: &Request, action: &Action, success: &Success) {
        let revision = success.revision.clone().filter(|_| request.type_id.category == "Source");
        for output in &request.outputs {
            let artifact = Artifact { revision: revision.clone(), ..output.clone() };
            self.artifacts.insert(output.name.clone(), (self.stage, artifact));
        }
        for (name, value) in &success.variables {
            let namespace = action.namespace.as_deref().unwrap_or_default();
            self.variables.insert(format!("#{{{namespace}.{name}}}"), (self.stage, value.clone()));
        }
    }
}
