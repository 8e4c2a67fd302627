//! A pipeline's status in words.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::page::{Layout, Page, Row};
use super::paint::Paint;
use super::view::{Action, Condition, Execution, Stage, Status};
use super::words::{duration, first_line, kind, printable, short};

/// A line for each stage, action and condition, then the executions that matter now.
pub fn status(status: &Status, now: Timestamp, paint: Paint) -> String {
    let layout = Layout::of(names(status), None);
    let mut page = Page::new(layout, now, paint);
    page.line(paint.bold(&status.pipeline).to_string() + &mode(status));
    body(&mut page, status);
    page.lines.join("\n") + "\n"
}

/// How executions get on with one another, where it is not the usual way.
pub(super) fn mode(status: &Status) -> String {
    let unusual = status.mode.as_deref().filter(|mode| *mode != "SUPERSEDED");
    unusual.map(|mode| format!("  {mode}")).unwrap_or_default()
}

/// The widest name, indent and all.
pub(super) fn names(status: &Status) -> usize {
    let beside = status.executions.iter().filter_map(|execution| execution.stage.as_ref());
    let widest = |stage: &Stage| {
        let conditions = stage.conditions.iter().map(|condition| kind(condition.kind).len() + 4);
        conditions.chain(stage.actions.iter().map(|action| action.name.len() + 2)).max().unwrap_or(0)
    };
    let of_stages = status.stages.iter().map(|stage| stage.name.len().max(widest(stage)));
    of_stages.chain(beside.map(|stage| stage.name.len() + 1 + widest(stage))).max().unwrap_or(0)
}

/// What stands below the heading.
pub(super) fn body(page: &mut Page, status: &Status) {
    // The stages of a pipeline whose executions run side by side say nothing.
    let is_side_by_side = status.mode.as_deref() == Some("PARALLEL");
    for stage in status.stages.iter().filter(|stage| !is_side_by_side || stage.execution.is_some()) {
        self::stage(page, &status.pipeline, stage);
    }
    if !status.executions.is_empty() {
        page.line(String::new());
    }
    for execution in &status.executions {
        page.line(self::execution(execution, page.paint));
        for action in execution.stage.iter().flat_map(|stage| stage.actions.iter().map(move |one| (stage, one))) {
            let (stage, action) = action;
            let name = format!("{} {}", stage.name, action.name);
            self::action(page, &Action { name, ..action.clone() });
        }
    }
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
        let to = execution.rollback_of.as_deref().map(|id| format!(" to {}", short(id))).unwrap_or_default();
        let _ = write!(text, " (rollback{to})");
    }
    if let Some(summary) = &execution.summary {
        let _ = write!(text, " {}", paint.dim(format!("({})", first_line(summary))));
    }
    text
}

fn stage(page: &mut Page, pipeline: &str, stage: &Stage) {
    let status = stage.status.as_deref().unwrap_or("-");
    let mut words = stage.execution.as_deref().map(short).unwrap_or_default().to_owned();
    if stage.retries > 0 {
        let _ = write!(words, ", tried again {}", times(stage.retries));
    }
    page.row(&Row { indent: "", name: &stage.name, status, since: None, words: &words });
    if let Some(line) = waiting(stage) {
        page.line(format!("  {line}"));
    }
    if let Some(reason) = &stage.disabled {
        page.line(format!("  nothing may enter: {}", printable(reason)));
    }
    let folded = page.is_folded() && rests(stage);
    for one in stage.conditions.iter().filter(|one| !folded || one.status == "InProgress") {
        condition(page, one);
    }
    for one in stage.actions.iter().filter(|_| !folded) {
        action(page, one);
    }
    if stage.status.as_deref() == Some("Failed") && stage.actions.iter().any(Action::is_answered) {
        page.line(format!("  {}", asks_again(pipeline, &stage.name)));
    }
}

/// What to do about a stage that failed after people had answered: an answer that was given stays, so all of it is tried again.
pub(super) fn asks_again(pipeline: &str, stage: &str) -> String {
    format!("`flowgate retry {pipeline} --stage {stage} --all` tries all of it again, and asks anew")
}

/// Whether nothing happens in it, and nothing is to be done about it.
fn rests(stage: &Stage) -> bool {
    !matches!(stage.status.as_deref(), Some("InProgress" | "Stopping" | "Failed" | "Stopped"))
}

fn times(count: i32) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

/// Who waits to enter, the next one first.
pub(super) fn waiting(stage: &Stage) -> Option<String> {
    let next = short(stage.inbound.as_ref()?);
    if stage.queued.is_empty() {
        return Some(format!("{next} waits to enter"));
    }
    let behind: Vec<&str> = stage.queued.iter().map(|id| short(id)).collect();
    let count = behind.len() + 1;
    Some(format!("{count} wait to enter: {next}, then {}", behind.join(", ")))
}

fn condition(page: &mut Page, condition: &Condition) {
    let said = condition.summary.as_deref().map(first_line).unwrap_or_default();
    let name = format!("({})", kind(condition.kind));
    page.row(&Row { indent: "  ", name: &name, status: &condition.status, since: None, words: &said });
}

fn action(page: &mut Page, action: &Action) {
    let since = action.at.filter(|_| action.status.as_deref() == Some("InProgress"));
    let since = since.map(|at| duration(page.now.duration_since(at)));
    let (status, words) = (shown(action), said(action));
    page.row(&Row { indent: "  ", name: &action.name, status, since: since.as_deref(), words: &words });
}

/// An action's status, as people are told of it.
pub(super) fn shown(action: &Action) -> &str {
    if action.waits { "waits" } else { action.status.as_deref().unwrap_or("-") }
}

/// An action's words.
pub(super) fn said(action: &Action) -> String {
    let said = match (&action.summary, action.waits) {
        (_, true) => "for `flowgate approve` or `flowgate reject`".to_owned(),
        (Some(summary), false) => first_line(summary),
        (None, false) => String::new(),
    };
    let by = action.by.as_ref().map(|by| format!(" (by {by})")).unwrap_or_default();
    said + &by
}
