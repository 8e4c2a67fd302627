//! Colours, where they are wanted.

use std::fmt::{self, Display};
use std::io::IsTerminal as _;

use anstyle::{AnsiColor, Style};

/// Whether text is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// It is.
    Colours,
    /// It is not.
    Plain,
}

impl Paint {
    /// Colours on a terminal, unless the user has set `NO_COLOR`.
    pub fn of_stdout() -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if std::io::stdout().is_terminal() && !refused { Self::Colours } else { Self::Plain }
    }

    /// A status in the colour of what it means, on the left of a column.
    pub(super) fn status(self, status: &str, width: usize) -> impl Display {
        self.meant(status, format!("{status:<width$}"))
    }

    /// Any words in the colour of a status.
    pub(super) fn meant(self, status: &str, words: String) -> impl Display {
        let style = match status {
            "Succeeded" | "HELD" | "done" | "would run here" => AnsiColor::Green.on_default(),
            "Failed" | "Errored" | "QUARANTINED" | "failed" | "would not run here" => AnsiColor::Red.on_default(),
            "InProgress" | "DELETING" | "planned" => AnsiColor::Cyan.on_default(),
            "waits" | "Stopping" | "Stopped" | "Cancelled" | "Abandoned" | "DIRTY" | "conflict" | "left" => {
                AnsiColor::Yellow.on_default()
            }
            _ => Style::new().dimmed(),
        };
        self.styled(style, words)
    }

    pub(super) fn bold(self, text: impl Into<String>) -> impl Display {
        self.styled(Style::new().bold(), text.into())
    }

    pub(super) fn dim(self, text: impl Into<String>) -> impl Display {
        self.styled(Style::new().dimmed(), text.into())
    }

    fn styled(self, style: Style, text: String) -> impl Display {
        let style = if self == Self::Colours { style } else { Style::new() };
        fmt::from_fn(move |f| write!(f, "{style}{text}{style:#}"))
    }
}
