//! What a run tells people and programs, while it goes on and at its end.

mod approval;
mod check;
mod decision;
#[cfg(test)]
mod decision_tests;
mod history;
mod json;
mod lease;
#[cfg(test)]
mod lease_tests;
mod live;
#[cfg(test)]
mod live_tests;
mod logs;
mod page;
mod paint;
mod plain;
mod preview;
mod status;
mod summary;
mod sweep;
#[cfg(test)]
mod sweep_tests;
mod table;
mod terminal;
mod track;
pub mod view;
#[cfg(test)]
mod view_tests;
mod words;

use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _};

pub use approval::{approval, commit, other, subject};
pub use check::check;
pub use history::history;
pub use lease::{Lease, changed, claimed, lease, leases};
pub use live::Watcher;
pub use logs::log_heading;
pub use paint::Paint;
pub use plain::describe_of_many;
pub use preview::{Line, Preview, deployed, previews};
pub use status::status;
pub use summary::{ActionSummary, Clocked, Cost, Failed, StageSummary, Summary, What, summarise};
pub use sweep::{SweepReport, sweep};
pub use words::printable;

use crate::runner::News;
use view::Waiting;

/// Somebody who is told about a run.
pub trait Reporter: Send {
    /// The run prepares itself: what it does now.
    fn preparing(&mut self, what: &str);
    /// Something that whoever runs it should know.
    fn note(&mut self, text: &str);
    /// From now on it is about an execution of this pipeline, which has these stages.
    fn follows(&mut self, _pipeline: &str, _stages: Vec<String>) {}
    /// Something happened in the pipeline.
    fn news(&mut self, news: &News);
    /// An approval waits for an answer.
    fn asked(&mut self, waiting: &Waiting);
    /// Nothing else may be drawn while somebody types an answer.
    fn pause(&mut self) {}
    /// The answer is typed.
    fn resume(&mut self) {}
    /// The run ended before its pipeline did.
    fn broke_off(&mut self, status: &str, why: &str);
    /// The run has ended so, and that is what becomes of its local cloud.
    fn end(&mut self, summary: &Summary, afterwards: &str);
}

/// JSON lines for programs; else a live view on a terminal; else plain lines.
pub fn reporter(json: bool) -> Box<dyn Reporter> {
    if json {
        Box::new(json::Json)
    } else if std::io::stdout().is_terminal() {
        Box::new(terminal::Terminal::new())
    } else {
        Box::new(plain::Plain)
    }
}

/// Writes a line to standard output, flushed with its end. A reader that went away is no reason to stop, nor to end
/// otherwise than the pipeline does.
pub(crate) fn say(line: impl Display) {
    drop(writeln!(std::io::stdout().lock(), "{line}"));
}
