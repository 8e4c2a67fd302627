//! A pipeline's executions in words.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::decision::{details, heading, maker};
use super::paint::Paint;
use super::status::execution;
use super::view::{Execution, Said};
use super::words::{duration, printable, second};

/// The executions as they are given: each with what started it, how long it took by now, what approvals and the gate said,
/// and what the gate recorded of its decisions.
pub fn history(executions: &[Execution], now: Timestamp, paint: Paint) -> String {
    let mut text = String::new();
    for one in executions {
        let _ = writeln!(text, "{}", execution(one, paint));
        let _ = writeln!(text, "  {}", paint.dim(circumstances(one, now)));
        let made: Vec<Option<usize>> = one.decisions.iter().map(|decision| maker(decision, &one.said)).collect();
        let by = |index: Option<usize>| {
            let made = one.decisions.iter().zip(&made);
            made.filter(move |(_, maker)| **maker == index).map(|(decision, _)| decision)
        };
        for (index, said) in one.said.iter().enumerate() {
            // The record says all that the action's text does, rule by rule.
            let is_recorded = by(Some(index)).next().is_some();
            let _ = writeln!(text, "  {}", self::said(said, is_recorded, paint));
            by(Some(index)).for_each(|decision| text.push_str(&details(decision, paint)));
        }
        for decision in by(None) {
            let _ = writeln!(text, "  {}", heading(decision, paint));
            text.push_str(&details(decision, paint));
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

fn said(said: &Said, is_recorded: bool, paint: Paint) -> String {
    let by = said.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
    let text = said
        .text
        .as_ref()
        .filter(|_| !is_recorded)
        .map(|text| format!(": {}", printable(text.trim_end())))
        .unwrap_or_default();
    let name = format!("{} {}", said.stage, said.action);
    format!("{name} {}{by}{text}", paint.status(&said.status, 0))
}
