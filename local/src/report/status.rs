//! A pipeline's status in words.

use std::fmt::Write as _;

use super::paint::Paint;
use super::view::{Action, Execution, Stage, Status};
use super::words::{first_line, kind, printable, short};

/// A line for each stage, action and condition, then the executions that matter now.
pub fn status(status: &Status, paint: Paint) -> String {
    let mut text = String::new();
    let out = &mut text;
    line(out, &paint.bold(&status.pipeline));
    for stage in &status.stages {
        self::stage(out, stage, paint);
    }
    if !status.executions.is_empty() {
        line(out, &"");
    }
    for execution in &status.executions {
        line(out, &self::execution(execution, paint));
    }
    text
}

/// An execution in one line: id, status, what it carries, and why it has that status.
pub(super) fn execution(execution: &Execution, paint: Paint) -> String {
    let id = short(&execution.execution);
    let mut text = format!("{id}  {}", paint.status(&execution.status, 11));
    if let Some(commit) = &execution.revision.commit {
        let _ = write!(text, " {}", short(commit));
    }
    if let Some(message) = &execution.revision.message {
        let _ = write!(text, " {}", first_line(message));
    }
    if execution.rollback {
        text.push_str(" (rollback)");
    }
    if let Some(summary) = &execution.summary {
        let _ = write!(text, " {}", paint.dim(format!("({})", first_line(summary))));
    }
    text
}

fn stage(out: &mut String, stage: &Stage, paint: Paint) {
    let status = stage.status.as_deref().unwrap_or("-");
    let execution = stage.execution.as_deref().map(short).unwrap_or_default();
    line(out, &format!("{:<14} {} {execution}", stage.name, paint.status(status, 11)).trim_end());
    if let Some(inbound) = &stage.inbound {
        line(out, &format!("  {} waits to enter", short(inbound)));
    }
    if let Some(reason) = &stage.disabled {
        line(out, &format!("  nothing may enter: {}", printable(reason)));
    }
    for condition in &stage.conditions {
        let said = condition.summary.as_deref().map(first_line).unwrap_or_default();
        let name = format!("({})", kind(condition.kind));
        line(out, &format!("  {name:<16} {} {said}", paint.status(&condition.status, 11)).trim_end());
    }
    for action in &stage.actions {
        line(out, &self::action(action, paint).trim_end());
    }
}

fn action(action: &Action, paint: Paint) -> String {
    let status = if action.waits { "waits" } else { action.status.as_deref().unwrap_or("-") };
    let said = match (&action.summary, action.waits) {
        (_, true) => "for `flowgate approve` or `flowgate reject`".to_owned(),
        (Some(summary), false) => first_line(summary),
        (None, false) => String::new(),
    };
    let by = action.by.as_ref().map(|by| format!(" (by {by})")).unwrap_or_default();
    format!("  {:<16} {} {said}{by}", action.name, paint.status(status, 11))
}

fn line(out: &mut String, line: &dyn std::fmt::Display) {
    let _ = writeln!(out, "{line}");
}
