//! A live view: finished things scroll by, what runs stays at the bottom with a spinner, below a line of all stages.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use console::Term;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use jiff::Timestamp;

use super::paint::Paint;
use super::plain::{describe, describe_of_many, waiting};
use super::track::Track;
use super::view::Waiting;
use super::words::{first_line, printable};
use super::{Reporter, Summary, say};
use crate::pipeline::engine::{ActionChange, ActionStatus, Change, RuleStatus, RunId, Subject};
use crate::runner::News;

/// How often the spinners turn.
const TICK: Duration = Duration::from_millis(100);

/// Draws on standard error, which is the terminal too, and writes the end to standard output.
pub(super) struct Terminal {
    screen: MultiProgress,
    preparing: Option<ProgressBar>,
    track: Option<(Arc<Mutex<Track>>, ProgressBar)>,
    running: BTreeMap<RunId, ProgressBar>,
}

/// An action or a rule that runs.
struct Running<'a> {
    run: &'a RunId,
    name: String,
    says: Option<String>,
}

fn running(subject: &Subject) -> Option<Running<'_>> {
    match subject {
        Subject::Action(action) if action.status == ActionStatus::InProgress => {
            let name = format!("{} {}", action.stage, action.action);
            Some(Running { run: &action.run, name, says: says(action) })
        }
        Subject::Rule(rule) if rule.status == RuleStatus::InProgress => {
            let name = format!("{} {}", rule.stage, rule.rule);
            Some(Running { run: &rule.run, name, says: rule.summary.as_deref().map(first_line) })
        }
        _ => None,
    }
}

/// What it said last, and how far it is if it knows.
fn says(action: &ActionChange) -> Option<String> {
    let said = action.summary.as_deref().map(first_line);
    let far = action.percent_complete.map(|percent| format!("{percent} %"));
    if action.type_id.category == "Approval" && said.is_none() {
        return Some("waits for an answer".to_owned());
    }
    let words: Vec<String> = far.into_iter().chain(said).collect();
    (!words.is_empty()).then(|| words.join("  "))
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
        Self { screen: MultiProgress::new(), preparing: None, track: None, running: BTreeMap::new() }
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
            bar.set_message(says);
        }
    }

    /// What others do is told with their names.
    fn tell(&self, news: &News) {
        let line = match news {
            News::Changed(change) if self.is_of_others(change) => describe_of_many(change),
            _ => describe(news),
        };
        if let Some(line) = line {
            self.print(&line);
        }
    }

    fn is_of_others(&self, change: &Change) -> bool {
        self.track.as_ref().is_some_and(|(track, _)| !lock(track).follows(change))
    }

    fn clear_track(&mut self) {
        if let Some((_, bar)) = self.track.take() {
            bar.finish_and_clear();
        }
    }

    fn print(&self, line: &str) {
        // A terminal that went away is no reason to stop.
        drop(self.screen.println(line));
    }
}

fn lock(track: &Mutex<Track>) -> MutexGuard<'_, Track> {
    track.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A line that is drawn anew at each turn, as wide as the terminal is then.
fn tracking(track: &Arc<Mutex<Track>>) -> ProgressStyle {
    let (track, paint) = (track.clone(), Paint::of_stdout());
    let draw = move |_: &ProgressState, out: &mut dyn Write| {
        let columns = usize::from(Term::stderr().size().1);
        // It is written to memory, which cannot fail.
        let _ = out.write_str(&lock(&track).line(Timestamp::now(), columns, paint));
    };
    let style = ProgressStyle::with_template("{track}");
    style.unwrap_or_else(|_| ProgressStyle::default_spinner()).with_key("track", draw)
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

    fn follows(&mut self, pipeline: &str, stages: Vec<String>) {
        self.clear_track();
        let track = Arc::new(Mutex::new(Track::new(pipeline, stages)));
        let bar = self.screen.add(ProgressBar::new_spinner().with_style(tracking(&track)));
        bar.enable_steady_tick(TICK);
        self.track = Some((track, bar));
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
                if let Some((track, _)) = &self.track {
                    lock(track).take(change);
                }
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
        self.clear_track();
        drop(self.screen.clear());
    }

    fn end(&mut self, summary: &Summary, afterwards: &str) {
        self.clear_preparing();
        self.clear_track();
        // Through the screen, which has left the cursor at the end of its last line.
        self.print("");
        drop(self.screen.clear());
        say(format_args!("\n{summary}\n{afterwards}"));
    }
}
