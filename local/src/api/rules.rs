//! `ListRuleExecutions`.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::error::ApiError;
use super::history::{self, Entry, List, Listed, Run};
use super::json::{error_details, external_id, summary, time};
use crate::cloud::client::REGION;
use crate::pipeline::definition::{Pipeline, Rule};
use crate::pipeline::engine::{ConditionKind, RuleRun, StageRun};
use crate::runner::History;

/// A run of a rule, and for which of the stage's conditions.
#[derive(Clone, Copy)]
struct Ruling<'s> {
    kind: ConditionKind,
    run: &'s RuleRun,
}

impl Run for Ruling<'_> {
    fn id(&self) -> &str {
        &self.run.id.0
    }

    fn what(&self) -> (&str, Option<ConditionKind>) {
        (&self.run.name, Some(self.kind))
    }

    fn started(&self) -> Timestamp {
        self.run.started
    }
}

struct Rules;

impl Listed for Rules {
    const MEMBER: &'static str = "ruleExecutionDetails";
    type Run<'s> = Ruling<'s>;

    fn runs(stage: &StageRun) -> impl Iterator<Item = Ruling<'_>> {
        let all =
            stage.conditions.iter().flat_map(|condition| condition.rules.iter().map(move |run| (condition.kind, run)));
        all.map(|(kind, run)| Ruling { kind, run })
    }

    fn write(entry: &Entry<Ruling>, pipeline: Option<&Pipeline>) -> Value {
        detail(entry, pipeline)
    }
}

pub(super) fn list(request: &List, history: &History) -> Result<Value, ApiError> {
    history::answer::<Rules>(request, history)
}

fn detail(entry: &Entry<Ruling>, pipeline: Option<&Pipeline>) -> Value {
    let Entry { execution, stage, run: Ruling { kind, run } } = entry;
    let rule = pipeline.and_then(|pipeline| declared(pipeline, &stage.name, *kind, run));
    json!({
        "pipelineExecutionId": execution.id,
        "ruleExecutionId": run.id,
        "pipelineVersion": execution.pipeline_version,
        "stageName": stage.name,
        "ruleName": run.name,
        "startTime": time(run.started),
        "lastUpdateTime": time(run.updated),
        "status": run.status,
        "input": {
            "ruleTypeId": run.type_id,
            "configuration": rule.map(|rule| &rule.configuration),
            "resolvedConfiguration": run.resolved_configuration,
            "region": REGION,
        },
        "output": {"executionResult": {
            "externalExecutionId": external_id(run.external_execution_id.as_ref()),
            "externalExecutionSummary": summary(run.summary.as_ref()),
            "errorDetails": error_details(run.error_details.as_ref()),
        }},
    })
}

/// The rule as the pipeline declared it.
fn declared<'p>(pipeline: &'p Pipeline, stage: &str, kind: ConditionKind, run: &RuleRun) -> Option<&'p Rule> {
    let stage = pipeline.stages.iter().find(|declared| declared.name == stage)?;
    let condition = match kind {
        ConditionKind::BeforeEntry => &stage.before_entry,
        ConditionKind::OnSuccess => &stage.on_success,
        ConditionKind::OnFailure => &stage.on_failure,
    };
    let rules = &condition.as_ref()?.rules;
    rules.iter().find(|rule| rule.name == run.name)
}
