//! Figures beside their goals.

use std::{fmt, time::Duration};

/// What was measured, and what it should be at most, or at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Figure {
    goal: &'static str,
    what: &'static str,
    measured: u64,
    bound: Bound,
    unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    AtMost(u64),
    AtLeast(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Bytes,
    Count,
    Instructions,
    /// In hundredths.
    Times,
}

const MILLION: u64 = 1_000_000;

/// One of several goals of the same kind: its number, and what is compared with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Goal(pub(crate) &'static str, pub(crate) &'static str);

impl Goal {
    pub(crate) fn bytes(self, measured: u64, limit: u64) -> Figure {
        self.figure(measured, Bound::AtMost(limit), Unit::Bytes)
    }

    pub(crate) fn at_most(self, measured: usize, limit: usize) -> Figure {
        self.figure(measured as u64, Bound::AtMost(limit as u64), Unit::Count)
    }

    pub(crate) fn at_least(self, measured: usize, limit: usize) -> Figure {
        self.figure(measured as u64, Bound::AtLeast(limit as u64), Unit::Count)
    }

    pub(crate) fn instructions(self, measured: u64, limit: u64) -> Figure {
        self.figure(measured, Bound::AtMost(limit), Unit::Instructions)
    }

    /// How much more `ours` is than `theirs`; at most `limit` hundredths.
    pub(crate) fn as_much(self, ours: u64, theirs: u64, limit: u64) -> Figure {
        self.figure((ours * 100).div_ceil(theirs.max(1)), Bound::AtMost(limit), Unit::Times)
    }

    /// How much less `ours` is than `theirs`; at least `limit` times.
    pub(crate) fn less(self, ours: u64, theirs: u64, limit: u64) -> Figure {
        self.figure(theirs * 100 / ours.max(1), Bound::AtLeast(limit * 100), Unit::Times)
    }

    fn figure(self, measured: u64, bound: Bound, unit: Unit) -> Figure {
        Figure { goal: self.0, what: self.1, measured, bound, unit }
    }
}

impl Figure {
    pub(crate) fn is_met(&self) -> bool {
        match self.bound {
            Bound::AtMost(limit) => self.measured <= limit,
            Bound::AtLeast(limit) => self.measured >= limit,
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { goal, what, unit, .. } = self;
        let (sign, limit) = match self.bound {
            Bound::AtMost(limit) => ('≤', limit),
            Bound::AtLeast(limit) => ('≥', limit),
        };
        let (measured, limit) = (unit.show(self.measured), unit.show(limit));
        let judgement = if self.is_met() { "met" } else { "MISSED" };
        write!(f, "{goal:<3} {what:<46} {measured:>9}  goal {sign} {limit:>8}  {judgement}")
    }
}

impl Unit {
    fn show(self, number: u64) -> String {
        match self {
            // Up, so that what is printed as the goal is not beyond it.
            Self::Bytes => hundredths(number.div_ceil(MILLION / 100), " MB"),
            Self::Instructions => hundredths(number.div_ceil(MILLION / 100), " M"),
            Self::Times => hundredths(number, "x"),
            Self::Count => number.to_string(),
        }
    }
}

fn hundredths(number: u64, unit: &str) -> String {
    format!("{}.{:02}{unit}", number / 100, number % 100)
}

/// Such as `12.34 ms`.
pub(crate) fn milliseconds(duration: Duration) -> String {
    hundredths(nanoseconds(duration).div_ceil(10_000), " ms")
}

/// Such as `12.34 M`.
pub(crate) fn millions(instructions: u64) -> String {
    Unit::Instructions.show(instructions)
}

pub(crate) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOAL: Goal = Goal("P0", "it");

    #[test]
    fn a_goal_is_met_up_to_its_limit_and_missed_by_one_more() {
        assert!(GOAL.bytes(10_000_000, 10_000_000).is_met() && !GOAL.bytes(10_000_001, 10_000_000).is_met());
        assert!(GOAL.at_most(0, 0).is_met() && !GOAL.at_most(1, 0).is_met());
        assert!(GOAL.at_least(32, 32).is_met() && !GOAL.at_least(31, 32).is_met());
    }

    #[test]
    fn a_ratio_is_rounded_against_us() {
        assert!(GOAL.as_much(1500, 1000, 150).is_met() && !GOAL.as_much(1501, 1000, 150).is_met());
        assert!(GOAL.less(10, 400, 40).is_met() && !GOAL.less(10, 399, 40).is_met());
    }

    #[test]
    fn a_figure_is_printed_beside_its_goal() {
        let printed = |figure: Figure| figure.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(printed(GOAL.bytes(8_123_456, 10_000_000)), "P0 it 8.13 MB goal ≤ 10.00 MB met");
        assert_eq!(printed(GOAL.bytes(3_000_001, 3_000_000)), "P0 it 3.01 MB goal ≤ 3.00 MB MISSED");
        assert_eq!(printed(GOAL.at_most(2, 0)), "P0 it 2 goal ≤ 0 MISSED");
        assert_eq!(printed(GOAL.less(3, 100, 40)), "P0 it 33.33x goal ≥ 40.00x MISSED");
        assert_eq!(printed(GOAL.instructions(7_990_001, 8_000_000)), "P0 it 8.00 M goal ≤ 8.00 M met");
    }

    #[test]
    fn times_and_instructions_are_shown_in_units_of_their_size() {
        assert_eq!(
            (milliseconds(Duration::from_micros(12_345)), millions(2_000_000)),
            ("12.35 ms".into(), "2.00 M".into())
        );
    }
}
