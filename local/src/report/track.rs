//! Where an execution is among its stages, in one line.

use console::{measure_text_width, truncate_str};
use jiff::Timestamp;

use super::paint::Paint;
use super::words::duration;
use crate::pipeline::engine::{Change, ExecutionId, StageStatus, Subject};

/// The stages of one execution.
#[derive(Debug, Clone)]
pub(super) struct Track {
    pipeline: String,
    execution: Option<ExecutionId>,
    stages: Vec<Passage>,
}

#[derive(Debug, Clone)]
struct Passage {
    name: String,
    entered: Option<Timestamp>,
    /// Its status, and since when.
    status: Option<(StageStatus, Timestamp)>,
}

impl Track {
    pub(super) fn new(pipeline: &str, stages: Vec<String>) -> Self {
        let stages = stages.into_iter().map(|name| Passage { name, entered: None, status: None });
        Self { pipeline: pipeline.to_owned(), execution: None, stages: stages.collect() }
    }

    /// Whether a change is of the execution that is followed: the first of the pipeline that was heard of.
    pub(super) fn follows(&self, change: &Change) -> bool {
        change.pipeline == self.pipeline && self.execution.as_ref().is_none_or(|ours| *ours == change.execution)
    }

    pub(super) fn take(&mut self, change: &Change) {
        if !self.follows(change) {
            return;
        }
        self.execution = Some(change.execution.clone());
        let Subject::Stage { stage, status, .. } = &change.subject else { return };
        let Some(passage) = self.stages.iter_mut().find(|passage| passage.name == *stage) else { return };
        if *status == StageStatus::InProgress {
            passage.entered = Some(change.at);
        }
        passage.status = Some((*status, change.at));
    }

    /// The stages in so many columns: what is behind is left out first.
    pub(super) fn line(&self, now: Timestamp, columns: usize, paint: Paint) -> String {
        let parts: Vec<String> = self.stages.iter().map(|passage| passage.shown(now, paint)).collect();
        let behind = self.stages.iter().take_while(|passage| passage.has_passed()).count();
        let whole = (0..=behind).map(|left_out| {
            let rest = parts[left_out..].join("  ");
            if left_out == 0 { rest } else { format!("…  {rest}") }
        });
        let fits = |line: &String| measure_text_width(line) <= columns;
        let mut shorter: Vec<String> = whole.collect();
        let shortest = shorter.pop().unwrap_or_default();
        let line = shorter.into_iter().find(fits).unwrap_or(shortest);
        truncate_str(&line, columns, "…").into_owned()
    }
}

impl Passage {
    fn has_passed(&self) -> bool {
        matches!(self.status, Some((StageStatus::Succeeded | StageStatus::Skipped, _)))
    }

    fn shown(&self, now: Timestamp, paint: Paint) -> String {
        let name = &self.name;
        let Some((status, at)) = self.status else { return paint.dim(name).to_string() };
        let (sign, end) = match status {
            StageStatus::Succeeded => ("✓", at),
            StageStatus::Failed => ("✗", at),
            StageStatus::Skipped => return paint.dim(format!("- {name}")).to_string(),
            StageStatus::Stopped | StageStatus::Cancelled => ("■", at),
            StageStatus::InProgress | StageStatus::Stopping => ("▸", now),
        };
        let took =
            self.entered.map(|entered| format!(" {}", duration(end.duration_since(entered)))).unwrap_or_default();
        let words = format!("{sign} {name}{took}");
        paint.meant(&format!("{status:?}"), words).to_string()
    }
}

#[cfg(test)]
#[path = "track_tests.rs"]
mod tests;
