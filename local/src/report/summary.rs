//! The end of a run: what became of each stage, where the time went, and what was deployed.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::status::asks_again;
use super::words::{kind, kind_in_json, printable};
use crate::pipeline::action::ConditionKind;
use crate::pipeline::engine::{
    ActionRun, ActionStatus, ConditionRun, ConditionStatus, Execution, ExecutionStatus, RuleRun, RuleStatus, StageRun,
    StageStatus,
};

/// What a run came to.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// The execution's status.
    pub status: ExecutionStatus,
    /// The pipeline's name.
    pub pipeline: String,
    /// The execution's id.
    pub execution: String,
    /// The outputs of the stacks that each stage deployed.
    pub outputs: BTreeMap<String, BTreeMap<String, String>>,
    /// The stages that were entered, in order.
    pub stages: Vec<StageSummary>,
    /// What had to be done before the pipeline could start, in order.
    pub preparation: Vec<Clocked>,
    /// The action or rule that failed, if one did.
    pub failed: Option<Failed>,
    /// Why it ended before its end, when nothing failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A piece of preparation and its time.
#[derive(Debug, Clone, Serialize)]
pub struct Clocked {
    /// What was done.
    pub name: &'static str,
    /// How long it took.
    #[serde(flatten)]
    pub cost: Cost,
}

/// Time spent.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Cost {
    /// By the clock on the wall.
    #[serde(rename = "seconds", serialize_with = "seconds")]
    pub wall: Duration,
    /// By the emulator's own process on the processor, of that.
    #[serde(rename = "emulatorSeconds", serialize_with = "seconds")]
    pub emulator: Duration,
}

/// A stage.
#[derive(Debug, Clone, Serialize)]
pub struct StageSummary {
    /// Its name.
    pub name: String,
    /// Its status.
    pub status: StageStatus,
    /// Its time.
    #[serde(flatten)]
    pub cost: Cost,
    /// Its actions, in the order of their starts.
    pub actions: Vec<ActionSummary>,
    /// Its conditions, in the order of their evaluations.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<ConditionSummary>,
}

/// A condition of a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConditionSummary {
    /// When it was evaluated.
    #[serde(serialize_with = "kind_in_json")]
    pub kind: ConditionKind,
    /// Its status.
    pub status: ConditionStatus,
    /// What its rules said.
    pub rules: BTreeMap<String, Option<String>>,
}

/// An action.
#[derive(Debug, Clone, Serialize)]
pub struct ActionSummary {
    /// Its name.
    pub name: String,
    /// Its status.
    pub status: ActionStatus,
    /// Its time by the clock on the wall.
    #[serde(serialize_with = "seconds")]
    pub seconds: Duration,
    /// What it said, or why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Whether it is an approval that somebody answered.
    #[serde(skip)]
    pub answered: bool,
}

/// The action, or the rule of a condition, that failed.
#[derive(Debug, Clone, Serialize)]
pub struct Failed {
    /// Its stage.
    pub stage: String,
    /// What of it failed.
    #[serde(flatten)]
    pub what: What,
    /// Why.
    pub message: String,
}

/// An action's name, or a rule's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum What {
    /// An action.
    Action(String),
    /// A rule of a condition.
    Rule(String),
}

fn seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    // Milliseconds are as far as anything here is meaningful.
    serializer.serialize_f64((duration.as_secs_f64() * 1000.0).round() / 1000.0)
}

/// Sums up an execution. `emulator` gives the emulator's time in each stage, by name.
pub fn summarise(
    pipeline: &str,
    execution: &Execution,
    emulator: &BTreeMap<String, Duration>,
    preparation: Vec<Clocked>,
) -> Summary {
    let stage_outputs = execution.stages.iter().map(|stage| (stage.name.clone(), outputs(stage)));
    Summary {
        status: execution.status,
        pipeline: pipeline.to_owned(),
        execution: execution.id.to_string(),
        outputs: stage_outputs.filter(|(_, outputs)| !outputs.is_empty()).collect(),
        stages: execution.stages.iter().map(|stage| self::stage(stage, emulator)).collect(),
        preparation,
        failed: execution.stages.iter().find_map(failed),
        reason: reason(execution),
    }
}

fn reason(execution: &Execution) -> Option<String> {
    let said = |otherwise: &str| Some(execution.status_summary.clone().unwrap_or_else(|| otherwise.to_owned()));
    match execution.status {
        ExecutionStatus::Superseded => said("a newer execution took its place"),
        ExecutionStatus::Stopped => said("somebody stopped it"),
        ExecutionStatus::Cancelled => said("the pipeline was changed under it"),
        _ => None,
    }
}

fn stage(stage: &StageRun, emulator: &BTreeMap<String, Duration>) -> StageSummary {
    StageSummary {
        name: stage.name.clone(),
        status: stage.status,
        cost: Cost {
            wall: stage.updated.duration_since(stage.started).unsigned_abs(),
            emulator: emulator.get(&stage.name).copied().unwrap_or_default(),
        },
        actions: stage.actions.iter().map(action).collect(),
        conditions: stage.conditions.iter().map(condition).collect(),
    }
}

fn condition(run: &ConditionRun) -> ConditionSummary {
    let rules = run.rules.iter().map(|rule| (rule.name.clone(), said(rule)));
    ConditionSummary { kind: run.kind, status: run.status, rules: rules.collect() }
}

fn said(rule: &RuleRun) -> Option<String> {
    rule.error_details.as_ref().map(|error| error.message.clone()).or_else(|| rule.summary.clone())
}

fn action(run: &ActionRun) -> ActionSummary {
    ActionSummary {
        name: run.name.clone(),
        status: run.status,
        seconds: run.updated.duration_since(run.started).unsigned_abs(),
        message: run.error_details.as_ref().map(|error| error.message.clone()).or_else(|| run.summary.clone()),
        answered: run.approval.is_some() && run.updated_by.is_some(),
    }
}

fn outputs(stage: &StageRun) -> BTreeMap<String, String> {
    let deployed = stage.actions.iter().filter(|run| run.type_id.provider == "CloudFormation");
    deployed.flat_map(|run| run.output_variables.clone()).collect()
}

fn failed(stage: &StageRun) -> Option<Failed> {
    let action = stage.actions.iter().find(|run| run.status == ActionStatus::Failed).map(|run| {
        let message = run.error_details.as_ref().map(|error| error.message.clone());
        Failed { stage: stage.name.clone(), what: What::Action(run.name.clone()), message: message.unwrap_or_default() }
    });
    action.or_else(|| failed_rule(stage))
}

/// The rule that a stage failed by. One that only skipped it has failed nothing.
fn failed_rule(stage: &StageRun) -> Option<Failed> {
    let mut conditions = stage.conditions.iter().filter(|_| stage.status == StageStatus::Failed);
    let rule = conditions.find_map(|run| run.rules.iter().find(|rule| rule.status == RuleStatus::Failed))?;
    let what = What::Rule(rule.name.clone());
    Some(Failed { stage: stage.name.clone(), what, message: said(rule).unwrap_or_default() })
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<24}{:<12}{:>8}  of which the emulator", "", "", "time")?;
        for clocked in &self.preparation {
            row(f, clocked.name, "", clocked.cost)?;
        }
        for stage in &self.stages {
            row(f, &stage.name, &format!("{:?}", stage.status), stage.cost)?;
        }
        row(f, "total", &format!("{:?}", self.status), self.total())?;
        if !self.outputs.is_empty() {
            writeln!(f)?;
        }
        for (stage, outputs) in &self.outputs {
            outputs.iter().try_for_each(|(key, value)| writeln!(f, "{stage} {key}  {}", printable(value)))?;
        }
        self.conditions(f)?;
        match (&self.failed, &self.reason) {
            (Some(failed), _) => {
                let what = match &failed.what {
                    What::Action(name) => format!("action {name}"),
                    What::Rule(name) => format!("rule {name}"),
                };
                writeln!(f, "\n{} FAILED in {what}: {}", failed.stage, printable(&failed.message))
            }
            (None, Some(reason)) => writeln!(f, "\n{:?}: {}", self.status, printable(reason)),
            (None, None) => Ok(()),
        }
    }
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, status: &str, cost: Cost) -> fmt::Result {
    let (wall, emulator) = (cost.wall.as_secs_f64(), cost.emulator.as_secs_f64());
    writeln!(f, "{name:<24}{status:<12}{wall:>6.1} s  {emulator:>6.1} s")
}

impl Summary {
    /// What to do about a stage that failed after people had answered.
    pub fn remedy(&self) -> Option<String> {
        let failed = self.stages.iter().find(|stage| stage.status == StageStatus::Failed)?;
        let answered = failed.actions.iter().any(|action| action.answered);
        answered.then(|| asks_again(&self.pipeline, &failed.name))
    }

    /// Those that did not hold. One that held needs no words.
    fn conditions(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for stage in &self.stages {
            for condition in stage.conditions.iter().filter(|one| one.status != ConditionStatus::Succeeded) {
                let said: Vec<&str> = condition.rules.values().flatten().map(String::as_str).collect();
                let said = printable(&said.join("; "));
                writeln!(f, "\n{} {} {:?}: {said}", stage.name, kind(condition.kind), condition.status)?;
            }
        }
        Ok(())
    }

    fn total(&self) -> Cost {
        let preparation = self.preparation.iter().map(|clocked| clocked.cost);
        preparation.chain(self.stages.iter().map(|stage| stage.cost)).fold(Cost::default(), |sum, cost| Cost {
            wall: sum.wall + cost.wall,
            emulator: sum.emulator + cost.emulator,
        })
    }
}

#[cfg(test)]
#[path = "summary_tests.rs"]
mod tests;
