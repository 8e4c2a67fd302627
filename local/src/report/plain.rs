//! Plain lines, for a log or a pipe.

use super::{Reporter, Summary, say};
use crate::pipeline::engine::{ActionChange, ActionStatus, Change, RuleChange, RuleStatus, StageStatus, Subject};
use crate::runner::News;

/// Writes lines to standard output.
pub(super) struct Plain;

impl Reporter for Plain {
    fn preparing(&mut self, what: &str) {
        say(what);
    }

    fn news(&mut self, news: &News) {
        if let Some(line) = describe(news) {
            say(line);
        }
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
            let lines: Vec<String> = text.lines().map(|line| format!("    {action} | {line}")).collect();
            Some(lines.join("\n"))
        }
        News::Changed(Change { subject, .. }) => match subject {
            Subject::Stage { stage, status: StageStatus::InProgress } => Some(stage.clone()),
            Subject::Action(change) => action(change),
            Subject::Rule(change) => rule(change),
            Subject::Stage { .. } | Subject::Pipeline { .. } => None,
        },
    }
}

fn action(change: &ActionChange) -> Option<String> {
    let name = &change.action;
    match change.status {
        ActionStatus::InProgress => change.summary.as_ref().map(|summary| format!("  {name}: {}", first(summary))),
        ActionStatus::Succeeded => {
            let said = change.summary.as_ref().map(|summary| format!(": {}", first(summary))).unwrap_or_default();
            Some(format!("  {name} succeeded{said}"))
        }
        ActionStatus::Failed | ActionStatus::Abandoned => {
            let why = change.error_details.as_ref().map(|error| error.message.as_str()).unwrap_or_default();
            Some(format!("  {name} FAILED: {why}"))
        }
    }
}

fn rule(change: &RuleChange) -> Option<String> {
    let (name, said) = (&change.rule, change.summary.as_deref().unwrap_or_default());
    match change.status {
        RuleStatus::InProgress => Some(format!("  rule {name} waits")),
        RuleStatus::Failed => Some(format!("  rule {name} FAILED: {said}")),
        RuleStatus::Succeeded | RuleStatus::Abandoned => None,
    }
}

fn first(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
