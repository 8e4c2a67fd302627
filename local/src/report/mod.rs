//! What a run tells people and programs, while it goes on and at its end.

mod json;
mod plain;
mod summary;
mod terminal;

use std::io::IsTerminal as _;

pub use summary::{ActionSummary, Clocked, Cost, Failed, StageSummary, Summary, summarise};

use crate::runner::News;

/// Somebody who is told about a run.
pub trait Reporter: Send {
    /// The run prepares itself: what it does now.
    fn preparing(&mut self, what: &str);
    /// Something happened in the pipeline.
    fn news(&mut self, news: &News);
    /// Said once, whatever the format: where the services are, what stays running.
    fn note(&mut self, text: &str);
    /// The run has ended so.
    fn end(&mut self, summary: &Summary);
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
