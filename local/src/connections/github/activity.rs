//! Who did what to branches.

use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::super::activity::{self, Activity};
use super::asked::Asked;
use super::link::{Place, node_id};
use super::page;
use super::refused::Refused;
use super::shape::{time, user};

const TYPES: [&str; 6] = ["push", "force_push", "branch_creation", "branch_deletion", "pr_merge", "merge_queue_merge"];
/// How far back one may ask, in hours.
const PERIODS: [(&str, i64); 5] = [("day", 24), ("week", 168), ("month", 720), ("quarter", 2160), ("year", 8760)];

/// `GET /repos/OWNER/NAME/activity`
pub(super) async fn list(asked: Asked) -> Result<Response, Refused> {
    let wanted = Wanted::of(&asked, Timestamp::now())?;
    let held = asked.hold().await?;
    let mut all = activity::read(held.directory())?;
    all.retain(|one| wanted.admits(one));
    if !wanted.oldest_first {
        all.reverse();
    }
    let page = page::by_cursor(&asked.url, all, |one| URL_SAFE_NO_PAD.encode(one.id.to_string()))?;
    Ok(page.shown(|one| shown(&asked.place, &one)).into_response())
}

/// What is asked for.
struct Wanted {
    reference: Option<String>,
    actor: Option<String>,
    kind: Option<String>,
    since: Option<Timestamp>,
    oldest_first: bool,
}

impl Wanted {
    fn of(asked: &Asked, now: Timestamp) -> Result<Self, Refused> {
        let one_of = |name: &str, allowed: &[&str]| match asked.parameter(name) {
            Some(value) if !allowed.contains(&value.as_str()) => {
                Err(Refused::unprocessable(&format!("{name} is none of {}", allowed.join(", "))))
            }
            value => Ok(value),
        };
        let full = |name: String| if name.starts_with("refs/") { name } else { format!("refs/heads/{name}") };
        let period = one_of("time_period", &PERIODS.map(|(name, _)| name))?;
        let hours = period.and_then(|period| PERIODS.iter().find(|(name, _)| *name == period)).map(|(_, hours)| *hours);
        Ok(Self {
            reference: asked.parameter("ref").map(full),
            actor: asked.parameter("actor"),
            kind: one_of("activity_type", &TYPES)?,
            since: hours.and_then(|hours| now.checked_sub(SignedDuration::from_hours(hours)).ok()),
            oldest_first: one_of("direction", &["asc", "desc"])?.is_some_and(|direction| direction == "asc"),
        })
    }

    fn admits(&self, one: &Activity) -> bool {
        self.reference.as_ref().is_none_or(|reference| *reference == one.reference)
            && self.kind.as_ref().is_none_or(|kind| json!(one.kind) == *kind)
            && self.since.is_none_or(|since| one.at >= since)
            && self
                .actor
                .as_ref()
                .is_none_or(|actor| one.actor.as_ref().is_some_and(|login| login.eq_ignore_ascii_case(actor)))
    }
}

fn shown(place: &Place, one: &Activity) -> Value {
    json!({
        "id": one.id,
        "node_id": node_id("Activity", one.id),
        "before": one.before,
        "after": one.after,
        "ref": one.reference,
        "timestamp": time(one.at),
        "activity_type": one.kind,
        "actor": one.actor.as_ref().map(|login| user(place, login)),
    })
}
