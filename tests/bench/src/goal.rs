//! Figures beside their goals.

use std::fmt;

/// What was measured, and what it should be at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Figure {
    goal: &'static str,
    what: &'static str,
    measured: u64,
    limit: u64,
    unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Bytes,
    Count,
}

const MB: u64 = 1_000_000;

pub(crate) fn peak_memory(bytes: u64) -> Figure {
    Figure { goal: "P4", what: "peak RSS", measured: bytes, limit: 10 * MB, unit: Unit::Bytes }
}

pub(crate) fn package(bytes: u64) -> Figure {
    Figure { goal: "P5", what: "zip", measured: bytes, limit: 3 * MB, unit: Unit::Bytes }
}

/// The symbols of aws-lc's CPU-jitter entropy, which would cost more than all the rest of a cold start.
pub(crate) fn jitter_symbols(count: usize) -> Figure {
    Figure { goal: "P12", what: "jent_ symbols", measured: count as u64, limit: 0, unit: Unit::Count }
}

impl Figure {
    pub(crate) fn is_met(&self) -> bool {
        self.measured <= self.limit
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { goal, what, .. } = self;
        let (measured, limit) = (self.unit.show(self.measured), self.unit.show(self.limit));
        let judgement = if self.is_met() { "met" } else { "MISSED" };
        write!(f, "{goal:<3} {what:<13} {measured:>8}  goal {limit:>8}  {judgement}")
    }
}

impl Unit {
    fn show(self, number: u64) -> String {
        match self {
            // Up, so that what is printed as the goal is not beyond it.
            Self::Bytes => {
                let hundredths = number.div_ceil(MB / 100);
                format!("{}.{:02} MB", hundredths / 100, hundredths % 100)
            }
            Self::Count => number.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_met_up_to_its_limit_and_missed_by_one_byte_more() {
        assert!(peak_memory(10_000_000).is_met() && !peak_memory(10_000_001).is_met());
        assert!(package(3_000_000).is_met() && !package(3_000_001).is_met());
        assert!(jitter_symbols(0).is_met() && !jitter_symbols(1).is_met());
    }

    #[test]
    fn a_figure_is_printed_beside_its_goal() {
        assert_eq!(peak_memory(8_123_456).to_string(), "P4  peak RSS       8.13 MB  goal 10.00 MB  met");
        assert_eq!(package(3_000_001).to_string(), "P5  zip            3.01 MB  goal  3.00 MB  MISSED");
        assert_eq!(jitter_symbols(2).to_string(), "P12 jent_ symbols        2  goal        0  MISSED");
    }
}
