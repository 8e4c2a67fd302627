//! Judges a history by CloudFormation's own records, and by what was on the wire.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::history::{Event, History, What};
use crate::call::Call;
use crate::world::World;

/// Between the end of a lease and the deletion of its stack: MARGIN and GRACE of one second each.
const SAFE: SignedDuration = SignedDuration::from_secs(2);

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
    /// The stacks that wait for a person, with a reason.
    pub(super) quarantined: BTreeSet<String>,
    pub(super) calls: Vec<Call>,
}

/// A time in which nobody may delete the stack of this name.
struct Protected {
    name: String,
    claimer: usize,
    from: Timestamp,
    until: Timestamp,
    why: String,
    /// A hold is another's wish: a release leaves it as it is.
    is_hold: bool,
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
        let quarantined = leases.filter_map(|lease| lease.record["bound"].as_str().map(str::to_owned)).collect();
        Self { stacks, quarantined, calls }
    }

    pub(super) fn counts(&self, history: &History) -> String {
        let events = history.events();
        let count = |which: fn(&What) -> bool| events.iter().filter(|event| which(&event.what)).count();
        format!(
            "{} claims, {} renewals, {} holds, {} releases, {} stacks, {} deletions, {} in quarantine, {} requests",
            count(|what| matches!(what, What::Claimed { .. })),
            count(|what| matches!(what, What::Renewed { .. })),
            count(|what| matches!(what, What::Kept { .. })),
            count(|what| matches!(what, What::Releasing { .. })),
            self.stacks.len(),
            self.stacks.values().filter(|stack| stack.deleted.is_some()).count(),
            self.quarantined.len(),
            self.calls.len(),
        )
    }

    /// Every way in which it went wrong.
    pub(super) fn violations(&self, history: &History) -> Vec<String> {
        let events = history.events();
        let wrong = events.iter().filter_map(|event| match &event.what {
            What::Wrong { why } => Some(format!("I7: {}: {why}", event.name)),
            _ => None,
        });
        let all = wrong.chain(self.wrong_deletions(&events)).chain(self.wrong_ids()).chain(self.without_tombstone());
        all.chain(stale_tokens(&events)).chain(two_holders(&events)).chain(self.left_over()).collect()
    }

    /// I3, I9, I11: what somebody held, or has held a moment ago.
    fn wrong_deletions(&self, events: &[Event]) -> Vec<String> {
        let protected = protections(events, SAFE);
        let deleted = self.stacks.iter().filter_map(|(id, made)| Some((id, &made.name, made.deleted?)));
        let wrong = deleted.flat_map(|(id, name, at)| {
            let inside = move |time: &&Protected| time.name == *name && time.from <= at && at < time.until;
            let why = protected.iter().filter(inside);
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
        let mut tombstones = BTreeSet::new();
        let mut wrong = Vec::new();
        for call in &self.calls {
            if call.operation == "PutItem" && call.status.get() == Some(&200) {
                let item = &call.json()["Item"];
                if item["state"]["S"] == "DELETING" {
                    tombstones.extend(item["stack_id"]["S"].as_str().map(str::to_owned));
                }
            }
            if call.name() == "cloudformation:DeleteStack" && !tombstones.contains(&call.target) {
                let writes = self.writes(&call.target);
                wrong.push(format!(
                    "I3: no tombstone before the deletion of {} at {}: {writes:?}",
                    call.target, call.at
                ));
            }
        }
        wrong
    }

    /// The writes about a stack: when they were sent, what they said, and how they were answered.
    fn writes(&self, id: &str) -> Vec<(Timestamp, String, Option<u16>)> {
        let about = self.calls.iter().filter(|call| call.operation == "PutItem");
        let item =
            about.map(|call| (call, call.json()["Item"].clone())).filter(|(_, item)| item["stack_id"]["S"] == id);
        item.map(|(call, item)| (call.at, item["state"]["S"].to_string(), call.status.get().copied())).collect()
    }

    /// I15: of what was made, all is gone but what a lease in quarantine is about.
    fn left_over(&self) -> Vec<String> {
        let is_left = |id: &String, made: &Made| made.status != "DELETE_COMPLETE" && !self.quarantined.contains(id);
        let left = self.stacks.iter().filter(|(id, made)| is_left(id, made));
        left.map(|(id, made)| format!("I15: {id} is still there: {}", made.status)).collect()
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

/// When which name was protected by what its claimer was told. With `after`, for so long after that.
fn protections(events: &[Event], after: SignedDuration) -> Vec<Protected> {
    let mut all: Vec<Protected> = Vec::new();
    for event in events {
        let (from, until, why) = match &event.what {
            What::Claimed { told, until, .. } => (*told, *until + after, "claimed it"),
            What::Renewed { told, until } => (*told, *until + after, "renewed it"),
            What::Kept { told, until } => (*told, *until, "it kept"),
            What::Releasing { at } => {
                let own = all
                    .iter_mut()
                    .filter(|time| time.name == event.name && time.claimer == event.claimer && !time.is_hold);
                own.for_each(|time| time.until = time.until.min(*at));
                continue;
            }
            What::Made { .. } | What::Wrong { .. } => continue,
        };
        let (name, claimer, why) = (event.name.clone(), event.claimer, format!("{why} with token {}", event.token));
        let is_hold = matches!(event.what, What::Kept { .. });
        all.push(Protected { name, claimer, from, until, why, is_hold });
    }
    all
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
