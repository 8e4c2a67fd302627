use jiff::civil::date;
use jiff::{Timestamp, Zoned};

use super::*;

fn cron(text: &str) -> Cron {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn zoned(text: &str) -> Zoned {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The first three times from the start of a day in UTC.
fn first(text: &str, from: &str) -> Vec<String> {
    let (cron, mut at) = (cron(text), zoned(&format!("{from}T00:00:00+00:00[UTC]")));
    let mut found = Vec::new();
    while let Some(next) = cron.first_from(&at).filter(|_| found.len() < 3) {
        found.push(next.strftime("%Y-%m-%d %H:%M:%S").to_string());
        at = next.checked_add(SignedDuration::from_mins(1)).unwrap();
    }
    found
}

#[test]
fn each_form_of_a_field_means_what_quartz_says() {
    for (text, from, expected) in [
        ("* * * ? * *", "2026-01-01", ["2026-01-01 00:00:00", "2026-01-01 00:01:00", "2026-01-01 00:02:00"]),
        ("* 0 12 * * ?", "2026-01-01", ["2026-01-01 12:00:00", "2026-01-02 12:00:00", "2026-01-03 12:00:00"]),
        ("* 15 10 ? * MON-FRI", "2026-01-01", ["2026-01-01 10:15:00", "2026-01-02 10:15:00", "2026-01-05 10:15:00"]),
        ("* 15 10 ? * 2-6", "2026-01-03", ["2026-01-05 10:15:00", "2026-01-06 10:15:00", "2026-01-07 10:15:00"]),
        ("* 0 0 ? * FRI-MON", "2026-01-06", ["2026-01-09 00:00:00", "2026-01-10 00:00:00", "2026-01-11 00:00:00"]),
        ("* 0 22-1 ? * *", "2026-01-01", ["2026-01-01 00:00:00", "2026-01-01 01:00:00", "2026-01-01 22:00:00"]),
        ("* 0 0 ? * mon,WED", "2026-01-01", ["2026-01-05 00:00:00", "2026-01-07 00:00:00", "2026-01-12 00:00:00"]),
        ("* 5/15 0 ? * *", "2026-01-01", ["2026-01-01 00:05:00", "2026-01-01 00:20:00", "2026-01-01 00:35:00"]),
        ("* */20 0 ? * *", "2026-01-01", ["2026-01-01 00:00:00", "2026-01-01 00:20:00", "2026-01-01 00:40:00"]),
        ("* 10-20/5 0 ? * *", "2026-01-01", ["2026-01-01 00:10:00", "2026-01-01 00:15:00", "2026-01-01 00:20:00"]),
        ("* 0 0 1 JAN,JUN ?", "2026-02-01", ["2026-06-01 00:00:00", "2027-01-01 00:00:00", "2027-06-01 00:00:00"]),
        ("* 0 0 1 NOV-FEB ?", "2026-02-02", ["2026-11-01 00:00:00", "2026-12-01 00:00:00", "2027-01-01 00:00:00"]),
        ("* 0 0 L * ?", "2028-02-01", ["2028-02-29 00:00:00", "2028-03-31 00:00:00", "2028-04-30 00:00:00"]),
        ("* 0 0 L-3 * ?", "2026-01-01", ["2026-01-28 00:00:00", "2026-02-25 00:00:00", "2026-03-28 00:00:00"]),
        ("* 0 0 LW * ?", "2026-01-01", ["2026-01-30 00:00:00", "2026-02-27 00:00:00", "2026-03-31 00:00:00"]),
        // A Saturday moves back, a Sunday forward, and neither leaves the month.
        ("* 0 0 15W * ?", "2026-02-01", ["2026-02-16 00:00:00", "2026-03-16 00:00:00", "2026-04-15 00:00:00"]),
        ("* 0 0 1W * ?", "2026-08-01", ["2026-08-03 00:00:00", "2026-09-01 00:00:00", "2026-10-01 00:00:00"]),
        ("* 0 0 31W MAY ?", "2026-01-01", ["2026-05-29 00:00:00", "2027-05-31 00:00:00", "2028-05-31 00:00:00"]),
        ("* 0 0 31W * ?", "2026-01-31", ["2026-03-31 00:00:00", "2026-05-29 00:00:00", "2026-07-31 00:00:00"]),
        ("* 0 0 ? * L", "2026-01-01", ["2026-01-03 00:00:00", "2026-01-10 00:00:00", "2026-01-17 00:00:00"]),
        ("* 0 0 ? * 6L", "2026-01-01", ["2026-01-30 00:00:00", "2026-02-27 00:00:00", "2026-03-27 00:00:00"]),
        ("* 0 0 ? * FRIL", "2026-01-01", ["2026-01-30 00:00:00", "2026-02-27 00:00:00", "2026-03-27 00:00:00"]),
        ("* 0 0 ? * 6#3", "2026-01-01", ["2026-01-16 00:00:00", "2026-02-20 00:00:00", "2026-03-20 00:00:00"]),
        ("* 0 0 ? * 2#5", "2026-01-01", ["2026-03-30 00:00:00", "2026-06-29 00:00:00", "2026-08-31 00:00:00"]),
        ("* 0 0 29 2 ?", "2026-01-01", ["2028-02-29 00:00:00", "2032-02-29 00:00:00", "2036-02-29 00:00:00"]),
        ("* 0 0 1 1 ? 2030/100", "2026-01-01", ["2030-01-01 00:00:00", "2130-01-01 00:00:00", ""]),
    ] {
        let expected: Vec<_> = expected.into_iter().filter(|time| !time.is_empty()).collect();
        assert_eq!(first(text, from), expected, "{text}");
    }
}

#[test]
fn a_pattern_that_has_passed_never_holds_again() {
    assert!(first("* * * ? * * 1970-2025", "2026-01-01").is_empty());
    assert!(first("* * * 31 2 ?", "2026-01-01").is_empty());
}

#[test]
fn what_quartz_refuses_is_refused_and_told() {
    for (text, expected) in [
        ("", "it has 0 fields"),
        ("* * ? * *", "it has 5 fields"),
        ("* * * ? * * * *", "it has 8 fields"),
        ("@daily", "it has 1 fields"),
        ("60 * * ? * *", "\"60\" is no second; write 0-59"),
        ("? * * ? * *", "\"?\" is no second"),
        ("* 60 * ? * *", "\"60\" is no minute; write 0-59"),
        ("* 5,, * ? * *", "\"5,,\" is no minute"),
        ("* +5 * ? * *", "\"+5\" is no minute"),
        ("* 1-2-3 * ? * *", "\"1-2-3\" is no minute"),
        ("* */0 * ? * *", "\"*/0\" is no minute"),
        ("* * 24 ? * *", "\"24\" is no hour"),
        ("* * ? 1 * ?", "\"?\" is no hour"),
        ("* * * 32 * ?", "\"32\" is no day of month"),
        ("* * * 0W * ?", "\"0W\" is no day of month"),
        ("* * * L-31 * ?", "\"L-31\" is no day of month"),
        ("* * * L,5 * ?", "\"L,5\" is no day of month"),
        ("* * * ? 0 *", "\"0\" is no month"),
        ("* * * ? MAR-MARCH *", "\"MAR-MARCH\" is no month"),
        ("* * * ? * 0", "\"0\" is no day of week"),
        ("* * * ? * 8", "\"8\" is no day of week"),
        ("* * * ? * 6#6", "\"6#6\" is no day of week"),
        ("* * * ? * MON#x", "\"MON#X\" is no day of week"),
        ("* * * ? * * 1969", "\"1969\" is no year"),
        ("* * * ? * * 2030-2026", "\"2030-2026\" is no year"),
        ("* * * ? * ?", "exactly one of day of month and day of week must be \"?\""),
        ("* * * * * *", "exactly one of day of month and day of week must be \"?\""),
    ] {
        let error = text.parse::<Cron>().unwrap_err().to_string();
        assert!(error.starts_with(expected), "{text}: {error}");
    }
}

/// docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference-DeploymentWindow.html
#[test]
fn the_documented_example_is_open_in_a_whole_minute_whatever_its_second() {
    let opens = ["2026-01-02 09:00:00", "2026-01-02 10:00:00", "2026-01-02 11:00:00"];
    for second in ["0", "*", "0/15", "59"] {
        let text = format!("{second} 0 9-17 ? * MON-FRI *");
        assert_eq!(first(&text, "2026-01-02"), opens, "{text}");
        let within = zoned("2026-01-02T09:00:30+00:00[UTC]");
        assert!(cron(&text).first_from(&within).unwrap() <= within, "{text}");
    }
}

#[test]
fn a_moment_within_a_matching_minute_matches() {
    let at = zoned("2026-01-01T09:00:59.999+00:00[UTC]");
    let opens = cron("* 0 9 ? * *").first_from(&at).unwrap();
    assert!(opens <= at && opens.date() == date(2026, 1, 1), "{opens}");
}

#[test]
fn clocks_that_are_put_forward_or_back_are_followed() {
    let next = |text: &str, from: &str| cron(text).first_from(&zoned(from)).unwrap().timestamp();
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    // On 2026-03-29 there is no 02:30 in Paris; on 2026-10-25 there are two.
    let spring = "2026-03-29T00:00:00+01:00[Europe/Paris]";
    assert_eq!(next("* 30 2 ? * *", spring), at("2026-03-30T00:30:00Z"));
    assert_eq!(next("* 0 3 ? * *", spring), at("2026-03-29T01:00:00Z"));
    let (before, between) = ("2026-10-25T00:00:00+02:00[Europe/Paris]", "2026-10-25T02:31:00+02:00[Europe/Paris]");
    assert_eq!(next("* 30 2 ? * *", before), at("2026-10-25T00:30:00Z"));
    assert_eq!(next("* 30 2 ? * *", between), at("2026-10-25T01:30:00Z"));
    // Half an hour is skipped, and repeated, on Lord Howe Island.
    assert_eq!(next("* 45 1 ? * *", "2026-04-05T01:50:00+11:00[Australia/Lord_Howe]"), at("2026-04-04T15:15:00Z"));
}
