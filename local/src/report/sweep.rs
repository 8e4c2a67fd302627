//! What sweep did or would do, in words.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde::Deserialize;

use super::paint::Paint;
use super::table::table;
use super::words::{first_line, printable, second};

/// The outcomes that are counted, in the order in which they are told.
const OUTCOMES: [&str; 5] = ["planned", "done", "conflict", "failed", "left"];

/// A run of sweep, as the function reports it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SweepReport {
    /// `plan`, which changes nothing, or `apply`.
    pub mode: String,
    /// When it began.
    pub at: Timestamp,
    /// Why nothing may be deleted at all.
    pub stopped: Option<String>,
    /// Why nothing was changed.
    pub read_only: Option<String>,
    /// How many more have expired than a run may delete.
    pub over_limit: Option<u64>,
    /// What it had to do with.
    pub entries: Vec<Entry>,
}

/// One stack, and what was to be done about it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Entry {
    /// The stack's name.
    pub stack: String,
    /// Where its lease stood.
    pub state: String,
    /// What to do, such as `delete`, or `keep`.
    pub step: String,
    /// Why.
    pub reason: String,
    /// What came of it.
    pub outcome: String,
    /// More about that.
    pub detail: Option<String>,
}

impl SweepReport {
    /// Whether it was to do something, and an error kept it from some of it.
    pub fn has_failed(&self) -> bool {
        self.mode == "apply" && (self.read_only.is_some() || self.entries.iter().any(|entry| entry.outcome == "failed"))
    }
}

/// What was done, what was kept and why, and what stood in the way. `apply` is the command that does what is planned, if
/// anything is.
pub fn sweep(report: &SweepReport, apply: &str, paint: Paint) -> String {
    let is_plan = report.mode == "plan";
    let told = if is_plan { "what a run would do; nothing was changed" } else { "what was done" };
    let mut text = format!("{} at {}: {told}\n", report.mode, second(report.at));
    let over = report.over_limit.filter(|more| *more > 0);
    let limits = [
        report.stopped.as_ref().map(|why| format!("deletion is stopped: {why}")),
        report.read_only.as_ref().map(|why| format!("nothing can be changed: {why}")),
        over.map(|more| format!("{more} more have expired than a run may delete (MaxDeletes); they are kept for now")),
    ];
    for limit in limits.iter().flatten() {
        let _ = writeln!(text, "{}", printable(limit));
    }
    let (kept, steps): (Vec<_>, Vec<_>) = report.entries.iter().partition(|entry| entry.step == "keep");
    if !steps.is_empty() || !kept.is_empty() {
        text += &entries(steps.iter().chain(&kept), paint);
    }
    let _ = writeln!(text, "{}", count(&steps, kept.len()));
    if is_plan && steps.iter().any(|entry| entry.outcome == "planned") {
        let _ = writeln!(text, "`{apply}` does it");
    }
    text
}

fn entries<'a>(entries: impl Iterator<Item = &'a &'a Entry>, paint: Paint) -> String {
    let head = ["NAME", "STATE", "STEP", "OUTCOME", "REASON"].map(str::to_owned);
    let rows: Vec<_> = std::iter::once(head).chain(entries.map(|entry| row(entry))).collect();
    table(&rows, |column, text, width| match column {
        1 | 3 => paint.status(text, width).to_string(),
        _ => format!("{text:<width$}"),
    })
}

fn row(entry: &Entry) -> [String; 5] {
    let detail = entry.detail.as_deref().map(|detail| format!(" ({})", first_line(detail))).unwrap_or_default();
    [
        printable(&entry.stack),
        entry.state.clone(),
        entry.step.clone(),
        // Nothing comes of a step that does nothing.
        if entry.step == "keep" { "-".to_owned() } else { entry.outcome.clone() },
        first_line(&entry.reason) + &detail,
    ]
}

fn count(steps: &[&Entry], kept: usize) -> String {
    let of = |outcome: &'static str| (steps.iter().filter(|entry| entry.outcome == outcome).count(), outcome);
    let counts = OUTCOMES.into_iter().map(of).chain([(kept, "kept")]).filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts.map(|(count, what)| format!("{count} {what}")).collect();
    if counts.is_empty() { "nothing to do".to_owned() } else { counts.join(", ") }
}
