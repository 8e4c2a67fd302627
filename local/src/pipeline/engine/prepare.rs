//! Everything an action needs before it runs: its configuration resolved, its artifacts found and named.

use jiff::{SignedDuration, Timestamp};

use super::event::Ids;
use super::state::{ActionRun, ActionStatus, ErrorDetails, Execution};
use crate::pipeline::action::{Approval, Artifact, Location, Request};
use crate::pipeline::definition::{Action, Pipeline};
use crate::pipeline::variables::Scope;

/// CodePipeline's failure type for an action that cannot run as it is configured.
const CONFIGURATION_ERROR: &str = "ConfigurationError";

/// How long a manual approval waits when its declaration says nothing: seven days.
const APPROVAL_MINUTES: u32 = 10_080;

/// A run of the action: in progress, or failed at once where something it needs is not there.
pub(super) fn prepare(
    pipeline: &Pipeline,
    execution: &Execution,
    action: &Action,
    now: Timestamp,
    ids: &mut dyn Ids,
) -> ActionRun {
    let mut run = new_run(action, now, ids);
    run.output_artifacts = action.outputs.iter().map(|name| output(pipeline, execution, action, name, ids)).collect();
    if let Err(message) = resolve(execution, action, &mut run) {
        run.status = ActionStatus::Failed;
        run.error_details = Some(ErrorDetails { code: CONFIGURATION_ERROR.to_owned(), message });
    }
    run
}

/// What the executor of the action is asked.
pub(super) fn request(pipeline: &Pipeline, execution: &Execution, stage: &str, run: &ActionRun) -> Request {
    Request {
        id: run.id.0.clone(),
        pipeline: pipeline.name.clone(),
        execution: execution.id.0.clone(),
        stage: stage.to_owned(),
        action: run.name.clone(),
        type_id: run.type_id.clone(),
        configuration: run.resolved_configuration.clone(),
        inputs: run.input_artifacts.clone(),
        outputs: run.output_artifacts.clone(),
        approval: run.approval.clone(),
    }
}

fn new_run(action: &Action, now: Timestamp, ids: &mut dyn Ids) -> ActionRun {
    ActionRun {
        id: ids.run(),
        name: action.name.clone(),
        type_id: action.type_id.clone(),
        namespace: action.namespace.clone(),
        status: ActionStatus::InProgress,
        started: now,
        updated: now,
        summary: None,
        percent_complete: None,
        external_execution_id: None,
        error_details: None,
        resolved_configuration: [].into(),
        input_artifacts: Vec::new(),
        output_artifacts: Vec::new(),
        output_variables: [].into(),
        revision: None,
        approval: action.provider.is_approval().then(|| approval(action, now, ids)),
        updated_by: None,
    }
}

fn approval(action: &Action, now: Timestamp, ids: &mut dyn Ids) -> Approval {
    let minutes = action.timeout_minutes.unwrap_or(APPROVAL_MINUTES);
    Approval { token: ids.token(), expires: now + SignedDuration::from_mins(minutes.into()) }
}

fn resolve(execution: &Execution, action: &Action, run: &mut ActionRun) -> Result<(), String> {
    run.input_artifacts = action.inputs.iter().map(|name| input(execution, name)).collect::<Result<_, _>>()?;
    run.resolved_configuration =
        scope(execution).resolve_all(&action.configuration).map_err(|error| error.to_string())?;
    Ok(())
}

fn input(execution: &Execution, name: &str) -> Result<Artifact, String> {
    let missing = || format!("input artifact {name:?} was not produced by this execution");
    execution.artifact(name).cloned().ok_or_else(missing)
}

/// A started revision stands on the artifact before the source action runs: it is what the action must fetch.
fn output(pipeline: &Pipeline, execution: &Execution, action: &Action, name: &str, ids: &mut dyn Ids) -> Artifact {
    let wanted = execution.source_revisions.iter().find(|wanted| wanted.action_name == action.name);
    Artifact {
        name: name.to_owned(),
        location: Location { bucket: pipeline.bucket.clone(), key: key(&pipeline.name, name, &ids.artifact()) },
        revision: wanted.filter(|_| action.provider.is_source()).map(|wanted| wanted.revision_value.clone()),
    }
}

/// CodePipeline cuts both names, so that a key stays under 100 characters.
fn key(pipeline: &str, artifact: &str, suffix: &str) -> String {
    format!("{pipeline:.20}/{artifact:.10}/{suffix}")
}

fn scope(execution: &Execution) -> Scope<'_> {
    let mut scope = Scope::default();
    scope.add_execution(&execution.id.0);
    scope.add("variables", &execution.variables);
    for run in execution.succeeded() {
        if let Some(namespace) = &run.namespace {
            scope.add(namespace, &run.output_variables);
        }
    }
    scope
}
