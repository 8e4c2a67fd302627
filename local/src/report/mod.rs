//! What a run tells people and programs, while it goes on and at its end.

mod json;
mod plain;
mod summary;
mod terminal;

use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _};

pub use summary::{ActionSummary, Clocked, Cost, Failed, StageSummary, Summary, summarise};

use crate::runner::News;

/// Somebody who is told about a run.
pub trait Reporter: Send {
    /// The run prepares itself: what it does now.
    fn preparing(&mut self, what: &str);
    /// Something happened in the pipeline.
    fn news(&mut self, news: &News);
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
fn say(line: impl Display) {
    drop(writeln!(std::io::stdout().lock(), "{line}"));
}
