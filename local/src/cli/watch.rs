//! Following the execution that a push started, to its end.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, timeout_at};

use super::ask::Answers;
use super::call::CallError;
use super::shared::Shared;
use crate::cloud::Meter;
use crate::pipeline::definition::Pipeline;
use crate::pipeline::engine::{
    ActionChange, ActionStatus, Change, ExecutionId, ExecutionStatus, RunId, StageStatus, Subject, TriggerType,
};
use crate::runner::{News, Runner};

/// How long the event of a push may take to start the pipeline. It takes milliseconds.
const START_LIMIT: Duration = Duration::from_mins(1);

/// The category of what a person answers.
const APPROVAL: &str = "Approval";

/// Why an execution was not followed to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum WatchError {
    #[error(
        "the push did not start pipeline {pipeline} within {} s: is its rule on the event bus enabled?",
        START_LIMIT.as_secs()
    )]
    NotStarted { pipeline: String },
    #[error("the pipeline was deleted before it ended")]
    Deleted,
    #[error("cannot answer an approval: {0}")]
    Approval(#[from] CallError),
}

/// What was seen of an execution.
#[derive(Debug)]
pub(super) struct Seen {
    /// Which it was.
    pub(super) execution: ExecutionId,
    /// The emulator's processor time in each stage, by the stage's name.
    pub(super) emulator: BTreeMap<String, Duration>,
}

/// Watches one pipeline.
pub(super) struct Watch<'a> {
    pub(super) pipeline: &'a str,
    pub(super) runner: &'a Runner,
    pub(super) meter: Meter,
    pub(super) reporter: &'a Shared,
    pub(super) answers: Answers,
    ours: Option<ExecutionId>,
    emulator: BTreeMap<String, Duration>,
    entered: Duration,
    asked: BTreeSet<RunId>,
    /// Those that are still to be answered.
    waiting: VecDeque<Box<ActionChange>>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(
        pipeline: &'a str,
        runner: &'a Runner,
        meter: Meter,
        reporter: &'a Shared,
        answers: Answers,
    ) -> Self {
        Self {
            pipeline,
            runner,
            meter,
            reporter,
            answers,
            ours: None,
            emulator: BTreeMap::new(),
            entered: Duration::ZERO,
            asked: BTreeSet::new(),
            waiting: VecDeque::new(),
        }
    }

    /// Reports the news, and answers approvals, until the execution has ended, whichever way.
    pub(super) async fn follow(mut self, news: &mut UnboundedReceiver<News>) -> Result<Seen, WatchError> {
        let limit = Instant::now() + START_LIMIT;
        let stages = self.runner.pipeline(self.pipeline).map(|pipeline| names(&pipeline)).unwrap_or_default();
        self.reporter.follows(self.pipeline, stages);
        loop {
            let news = self.next(news, limit).await?;
            if let News::Changed(change) = &news
                && !self.concerns(change)
            {
                continue;
            }
            self.reporter.news(&news);
            let Some(change) = change(news, self.pipeline)? else { continue };
            // A service may bring pipelines of its own, or start ours again.
            if self.ours.as_ref() == Some(&change.execution)
                && let Some(execution) = self.take(change).await?
            {
                return Ok(Seen { execution, emulator: self.emulator });
            }
        }
    }

    /// The next news. Approvals are answered when there is none, so that what came before is told before.
    async fn next(&mut self, news: &mut UnboundedReceiver<News>, limit: Instant) -> Result<News, WatchError> {
        loop {
            if let Ok(news) = news.try_recv() {
                return Ok(news);
            }
            let Some(action) = self.waiting.pop_front() else { break };
            let before = self.runner.pipeline(self.pipeline).map_or(0, |pipeline| before(&pipeline, &action));
            self.answers.give(self.pipeline, &action, before, self.reporter).await?;
        }
        let next = match self.ours {
            Some(_) => Ok(news.recv().await),
            None => timeout_at(limit, news.recv()).await,
        };
        let not_started = |_| WatchError::NotStarted { pipeline: self.pipeline.to_owned() };
        next.map_err(not_started)?.ok_or(WatchError::Deleted)
    }

    /// Whether to show it: the execution that a new pipeline starts by itself has nothing to fetch and nothing to say.
    fn concerns(&mut self, change: &Change) -> bool {
        if change.pipeline != self.pipeline || self.ours.as_ref() == Some(&change.execution) {
            return true;
        }
        let execution = self.runner.execution(self.pipeline, &change.execution);
        let trigger = execution.map(|execution| execution.trigger.trigger_type);
        if trigger == Some(TriggerType::CloudWatchEvent) && self.ours.is_none() {
            self.ours = Some(change.execution.clone());
        }
        trigger != Some(TriggerType::CreatePipeline)
    }

    /// Takes in a change of our execution; gives its id once it has ended.
    async fn take(&mut self, change: Change) -> Result<Option<ExecutionId>, WatchError> {
        match change.subject {
            Subject::Stage { status: StageStatus::InProgress, .. } => self.entered = self.meter.read().await,
            Subject::Stage { stage, .. } => {
                let spent = self.meter.read().await.saturating_sub(self.entered);
                self.emulator.insert(stage, spent);
            }
            Subject::Action(action) => self.ask(action),
            Subject::Pipeline { status, .. }
                if !matches!(status, ExecutionStatus::InProgress | ExecutionStatus::Stopping) =>
            {
                return Ok(Some(change.execution));
            }
            Subject::Pipeline { .. } | Subject::Rule(_) => {}
        }
        Ok(None)
    }

    fn ask(&mut self, action: Box<ActionChange>) {
        let waits = action.type_id.category == APPROVAL && action.status == ActionStatus::InProgress;
        if waits && self.asked.insert(action.run.clone()) {
            self.waiting.push_back(action);
        }
    }
}

/// How many approvals its stage has before this one: each is for another person.
fn before(pipeline: &Pipeline, action: &ActionChange) -> usize {
    let stage = pipeline.stages.iter().find(|stage| stage.name == action.stage);
    let actions = stage.into_iter().flat_map(|stage| &stage.actions);
    let approvals = actions.filter(|one| one.type_id.category == APPROVAL);
    approvals.take_while(|one| one.name != action.action).count()
}

fn names(pipeline: &Pipeline) -> Vec<String> {
    pipeline.stages.iter().map(|stage| stage.name.clone()).collect()
}

/// The change that news is, if it is one; after the end of the pipeline there is none to wait for.
fn change(news: News, pipeline: &str) -> Result<Option<Change>, WatchError> {
    match news {
        News::Changed(change) => Ok(Some(change)),
        News::Deleted { pipeline: gone } if gone == pipeline => Err(WatchError::Deleted),
        News::Deleted { .. } | News::Line { .. } => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_the_pipeline_ends_the_watch_and_that_of_another_does_not() {
        let deleted = |pipeline: &str| change(News::Deleted { pipeline: pipeline.to_owned() }, "shop");
        assert!(matches!(deleted("shop"), Err(WatchError::Deleted)));
        assert!(matches!(deleted("other"), Ok(None)));
    }
}
