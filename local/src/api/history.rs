//! What ran, newest first: what `ListActionExecutions` and `ListRuleExecutions` have in common.

use std::cmp::Reverse;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::OfPipeline;
use super::error::ApiError;
use super::page::Paging;
use super::records::Versions;
use crate::pipeline::engine::{ConditionKind, Execution, ExecutionId, StageRun};
use crate::runner::History;

/// A request for a history.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List {
    pipeline_name: String,
    #[serde(default)]
    filter: Filter,
    #[serde(flatten)]
    paging: Paging,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filter {
    pipeline_execution_id: Option<ExecutionId>,
    latest_in_pipeline_execution: Option<Latest>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Latest {
    pipeline_execution_id: ExecutionId,
    start_time_range: Range,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum Range {
    /// Of several runs of one thing the last.
    Latest,
    /// Every run.
    All,
}

impl OfPipeline for List {
    fn pipeline(&self) -> &str {
        &self.pipeline_name
    }
}

/// One run of an action or a rule, `T`, in its place.
#[derive(Clone, Copy)]
pub(super) struct Entry<'s, T> {
    pub(super) execution: &'s Execution,
    pub(super) stage: &'s StageRun,
    pub(super) run: T,
}

/// What the history needs to know of a run.
pub(super) trait Run: Copy {
    /// Its id.
    fn id(&self) -> &str;
    /// What ran, among all that runs in a stage.
    fn what(&self) -> (&str, Option<ConditionKind>);
    /// When it started.
    fn started(&self) -> Timestamp;
}

impl List {
    /// The executions that it is about, oldest first, and what they went through.
    pub(super) fn read(&self, history: &History) -> Result<(Vec<Execution>, Versions), ApiError> {
        let mut named = self.executions();
        let mut executions = match named.next() {
            Some(id) => vec![history.execution(id)?],
            None => history.newest_first(None).collect::<Result<_, _>>()?,
        };
        for id in named {
            history.execution(id)?;
            executions.retain(|execution| execution.id == *id);
        }
        executions.reverse();
        let versions = Versions::read(history, &executions)?;
        Ok((executions, versions))
    }

    /// The page that was asked for, out of the runs of every passage through a stage.
    pub(super) fn answer<'s, T: Run, I: Iterator<Item = T>>(
        &self,
        member: &str,
        executions: &'s [Execution],
        runs: impl Fn(&'s StageRun) -> I,
        write: impl Fn(&Entry<T>) -> Value,
    ) -> Result<Value, ApiError> {
        let entries = entries(executions, runs);
        let superseded = self.superseded(&entries);
        let wanted = |entry: &&Entry<T>| !superseded.contains(&entry.run.id());
        let page = self.paging.page(&entries, |entry| entry.run.id(), wanted)?;
        let details: Vec<_> = page.items.into_iter().map(write).collect();
        Ok(json!({member: details, "nextToken": page.next_token}))
    }

    /// The executions that the request names.
    fn executions(&self) -> impl Iterator<Item = &ExecutionId> {
        let latest = self.filter.latest_in_pipeline_execution.as_ref().map(|latest| &latest.pipeline_execution_id);
        self.filter.pipeline_execution_id.iter().chain(latest)
    }

    /// The runs that do not count, where only the latest are asked for.
    fn superseded<'e, T: Run>(&self, newest_first: &'e [Entry<T>]) -> Vec<&'e str> {
        let latest = self.filter.latest_in_pipeline_execution.as_ref();
        let Some(latest) = latest.filter(|latest| latest.start_time_range == Range::Latest) else { return Vec::new() };
        let (mut seen, mut superseded) = (Vec::new(), Vec::new());
        for entry in newest_first.iter().filter(|entry| entry.execution.id == latest.pipeline_execution_id) {
            let what = (&entry.stage.name, entry.run.what());
            if seen.contains(&what) {
                superseded.push(entry.run.id());
            } else {
                seen.push(what);
            }
        }
        superseded
    }
}

/// Every run, newest first; of those that started at once, the last.
fn entries<'s, T: Run, I: Iterator<Item = T>>(
    oldest_first: &'s [Execution],
    runs: impl Fn(&'s StageRun) -> I,
) -> Vec<Entry<'s, T>> {
    let mut entries = Vec::new();
    for execution in oldest_first {
        for stage in &execution.stages {
            entries.extend(runs(stage).map(|run| Entry { execution, stage, run }));
        }
    }
    entries.reverse();
    entries.sort_by_key(|entry| Reverse(entry.run.started()));
    entries
}
