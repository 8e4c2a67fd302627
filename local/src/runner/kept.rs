//! A pipeline that is kept, and the tasks that work for it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use tokio::task::AbortHandle;

use super::Times;
use super::store::{Record, Stored};
use crate::pipeline::definition::Pipeline;
use crate::pipeline::engine::{ActionStatus, Engine, RuleStatus, RunId, State, Subject};

/// A pipeline, its executions, and what works for them.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) engine: Engine,
    pub(super) times: Times,
    /// Tag key → value.
    pub(super) tags: BTreeMap<String, String>,
    /// What is kept of it beside its executions, once it is.
    pub(super) written: Option<Record>,
    actions: BTreeMap<RunId, Work>,
    rules: BTreeMap<RunId, Work>,
}

/// A task that works for an execution, maybe for days. It ends when nobody wants to know any more, that is, when this is
/// dropped, unless it is let go on.
#[derive(Debug)]
struct Work {
    task: Option<AbortHandle>,
    /// Whether it has something to finish when its outcome is no longer waited for. A function that was invoked works
    /// on without us.
    goes_on: bool,
}

impl Drop for Work {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl Kept {
    pub(super) fn new(pipeline: Pipeline, tags: BTreeMap<String, String>, now: Timestamp) -> Self {
        let times = Times { created: now, updated: now };
        Self::with(Engine::new(pipeline), times, tags)
    }

    pub(super) fn restored(stored: Stored) -> Self {
        let Stored { record, pipeline, earlier } = stored;
        let times = Times { created: record.created, updated: record.updated };
        let engine = Engine::restored(pipeline, earlier, record.state);
        Self::with(engine, times, record.tags)
    }

    fn with(engine: Engine, times: Times, tags: BTreeMap<String, String>) -> Self {
        Self { engine, times, tags, written: None, actions: BTreeMap::new(), rules: BTreeMap::new() }
    }

    /// What is to be kept of it beside its executions.
    pub(super) fn record(&self) -> Record {
        let state = self.engine.state();
        Record {
            version: self.engine.pipeline().version,
            created: self.times.created,
            updated: self.times.updated,
            tags: self.tags.clone(),
            state: State { executions: Vec::new(), started: state.started, stages: state.stages.clone() },
            known: state.executions.iter().map(|execution| execution.number).collect(),
        }
    }

    pub(super) fn begin_action(&mut self, run: RunId, task: AbortHandle, goes_on: bool) {
        self.actions.insert(run, Work { task: Some(task), goes_on });
    }

    pub(super) fn begin_rule(&mut self, run: RunId, task: AbortHandle) {
        self.rules.insert(run, Work { task: Some(task), goes_on: false });
    }

    /// Ends what works for something that has ended.
    pub(super) fn end_work(&mut self, subject: &Subject) {
        match subject {
            Subject::Action(action) if action.status != ActionStatus::InProgress => {
                if let Some(mut work) = self.actions.remove(&action.run)
                    && action.status == ActionStatus::Abandoned
                {
                    work.let_go_on();
                }
            }
            Subject::Rule(rule) if rule.status != RuleStatus::InProgress => drop(self.rules.remove(&rule.run)),
            Subject::Pipeline { .. } | Subject::Stage { .. } | Subject::Action(_) | Subject::Rule(_) => {}
        }
    }

    /// What its actions have begun goes on, though nobody listens.
    pub(super) fn let_actions_go_on(&mut self) {
        self.actions.values_mut().for_each(Work::let_go_on);
    }

    #[cfg(test)]
    pub(super) fn evaluations(&self) -> usize {
        self.rules.len()
    }
}

impl Work {
    fn let_go_on(&mut self) {
        if self.goes_on {
            self.task = None;
        }
    }
}
