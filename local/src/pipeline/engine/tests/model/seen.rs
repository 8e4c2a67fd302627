//! What was seen of one execution.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::started::{Started, What};
use super::*;
use crate::pipeline::action::{Artifact, Request, Success};
use crate::pipeline::definition::{Action, Condition, Stage};

/// What was produced: its name, the stage it was made in, and what it is.
type Made<T> = BTreeMap<String, (usize, T)>;

pub(super) struct Seen {
    /// What it goes through.
    pub(super) pipeline: Rc<Pipeline>,
    pub(super) end: Option<ExecutionStatus>,
    /// The stage it is in, or will enter next.
    pub(super) stage: usize,
    pub(super) in_stage: bool,
    /// How it left that stage, if it was in it and did not get past it.
    pub(super) left: Option<StageStatus>,
    pub(super) succeeded: BTreeSet<usize>,
    pub(super) skipped: BTreeSet<String>,
    pub(super) running: BTreeSet<RunId>,
    /// The actions of the current stage that were started, and whether each succeeded.
    pub(super) begun: BTreeMap<String, Option<bool>>,
    /// Those of them that succeeded before the stage was tried again, and are not done again.
    pub(super) kept: BTreeSet<String>,
    /// The rules of the current stage that were asked, and whether each holds.
    pub(super) asked: BTreeMap<String, Option<bool>>,
    /// The conditions of the current stage that could not be found out.
    pub(super) errored: BTreeSet<ConditionKind>,
    /// What of the current stage was under way when nobody was there.
    pub(super) lost: BTreeSet<RunId>,
    /// The conditions of the current stage that somebody decided.
    pub(super) overridden: BTreeSet<ConditionKind>,
    /// The conditions of the current stage that do not wait for a rule.
    pub(super) abandoned: Vec<ConditionKind>,
    /// What ended or was given up, and how; nobody was told yet.
    pub(super) untold: BTreeMap<RunId, End>,
    pub(super) ending: Option<Ending>,
    /// It has just begun, or begun again, and nobody was told yet.
    pub(super) begins: bool,
    /// Somebody had its stage tried again, and the stage was not entered yet.
    pub(super) resumes: bool,
    /// How the stage was tried again by itself, if it was.
    pub(super) retried: Option<RetryMode>,
    /// When the stage was tried again last, by itself or not.
    pub(super) last_retry: Option<Timestamp>,
    pub(super) attempt: u32,
    /// What it produced, and in which stage.
    pub(super) artifacts: Made<Artifact>,
    pub(super) variables: Made<String>,
    /// What it brings back, if it passes through one stage only for that.
    pub(super) target: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum End {
    Well,
    Badly,
    GivenUp,
}

/// A rule's name, unique in its stage.
pub(super) fn rule_name(kind: ConditionKind, rule: &str) -> String {
    format!("{kind:?}/{rule}")
}

impl Seen {
    pub(super) fn new(pipeline: Rc<Pipeline>) -> Self {
        let (succeeded, skipped, running, begun, kept, asked, overridden, abandoned, untold) = Default::default();
        let (end, left, ending, target, artifacts, variables, errored, lost) = Default::default();
        Self {
            pipeline,
            end,
            stage: 0,
            in_stage: false,
            left,
            succeeded,
            skipped,
            running,
            begun,
            kept,
            asked,
            errored,
            lost,
            overridden,
            abandoned,
            untold,
            ending,
            begins: true,
            resumes: false,
            retried: None,
            last_retry: None,
            attempt: 1,
            artifacts,
            variables,
            target,
        }
    }

    /// A rollback of this stage: it reads what the target produced before it.
    pub(super) fn back(name: &str, target: &Self, stage: usize) -> Self {
        fn earlier<T: Clone>(made: &Made<T>, stage: usize) -> Made<T> {
            made.iter().filter(|(_, (at, _))| *at < stage).map(|(name, made)| (name.clone(), made.clone())).collect()
        }
        Self {
            stage,
            artifacts: earlier(&target.artifacts, stage),
            variables: earlier(&target.variables, stage),
            target: Some(name.to_owned()),
            ..Self::new(target.pipeline.clone())
        }
    }

    pub(super) fn in_turn(&self) -> bool {
        self.pipeline.execution_mode != ExecutionMode::Parallel
    }

    /// The stage it is in or will enter next.
    pub(super) fn current(&self) -> Option<&Stage> {
        self.pipeline.stages.get(self.stage)
    }

    pub(super) fn is_in(&self, stage: &str) -> bool {
        self.in_stage && self.current().is_some_and(|current| current.name == stage)
    }

    /// Whether its last stage failed, or brought nothing back because it was skipped.
    pub(super) fn failed(&self) -> bool {
        self.left == Some(StageStatus::Failed) || self.target.is_some() && !self.skipped.is_empty()
    }

    pub(super) fn waits(&self) -> bool {
        self.end.is_none() && !self.in_stage && !self.resumes
    }

    pub(super) fn action(&self, name: &str) -> &Action {
        self.current().unwrap().actions.iter().find(|action| action.name == name).unwrap()
    }

    /// It enters a stage for the first time.
    pub(super) fn enter(&mut self) {
        (self.begun, self.kept, self.asked, self.overridden) = Default::default();
        (self.in_stage, self.left, self.retried, self.last_retry) = (true, None, None, None);
        (self.errored, self.lost) = Default::default();
    }

    /// Its stage is tried again: of what there was only that counts which the mode leaves.
    pub(super) fn try_again(&mut self, mode: RetryMode, now: Timestamp) {
        self.attempt += 1;
        self.last_retry = Some(now);
        (self.errored, self.lost) = Default::default();
        let let_in = self.met(ConditionKind::BeforeEntry) == Some(true) && mode == RetryMode::FailedActions;
        self.asked.retain(|name, _| let_in && name.starts_with(&rule_name(ConditionKind::BeforeEntry, "")));
        self.overridden.retain(|kind| let_in && *kind == ConditionKind::BeforeEntry);
        self.begun.retain(|_, ended| mode == RetryMode::FailedActions && *ended == Some(true));
        self.kept = self.begun.keys().cloned().collect();
    }

    /// Whether the condition is met, as far as that is decided.
    pub(super) fn met(&self, kind: ConditionKind) -> Option<bool> {
        if self.overridden.contains(&kind) {
            return Some(true);
        }
        let rules = self.current().and_then(|stage| stage.condition(kind)).into_iter().flat_map(|it| &it.rules);
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
        let entry = self.met(ConditionKind::BeforeEntry);
        let skips = stage.before_entry.as_ref().is_some_and(|entry| entry.result == ConditionResult::Skip)
            && !self.errored.contains(&ConditionKind::BeforeEntry);
        let held = self.met(ConditionKind::OnSuccess);
        match status {
            StageStatus::Stopped => self.ending == Some(Ending::Stopped),
            StageStatus::Cancelled => self.ending == Some(Ending::Cancelled),
            _ if self.ending.is_some() => false,
            StageStatus::Succeeded => entry == Some(true) && self.all_succeeded(stage) && held == Some(true),
            StageStatus::Skipped => entry == Some(false) && skips && self.begun.is_empty(),
            StageStatus::Failed => {
                let decided = self.met(ConditionKind::OnFailure).is_some();
                let given_up = stage.retry.is_none() || self.retried.is_some();
                let kept_out = entry == Some(false) && !skips && self.begun.is_empty();
                kept_out
                    || self.action_failed() && (!self.lost.is_empty() || decided && given_up)
                    || self.all_succeeded(stage) && held == Some(false)
            }
            StageStatus::InProgress | StageStatus::Stopping => false,
        }
    }

    /// How the stage is tried again by itself, if it is time for that.
    pub(super) fn again(&self) -> Option<RetryMode> {
        let done = self.running.is_empty() && self.action_failed() && self.ending.is_none() && self.lost.is_empty();
        self.current().and_then(|stage| stage.retry).filter(|_| done && self.retried.is_none())
    }

    /// Whether what succeeded in its failed stage before is to come back.
    pub(super) fn wants_back(&self, stage: &Stage) -> bool {
        if !self.lost.is_empty() {
            return false;
        }
        if self.action_failed() {
            return stage.on_failure.is_some() && self.met(ConditionKind::OnFailure) == Some(true);
        }
        let rolls_back = |success: &Condition| success.result == ConditionResult::Rollback;
        self.all_succeeded(stage) && stage.on_success.as_ref().is_some_and(rolls_back)
    }

    /// Whether a rule of this kind may be asked now.
    pub(super) fn may_ask(&self, kind: ConditionKind) -> bool {
        let Some(stage) = self.current().filter(|_| self.in_stage && self.ending.is_none()) else { return false };
        let entered = self.met(ConditionKind::BeforeEntry) == Some(true);
        match kind {
            ConditionKind::BeforeEntry => self.begun.is_empty(),
            ConditionKind::OnSuccess => entered && self.all_succeeded(stage),
            ConditionKind::OnFailure if !self.lost.is_empty() => false,
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

    /// It ended, or is given up: what it leaves, and what others hear of it.
    pub(super) fn ended(&mut self, run: &RunId, started: &Started, end: End, success: Option<&Success>) {
        self.running.remove(run);
        self.untold.insert(run.clone(), end);
        let did = if end == End::GivenUp { None } else { Some(end == End::Well) };
        match &started.what {
            // One that is given up has to be done again, as one that failed.
            What::Action(request) => {
                self.begun.insert(request.action.clone(), Some(did == Some(true)));
                if let Some(success) = success {
                    self.keep(request, success);
                }
            }
            What::Rule(request) => {
                self.asked.insert(rule_name(request.kind, &request.rule), did);
            }
        }
    }

    fn keep(&mut self, request: &Request, success: &Success) {
        let revision = success.revision.clone().filter(|_| request.type_id.category == "Source");
        for output in &request.outputs {
            let artifact = Artifact { revision: revision.clone(), ..output.clone() };
            self.artifacts.insert(output.name.clone(), (self.stage, artifact));
        }
        let namespace = self.action(&request.action).namespace.clone().unwrap_or_default();
        self.variables.retain(|name, _| !name.starts_with(&format!("#{{{namespace}.")));
        for (name, value) in &success.variables {
            self.variables.insert(format!("#{{{namespace}.{name}}}"), (self.stage, value.clone()));
        }
    }
}
