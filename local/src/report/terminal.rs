//! A live view: finished things scroll by, what runs stays at the bottom with a spinner.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::plain::{describe, waiting};
use super::view::Waiting;
use super::{Reporter, Summary, say};
use crate::pipeline::engine::{ActionStatus, Change, Subject};
use crate::runner::News;

/// How often the spinners turn.
const TICK: Duration = Duration::from_millis(100);

/// Draws on standard error, which is the terminal too, and writes the end to standard output.
pub(super) struct Terminal {
    screen: MultiProgress,
    preparing: Option<ProgressBar>,
    running: BTreeMap<String, ProgressBar>,
}

impl Terminal {
    pub(super) fn new() -> Self {
        Self { screen: MultiProgress::new(), preparing: None, running: BTreeMap::new() }
    }

    fn spinner(&self, name: &str) -> ProgressBar {
        let style = ProgressStyle::with_template("{spinner:.cyan} {prefix:.bold} {elapsed} {wide_msg:.dim}");
        let bar = ProgressBar::new_spinner().with_prefix(name.to_owned());
        let bar = self.screen.add(bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner())));
        bar.enable_steady_tick(TICK);
        bar
    }

    fn clear_preparing(&mut self) {
        if let Some(bar) = self.preparing.take() {
            bar.finish_and_clear();
        }
    }

    fn print(&self, line: &str) {
        // A terminal that went away is no reason to stop.
        drop(self.screen.println(line));
    }
}

impl Reporter for Terminal {
    fn preparing(&mut self, what: &str) {
        let bar = self.preparing.take().unwrap_or_else(|| self.spinner("Preparing"));
        bar.set_message(what.to_owned());
        self.preparing = Some(bar);
    }

    fn note(&mut self, text: &str) {
        self.print(text);
    }

    fn asked(&mut self, waiting: &Waiting) {
        self.print(&self::waiting(waiting));
    }

    fn pause(&mut self) {
        drop(self.screen.clear());
        self.screen.set_draw_target(ProgressDrawTarget::hidden());
    }

    fn resume(&mut self) {
        self.screen.set_draw_target(ProgressDrawTarget::stderr());
    }

    fn news(&mut self, news: &News) {
        self.clear_preparing();
        match news {
            News::Line { action, text, .. } => {
                if let Some(bar) = self.running.get(action) {
                    bar.set_message(text.lines().next_back().unwrap_or_default().to_owned());
                }
            }
            News::Changed(Change { subject: Subject::Action(change), .. })
                if change.status == ActionStatus::InProgress =>
            {
                if !self.running.contains_key(&change.action) {
                    let bar = self.spinner(&format!("{} {}", change.stage, change.action));
                    self.running.insert(change.action.clone(), bar);
                }
                if let (Some(bar), Some(summary)) = (self.running.get(&change.action), &change.summary) {
                    bar.set_message(summary.clone());
                }
            }
            News::Changed(Change { subject, .. }) => {
                if let Subject::Action(change) = subject
                    && let Some(bar) = self.running.remove(&change.action)
                {
                    bar.finish_and_clear();
                }
                if let Some(line) = describe(news) {
                    self.print(&line);
                }
            }
        }
    }

    /// Standard error says it, undisturbed by spinners.
    fn broke_off(&mut self, _status: &str, _why: &str) {
        self.clear_preparing();
        drop(self.screen.clear());
    }

    fn end(&mut self, summary: &Summary, afterwards: &str) {
        self.clear_preparing();
        // Through the screen, which has left the cursor at the end of its last line.
        self.print("");
        drop(self.screen.clear());
        say(format_args!("\n{summary}\n{afterwards}"));
    }
}
