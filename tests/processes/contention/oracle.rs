//! Judges a history by CloudFormation's own records, and by what was on the wire.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::history::{Event, History, What};
use super::protected::protections;
use crate::call::Call;
use crate::world::World;

/// Between the end of a lease and the deletion of its stack: MARGIN, GRACE and MARGIN again, of one second each.
const SAFE: SignedDuration = SignedDuration::from_secs(3);

/// A stack that was made.
pub(super) struct Made {
    pub(super) name: String,
    pub(super) status: String,
    /// When its deletion began.
    pub(super) deleted: Option<Timestamp>,
}

/// What became of all stacks, and all requests there were.
pub(super) struct Records {
    pub(super) stacks: BTreeMap<String, Made>,
    /// The leases that wait for a person.
    pub(super) quarantined: Vec<Value>,
    pub(super) calls: Vec<Call>,
}

impl Records {
    pub(super) async fn read(world: &World, history: &History, calls: Vec<Call>) -> Self {
        let mut stacks = BTreeMap::new();
        for event in history.events() {
            if let What::Made { id } = event.what {
                let (status, deleted) = fate(world, &id).await;
                stacks.insert(id, Made { name: event.name, status, deleted });
            }
        }
        let leases = world.leases().await.into_iter().filter(|lease| lease.state == "QUARANTINED");
        let quarantined = leases.map(|lease| lease.record).collect();
        Self { stacks, quarantined, calls }
    }

    /// Every way in which it went wrong.
    pub(super) fn violations(&self, history: &History) -> Vec<String> {
        let events = history.events();
        let wrong = events.iter().filter_map(|event| match &event.what {
            What::Wrong { why } => Some(format!("I7: {}: {why}", event.name)),
            _ => None,
        });
        let all = wrong.chain(self.wrong_deletions(&events)).chain(self.wrong_ids()).chain(self.without_tombstone());
        all.chain(stale_tokens(&events))
            .chain(two_holders(&events))
            .chain(self.left_over())
            .chain(self.in_quarantine())
            .collect()
    }

    /// I3, I4, I9, I11: what somebody held, or has held a moment ago.
    fn wrong_deletions(&self, events: &[Event]) -> Vec<String> {
        let protected = protections(events, SAFE);
        let deleted = self.stacks.iter().filter_map(|(id, made)| Some((id, &made.name, made.deleted?)));
        let wrong = deleted.flat_map(|(id, name, at)| {
            let why = protected.iter().filter(move |time| time.forbids(id, name, at));
            why.map(move |time| {
                format!("I3: {id} was deleted at {at}, but {} had {} until {}", time.claimer, time.why, time.until)
            })
        });
        wrong.collect()
    }

    /// I5: an id that is none of a stack made under a lease.
    fn wrong_ids(&self) -> Vec<String> {
        let wrong = self.deletions().filter(|call| !self.stacks.contains_key(&call.target));
        wrong.map(|call| format!("I5: {} was to be deleted at {}", call.target, call.at)).collect()
    }

    /// I3: a deletion that no committed tombstone of the same id came before.
    fn without_tombstone(&self) -> Vec<String> {
        let tombstones: Vec<_> = self.calls.iter().filter_map(tombstone).collect();
        let has_one = |call: &Call| tombstones.iter().any(|(id, at)| *id == call.target && *at <= call.at);
        let wrong = self.deletions().filter(|call| !has_one(call));
        let wrong = wrong.map(|call| {
            let (id, at, writes) = (&call.target, call.at, self.writes(&call.target));
            format!("I3: no tombstone before the deletion of {id} at {at}: {writes:?}")
        });
        wrong.collect()
    }

    /// The writes about a stack: when they were sent, what they said, and by when they were done.
    fn writes(&self, id: &str) -> Vec<(Timestamp, String, Option<Timestamp>)> {
        let about = self.calls.iter().filter(|call| call.operation == "PutItem");
        let item =
            about.map(|call| (call, call.json()["Item"].clone())).filter(|(_, item)| item["stack_id"]["S"] == id);
        item.map(|(call, item)| (call.at, item["state"]["S"].to_string(), call.done())).collect()
    }

    /// I15: of what was made, all is gone.
    fn left_over(&self) -> impl Iterator<Item = String> {
        let left = self.stacks.iter().filter(|(_, made)| made.status != "DELETE_COMPLETE");
        left.map(|(id, made)| format!("I15: {id} is still there: {}", made.status))
    }

    /// Nothing stands in the way of any of these deletions.
    fn in_quarantine(&self) -> impl Iterator<Item = String> {
        self.quarantined.iter().map(|lease| format!("I15: in quarantine: {lease}"))
    }

    fn deletions(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter().filter(|call| call.name() == "cloudformation:DeleteStack")
    }
}

/// The names that sweep has not done with: neither gone nor in quarantine with a reason.
pub(super) async fn stuck(world: &World) -> Vec<String> {
    let settled = |state: &str, why: bool| state == "GONE" || (state == "QUARANTINED" && why);
    let leases = world.leases().await.into_iter();
    let stuck = leases.filter(|lease| !settled(&lease.state, lease.record["state"]["why"].is_string()));
    stuck.map(|lease| format!("I15: {} is stuck: {}", lease.stack, lease.record)).collect()
}

/// CloudFormation's status of a stack that was made, and when its deletion began.
async fn fate(world: &World, id: &str) -> (String, Option<Timestamp>) {
    let client = world.cloudformation();
    let events = client.describe_stack_events().stack_name(id).into_paginator().items().send();
    let events = events.collect::<Result<Vec<_>, _>>().await.unwrap_or_else(|error| panic!("{id}: {error:?}"));
    let began = events.iter().filter(|event| event.physical_resource_id() == Some(id));
    let began =
        began.filter(|event| event.resource_status().is_some_and(|status| status.as_str() == "DELETE_IN_PROGRESS"));
    let began =
        began.filter_map(|event| event.timestamp().and_then(|at| Timestamp::from_nanosecond(at.as_nanos()).ok()));
    (world.settled(id).await.status, began.min())
}

/// The id that a write commits to delete if it is still as it was seen, and by when that was done.
fn tombstone(call: &Call) -> Option<(String, Timestamp)> {
    let body = call.json();
    let item = &body["Item"];
    let is_one =
        call.operation == "PutItem" && item["state"]["S"] == "DELETING" && body["ConditionExpression"].is_string();
    is_one.then_some((item["stack_id"]["S"].as_str()?.to_owned(), call.done()?))
}

/// I1: of one name, two claimers who both believed that they hold it.
fn two_holders(events: &[Event]) -> Vec<String> {
    let believed = events.iter().filter(|event| !matches!(event.what, What::Kept { .. })).cloned().collect::<Vec<_>>();
    let believed = protections(&believed, SignedDuration::ZERO);
    let pairs = believed.iter().enumerate().flat_map(|(at, one)| believed[..at].iter().map(move |other| (one, other)));
    let overlap = pairs.filter(|(one, other)| {
        let apart = one.until <= other.from || other.until <= one.from;
        one.name == other.name
            && one.claimer != other.claimer
            && !apart
            && one.from < one.until
            && other.from < other.until
    });
    overlap.map(|(one, other)| format!("I1: {} and {} both held {}", one.claimer, other.claimer, one.name)).collect()
}

/// I2: a claim that began after another was granted has a greater token.
fn stale_tokens(events: &[Event]) -> Vec<String> {
    let claims: Vec<_> = events
        .iter()
        .filter_map(|event| match event.what {
            What::Claimed { asked, told, .. } => Some((&event.name, event.token, asked, told)),
            _ => None,
        })
        .collect();
    let pairs = claims.iter().flat_map(|one| claims.iter().map(move |other| (one, other)));
    let wrong = pairs.filter(|(one, later)| one.0 == later.0 && one.3 < later.2 && later.1 <= one.1);
    wrong.map(|(one, later)| format!("I2: {} had token {} and then {}", one.0, one.1, later.1)).collect()
}
