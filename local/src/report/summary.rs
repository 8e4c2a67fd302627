//! The end of a run: what became of each stage, where the time went, and what was deployed.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::pipeline::engine::{ActionRun, ActionStatus, Execution, ExecutionStatus, StageRun, StageStatus};

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
    /// The action that failed, if one did.
    pub failed: Option<Failed>,
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
}

/// The action that failed.
#[derive(Debug, Clone, Serialize)]
pub struct Failed {
    /// Its stage.
    pub stage: String,
    /// Its name.
    pub action: String,
    /// Why.
    pub message: String,
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
    }
}

fn action(run: &ActionRun) -> ActionSummary {
    ActionSummary {
        name: run.name.clone(),
        status: run.status,
        seconds: run.updated.duration_since(run.started).unsigned_abs(),
        message: run.error_details.as_ref().map(|error| error.message.clone()).or_else(|| run.summary.clone()),
    }
}

fn outputs(stage: &StageRun) -> BTreeMap<String, String> {
    let deployed = stage.actions.iter().filter(|run| run.type_id.provider == "CloudFormation");
    deployed.flat_map(|run| run.output_variables.clone()).collect()
}

fn failed(stage: &StageRun) -> Option<Failed> {
    let run = stage.actions.iter().find(|run| run.status == ActionStatus::Failed)?;
    let message = run.error_details.as_ref().map(|error| error.message.clone()).unwrap_or_default();
    Some(Failed { stage: stage.name.clone(), action: run.name.clone(), message })
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
            outputs.iter().try_for_each(|(key, value)| writeln!(f, "{stage} {key}  {value}"))?;
        }
        match &self.failed {
            Some(failed) => writeln!(f, "\n{} FAILED in action {}: {}", failed.stage, failed.action, failed.message),
            None => Ok(()),
        }
    }
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, status: &str, cost: Cost) -> fmt::Result {
    let (wall, emulator) = (cost.wall.as_secs_f64(), cost.emulator.as_secs_f64());
    writeln!(f, "{name:<24}{status:<12}{wall:>6.1} s  {emulator:>6.1} s")
}

impl Summary {
    fn total(&self) -> Cost {
        let preparation = self.preparation.iter().map(|clocked| clocked.cost);
        preparation.chain(self.stages.iter().map(|stage| stage.cost)).fold(Cost::default(), |sum, cost| Cost {
            wall: sum.wall + cost.wall,
            emulator: sum.emulator + cost.emulator,
        })
    }
}
