//! `flowgate lease renew`, `release` and `hold`: what is done to a claim that stands.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::args::{Hold, HoldEnd, Release, Renew, Standing};
use super::look::standing;
use super::{open, tell};
use crate::cli::ask;
use crate::cli::client::ClientError;
use crate::cli::function::Function;
use crate::report::{self, Lease, Paint};

pub(super) async fn renew(options: &Renew) -> Result<(), ClientError> {
    change(&options.claim, "renew", json!({"ttl": options.ttl.as_secs()})).await
}

pub(super) async fn release(options: &Release) -> Result<(), ClientError> {
    change(&options.claim, "release", releasing(options)).await
}

fn releasing(options: &Release) -> Value {
    json!({"quarantined": options.quarantined})
}

pub(super) async fn hold(options: &Hold) -> Result<(), ClientError> {
    change(&options.claim, "hold", json!({"until": until(&options.end, Timestamp::now())})).await
}

/// When a hold ends; a length that is beyond all time ends with it, and is refused as too long.
fn until(end: &HoldEnd, now: Timestamp) -> Timestamp {
    let later = |length| now.checked_add(length).unwrap_or(Timestamp::MAX);
    end.until.or_else(|| end.length.map(later)).unwrap_or(now)
}

async fn change(claim: &Standing, operation: &str, mut request: Value) -> Result<(), ClientError> {
    let Standing { about, .. } = claim;
    check(claim, ask::is_at_terminal())?;
    let function = open(about).await?;
    // I7: the answer to what was seen carries its token, so it cannot reach another claim that came meanwhile.
    request["token"] = token(&function, claim, operation).await?.into();
    request["operation"] = operation.into();
    request["stack"] = about.stack.as_str().into();
    let answer = function.ask(&request).await?;
    tell(&function, &answer, about.json, |lease| report::changed(lease, operation, Timestamp::now()))
}

/// A claim that nobody named is acted on only if somebody can be shown it, or said that any is meant.
fn check(claim: &Standing, is_at_terminal: bool) -> Result<(), ClientError> {
    let is_meant = claim.token.is_some() || claim.yes || is_at_terminal;
    if is_meant { Ok(()) } else { Err(ClientError::UnnamedClaim) }
}

/// The token that was given; else that of what stands, when whoever sits at the terminal agrees.
async fn token(function: &Function, claim: &Standing, operation: &str) -> Result<u64, ClientError> {
    if let Some(token) = claim.token {
        return Ok(token);
    }
    let seen: Lease = function.read(&standing(function, &claim.about.stack).await?)?;
    if !claim.yes {
        let question = format!("{}{operation}? [y/N] ", report::lease(&seen, Paint::Plain));
        if !ask::confirm(question).await {
            return Err(ClientError::NotChanged);
        }
    }
    Ok(seen.token)
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use jiff::SignedDuration;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        release: Release,
    }

    #[test]
    fn only_who_says_so_releases_from_quarantine() {
        let given = |args: &[&str]| releasing(&Line::parse_from([&["release", "shop-dev-ada"], args].concat()).release);
        assert_eq!(given(&["--yes"]), json!({"quarantined": false}));
        assert_eq!(given(&["--quarantined"]), json!({"quarantined": true}));
    }

    #[test]
    fn where_nobody_can_be_asked_a_claim_is_named_or_said_to_be_any() {
        let is_taken = |args: &[&str], is_at_terminal: bool| {
            let line = Line::parse_from([&["release", "shop-dev-ada"], args].concat());
            check(&line.release.claim, is_at_terminal).is_ok()
        };
        let cases: [(&[&str], bool); 3] = [(&[], false), (&["--yes"], true), (&["--token", "7"], true)];
        for (args, expected) in cases {
            assert_eq!((is_taken(args, false), is_taken(args, true)), (expected, true), "{args:?}");
        }
    }

    #[test]
    fn a_hold_ends_at_its_time_or_after_its_length() {
        let now: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        let day = "2026-01-03T00:00:00Z".parse().unwrap();
        assert_eq!(until(&HoldEnd { until: Some(day), length: None }, now), day);
        let after = |length| until(&HoldEnd { until: None, length: Some(length) }, now);
        assert_eq!(after(SignedDuration::from_hours(72)), "2026-01-05T03:04:05Z".parse().unwrap());
        assert_eq!(after(SignedDuration::MAX), Timestamp::MAX);
    }
}
