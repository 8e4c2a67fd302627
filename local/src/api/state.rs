//! `GetPipelineState`: where everything stands.

use serde_json::{Value, json};

use super::json::{error_details, external_id, summary, time};
use crate::pipeline::definition::{Action, Condition, ExecutionMode, Pipeline, Stage};
use crate::pipeline::engine::{
    ActionRun, ActionStatus, ConditionKind, ConditionRun, Execution, Position, RuleRun, StageRun, StageStatus, State,
    Transition,
};
use crate::runner::Times;

/// An execution's passage through a stage.
type Passage<'a> = (&'a Execution, &'a StageRun);

/// The answer.
pub(super) fn answer(pipeline: &Pipeline, state: &State, times: Times) -> Value {
    let shown = shown(pipeline, state);
    let stages = pipeline.stages.iter().enumerate();
    json!({
        "pipelineName": pipeline.name,
        "pipelineVersion": pipeline.version,
        "stageStates": stages.map(|(index, stage)| stage_state(stage, index, state, &shown)).collect::<Vec<_>>(),
        "created": time(times.created),
        "updated": time(times.updated),
    })
}

/// Those whose ways through the stages are its state: a pipeline in mode `PARALLEL` has none, and in other modes those that
/// still run beside each other are no part of it.
fn shown<'a>(pipeline: &Pipeline, state: &'a State) -> Vec<&'a Execution> {
    let has_state = pipeline.execution_mode != ExecutionMode::Parallel;
    state.executions.iter().filter(|execution| has_state && execution.in_turn()).collect()
}

fn stage_state(stage: &Stage, index: usize, state: &State, shown: &[&Execution]) -> Value {
    let passages = passages(stage, shown);
    let waiting = shown.iter().rev().filter(|execution| execution.position == Position::Waiting(index));
    let inbound: Vec<_> = waiting.map(|execution| stage_execution(execution, StageStatus::InProgress)).collect();
    let seen = state.stages.get(&stage.name);
    let condition = |kind, declared: Option<&Condition>| declared.map(|declared| condition(kind, declared, &passages));
    json!({
        "stageName": stage.name,
        "inboundExecution": inbound.first(),
        "inboundExecutions": (!inbound.is_empty()).then_some(&inbound),
        "inboundTransitionState": transition(seen.map(|seen| &seen.inbound)),
        "actionStates": stage.actions.iter().map(|action| action_state(action, &passages)).collect::<Vec<_>>(),
        "latestExecution": passages.last().map(|(execution, run)| stage_execution(execution, run.status)),
        "beforeEntryConditionState": condition(ConditionKind::BeforeEntry, stage.before_entry.as_ref()),
        "onSuccessConditionState": condition(ConditionKind::OnSuccess, stage.on_success.as_ref()),
        "onFailureConditionState": condition(ConditionKind::OnFailure, stage.on_failure.as_ref()),
        "retryStageMetadata": passages.last().and_then(|(_, run)| retries(run)),
    })
}

fn transition(transition: Option<&Transition>) -> Value {
    let disabled = transition.and_then(|transition| transition.disabled.as_ref());
    let changed = transition.and_then(|transition| transition.changed.as_ref());
    json!({
        "enabled": disabled.is_none(),
        "lastChangedBy": changed.map(|(by, _)| by),
        "lastChangedAt": changed.map(|(_, at)| time(*at)),
        "disabledReason": disabled.map(|disabled| &disabled.reason),
    })
}

/// How often the stage was tried again, where it was.
fn retries(run: &StageRun) -> Option<Value> {
    let attempts = &run.attempts;
    let (trigger, _) = attempts.last.as_ref()?;
    let count = |count: u32| (count > 0).then_some(count);
    Some(json!({
        "autoStageRetryAttempt": count(attempts.automatic),
        "manualStageRetryAttempt": count(attempts.manual),
        "latestRetryTrigger": trigger,
    }))
}

/// Every passage through the stage, the latest last: a rollback passes it after executions that are newer.
fn passages<'a>(stage: &Stage, shown: &[&'a Execution]) -> Vec<Passage<'a>> {
    let all = shown.iter().flat_map(|execution| execution.stages.iter().map(|run| (*execution, run)));
    let mut passages: Vec<_> = all.filter(|(_, run)| run.name == stage.name).collect();
    passages.sort_by_key(|(_, run)| run.started);
    passages
}

fn stage_execution(execution: &Execution, status: StageStatus) -> Value {
    json!({"pipelineExecutionId": execution.id, "status": status, "type": execution.execution_type})
}

/// An action that has not run yet in the latest passage shows what became of it in the one before.
fn action_state(action: &Action, passages: &[Passage]) -> Value {
    let latest = passages.iter().rev().find_map(|(_, run)| run.latest(&action.name));
    json!({
        "actionName": action.name,
        "currentRevision": latest.and_then(current_revision),
        "latestExecution": latest.map(action_execution),
    })
}

fn current_revision(run: &ActionRun) -> Option<Value> {
    let revision = run.revision.as_ref()?;
    Some(json!({"revisionId": revision, "revisionChangeId": run.id, "created": time(run.updated)}))
}

fn action_execution(run: &ActionRun) -> Value {
    let asked = run.approval.as_ref().filter(|_| run.status == ActionStatus::InProgress);
    json!({
        "actionExecutionId": run.id,
        "status": run.status,
        "summary": summary(run.summary.as_ref()),
        "lastStatusChange": time(run.updated),
        "token": asked.map(|approval| &approval.token),
        "lastUpdatedBy": run.updated_by,
        "externalExecutionId": external_id(run.external_execution_id.as_ref()),
        "percentComplete": run.percent_complete,
        "errorDetails": error_details(run.error_details.as_ref()),
    })
}

fn condition(kind: ConditionKind, declared: &Condition, passages: &[Passage]) -> Value {
    let mut runs = passages.iter().flat_map(|(_, run)| &run.conditions);
    let latest = runs.rfind(|condition| condition.kind == kind);
    let rule = |name: &String| {
        let run = latest.and_then(|condition| condition.rules.iter().find(|run| run.name == *name));
        json!({"ruleName": name, "latestExecution": run.map(rule_execution)})
    };
    json!({
        "latestExecution": latest.map(condition_execution),
        "conditionStates": [{
            "latestExecution": latest.map(dated_condition_execution),
            "ruleStates": declared.rules.iter().map(|declared| rule(&declared.name)).collect::<Vec<_>>(),
        }],
    })
}

fn condition_execution(condition: &ConditionRun) -> Value {
    json!({"status": condition.status, "summary": summary(condition.summary.as_ref())})
}

fn dated_condition_execution(condition: &ConditionRun) -> Value {
    let mut execution = condition_execution(condition);
    execution["lastStatusChange"] = time(condition.updated);
    execution
}

fn rule_execution(run: &RuleRun) -> Value {
    json!({
        "ruleExecutionId": run.id,
        "status": run.status,
        "summary": summary(run.summary.as_ref()),
        "lastStatusChange": time(run.updated),
        "externalExecutionId": external_id(run.external_execution_id.as_ref()),
        "errorDetails": error_details(run.error_details.as_ref()),
    })
}
