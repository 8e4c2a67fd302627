//! A pipeline's executions in words.

use std::fmt::Write as _;

use super::paint::Paint;
use super::status::execution;
use super::view::{Execution, Said};
use super::words::{duration, second};

/// The executions as they are given: each with what started it, how long it took, and what approvals and the gate said.
pub fn history(executions: &[Execution], paint: Paint) -> String {
    let mut text = String::new();
    for one in executions {
        let _ = writeln!(text, "{}", execution(one, paint));
        let _ = writeln!(text, "  {}", paint.dim(circumstances(one)));
        for said in &one.said {
            let _ = writeln!(text, "  {}", self::said(said, paint));
        }
    }
    text
}

fn circumstances(execution: &Execution) -> String {
    let began = execution.started.map(second).unwrap_or_default();
    let took = execution.started.zip(execution.updated).map(|(from, to)| duration(to.duration_since(from)));
    let trigger = execution.trigger.as_deref().unwrap_or("an unknown trigger");
    let by = execution.started_by.as_deref().map(|by| format!(" ({by})")).unwrap_or_default();
    format!("{began}, {}, started by {trigger}{by}", took.unwrap_or_default())
}

fn said(said: &Said, paint: Paint) -> String {
    let by = said.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
    let text = said.text.as_ref().map(|text| format!(": {}", text.trim_end())).unwrap_or_default();
    let name = format!("{} {}", said.stage, said.action);
    format!("{name} {}{by}{text}", paint.status(&said.status, 0))
}
