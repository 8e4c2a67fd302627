//! Plain lines, for a log or a pipe.

use super::view::Waiting;
use super::words::{first_line as first, printable, short};
use super::{Reporter, Summary, say, subject};
use crate::pipeline::engine::{
    ActionChange, ActionStatus, Change, ExecutionStatus, RuleChange, RuleStatus, StageStatus, Subject,
};
use crate::runner::News;

/// Writes lines to standard output.
pub(super) struct Plain;

impl Reporter for Plain {
    fn preparing(&mut self, what: &str) {
        say(what);
    }

    fn note(&mut self, text: &str) {
        say(text);
    }

    fn news(&mut self, news: &News) {
        if let Some(line) = describe(news) {
            say(line);
        }
    }

    fn asked(&mut self, waiting: &Waiting) {
        say(self::waiting(waiting));
    }

    /// Standard error says it.
    fn broke_off(&mut self, _status: &str, _why: &str) {}

    fn end(&mut self, summary: &Summary, afterwards: &str) {
        say(format_args!("\n{summary}\n{afterwards}"));
    }
}

/// One line for what happened, if it is worth one.
pub(super) fn describe(news: &News) -> Option<String> {
    match news {
        News::Line { action, text, .. } => {
            // A command of a buildspec may have several lines.
            let lines: Vec<String> = text.lines().map(|line| format!("    {action} | {}", printable(line))).collect();
            Some(lines.join("\n"))
        }
        News::Deleted { pipeline } => Some(format!("pipeline {pipeline} was deleted")),
        News::Changed(Change { subject, .. }) => match subject {
            Subject::Stage { stage, status: StageStatus::InProgress, .. } => Some(stage.clone()),
            Subject::Stage { stage, status: StageStatus::Skipped, .. } => Some(format!("{stage} skipped")),
            Subject::Action(change) => action(change),
            Subject::Rule(change) => rule(change),
            Subject::Pipeline { status: ExecutionStatus::Superseded, .. } => {
                Some("superseded by a newer execution".to_owned())
            }
            Subject::Pipeline { status: ExecutionStatus::Stopped, .. } => Some("stopped by somebody".to_owned()),
            Subject::Pipeline { status: ExecutionStatus::Stopping, .. } => Some("is being stopped".to_owned()),
            Subject::Pipeline { status: ExecutionStatus::Cancelled, .. } => {
                Some("cancelled, as the pipeline was changed".to_owned())
            }
            Subject::Stage { .. } | Subject::Pipeline { .. } => None,
        },
    }
}

/// One line of its own for what happened in any of several executions, if it is worth one.
pub fn describe_of_many(change: &Change) -> Option<String> {
    let Change { pipeline, execution, subject, .. } = change;
    let what = match subject {
        Subject::Pipeline { status: ExecutionStatus::Succeeded, .. } => "succeeded".to_owned(),
        // Says, too, which execution rolls it back.
        Subject::Pipeline { status: ExecutionStatus::Failed, summary } => {
            format!("failed: {}", summary.as_deref().map(first).unwrap_or_default())
        }
        Subject::Action(action) => format!("{} {}", action.stage, self::action(action)?.trim_start()),
        Subject::Rule(rule) => format!("{} {}", rule.stage, self::rule(rule)?.trim_start()),
        Subject::Stage { .. } | Subject::Pipeline { .. } => describe(&News::Changed(change.clone()))?,
    };
    Some(format!("{pipeline} {}: {what}", short(&execution.0)))
}

fn action(change: &ActionChange) -> Option<String> {
    let name = &change.action;
    match change.status {
        ActionStatus::InProgress => change.summary.as_ref().map(|summary| format!("  {name}: {}", first(summary))),
        ActionStatus::Succeeded => {
            let said = change.summary.as_ref().map(|summary| format!(": {}", first(summary))).unwrap_or_default();
            Some(format!("  {name} succeeded{said}"))
        }
        ActionStatus::Failed => {
            let why = change.error_details.as_ref().map(|error| printable(&error.message)).unwrap_or_default();
            Some(format!("  {name} FAILED: {why}"))
        }
        ActionStatus::Abandoned => Some(format!("  {name} abandoned")),
    }
}

/// A condition that holds needs no words.
fn rule(change: &RuleChange) -> Option<String> {
    let RuleChange { rule, summary, .. } = change;
    let said = summary.as_ref().map(|summary| format!(": {}", first(summary))).unwrap_or_default();
    match change.status {
        RuleStatus::InProgress => summary.as_ref().map(|_| format!("  {rule} waits{said}")),
        RuleStatus::Failed => Some(format!("  {rule} FAILED{said}")),
        RuleStatus::Abandoned => Some(format!("  {rule} abandoned, as another rule has decided")),
        RuleStatus::Succeeded => None,
    }
}

/// One line for an approval that waits.
pub(super) fn waiting(waiting: &Waiting) -> String {
    format!("  {} waits for an answer about {}", waiting.action, subject(waiting))
}

#[cfg(test)]
#[path = "plain_tests.rs"]
mod tests;
