//! Deliveries of webhooks that were passed on.

use jiff::{SignedDuration, Timestamp};
use pipeline_core::ports::PortError;
use serde_json::json;

use crate::{
    dynamodb::{
        StateTable,
        item::{item, key},
    },
    webhook::{Deliveries, DeliveryId},
};

const SK: &str = "delivery";

/// Longer than GitHub keeps a delivery to send it again.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

fn pk(id: &DeliveryId) -> String {
    format!("delivery#{}", id.as_str())
}

impl Deliveries for StateTable {
    async fn is_known(&self, id: &DeliveryId) -> Result<bool, PortError> {
        Ok(self.read("read whether a delivery was accepted", key(&pk(id), SK)).await?.is_some())
    }

    async fn remember(&self, id: &DeliveryId) -> Result<(), PortError> {
        let now = Timestamp::now();
        let item = item(&pk(id), SK, &json!({"at": now}), now, KEPT)?;
        self.create("remember a delivery", item).await.map(drop)
    }
}
