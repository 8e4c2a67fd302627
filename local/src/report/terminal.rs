//! A live view: finished things scroll by, what runs stays at the bottom with a spinner.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::plain::{describe, waiting};
use super::view::Waiting;
use super::words::{first_line, printable};
use super::{Reporter, Summary, say};
use crate::pipeline::engine::{ActionStatus, RuleStatus, RunId, Subject};
use crate::runner::News;

/// How often the spinners turn.
const TICK: Duration = Duration::from_millis(100);

/// Draws on standard error, which is the terminal too, and writes the end to standard output.
pub(super) struct Terminal {
    screen: MultiProgress,
    preparing: Option<ProgressBar>,
    running: BTreeMap<RunId, ProgressBar>,
}

/// An action or a rule that runs.
struct Running<'a> {
    run: &'a RunId,
    name: String,
    says: Option<&'a str>,
}

fn running(subject: &Subject) -> Option<Running<'_>> {
    match subject {
        Subject::Action(action) if action.status == ActionStatus::InProgress => {
            let name = format!("{} {}", action.stage, action.action);
            Some(Running { run: &action.run, name, says: action.summary.as_deref() })
        }
        Subject::Rule(rule) if rule.status == RuleStatus::InProgress => {
            let name = format!("{} {}", rule.stage, rule.rule);
            Some(Running { run: &rule.run, name, says: rule.summary.as_deref() })
        }
        _ => None,
    }
}

fn ended(subject: &Subject) -> Option<&RunId> {
    match subject {
        Subject::Action(action) => Some(&action.run),
        Subject::Rule(rule) => Some(&rule.run),
        Subject::Stage { .. } | Subject::Pipeline { .. } => None,
    }
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

    fn spin(&mut self, Running { run, name, says }: Running<'_>) {
        if !self.running.contains_key(run) {
            self.running.insert(run.clone(), self.spinner(&name));
        }
        if let (Some(bar), Some(says)) = (self.running.get(run), says) {
            bar.set_message(first_line(says));
        }
    }

    fn tell(&self, news: &News) {
        if let Some(line) = describe(news) {
            self.print(&line);
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
            News::Line { run, text, .. } => {
                if let Some(bar) = self.running.get(run) {
                    bar.set_message(printable(text.lines().next_back().unwrap_or_default()));
                }
            }
            News::Deleted { .. } => self.tell(news),
            News::Changed(change) => {
                if let Some(running) = running(&change.subject) {
                    return self.spin(running);
                }
                if let Some(bar) = ended(&change.subject).and_then(|run| self.running.remove(run)) {
                    bar.finish_and_clear();
                }
                self.tell(news);
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
