//! What is printed, as soon as it is known.

use std::fmt::Display;

use crate::goal::Figure;

/// The lines so far.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    missed: usize,
    left_out: usize,
}

impl Lines {
    /// A figure of the program of this name.
    pub(crate) fn figure(&mut self, program: &str, figure: Figure) {
        self.missed += usize::from(!figure.is_met());
        line(program, figure);
    }

    /// What is not measured here, and why.
    pub(crate) fn left_out(&mut self, goal: &str, why: impl Display) {
        self.left_out += 1;
        line("LEFT OUT", format_args!("{goal:<3} {why}"));
    }

    /// Whether every goal that was measured was met.
    pub(crate) fn end(&self) -> bool {
        println!("{} goals missed, {} left out", self.missed, self.left_out);
        self.missed == 0
    }
}

/// What the figures were made of, or what has no goal.
pub(crate) fn note(program: &str, text: impl Display) {
    line(program, text);
}

fn line(program: &str, text: impl Display) {
    println!("{program:<12} {text}");
}
