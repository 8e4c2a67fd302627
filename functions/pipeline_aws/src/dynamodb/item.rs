//! Items: records to attributes and back.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use pipeline_core::ports::PortError;
use serde::{Serialize, de::DeserializeOwned};

use crate::dynamodb::unreadable;

/// An item as the SDK has it.
pub(super) type Item = HashMap<String, AttributeValue>;

/// The version of the shape of our items.
const VERSION: &str = "1";

/// How long the record of a finished job is of use to people.
pub(super) const JOBS: SignedDuration = SignedDuration::from_hours(90 * 24);

/// How long CodePipeline knows an execution, and so can go back to it: 12 months.
pub(super) const RELEASES: SignedDuration = SignedDuration::from_hours(400 * 24);

/// The key of an item.
pub(super) fn key(pk: &str, sk: &str) -> Item {
    Item::from([("pk".into(), AttributeValue::S(pk.into())), ("sk".into(), AttributeValue::S(sk.into()))])
}

/// An item that holds `record` for at least `kept`.
pub(super) fn item(
    pk: &str,
    sk: &str,
    record: &impl Serialize,
    now: Timestamp,
    kept: SignedDuration,
) -> Result<Item, PortError> {
    let body = serde_json::to_string(record).map_err(|error| PortError::Unavailable {
        operation: format!("write the record {pk}"),
        detail: error.to_string(),
    })?;
    let expires = now.saturating_add(kept).unwrap_or(now).as_second();
    let mut item = key(pk, sk);
    item.insert("v".into(), AttributeValue::N(VERSION.into()));
    item.insert("body".into(), AttributeValue::S(body));
    item.insert("expires".into(), AttributeValue::N(expires.to_string()));
    Ok(item)
}

/// The record that an item holds.
pub(super) fn record<T: DeserializeOwned>(pk: &str, item: &Item) -> Result<T, PortError> {
    let unreadable = |detail: String| unreadable(&format!("read the record {pk}"), detail);
    let version = item.get("v").and_then(|value| value.as_n().ok());
    if version.is_none_or(|version| version != VERSION) {
        return Err(unreadable(format!("its version is {version:?}, not {VERSION}; is an older Flowgate running?")));
    }
    let body = item.get("body").and_then(|value| value.as_s().ok());
    let body = body.ok_or_else(|| unreadable("it has no body".to_owned()))?;
    serde_json::from_str(body).map_err(|error| unreadable(error.to_string()))
}
