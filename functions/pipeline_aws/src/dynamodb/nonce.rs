//! Records that are replaced as a whole, if the one that was seen still stands, as its nonce tells.

use aws_sdk_dynamodb::{
    config::retry::RetryConfig, operation::put_item::builders::PutItemFluentBuilder, types::AttributeValue,
};
use pipeline_core::{ids::Nonce, ports::PortError};

use crate::dynamodb::{Put, StateTable, item::Item};

/// What the condition looks at.
pub(super) const NONCE: &str = "nonce";

/// What an item says of the write that made it.
pub(super) fn nonce(nonce: Nonce) -> (String, AttributeValue) {
    (NONCE.into(), AttributeValue::S(nonce.to_string()))
}

impl StateTable {
    /// Writes the item if the one that stands there has the nonce that was seen, or if there is none and none was.
    pub(super) async fn replace_seen(
        &self,
        operation: &str,
        item: Item,
        seen: Option<Nonce>,
    ) -> Result<Put, PortError> {
        // I8: a retry of the SDK's own would hide that the reply to the first was lost, and show a write of ours that
        // somebody has replaced since as one that was never applied.
        self.put(operation, item, RetryConfig::disabled(), |request| condition(request, seen)).await
    }
}

fn condition(request: PutItemFluentBuilder, seen: Option<Nonce>) -> PutItemFluentBuilder {
    let Some(seen) = seen else { return request.condition_expression("attribute_not_exists(pk)") };
    let (_, seen) = nonce(seen);
    request
        .condition_expression("#nonce = :nonce")
        .expression_attribute_names("#nonce", NONCE)
        .expression_attribute_values(":nonce", seen)
}

/// What of an item contradicts what it should say: it was not written by us, and is nothing to act on.
pub(super) fn contradiction(item: &Item, expected: &Item, names: &[&str]) -> Option<String> {
    let contradicts = |name: &&&str| item.get(**name) != expected.get(**name);
    let name = names.iter().find(contradicts)?;
    Some(format!("its attribute {name} contradicts its body; it was changed by hand"))
}
