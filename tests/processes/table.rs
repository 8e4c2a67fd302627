//! Leases as they are stored.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use flowgate::cloud::client::{ACCOUNT, REGION};
use jiff::{SignedDuration, Timestamp, Unit};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::World;

/// The most items that one `BatchWriteItem` takes.
const BATCH: usize = 25;

/// A lease as an item.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) stack: String,
    pub(crate) state: String,
    pub(crate) record: Value,
}

impl World {
    /// All leases.
    pub(crate) async fn leases(&self) -> Vec<Stored> {
        let client = Client::new(&self.sdk());
        let pages = client.scan().table_name(&self.table).consistent_read(true).into_paginator().items().send();
        let items = pages.collect::<Result<Vec<_>, _>>().await.unwrap();
        items.iter().filter(|item| text(item, "sk") == "lease").map(stored).collect()
    }

    /// The lease of this name.
    pub(crate) async fn stored(&self, stack: &str) -> Option<Stored> {
        let client = Client::new(&self.sdk());
        let request = client.get_item().table_name(&self.table).consistent_read(true);
        let request = request.key("pk", AttributeValue::S(key(stack))).key("sk", AttributeValue::S("lease".into()));
        request.send().await.unwrap().item.as_ref().map(stored)
    }

    /// Lets all the time pass that a lease waits for: it is due now.
    pub(crate) async fn hasten(&self, stack: &str) {
        self.let_wait(stack, SignedDuration::from_secs(-1)).await;
    }

    /// Lets a lease wait for longer than a test takes.
    pub(crate) async fn postpone(&self, stack: &str) {
        self.let_wait(stack, SignedDuration::from_hours(1)).await;
    }

    async fn let_wait(&self, stack: &str, time: SignedDuration) {
        let mut record = self.stored(stack).await.unwrap_or_else(|| panic!("no lease {stack}")).record;
        record["due"] = json!((Timestamp::now() + time).round(Unit::Second).unwrap());
        self.store([record]).await;
    }

    /// Writes leases as they are given, without any condition.
    pub(crate) async fn store(&self, records: impl IntoIterator<Item = Value>) {
        let client = Client::new(&self.sdk());
        let puts: Vec<_> = records.into_iter().map(|record| put(&record)).collect();
        for batch in puts.chunks(BATCH) {
            let request = client.batch_write_item().request_items(&self.table, batch.to_vec());
            let left = request.send().await.unwrap().unprocessed_items.unwrap_or_default();
            assert!(left.is_empty(), "{left:?}");
        }
    }
}

/// A lease that nothing is bound to.
pub(crate) fn lease(stack: &str, token: u64, state: &Value, due: Option<Timestamp>) -> Value {
    json!({
        "stack": stack, "token": token, "first": token, "holder": Uuid::new_v4(), "source": "a test", "bound": null,
        "empty_buckets": false, "executions": [], "superseded": [], "hold_until": null, "state": state, "due": due,
        "kept": null, "nonce": Uuid::new_v4(),
    })
}

fn key(stack: &str) -> String {
    format!("lease#{ACCOUNT}#{REGION}#{stack}")
}

fn put(record: &Value) -> WriteRequest {
    let text = |value: &Value| AttributeValue::S(value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    let stack = record["stack"].as_str().unwrap();
    let mut item = PutRequest::builder()
        .item("pk", AttributeValue::S(key(stack)))
        .item("sk", AttributeValue::S("lease".into()))
        .item("v", AttributeValue::N("1".into()))
        .item("body", AttributeValue::S(record.to_string()))
        .item("state", text(&record["state"]["is"]))
        .item("token", AttributeValue::N(record["token"].to_string()))
        .item("nonce", text(&record["nonce"]));
    if record["bound"].is_string() {
        item = item.item("stack_id", text(&record["bound"]));
    }
    if let Some(due) = record["due"].as_str() {
        let due: Timestamp = due.parse().unwrap();
        item = item.item("due_of", AttributeValue::S("lease".into()));
        item = item.item("due", AttributeValue::S(format!("{due:.3}#{stack}")));
    }
    WriteRequest::builder().put_request(item.build().unwrap()).build()
}

fn stored(item: &HashMap<String, AttributeValue>) -> Stored {
    let record: Value = serde_json::from_str(&text(item, "body")).unwrap();
    let stack = record["stack"].as_str().unwrap().to_owned();
    Stored { stack, state: text(item, "state"), record }
}

fn text(item: &HashMap<String, AttributeValue>, name: &str) -> String {
    item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default()
}
