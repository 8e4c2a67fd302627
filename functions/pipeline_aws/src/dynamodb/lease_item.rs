//! Leases as items: what conditions and the index look at stands beside the record, and must agree with it.

use aws_sdk_dynamodb::types::AttributeValue;
use pipeline_core::{
    ids::StackName,
    lease::{
        place::Place,
        record::{Lease, State},
    },
    ports::PortError,
};

use crate::dynamodb::{
    index::{self, DUE, DUE_OF},
    item::{Item, RELEASES, body, expiry, key, lasting},
};

/// The sort key of every lease, and the partition of all that are due some day in the index.
pub(super) const LEASE: &str = "lease";

/// What conditions look at.
pub(super) const STATE: &str = "state";
pub(super) const TOKEN: &str = "token";
pub(super) const NONCE: &str = "nonce";
pub(super) const STACK_ID: &str = "stack_id";

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
        attributes.extend(index::place(LEASE, due, &lease.stack));
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

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use pipeline_core::lease::store::Cursor;

    use super::*;

    #[test]
    fn a_key_of_the_index_is_a_place_in_the_list_and_that_place_has_this_key() {
        let stack: StackName = "time-service-pr-42".parse().unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        for due in [at("2026-11-21T12:00:00.2500001Z"), at("2026-11-21T12:00:00Z"), Timestamp::MAX] {
            let place = index::place(LEASE, due, &stack);
            let Cursor { due, stack } = place[DUE].as_s().unwrap().clone().try_into().unwrap();
            assert_eq!(index::place(LEASE, due, &stack), place);
        }
    }
}
