//! A pipeline's status as it changes: one picture for a terminal, lines for everything else.

use console::{Term, truncate_str};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;
use serde_json::json;

use super::page::{Layout, Page};
use super::paint::Paint;
use super::say;
use super::status::{body, execution, mode, names, said, shown, status, waiting};
use super::view::{Action, Stage, Status};
use super::words::{first_line, kind, printable, second, short};

/// How many rows and columns there are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    pub(super) rows: usize,
    pub(super) columns: usize,
}

/// Whoever watches a pipeline.
pub struct Watcher {
    how: How,
    before: Option<Status>,
    trouble: Option<String>,
}

enum How {
    Json,
    Plain,
    Live(ProgressBar),
}

impl Watcher {
    /// One object a line for programs; else a picture on a terminal; else a line for each change.
    pub fn new(json: bool) -> Self {
        let how = match (json, Term::stdout().is_term()) {
            (true, _) => How::Json,
            (false, true) => How::Live(picture()),
            (false, false) => How::Plain,
        };
        Self { how, before: None, trouble: None }
    }

    /// Shows how it is now.
    pub fn show(&mut self, status: Status, now: Timestamp) {
        self.trouble = None;
        if self.before.as_ref() != Some(&status) {
            self.tell(&status, now);
        }
        self.before = Some(status);
        self.turn(now);
    }

    /// Nobody answers at the moment.
    pub fn trouble(&mut self, what: &str, now: Timestamp) {
        self.trouble = Some(what.to_owned());
        self.turn(now);
    }

    /// Time has gone on.
    pub fn turn(&self, now: Timestamp) {
        let (How::Live(picture), Some(status)) = (&self.how, &self.before) else { return };
        let (rows, columns) = Term::stdout().size();
        let size = Size { rows: rows.into(), columns: columns.into() };
        picture.set_message(frame(status, self.trouble.as_deref(), now, size, Paint::of_stdout()).join("\n"));
    }

    fn tell(&self, status: &Status, now: Timestamp) {
        match (&self.how, &self.before) {
            (How::Json, _) => say(json!(status)),
            (How::Plain, None) => say(self::status(status, now, Paint::Plain).trim_end()),
            (How::Plain, Some(before)) => {
                for line in changes(before, status) {
                    say(format_args!("{}  {line}", second(now)));
                }
            }
            (How::Live(_), _) => {}
        }
    }
}

/// Leaves the last picture as it is, with the cursor at its end: what was typed, if only Ctrl-C, may have moved that, so
/// nothing more is drawn.
impl Drop for Watcher {
    fn drop(&mut self) {
        if let How::Live(picture) = &self.how {
            picture.set_draw_target(ProgressDrawTarget::hidden());
        }
    }
}

fn picture() -> ProgressBar {
    let style = ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stdout());
    bar.with_style(style)
}

/// The picture: no line wider and no more lines than there is room for. What rests is folded first.
pub(super) fn frame(status: &Status, trouble: Option<&str>, now: Timestamp, size: Size, paint: Paint) -> Vec<String> {
    let layout = Layout::of(names(status), Some(size.columns));
    let draw = |layout| {
        let mut page = Page::new(layout, now, paint);
        page.line(heading(status, now, paint));
        body(&mut page, status);
        page.lines.extend(trouble.map(printable));
        page.lines
    };
    let mut lines = draw(layout);
    // The last row is the cursor's.
    let room = size.rows.saturating_sub(1).max(1);
    if lines.len() > room {
        lines = draw(layout.folded());
    }
    if lines.len() > room {
        let more = lines.len() - room + 1;
        lines.truncate(room - 1);
        lines.push(paint.dim(format!("… {more} more lines; see `flowgate status`")).to_string());
    }
    lines.iter().map(|line| truncate_str(&line.replace('\t', " "), size.columns, "…").into_owned()).collect()
}

fn heading(status: &Status, now: Timestamp, paint: Paint) -> String {
    let time = paint.dim(now.strftime("%H:%M:%SZ").to_string());
    format!("{}{}  {time}", paint.bold(&status.pipeline), mode(status))
}

/// A line for each thing that is not as it was.
pub(super) fn changes(before: &Status, after: &Status) -> Vec<String> {
    let known = facts(before);
    let opened =
        before.stages.iter().zip(&after.stages).filter(|(before, after)| {
            before.name == after.name && before.disabled.is_some() && after.disabled.is_none()
        });
    let opened: Vec<String> = opened.map(|(_, after)| format!("{} may be entered again", after.name)).collect();
    facts(after).into_iter().filter(|fact| !known.contains(fact)).chain(opened).collect()
}

/// Everything that can change, each in a line of its own.
fn facts(status: &Status) -> Vec<String> {
    let mut facts: Vec<String> = status.stages.iter().flat_map(of_stage).collect();
    for one in &status.executions {
        facts.push(execution(one, Paint::Plain));
        let id = short(&one.execution);
        facts.extend(one.stage.iter().flat_map(of_actions).map(|fact| format!("{id} {fact}")));
    }
    facts
}

fn of_stage(stage: &Stage) -> Vec<String> {
    let name = &stage.name;
    let execution = stage.execution.as_deref().map(short).unwrap_or_default();
    let entered = stage.status.as_ref().map(|status| format!("{name} {status} {execution}"));
    let closed = stage.disabled.as_ref().map(|reason| format!("{name}: nothing may enter: {}", printable(reason)));
    let conditions = stage.conditions.iter().map(|one| {
        let said = one.summary.as_deref().map(|said| format!(": {}", first_line(said))).unwrap_or_default();
        format!("{name} ({}) {}{said}", kind(one.kind), one.status)
    });
    let waiting = waiting(stage).map(|waiting| format!("{name}: {waiting}"));
    entered.into_iter().chain(waiting).chain(closed).chain(conditions).chain(of_actions(stage)).collect()
}

fn of_actions(stage: &Stage) -> Vec<String> {
    let fact = |action: &Action| {
        let said = said(action);
        let said = if said.is_empty() { said } else { format!(": {said}") };
        format!("{} {} {}{said}", stage.name, action.name, shown(action))
    };
    stage.actions.iter().filter(|action| action.status.is_some()).map(fact).collect()
}
