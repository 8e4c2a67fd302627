//! Leases as items: what conditions and the index look at stands beside the record, and must agree with it.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{RoundMode, Timestamp, TimestampRound, Unit};
use pipeline_core::{
    ids::StackName,
    lease::{
        place::Place,
        record::{Lease, State},
    },
    ports::PortError,
};

use crate::dynamodb::item::{Item, RELEASES, body, expiry, key, lasting};

/// The sort key of every lease, and the partition of all that are due some day in the index of this name: DynamoDB takes
/// a thousand writes a second on it, and looking into it is one query.
pub(super) const LEASE: &str = "lease";

/// What conditions look at.
pub(super) const STATE: &str = "state";
pub(super) const TOKEN: &str = "token";
pub(super) const NONCE: &str = "nonce";
pub(super) const STACK_ID: &str = "stack_id";

/// The index, its partition key and its sort key. A lease without them is not in it.
pub(super) const DUE: &str = "due";
pub(super) const DUE_OF: &str = "due_of";

/// What an item says beside its record.
const ATTRIBUTES: [&str; 6] = [STATE, TOKEN, NONCE, STACK_ID, DUE_OF, DUE];

/// The partition key of the lease of this name.
pub(super) fn pk(place: &Place, stack: &StackName) -> String {
    format!("{}{stack}", prefix(place))
}

/// The name of the stack that a partition key is about; `None` for a stack elsewhere.
pub(super) fn name(place: &Place, pk: &str) -> Option<StackName> {
    pk.strip_prefix(&prefix(place))?.parse().ok()
}

fn prefix(Place { account, region, .. }: &Place) -> String {
    format!("lease#{account}#{region}#")
}

/// The item of a lease. I2: one that is not over never expires, as the record holds the token that the next must exceed;
/// of one that is over, the time does.
pub(super) fn item(place: &Place, lease: &Lease) -> Result<Item, PortError> {
    let mut item = lasting(&pk(place, &lease.stack), LEASE, lease)?;
    item.extend(attributes(lease));
    if let State::Gone { at } = lease.state {
        item.insert("expires".into(), expiry(at, RELEASES));
    }
    Ok(item)
}

/// What the item of this lease says beside its record.
pub(super) fn attributes(lease: &Lease) -> Item {
    let mut attributes = Item::from([
        (STATE.into(), AttributeValue::S(lease.state.name().into())),
        (TOKEN.into(), AttributeValue::N(lease.token.to_string())),
        (NONCE.into(), AttributeValue::S(lease.nonce.to_string())),
    ]);
    if let Some(id) = &lease.bound {
        attributes.insert(STACK_ID.into(), AttributeValue::S(id.to_string()));
    }
    if let Some(due) = lease.due {
        attributes.insert(DUE_OF.into(), AttributeValue::S(LEASE.into()));
        attributes.insert(DUE.into(), AttributeValue::S(due_key(due, &lease.stack)));
    }
    attributes
}

/// The lease that an item holds. An item that contradicts itself was not written by us, and is nothing to act on.
pub(super) fn lease(place: &Place, item: &Item) -> Result<Lease, PortError> {
    let pk_of = item.get("pk").and_then(|pk| pk.as_s().ok());
    read(place, item).map_err(|why| PortError::Unusable {
        what: pk_of.map_or_else(|| "a lease without a key".to_owned(), |pk| format!("the record {pk}")),
        why,
    })
}

fn read(place: &Place, item: &Item) -> Result<Lease, String> {
    let lease: Lease = body(item)?;
    let mut expected = attributes(&lease);
    expected.extend(key(&pk(place, &lease.stack), LEASE));
    let contradicts = |name: &&str| item.get(*name) != expected.get(*name);
    match ["pk", "sk"].iter().chain(&ATTRIBUTES).find(|name| contradicts(name)) {
        Some(name) => Err(format!("its attribute {name} contradicts its body; it was changed by hand")),
        None => Ok(lease),
    }
}

/// The sort key in the index: of fixed width up to the name, so that its order is that of time.
pub(super) fn due_key(due: Timestamp, stack: &StackName) -> String {
    format!("{}#{stack}", moment(up(due)))
}

/// What the sort keys of all that are due at `now` are less than.
pub(super) fn due_until(now: Timestamp) -> String {
    // The character behind `#`.
    format!("{}$", moment(now))
}

/// Always with milliseconds: without, a whole second would sort behind its fractions.
fn moment(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// Never before it is due.
fn up(at: Timestamp) -> Timestamp {
    let up = TimestampRound::new().smallest(Unit::Millisecond).mode(RoundMode::Ceil);
    at.round(up).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use pipeline_core::lease::store::Cursor;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn stack() -> StackName {
        "time-service-pr-42".parse().unwrap()
    }

    #[test]
    fn the_index_is_ordered_by_time() {
        let times = ["2026-11-21T12:00:00Z", "2026-11-21T12:00:00.5Z", "2026-11-21T12:00:01Z", "2027-01-01T00:00:00Z"];
        let keys = times.map(|time| due_key(at(time), &stack()));
        assert!(keys.is_sorted(), "{keys:?}");
        assert!(keys.last() < Some(&due_key(Timestamp::MAX, &stack())), "{keys:?}");
    }

    #[test]
    fn what_is_due_now_is_found_and_nothing_that_is_due_later() {
        let now = at("2026-11-21T12:00:00.25Z");
        let found = |due: &str| due_key(at(due), &stack()) < due_until(now);
        assert!(found("2026-11-21T12:00:00.25Z") && found("2026-11-21T12:00:00Z"));
        assert!(!found("2026-11-21T12:00:00.2500001Z") && !found("2026-11-21T12:00:00.251Z"));
    }

    #[test]
    fn a_key_of_the_index_is_a_place_in_the_list_and_that_place_has_this_key() {
        for due in [at("2026-11-21T12:00:00.2500001Z"), at("2026-11-21T12:00:00Z"), Timestamp::MAX] {
            let key = due_key(due, &stack());
            let Cursor { due, stack } = key.clone().try_into().unwrap();
            assert_eq!(due_key(due, &stack), key);
        }
    }
}
