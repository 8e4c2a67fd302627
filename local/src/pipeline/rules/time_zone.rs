//! The `TimeZone` of a `DeploymentWindow` rule.

use jiff::tz::{Offset, TimeZone};

/// The abbreviations that Java takes for a region (`ZoneId.SHORT_IDS`), but those that the time zone database has too.
const ABBREVIATIONS: [(&str, &str); 25] = [
    ("ACT", "Australia/Darwin"),
    ("AET", "Australia/Sydney"),
    ("AGT", "America/Argentina/Buenos_Aires"),
    ("ART", "Africa/Cairo"),
    ("AST", "America/Anchorage"),
    ("BET", "America/Sao_Paulo"),
    ("BST", "Asia/Dhaka"),
    ("CAT", "Africa/Harare"),
    ("CNT", "America/St_Johns"),
    ("CST", "America/Chicago"),
    ("CTT", "Asia/Shanghai"),
    ("EAT", "Africa/Addis_Ababa"),
    ("ECT", "Europe/Paris"),
    ("IET", "America/Indiana/Indianapolis"),
    ("IST", "Asia/Kolkata"),
    ("JST", "Asia/Tokyo"),
    ("MIT", "Pacific/Apia"),
    ("NET", "Asia/Yerevan"),
    ("NST", "Pacific/Auckland"),
    ("PLT", "Asia/Karachi"),
    ("PNT", "America/Phoenix"),
    ("PRT", "America/Puerto_Rico"),
    ("PST", "America/Los_Angeles"),
    ("SST", "Pacific/Guadalcanal"),
    ("VST", "Asia/Ho_Chi_Minh"),
];

/// `Region/City`, `UTC`, `UTC+05:30`, or an abbreviation, which means what Java says.
pub fn time_zone(name: &str) -> Result<TimeZone, &'static str> {
    if let Some(offset) = name.strip_prefix("UTC").filter(|offset| !offset.is_empty()) {
        return fixed(offset).ok_or("write an offset from UTC as UTC+05:30");
    }
    let region = ABBREVIATIONS.iter().find(|(short, _)| *short == name).map_or(name, |(_, region)| region);
    TimeZone::get(region).map_err(|_| "this machine knows no such time zone; write Region/City, UTC or UTC+05:30")
}

fn fixed(offset: &str) -> Option<TimeZone> {
    let (sign, digits) = match offset.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = digits.split_once(':')?;
    let number = |digits: &str, below: i32| {
        let two = digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_digit());
        digits.parse::<i32>().ok().filter(|value| two && *value < below)
    };
    let seconds = sign * (number(hours, 24)? * 3600 + number(minutes, 60)? * 60);
    Some(TimeZone::fixed(Offset::from_seconds(seconds).ok()?))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    /// The offset on a summer's day in the north.
    fn offset(name: &str) -> String {
        let zone = time_zone(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        date(2026, 7, 1).to_zoned(zone).unwrap().offset().to_string()
    }

    #[test]
    fn a_zone_is_a_region_an_offset_or_an_abbreviation_of_java() {
        for (name, expected) in [
            ("UTC", "+00"),
            ("UTC+05:30", "+05:30"),
            ("UTC-03:00", "-03"),
            ("Europe/Berlin", "+02"),
            ("PST", "-07"),
            ("CST", "-05"),
            ("IST", "+05:30"),
            ("JST", "+09"),
            ("EST", "-05"),
            ("HST", "-10"),
        ] {
            assert_eq!(offset(name), expected, "{name}");
        }
    }

    #[test]
    fn every_abbreviation_is_known() {
        for (short, region) in ABBREVIATIONS {
            assert_eq!(time_zone(short), time_zone(region), "{short}");
            assert!(time_zone(short).is_ok(), "{short}");
        }
    }

    #[test]
    fn other_names_are_refused() {
        for name in ["", "UTC+5", "UTC+05:60", "UTC+24:00", "UTC 05:30", "UTC+é5:00", "Mars/Olympus", "XYZ"] {
            assert!(time_zone(name).is_err(), "{name}");
        }
    }
}
