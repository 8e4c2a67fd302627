//! Reads a pipeline from CodePipeline, as the reports show it.

use std::collections::BTreeSet;

use aws_sdk_codepipeline::Client;
use aws_sdk_codepipeline::primitives::DateTime;
use aws_sdk_codepipeline::types::{
    ActionExecution, ActionExecutionDetail, ActionExecutionFilter, ActionExecutionStatus, ActionState, ConditionState,
    ExecutionMode, ExecutionType, PipelineDeclaration, PipelineExecutionFilter, PipelineExecutionSummary,
    RetryStageMetadata, SourceRevision, StageConditionState, StageDeclaration, StageState, SucceededInStageFilter,
};
use jiff::Timestamp;

use super::call::{CallError, Called as _};
use super::gate::approvals;
use crate::pipeline::action::ConditionKind;
use crate::report::view::{Action, Condition, Execution, Revision, Said, Span, Stage, Status};

/// How many executions are asked for at once.
const PAGE: usize = 100;

/// Of so many that run beside one another the stage is asked for: each costs a request.
const SIDE_BY_SIDE: usize = 10;

/// The pipeline as it is now.
pub(super) async fn status(client: &Client, pipeline: &str) -> Result<Status, CallError> {
    let Status { pipeline, mode, stages, executions } = whole(client, pipeline).await?;
    let mut executions = current(executions);
    for execution in executions.iter_mut().filter(|one| one.runs() && is_beside_others(one)).take(SIDE_BY_SIDE) {
        execution.stage = place(client, &pipeline, &execution.execution).await?;
    }
    Ok(Status { pipeline, mode, stages, executions })
}

/// The same with older executions: a hundred at least if there are so many, and all that a stage names.
pub(super) async fn whole(client: &Client, pipeline: &str) -> Result<Status, CallError> {
    let state = client.get_pipeline_state().name(pipeline).send().await.called("GetPipelineState", pipeline)?;
    let mut stages: Vec<Stage> = state.stage_states().iter().map(stage).collect();
    let found = client.get_pipeline().name(pipeline).send().await.called("GetPipeline", pipeline)?;
    mark_approvals(&mut stages, found.pipeline().map(PipelineDeclaration::stages).unwrap_or_default());
    let (mut missing, mut seen) = (named(&stages), 0);
    // An execution may wait in a stage while a hundred pass by.
    let executions = executions_until(client, pipeline, None, |newest| {
        missing.remove(&newest.execution);
        seen += 1;
        missing.is_empty() && seen >= PAGE
    });
    let executions = executions.await?;
    for stage in &mut stages {
        line_up(stage, &executions);
    }
    let mode = executions.first().and_then(|newest| newest.mode.clone());
    Ok(Status { pipeline: pipeline.to_owned(), mode, stages, executions })
}

/// Which actions are approvals, as the pipeline's definition says.
fn mark_approvals(stages: &mut [Stage], declared: &[StageDeclaration]) {
    for stage in stages {
        let approvals: BTreeSet<&str> =
            declared.iter().filter(|declared| declared.name() == stage.name).flat_map(approvals).collect();
        for action in &mut stage.actions {
            action.is_approval = approvals.contains(&*action.name);
        }
    }
}

/// The stage that an execution is in, or was in last, with all its actions that have run.
pub(super) async fn place(client: &Client, pipeline: &str, execution: &str) -> Result<Option<Stage>, CallError> {
    Ok(last_stage(execution, &actions(client, pipeline, execution).await?))
}

/// The newest comes first of the runs, and so its stage's name is the one.
fn last_stage(execution: &str, newest_first: &[ActionExecutionDetail]) -> Option<Stage> {
    let name = newest_first.first()?.stage_name()?;
    let of_stage = newest_first.iter().rev().filter(|action| action.stage_name() == Some(name));
    let mut actions: Vec<Action> = Vec::new();
    for run in of_stage.map(ran) {
        actions.retain(|before| before.name != run.name);
        actions.push(run);
    }
    Some(Stage { name: name.to_owned(), execution: Some(execution.to_owned()), actions, ..Stage::default() })
}

/// An action as one run of it was.
pub(super) fn ran(run: &ActionExecutionDetail) -> Action {
    let runs = run.status() == Some(&ActionExecutionStatus::InProgress);
    let said = said(run);
    let at = if runs { run.start_time() } else { run.last_update_time() };
    let (at, is_approval) = (at.and_then(timestamp), is_approval(run));
    let waits = runs && is_approval;
    Action { name: said.action, status: Some(said.status), at, summary: said.text, by: said.by, waits, is_approval }
}

/// The one that came first enters first.
fn line_up(stage: &mut Stage, newest_first: &[Execution]) {
    let mut waiting: Vec<String> = stage.inbound.take().into_iter().chain(stage.queued.drain(..)).collect();
    waiting.sort_by_key(|id| std::cmp::Reverse(newest_first.iter().position(|one| one.execution == *id)));
    waiting.dedup();
    stage.queued = waiting.split_off(waiting.len().min(1));
    stage.inbound = waiting.pop();
}

fn is_beside_others(execution: &Execution) -> bool {
    execution.mode.as_deref() == Some(ExecutionMode::Parallel.as_str())
}

/// The newest executions, the newest first.
pub(super) async fn executions(client: &Client, pipeline: &str, limit: usize) -> Result<Vec<Execution>, CallError> {
    let mut seen = 0;
    let enough = |_: &Execution| {
        seen += 1;
        seen == limit
    };
    executions_until(client, pipeline, None, enough).await
}

/// Executions that succeeded in a stage up to the first that is `enough`, the newest first.
pub(super) async fn succeeded(
    client: &Client,
    pipeline: &str,
    stage: &str,
    enough: impl FnMut(&Execution) -> bool,
) -> Result<Vec<Execution>, CallError> {
    let stage = SucceededInStageFilter::builder().stage_name(stage).build();
    let filter = PipelineExecutionFilter::builder().succeeded_in_stage(stage).build();
    executions_until(client, pipeline, Some(filter), enough).await
}

/// The newest executions up to the first that is `enough`, the newest first.
async fn executions_until(
    client: &Client,
    pipeline: &str,
    filter: Option<PipelineExecutionFilter>,
    mut enough: impl FnMut(&Execution) -> bool,
) -> Result<Vec<Execution>, CallError> {
    let request = client.list_pipeline_executions().pipeline_name(pipeline).set_filter(filter);
    let mut pages = request.into_paginator().page_size(100).items().send();
    let mut executions = Vec::new();
    while let Some(execution) = pages.next().await {
        let execution = self::execution(&execution.called("ListPipelineExecutions", pipeline)?);
        let is_last = enough(&execution);
        executions.push(execution);
        if is_last {
            break;
        }
    }
    Ok(executions)
}

/// The executions that are in a stage, were there last, or wait before one.
fn named(stages: &[Stage]) -> BTreeSet<String> {
    stages.iter().flat_map(|stage| stage.execution.iter().chain(&stage.inbound).chain(&stage.queued)).cloned().collect()
}

/// Whether an action is an approval that somebody must answer.
pub(super) fn waits(latest: &ActionExecution) -> bool {
    latest.token().is_some() && latest.status() == Some(&ActionExecutionStatus::InProgress)
}

/// Every run of an action in an execution, the newest first.
pub(super) async fn actions(
    client: &Client,
    pipeline: &str,
    execution: &str,
) -> Result<Vec<ActionExecutionDetail>, CallError> {
    let filter = ActionExecutionFilter::builder().pipeline_execution_id(execution).build();
    let request = client.list_action_executions().pipeline_name(pipeline).filter(filter);
    let mut pages = request.into_paginator().page_size(100).items().send();
    let mut actions = Vec::new();
    while let Some(action) = pages.next().await {
        actions.push(action.called("ListActionExecutions", pipeline)?);
    }
    Ok(actions)
}

/// A commit's message. GitHub's comes in JSON, with the provider beside it.
pub(super) fn revision(commit: Option<&str>, summary: Option<&str>) -> Revision {
    let in_json = |summary: &str| {
        let value: serde_json::Value = serde_json::from_str(summary).ok()?;
        value.get("CommitMessage")?.as_str().map(str::to_owned)
    };
    let message = summary.map(|summary| in_json(summary).unwrap_or_else(|| summary.to_owned()));
    Revision { commit: commit.map(str::to_owned), message }
}

/// Those that run, and all that are newer than the oldest of them; the newest one when none runs.
fn current(mut executions: Vec<Execution>) -> Vec<Execution> {
    let keep = executions.iter().rposition(Execution::runs).map_or(1, |oldest| oldest + 1);
    executions.truncate(keep);
    executions
}

fn stage(state: &StageState) -> Stage {
    let transition = state.inbound_transition_state().filter(|transition| !transition.enabled());
    let conditions = [
        (ConditionKind::BeforeEntry, state.before_entry_condition_state()),
        (ConditionKind::OnSuccess, state.on_success_condition_state()),
        (ConditionKind::OnFailure, state.on_failure_condition_state()),
    ];
    Stage {
        name: state.stage_name().unwrap_or_default().to_owned(),
        status: state.latest_execution().map(|latest| latest.status().as_str().to_owned()),
        execution: state.latest_execution().map(|latest| latest.pipeline_execution_id().to_owned()),
        inbound: state.inbound_execution().map(|inbound| inbound.pipeline_execution_id().to_owned()),
        queued: state.inbound_executions().iter().map(|inbound| inbound.pipeline_execution_id().to_owned()).collect(),
        retries: state.retry_stage_metadata().map(retries).unwrap_or_default(),
        disabled: transition.map(|transition| transition.disabled_reason().unwrap_or("disabled").to_owned()),
        conditions: conditions.into_iter().filter_map(|(kind, state)| condition(kind, state?)).collect(),
        actions: state.action_states().iter().map(action).collect(),
    }
}

/// By hand and by itself.
fn retries(retries: &RetryStageMetadata) -> i32 {
    let count = [retries.manual_stage_retry_attempt(), retries.auto_stage_retry_attempt()];
    count.into_iter().flatten().sum()
}

fn condition(kind: ConditionKind, state: &StageConditionState) -> Option<Condition> {
    let latest = state.latest_execution()?;
    let rules = state.condition_states().iter().flat_map(ConditionState::rule_states);
    let of_rules = rules.filter_map(|rule| {
        let latest = rule.latest_execution()?;
        latest.error_details().and_then(|error| error.message()).or_else(|| latest.summary())
    });
    let of_rules: Vec<&str> = of_rules.collect();
    let summary = if of_rules.is_empty() { latest.summary().map(str::to_owned) } else { Some(of_rules.join("; ")) };
    Some(Condition { kind, status: latest.status()?.as_str().to_owned(), summary })
}

fn action(state: &ActionState) -> Action {
    let name = state.action_name().unwrap_or_default().to_owned();
    let Some(latest) = state.latest_execution() else { return Action { name, ..Action::default() } };
    let error = latest.error_details().and_then(|error| error.message());
    Action {
        name,
        status: latest.status().map(|status| status.as_str().to_owned()),
        at: latest.last_status_change().and_then(timestamp),
        summary: error.or_else(|| latest.summary()).map(str::to_owned),
        by: latest.last_updated_by().map(who),
        waits: waits(latest),
        // The state does not say.
        is_approval: false,
    }
}

fn execution(summary: &PipelineExecutionSummary) -> Execution {
    let source = summary.source_revisions().first();
    let (trigger, target) = (summary.trigger(), summary.rollback_metadata());
    let stopped = summary.stop_trigger().and_then(|stop| stop.reason());
    Execution {
        execution: summary.pipeline_execution_id().unwrap_or_default().to_owned(),
        status: summary.status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
        summary: summary.status_summary().or(stopped).map(str::to_owned),
        mode: summary.execution_mode().map(|mode| mode.as_str().to_owned()),
        rollback: summary.execution_type() == Some(&ExecutionType::Rollback),
        rollback_of: target.and_then(|target| target.rollback_target_pipeline_execution_id()).map(str::to_owned),
        trigger: trigger.and_then(|trigger| trigger.trigger_type()).map(|kind| kind.as_str().to_owned()),
        started_by: trigger.and_then(|trigger| trigger.trigger_detail()).map(who),
        started: summary.start_time().and_then(timestamp),
        updated: summary.last_update_time().and_then(timestamp),
        revision: revision(
            source.and_then(SourceRevision::revision_id),
            source.and_then(SourceRevision::revision_summary),
        ),
        stage: None,
        said: Vec::new(),
        decisions: Vec::new(),
    }
}

/// The gate's function, if that is what an action calls.
pub(super) fn gate(action: &ActionExecutionDetail) -> Option<&str> {
    let function = action.input()?.configuration()?.get("FunctionName")?;
    function.ends_with("-flowgate-gate").then_some(function)
}

/// Whether it asks somebody.
pub(super) fn is_approval(action: &ActionExecutionDetail) -> bool {
    category(action).is_some_and(|category| category == "Approval")
}

fn category(action: &ActionExecutionDetail) -> Option<&str> {
    Some(action.input()?.action_type_id()?.category().as_str())
}

pub(super) fn said(action: &ActionExecutionDetail) -> Said {
    let at = |at: Option<&DateTime>| at.and_then(timestamp);
    let span = || Some(Span { from: at(action.start_time())?, to: at(action.last_update_time())? });
    let result = action.output().and_then(|output| output.execution_result());
    let error = result.and_then(|result| result.error_details()?.message());
    let summary = result.and_then(|result| result.external_execution_summary());
    Said {
        stage: action.stage_name().unwrap_or_default().to_owned(),
        action: action.action_name().unwrap_or_default().to_owned(),
        status: action.status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
        by: action.updated_by().map(who),
        text: error.or(summary).map(str::to_owned),
        judged: gate(action).and_then(|_| span()),
    }
}

/// What an ARN names, without the account: `user/approver`.
fn who(arn: &str) -> String {
    arn.splitn(6, ':').nth(5).unwrap_or(arn).to_owned()
}

pub(super) fn timestamp(at: &DateTime) -> Option<Timestamp> {
    Timestamp::from_millisecond(at.to_millis().ok()?).ok()
}

#[cfg(test)]
#[path = "observe_tests.rs"]
mod tests;
