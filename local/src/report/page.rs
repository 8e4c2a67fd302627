//! Rows of a pipeline's status, laid out for as much room as there is.

use jiff::Timestamp;

use super::paint::Paint;

/// A terminal narrower than that has no room for words beside a status.
const NARROW: usize = 60;

/// How wide a column of statuses is.
const STATUS: usize = 11;

/// How rows are laid out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    /// The column of names, indent and all.
    names: usize,
    /// Whether words stand below rather than beside.
    is_narrow: bool,
    /// Whether what rests is told in one line.
    is_folded: bool,
}

impl Layout {
    /// For names so wide, in so many columns; none is as many as it takes.
    pub(super) fn of(widest: usize, columns: Option<usize>) -> Self {
        let is_narrow = columns.is_some_and(|columns| columns < NARROW);
        let names = if is_narrow { widest.clamp(8, 18) } else { widest.clamp(18, 32) };
        Self { names, is_narrow, is_folded: false }
    }

    pub(super) fn folded(self) -> Self {
        Self { is_folded: true, ..self }
    }
}

/// A name, its status, since when it has it, and what it says.
pub(super) struct Row<'a> {
    pub(super) indent: &'a str,
    pub(super) name: &'a str,
    pub(super) status: &'a str,
    pub(super) since: Option<&'a str>,
    pub(super) words: &'a str,
}

/// Lines under one another.
pub(super) struct Page {
    pub(super) lines: Vec<String>,
    layout: Layout,
    pub(super) now: Timestamp,
    pub(super) paint: Paint,
}

impl Page {
    pub(super) fn new(layout: Layout, now: Timestamp, paint: Paint) -> Self {
        Self { lines: Vec::new(), layout, now, paint }
    }

    pub(super) fn is_folded(&self) -> bool {
        self.layout.is_folded
    }

    pub(super) fn line(&mut self, line: String) {
        self.lines.push(line);
    }

    pub(super) fn row(&mut self, row: &Row<'_>) {
        let Row { indent, name, status, since, words } = row;
        // A few words take no more room than a time does.
        let is_below = self.layout.is_narrow && words.len() > STATUS;
        let is_alone = since.is_none() && (words.is_empty() || is_below);
        let status = self.paint.status(status, if is_alone { 0 } else { STATUS });
        let width = self.layout.names - indent.len();
        let since = since.map(|since| format!(" {since}")).unwrap_or_default();
        let head = format!("{indent}{name:<width$} {status}{since}");
        match (words.is_empty(), is_below) {
            (true, _) => self.line(head),
            (false, true) => self.lines.extend([head, format!("{indent}  {words}")]),
            (false, false) => self.line(format!("{head} {words}")),
        }
    }
}
