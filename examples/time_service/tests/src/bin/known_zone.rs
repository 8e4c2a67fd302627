//! The happy path: the time in Paris is told, and it is right.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use tests::{Answer, Api, Failure};

#[derive(Deserialize)]
struct LocalTime {
    zone: String,
    time: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    tests::run(a_known_zone_is_told_its_time).await
}

fn a_known_zone_is_told_its_time(api: &Api) -> Result<(), Failure> {
    check(&api.get("/time/Europe/Paris")?, Timestamp::now())
}

fn check(answer: &Answer, now: Timestamp) -> Result<(), Failure> {
    let LocalTime { zone, time } = answer.json(200)?;
    answer.expect("the zone Europe/Paris", zone == "Europe/Paris")?;
    answer.expect("an offset of Paris", time.ends_with("+01:00") || time.ends_with("+02:00"))?;
    answer.expect(&format!("a time within a minute of {now}"), is_close(&time, now))
}

fn is_close(time: &str, now: Timestamp) -> bool {
    let a_minute = SignedDuration::from_mins(1);
    time.parse().is_ok_and(|time: Timestamp| now.duration_since(time).abs() <= a_minute)
}

#[cfg(test)]
mod unit {
    use super::*;

    fn verdict(status: u16, body: &str) -> Result<(), String> {
        let (url, body) = ("http://api/time".to_owned(), body.to_owned());
        let answer = Answer { url, status, body };
        let noon = "2026-07-01T12:00:00Z".parse().unwrap();
        check(&answer, noon).map_err(|failure| failure.to_string())
    }

    fn told(zone: &str, time: &str) -> String {
        format!(r#"{{"zone":"{zone}","time":"{time}"}}"#)
    }

    #[test]
    fn the_right_time_passes() {
        let body = told("Europe/Paris", "2026-07-01T14:00:59+02:00");
        assert_eq!(verdict(200, &body), Ok(()));
    }

    #[test]
    fn anything_else_fails_and_says_what_was_asked_expected_and_answered() {
        let fails = |status: u16, body: &str, expected: &str| {
            let message = format!("GET http://api/time: expected {expected}, got status {status} with {body}");
            assert_eq!(verdict(status, body), Err(message));
        };
        let right = told("Europe/Paris", "2026-07-01T14:00:00+02:00");
        fails(502, &right, "status 200");
        let elsewhere = told("UTC", "2026-07-01T14:00:00+02:00");
        fails(200, &elsewhere, "the zone Europe/Paris");
        let in_utc = told("Europe/Paris", "2026-07-01T12:00:00+00:00");
        fails(200, &in_utc, "an offset of Paris");
        let late = told("Europe/Paris", "2026-07-01T14:01:01+02:00");
        fails(200, &late, "a time within a minute of 2026-07-01T12:00:00Z");
        fails(200, "noon", "other JSON (expected ident at line 1 column 2)");
    }
}
