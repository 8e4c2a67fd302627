//! Lengths and times, as people write them.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp, ToSpan as _};

/// A length such as `90m`, `8h` or `3d`: whole seconds. A day has 24 hours.
pub(in crate::cli) fn length(text: &str) -> Result<SignedDuration, String> {
    let span: Span = text.parse().map_err(|_| "write a length such as 90m, 8h or 3d")?;
    let length = span.to_duration(SpanRelativeTo::days_are_24_hours());
    let length = length.map_err(|_| "months and years differ in length; write days")?;
    let is_whole = length.is_positive() && length.subsec_nanos() == 0;
    if is_whole { Ok(length) } else { Err("write whole seconds, one at least".to_owned()) }
}

/// A time as people here write it.
pub(super) fn here(text: &str) -> Result<Timestamp, String> {
    time(text, &TimeZone::system())
}

/// A time: with its offset, else of this zone. A day is its end: who wants something kept until a day has it on that day.
fn time(text: &str, zone: &TimeZone) -> Result<Timestamp, String> {
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    let local = match text.parse::<DateTime>() {
        Ok(_) if !text.contains(':') => {
            text.parse::<Date>().and_then(|day| day.checked_add(1.day())).map(DateTime::from)
        }
        time => time,
    };
    let time = local.and_then(|local| zone.to_timestamp(local));
    time.map_err(|_| "write a day such as 2026-12-01, or a time such as 2026-12-01T18:00:00Z".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_whole_seconds_and_more_than_none() {
        let cases =
            [("2h", 7_200), ("90m", 5_400), ("1h30m", 5_400), ("3d", 259_200), ("2 weeks", 1_209_600), ("PT1S", 1)];
        for (text, seconds) in cases {
            assert_eq!(length(text), Ok(SignedDuration::from_secs(seconds)), "{text}");
        }
        for text in ["", "8", "soon", "0s", "-2h", "2h ago", "500ms", "1.5s", "1 month", "99999999999999999999h"] {
            assert!(length(text).is_err(), "{text:?}: {:?}", length(text));
        }
    }

    #[test]
    fn a_day_counts_to_its_end_where_one_is() {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let cases = [
            ("2026-12-01", "2026-12-01T22:00:00Z"),
            ("20261201", "2026-12-01T22:00:00Z"),
            ("2026-12-01T18:00", "2026-12-01T16:00:00Z"),
            ("2026-12-01 18:00:05", "2026-12-01T16:00:05Z"),
            ("2026-12-01T18:00:00Z", "2026-12-01T18:00:00Z"),
            ("2026-12-01T18:00:00+01:00", "2026-12-01T17:00:00Z"),
        ];
        for (text, expected) in cases {
            assert_eq!(time(text, &zone), Ok(expected.parse().unwrap()), "{text}");
        }
        for text in ["", "tomorrow", "2026-13-01", "2026-12", "9999-12-31", "3d"] {
            assert!(time(text, &zone).is_err(), "{text:?}: {:?}", time(text, &zone));
        }
    }
}
