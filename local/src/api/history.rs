//! What ran: what `ListActionExecutions` and `ListRuleExecutions` have in common.
//!
//! The newest execution comes first, and in it what started last: so a page reads no more executions than it shows.

use std::cmp::Reverse;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::OfPipeline;
use super::error::ApiError;
use super::page::Paging;
use super::records::Versions;
use crate::pipeline::definition::Pipeline;
use crate::pipeline::engine::{ConditionKind, Execution, ExecutionId, StageRun};
use crate::runner::{self, History};

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

/// A kind of thing that runs.
pub(super) trait Listed {
    /// The answer's member that has them.
    const MEMBER: &'static str;
    /// A run of one.
    type Run<'s>: Run;
    /// All runs in a passage through a stage.
    fn runs(stage: &StageRun) -> impl Iterator<Item = Self::Run<'_>>;
    /// A run as the answer has it; the pipeline is as it was then.
    fn write(entry: &Entry<Self::Run<'_>>, pipeline: Option<&Pipeline>) -> Value;
}

type Executions<'h> = Box<dyn Iterator<Item = Result<Execution, runner::Error>> + 'h>;

/// A run as the answer has it.
struct Row {
    token: String,
    detail: Value,
}

/// The last run of the page before.
struct Place {
    execution: Execution,
    run: String,
}

/// The page that was asked for.
pub(super) fn answer<L: Listed>(request: &List, history: &History) -> Result<Value, ApiError> {
    let after = request.paging.after(|token| place(history, token))?;
    let mut versions = Versions::of(history);
    let mut rows = |execution: Result<Execution, runner::Error>| {
        let execution = execution?;
        let pipeline = versions.get(execution.pipeline_version)?;
        let after = after.as_ref().filter(|place| place.execution.id == execution.id);
        request.rows::<L>(&execution, pipeline, after.map(|place| place.run.as_str()))
    };
    let executions = request.executions(history, after.as_ref())?;
    let rows = executions.flat_map(|execution| match rows(execution) {
        Ok(rows) => rows.into_iter().map(Ok).collect(),
        Err(error) => vec![Err(error)],
    });
    let page = request.paging.gather(rows, |row| row.token.clone(), |_| true)?;
    let details: Vec<_> = page.items.into_iter().map(|row| row.detail).collect();
    Ok(json!({L::MEMBER: details, "nextToken": page.next_token}))
}

fn place(history: &History, token: &str) -> Result<Place, ApiError> {
    let unknown = || ApiError::next_token(token);
    let (execution, run) = token.split_once('/').ok_or_else(unknown)?;
    let execution = history.execution(&ExecutionId(execution.to_owned())).map_err(|_| unknown())?;
    Ok(Place { execution, run: run.to_owned() })
}

impl List {
    /// The executions that it is about, from the place on.
    fn executions<'h>(&self, history: &'h History, after: Option<&Place>) -> Result<Executions<'h>, ApiError> {
        let mut named = self.named();
        let Some(id) = named.next() else {
            return Ok(Box::new(history.newest_first(after.map(|place| place.execution.number + 1))));
        };
        let execution = history.execution(id)?;
        if let Some(place) = after.filter(|place| place.execution.id != execution.id) {
            return Err(ApiError::next_token(&place.run));
        }
        let mut all_the_same = true;
        for other in named {
            all_the_same &= history.execution(other)?.id == execution.id;
        }
        Ok(Box::new(all_the_same.then_some(Ok(execution)).into_iter()))
    }

    /// The executions that the request names.
    fn named(&self) -> impl Iterator<Item = &ExecutionId> {
        let latest = self.filter.latest_in_pipeline_execution.as_ref().map(|latest| &latest.pipeline_execution_id);
        self.filter.pipeline_execution_id.iter().chain(latest)
    }

    /// What is wanted of an execution, after this run.
    fn rows<L: Listed>(
        &self,
        execution: &Execution,
        pipeline: Option<&Pipeline>,
        after: Option<&str>,
    ) -> Result<Vec<Row>, ApiError> {
        let mut entries = self.entries::<L>(execution);
        if let Some(after) = after {
            let place = entries.iter().position(|entry| entry.run.id() == after);
            entries.drain(..=place.ok_or_else(|| ApiError::next_token(after))?);
        }
        let token = |entry: &Entry<L::Run<'_>>| format!("{}/{}", execution.id, entry.run.id());
        Ok(entries.iter().map(|entry| Row { token: token(entry), detail: L::write(entry, pipeline) }).collect())
    }

    /// Every run of an execution, the newest first; of those that started at once, the last.
    fn entries<'s, L: Listed>(&self, execution: &'s Execution) -> Vec<Entry<'s, L::Run<'s>>> {
        let mut entries = Vec::new();
        for stage in &execution.stages {
            entries.extend(L::runs(stage).map(|run| Entry { execution, stage, run }));
        }
        entries.reverse();
        entries.sort_by_key(|entry| Reverse(entry.run.started()));
        let latest = self.filter.latest_in_pipeline_execution.as_ref();
        if latest.is_some_and(|latest| latest.start_time_range == Range::Latest) {
            latest_only(entries)
        } else {
            entries
        }
    }
}

/// Of several runs of one thing the first that is there.
fn latest_only<T: Run>(newest_first: Vec<Entry<T>>) -> Vec<Entry<T>> {
    let mut latest: Vec<Entry<T>> = Vec::new();
    for entry in newest_first {
        let same = |kept: &Entry<T>| kept.stage.name == entry.stage.name && kept.run.what() == entry.run.what();
        if !latest.iter().any(same) {
            latest.push(entry);
        }
    }
    latest
}
