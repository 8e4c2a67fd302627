//! Items: records to attributes and back.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use pipeline_core::{ports::PortError, text};
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
    let mut item = lasting(pk, sk, record)?;
    item.insert("expires".into(), expiry(now, kept));
    Ok(item)
}

/// An item that holds `record` until it is replaced.
pub(super) fn lasting(pk: &str, sk: &str, record: &impl Serialize) -> Result<Item, PortError> {
    let body = serde_json::to_string(record).map_err(|error| PortError::Unavailable {
        operation: format!("write the record {pk}"),
        detail: error.to_string(),
    })?;
    let mut item = key(pk, sk);
    item.insert("v".into(), AttributeValue::N(VERSION.into()));
    item.insert("body".into(), AttributeValue::S(body));
    Ok(item)
}

/// When DynamoDB may remove an item that is kept from `now` on, in seconds since the epoch.
pub(super) fn expiry(now: Timestamp, kept: SignedDuration) -> AttributeValue {
    AttributeValue::N(now.saturating_add(kept).unwrap_or(now).as_second().to_string())
}

/// The record that an item holds.
pub(super) fn record<T: DeserializeOwned>(pk: &str, item: &Item) -> Result<T, PortError> {
    body(item).map_err(|detail| unreadable(&format!("read the record {pk}"), detail))
}

/// The record that an item holds, or why it cannot be read.
pub(super) fn body<T: DeserializeOwned>(item: &Item) -> Result<T, String> {
    let version = item.get("v").and_then(|value| value.as_n().ok());
    if version.is_none_or(|version| version != VERSION) {
        return Err(format!("its version is {version:?}, not {VERSION}; is an older Flowgate running?"));
    }
    let body = item.get("body").and_then(|value| value.as_s().ok()).ok_or("it has no body")?;
    serde_json::from_str(body).map_err(|error| text::complaint(&error))
}
