//! Everything an action or a rule needs before it runs: its configuration resolved, its artifacts found and named.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::event::{Ids, SourceRevision, TriggerType};
use super::state::{ActionRun, ActionStatus, ErrorDetails, Execution, RuleRun, RuleStatus, State};
use crate::pipeline::action::{Approval, Artifact, ConditionKind, Location, Request, Roles, RuleRequest, TypeId};
use crate::pipeline::definition::{Action, Pipeline, Provider, Rule};
use crate::pipeline::variables::Scope;

/// CodePipeline's failure type for an action that cannot run as it is configured.
const CONFIGURATION_ERROR: &str = "ConfigurationError";

/// What one execution sees when something of it is to run.
pub(super) struct View<'a> {
    pub(super) pipeline: Arc<Pipeline>,
    pub(super) state: &'a State,
    pub(super) execution: &'a Execution,
    pub(super) now: Timestamp,
}

impl View<'_> {
    /// A run of the action: in progress, or failed at once where something it needs is not there.
    pub(super) fn action(&self, action: &Action, ids: &mut dyn Ids) -> ActionRun {
        let mut run = new_run(action, self.now, ids);
        run.output_artifacts = action.outputs.iter().map(|name| self.output(action, name, ids)).collect();
        if !self.execution.in_turn() {
            // The pipeline's state, where the token stands otherwise, does not tell of executions side by side.
            run.external_execution_id = run.approval.as_ref().map(|approval| approval.token.expose().to_owned());
        }
        if let Err(message) = self.resolve(action, &mut run) {
            run.status = ActionStatus::Failed;
            run.error_details = Some(ErrorDetails { code: CONFIGURATION_ERROR.to_owned(), message });
        }
        run
    }

    /// A run of the rule: in progress, or failed at once where a variable it needs is not there.
    pub(super) fn rule(&self, rule: &Rule, ids: &mut dyn Ids) -> RuleRun {
        let resolved = self.inputs(&rule.inputs).and_then(|_| self.configuration(&rule.configuration));
        let error = |message| ErrorDetails { code: CONFIGURATION_ERROR.to_owned(), message };
        RuleRun {
            id: ids.run(),
            name: rule.name.clone(),
            type_id: rule.type_id.clone(),
            status: if resolved.is_ok() { RuleStatus::InProgress } else { RuleStatus::Failed },
            started: self.now,
            updated: self.now,
            expires: rule.timeout_minutes.map(|minutes| after(self.now, minutes)),
            summary: None,
            external_execution_id: None,
            error_details: resolved.as_ref().err().cloned().map(error),
            resolved_configuration: resolved.unwrap_or_default(),
        }
    }

    /// What the executor of the action is asked.
    pub(super) fn request(&self, stage: &str, run: &ActionRun) -> Request {
        let mut actions = self.pipeline.stage(stage).into_iter().flat_map(|stage| &stage.actions);
        let action = actions.find(|action| action.name == run.name);
        Request {
            id: run.id.0.clone(),
            pipeline: self.pipeline.name.clone(),
            execution: self.execution.id.0.clone(),
            stage: stage.to_owned(),
            action: run.name.clone(),
            type_id: run.type_id.clone(),
            configuration: run.resolved_configuration.clone(),
            roles: self.roles(action.and_then(|action| action.role_arn.clone())),
            inputs: run.input_artifacts.clone(),
            outputs: run.output_artifacts.clone(),
            approval: run.approval.clone(),
            trigger: self.execution.trigger.clone(),
            source_revisions: self.wanted(&run.name, &run.type_id).cloned().collect(),
        }
    }

    /// What the executor of the rule is asked.
    pub(super) fn rule_request(&self, stage: &str, kind: ConditionKind, run: &RuleRun) -> RuleRequest {
        let condition = self.pipeline.stage(stage).and_then(|stage| stage.condition(kind));
        let rule = condition.and_then(|condition| condition.rules.iter().find(|rule| rule.name == run.name));
        RuleRequest {
            id: run.id.0.clone(),
            pipeline: self.pipeline.name.clone(),
            execution: self.execution.id.0.clone(),
            stage: stage.to_owned(),
            kind,
            rule: run.name.clone(),
            started: run.started,
            type_id: run.type_id.clone(),
            configuration: run.resolved_configuration.clone(),
            roles: self.roles(rule.and_then(|rule| rule.role_arn.clone())),
            inputs: rule.map(|rule| self.inputs(&rule.inputs)).and_then(Result::ok).unwrap_or_default(),
        }
    }

    fn roles(&self, own: Option<String>) -> Roles {
        Roles { pipeline: self.pipeline.role_arn().to_owned(), own }
    }

    fn resolve(&self, action: &Action, run: &mut ActionRun) -> Result<(), String> {
        run.input_artifacts = self.inputs(&action.inputs)?;
        run.resolved_configuration = self.configuration(&action.configuration)?;
        Ok(())
    }

    fn configuration(&self, declared: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, String> {
        self.scope().resolve_all(declared).map_err(|error| error.to_string())
    }

    fn inputs(&self, names: &[String]) -> Result<Vec<Artifact>, String> {
        names.iter().map(|name| self.input(name)).collect()
    }

    fn input(&self, name: &str) -> Result<Artifact, String> {
        let missing = || format!("input artifact {name:?} was not produced by this execution");
        self.state.artifact(self.execution, name).cloned().ok_or_else(missing)
    }

    /// A started revision stands on the artifact before the source action runs: it is what the action must fetch.
    fn output(&self, action: &Action, name: &str, ids: &mut dyn Ids) -> Artifact {
        let commit = self.wanted(&action.name, &action.type_id).find(|wanted| wanted.revision_type == "COMMIT_ID");
        let key = key(&self.pipeline.name, name, &ids.artifact());
        Artifact {
            name: name.to_owned(),
            location: Location { bucket: self.pipeline.bucket.clone(), key },
            revision: commit.map(|wanted| wanted.revision_value.clone()),
        }
    }

    /// The revisions that the start asks of a source action. Executions that run beside each other take what CodeCommit
    /// and S3 have when they begin, whatever change started them; who starts one by its API gets what they ask for.
    fn wanted<'a>(&'a self, action: &'a str, type_id: &TypeId) -> impl Iterator<Item = &'a SourceRevision> {
        let source = Provider::find(type_id).is_some_and(Provider::is_source);
        let by_change = self.execution.trigger.trigger_type != TriggerType::StartPipelineExecution;
        let newest =
            by_change && !self.execution.in_turn() && ["CodeCommit", "S3"].contains(&type_id.provider.as_str());
        let all = self.execution.source_revisions.iter();
        all.filter(move |wanted| source && !newest && wanted.action_name == action)
    }

    fn scope(&self) -> Scope<'_> {
        let mut scope = Scope::default();
        scope.add_execution(&self.execution.id.0);
        scope.add("variables", &self.execution.variables);
        for run in self.state.readable(self.execution) {
            if let Some(namespace) = &run.namespace {
                scope.add(namespace, &run.output_variables);
            }
        }
        scope
    }
}

fn new_run(action: &Action, now: Timestamp, ids: &mut dyn Ids) -> ActionRun {
    let provider = action.provider;
    ActionRun {
        id: ids.run(),
        name: action.name.clone(),
        type_id: action.type_id.clone(),
        namespace: action.namespace.clone(),
        status: ActionStatus::InProgress,
        started: now,
        updated: now,
        expires: (!provider.is_approval()).then(|| after(now, provider.timeout_minutes)),
        silent: provider.silence_minutes.map(|minutes| after(now, minutes)),
        summary: None,
        percent_complete: None,
        external_execution_id: None,
        error_details: None,
        resolved_configuration: [].into(),
        input_artifacts: Vec::new(),
        output_artifacts: Vec::new(),
        output_variables: [].into(),
        revision: None,
        approval: provider.is_approval().then(|| approval(action, now, ids)),
        updated_by: None,
    }
}

fn approval(action: &Action, now: Timestamp, ids: &mut dyn Ids) -> Approval {
    let minutes = action.timeout_minutes.unwrap_or(action.provider.timeout_minutes);
    Approval { token: ids.token(), expires: after(now, minutes) }
}

pub(super) fn after(now: Timestamp, minutes: u32) -> Timestamp {
    now + SignedDuration::from_mins(minutes.into())
}

/// CodePipeline cuts both names, so that a key stays under 100 characters.
fn key(pipeline: &str, artifact: &str, suffix: &str) -> String {
    format!("{pipeline:.20}/{artifact:.10}/{suffix}")
}
