//! Words that several reports use.

use jiff::{SignedDuration, Timestamp};
use serde::Serializer;

use crate::pipeline::action::ConditionKind;

/// As much of an id as people compare.
pub(super) fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}

/// A text's first line, as a terminal may show it.
pub(super) fn first_line(text: &str) -> String {
    printable(text.lines().next().unwrap_or_default())
}

/// What others wrote, without what would move a terminal's cursor, colour it, or turn text around.
pub fn printable(text: &str) -> String {
    let steers = |c: char| {
        c.is_control() && !matches!(c, '\n' | '\t') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if steers(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// When a condition is evaluated, for people.
pub(super) fn kind(kind: ConditionKind) -> &'static str {
    match kind {
        ConditionKind::BeforeEntry => "before entry",
        ConditionKind::OnSuccess => "on success",
        ConditionKind::OnFailure => "on failure",
    }
}

/// When a condition is evaluated, for programs: as a pipeline's declaration spells it.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
pub(super) fn kind_in_json<S: Serializer>(kind: &ConditionKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(key(*kind))
}

/// The condition's key in a pipeline's declaration.
pub(super) fn key(kind: ConditionKind) -> &'static str {
    match kind {
        ConditionKind::BeforeEntry => "beforeEntry",
        ConditionKind::OnSuccess => "onSuccess",
        ConditionKind::OnFailure => "onFailure",
    }
}

/// A time to the second, in UTC.
pub(super) fn second(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// A duration to the second.
pub(super) fn duration(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds}s"),
        (0, _) => format!("{minutes}m {seconds:02}s"),
        _ => format!("{hours}h {minutes:02}m {seconds:02}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_the_units_they_need() {
        let cases = [(0, "0s"), (59, "59s"), (60, "1m 00s"), (3_599, "59m 59s"), (3_600, "1h 00m 00s"), (-5, "0s")];
        for (seconds, expected) in cases {
            assert_eq!(duration(SignedDuration::from_secs(seconds)), expected);
        }
    }

    #[test]
    fn what_others_wrote_does_not_steer_the_terminal() {
        let cases = [
            ("plain, naïve, 日本\n\tmore", "plain, naïve, 日本\n\tmore"),
            ("red \u{1b}[31m", "red \u{fffd}[31m"),
            ("approved\rrejected\u{7}\u{9b}2J\u{7f}", "approved\u{fffd}rejected\u{fffd}\u{fffd}2J\u{fffd}"),
            ("\u{202e}desrever\u{2069}", "\u{fffd}desrever\u{fffd}"),
        ];
        for (text, expected) in cases {
            assert_eq!(printable(text), expected);
        }
        assert_eq!(first_line("one\rtwo\nthree"), "one\u{fffd}two");
    }

    #[test]
    fn an_id_that_is_short_already_stays() {
        assert_eq!([short("abc"), short("0123456789")], ["abc", "01234567"]);
    }
}
