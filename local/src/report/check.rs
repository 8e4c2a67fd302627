//! Whether pipelines would run here, in words.

use std::fmt::Write as _;

use super::paint::Paint;
use super::words::printable;
use crate::template::{Checked, CheckedPipeline};

/// A line for each pipeline, and below it what starts it or what would not run.
pub fn check(checked: &Checked, paint: Paint) -> String {
    let mut text = String::new();
    for problem in &checked.problems {
        let _ = writeln!(text, "{}", printable(&problem.to_string()));
    }
    for pipeline in &checked.pipelines {
        text += &about(pipeline, paint);
    }
    lines(&mut text, "", "note: ", &checked.notes);
    text
}

fn about(checked: &CheckedPipeline, paint: Paint) -> String {
    let mut text = String::new();
    let name = paint.bold(printable(&checked.pipeline));
    let CheckedPipeline { stages, actions, .. } = checked;
    if checked.runs() {
        let verdict = paint.status("would run here", 0);
        let _ =
            writeln!(text, "pipeline {name}: {verdict}: {}, {}", count(*stages, "stage"), count(*actions, "action"));
    } else {
        let verdict = paint.status("would not run here", 0);
        let _ = writeln!(text, "pipeline {name}: {verdict}");
    }
    let problems: Vec<_> = checked.problems.iter().map(ToString::to_string).collect();
    lines(&mut text, "  ", "", &problems);
    lines(&mut text, "  ", "started by ", &checked.starts);
    lines(&mut text, "  ", "note: ", &checked.notes);
    if !checked.open.is_empty() {
        let _ = writeln!(text, "  left open: {}", printable(&checked.open.join(", ")));
    }
    text
}

fn lines(text: &mut String, indent: &str, label: &str, items: &[String]) {
    for item in items {
        let _ = writeln!(text, "{indent}{label}{}", printable(item));
    }
}

fn count(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}
