//! How far an execution of the preview pipeline is: its own stages, as if it were alone.

use std::collections::BTreeMap;

use aws_sdk_codepipeline::Client;
use aws_sdk_codepipeline::types::{ActionExecutionDetail, PipelineExecution, StageDeclaration};

use crate::cli::call::{CallError, Called as _};
use crate::cli::observe;
use crate::report::view::{Action, Execution, Stage, Status};

/// The action that deploys the service's stack, whose outputs are its variables.
const DEPLOY: &str = "Deploy";
/// The action that tests it.
const TEST: &str = "Test";

/// An execution, as far as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// Its stages and itself, for whoever watches.
    pub(super) status: Status,
    /// What the service's stack gives.
    pub(super) outputs: BTreeMap<String, String>,
    /// What the tests came to.
    pub(super) tests: Option<Tests>,
}

/// What the tests of a preview came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::cli) struct Tests {
    /// In words.
    pub(in crate::cli) summary: Option<String>,
    /// How many passed.
    pub(in crate::cli) passed: Option<u64>,
    /// How many failed.
    pub(in crate::cli) failed: Option<u64>,
}

impl Progress {
    /// Reads it from CodePipeline.
    pub(super) async fn of(client: &Client, pipeline: &str, execution: &str) -> Result<Self, CallError> {
        let found = client.get_pipeline().name(pipeline).send().await.called("GetPipeline", pipeline)?;
        let declared = found.pipeline.map(|pipeline| pipeline.stages).unwrap_or_default();
        let runs = observe::actions(client, pipeline, execution).await?;
        // After them: what it says has ended had all its actions listed.
        let itself = client.get_pipeline_execution().pipeline_name(pipeline).pipeline_execution_id(execution);
        let itself = itself.send().await.called("GetPipelineExecution", pipeline)?.pipeline_execution;
        Ok(Self::from_answers(pipeline, &declared, &runs, itself.as_ref()))
    }

    fn from_answers(
        pipeline: &str,
        declared: &[StageDeclaration],
        newest_first: &[ActionExecutionDetail],
        itself: Option<&PipelineExecution>,
    ) -> Self {
        let execution = itself.map(shown).unwrap_or_default();
        let stages = declared.iter().map(|stage| self::stage(stage, newest_first, &execution)).collect();
        let executions = vec![execution];
        Self {
            status: Status { pipeline: pipeline.to_owned(), mode: None, stages, executions },
            outputs: variables(newest_first, DEPLOY),
            tests: tests(newest_first),
        }
    }

    /// The status of the execution.
    pub(super) fn state(&self) -> &str {
        self.status.executions.first().map(|execution| &*execution.status).unwrap_or_default()
    }

    /// Whether it goes on.
    pub(super) fn runs(&self) -> bool {
        self.status.executions.first().is_some_and(Execution::runs)
    }

    /// What failed first, and why; the execution's own words where no action did.
    pub(super) fn failure(&self) -> Option<String> {
        let failed = |action: &&Action| action.status.as_deref() == Some("Failed");
        let of_stage = |stage: &Stage| {
            let action = stage.actions.iter().find(failed)?;
            let why = action.summary.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
            Some(format!("{} {} failed{why}", stage.name, action.name))
        };
        let said = || self.status.executions.first().and_then(|execution| execution.summary.clone());
        self.status.stages.iter().find_map(of_stage).or_else(said)
    }
}

/// An execution by itself. Its message is the commit's, and anybody's.
fn shown(execution: &PipelineExecution) -> Execution {
    let source = execution.artifact_revisions().first();
    Execution {
        execution: execution.pipeline_execution_id().unwrap_or_default().to_owned(),
        status: execution.status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
        summary: execution.status_summary().map(str::to_owned),
        revision: observe::revision(
            source.and_then(|source| source.revision_id()),
            source.and_then(|source| source.revision_summary()),
        ),
        ..Execution::default()
    }
}

fn stage(declared: &StageDeclaration, newest_first: &[ActionExecutionDetail], execution: &Execution) -> Stage {
    let latest = |name: &str| {
        let is_it =
            |run: &&ActionExecutionDetail| run.stage_name() == Some(declared.name()) && run.action_name() == Some(name);
        newest_first.iter().find(is_it).map(observe::ran)
    };
    let named = |name: &str| latest(name).unwrap_or_else(|| Action { name: name.to_owned(), ..Action::default() });
    let actions: Vec<Action> = declared.actions().iter().map(|action| named(action.name())).collect();
    let status = status(&actions, execution).map(str::to_owned);
    let id = status.as_ref().map(|_| execution.execution.clone());
    Stage { name: declared.name().to_owned(), status, execution: id, actions, ..Stage::default() }
}

/// What the actions of a stage make of it.
fn status<'a>(actions: &[Action], execution: &'a Execution) -> Option<&'a str> {
    let has = |status: &str| actions.iter().any(|action| action.status.as_deref() == Some(status));
    match actions.iter().all(Action::succeeded) {
        true => Some("Succeeded"),
        false if actions.iter().all(|action| action.status.is_none()) => None,
        false if execution.runs() => Some("InProgress"),
        false if has("Failed") => Some("Failed"),
        false => Some(&execution.status),
    }
}

fn latest<'a>(newest_first: &'a [ActionExecutionDetail], action: &str) -> Option<&'a ActionExecutionDetail> {
    newest_first.iter().find(|run| run.action_name() == Some(action))
}

fn variables(newest_first: &[ActionExecutionDetail], action: &str) -> BTreeMap<String, String> {
    let variables = || latest(newest_first, action)?.output()?.output_variables();
    variables().map(|all| all.iter().map(|(key, value)| (key.clone(), value.clone())).collect()).unwrap_or_default()
}

fn tests(newest_first: &[ActionExecutionDetail]) -> Option<Tests> {
    let said = observe::said(latest(newest_first, TEST)?).text;
    let variables = variables(newest_first, TEST);
    let count = |key: &str| variables.get(key).and_then(|count| count.parse().ok());
    Some(Tests { summary: said, passed: count("Passed"), failed: count("Failed") })
}

#[cfg(test)]
#[path = "progress_tests.rs"]
mod tests;
