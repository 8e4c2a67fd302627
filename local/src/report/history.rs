//! A pipeline's executions in words.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::paint::Paint;
use super::status::execution;
use super::view::{Execution, Said};
use super::words::{duration, printable, second};

/// The executions as they are given: each with what started it, how long it took by now, and what approvals and the gate
/// said.
pub fn history(executions: &[Execution], now: Timestamp, paint: Paint) -> String {
    let mut text = String::new();
    for one in executions {
        let _ = writeln!(text, "{}", execution(one, paint));
        let _ = writeln!(text, "  {}", paint.dim(circumstances(one, now)));
        for said in &one.said {
            let _ = writeln!(text, "  {}", self::said(said, paint));
        }
    }
    text
}

fn circumstances(execution: &Execution, now: Timestamp) -> String {
    let began = execution.started.map(second).unwrap_or_default();
    let (end, so_far) = if execution.runs() { (Some(now), " so far") } else { (execution.updated, "") };
    let took = execution.started.zip(end).map(|(from, to)| duration(to.duration_since(from)) + so_far);
    let trigger = execution.trigger.as_deref().unwrap_or("an unknown trigger");
    let by = execution.started_by.as_deref().map(|by| format!(" ({by})")).unwrap_or_default();
    format!("{began}, {}, started by {trigger}{by}", took.unwrap_or_default())
}

fn said(said: &Said, paint: Paint) -> String {
    let by = said.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
    let text = said.text.as_ref().map(|text| format!(": {}", printable(text.trim_end()))).unwrap_or_default();
    let name = format!("{} {}", said.stage, said.action);
    format!("{name} {}{by}{text}", paint.status(&said.status, 0))
}
