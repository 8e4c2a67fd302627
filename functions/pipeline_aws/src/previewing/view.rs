//! Answers: what whoever asked is shown of previews.

use jiff::Timestamp;
use pipeline_core::{
    ids::{CommitId, ExecutionId, StackName},
    preview::{
        record::{Phase, Preview, Wait, Why},
        settings::Settings,
        subject::Subject,
    },
};
use serde::Serialize;

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Shown {
    /// The preview as it stands afterwards.
    Preview(Box<View>),
    /// All that are there, or come and go.
    Previews {
        /// They.
        previews: Vec<View>,
    },
}

/// A preview as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct View {
    /// Its name, such as `pr-42`.
    pub preview: Subject,
    /// The service's stack.
    pub stack: StackName,
    /// The tests' stack.
    pub tests_stack: StackName,
    /// How far it is, such as `RUNNING`.
    pub phase: &'static str,
    /// Why there is no stack, or will be none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
    /// What keeps it from beginning, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits: Option<String>,
    /// What is deployed, or is to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<CommitId>,
    /// The execution that deploys it, or did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution: Option<ExecutionId>,
    /// The pipeline that execution is of.
    pub pipeline: String,
    /// Since when it is so.
    pub since: Timestamp,
}

impl View {
    /// How this one is shown.
    pub fn of(preview: Preview, settings: &Settings) -> Self {
        let Preview { subject, wanted, phase, .. } = preview;
        let name = phase.name();
        let (why, waits, run, since) = match phase {
            Phase::Starting { waits, since, .. } => (None, waits, None, since),
            Phase::Running(run) => {
                let since = run.since;
                (None, None, Some(run), since)
            }
            Phase::Removing { why, since } | Phase::Removed { why, at: since } => (Some(why), None, None, since),
        };
        let (running, execution) = run.map(|run| (run.commit, run.execution)).unzip();
        Self {
            stack: subject.stack(&settings.service),
            tests_stack: subject.tests_stack(&settings.service),
            preview: subject,
            phase: name,
            why,
            waits: waits.as_ref().map(words),
            commit: running.or_else(|| wanted.head().map(|head| head.commit.clone())),
            execution,
            pipeline: settings.pipeline.clone(),
            since,
        }
    }
}

fn words(wait: &Wait) -> String {
    match wait {
        Wait::AuthorsQuota { limit } => {
            format!("for one of its author's {limit} previews, the most one may have, to go")
        }
        Wait::Quota { limit } => format!("for one of {limit} previews, the most there may be, to go"),
        Wait::Deletion => "for the stack before it to be deleted".to_owned(),
        Wait::Person { what } => what.clone(),
        Wait::Executions => "for executions of other previews to end".to_owned(),
    }
}
