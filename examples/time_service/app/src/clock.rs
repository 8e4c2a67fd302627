//! What time it is where. The current moment is a parameter, so that a test can choose it.

use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;

/// The answer to a request for the time.
#[derive(Debug, PartialEq, Serialize)]
pub struct LocalTime {
    /// The time zone's IANA name, in the database's own spelling.
    pub zone: String,
    /// The time there: RFC 3339, to the millisecond, with the zone's offset from UTC.
    pub time: String,
}

/// The time zone database has no such zone.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("unknown time zone: {0}")]
pub struct UnknownZone(String);

/// The time in `zone` at the moment `now`.
pub fn time_in(zone: &str, now: Timestamp) -> Result<LocalTime, UnknownZone> {
    let unknown = || UnknownZone(zone.to_owned());
    let zone = TimeZone::get(zone).map_err(|_| unknown())?;
    let name = zone.iana_name().filter(|_| !zone.is_unknown()).ok_or_else(unknown)?;
    let time = now.display_with_offset(zone.to_offset(now));
    Ok(LocalTime { zone: name.to_owned(), time: format!("{time:.3}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(zone: &str, now: &str) -> String {
        time_in(zone, now.parse().unwrap()).unwrap().time
    }

    #[test]
    fn the_offset_is_the_one_in_force_at_that_moment() {
        assert_eq!(time("Europe/Paris", "2026-01-01T12:00:00Z"), "2026-01-01T13:00:00.000+01:00");
        assert_eq!(time("Europe/Paris", "2026-07-01T12:00:00Z"), "2026-07-01T14:00:00.000+02:00");
        assert_eq!(time("UTC", "2026-07-01T12:00:00Z"), "2026-07-01T12:00:00.000+00:00");
    }

    #[test]
    fn a_zone_is_found_whatever_its_case_and_answered_in_its_own_spelling() {
        let answer = time_in("america/argentina/USHUAIA", Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(answer.zone, "America/Argentina/Ushuaia");
    }

    #[test]
    fn what_the_database_does_not_have_is_unknown() {
        for zone in ["Mars/Olympus", "", "../etc/passwd", "Etc/Unknown", "+02:00"] {
            assert_eq!(time_in(zone, Timestamp::UNIX_EPOCH), Err(UnknownZone(zone.to_owned())));
        }
    }
}
