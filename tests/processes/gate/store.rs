//! The state table, in memory: what is written once stays.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::gate::answer::Answer;

/// Items by their keys.
#[derive(Debug, Default)]
pub(super) struct Store(BTreeMap<(String, String), Value>);

impl Store {
    /// Puts a record there, whatever was there before.
    pub(super) fn put(&mut self, pk: &str, sk: &str, record: &Value) {
        let text = |text: &str| json!({"S": text});
        let item = json!({"pk": text(pk), "sk": text(sk), "v": {"N": "1"}, "body": text(&record.to_string())});
        self.0.insert((pk.to_owned(), sk.to_owned()), item);
    }

    /// The records of a partition.
    pub(super) fn records(&self, pk: &str) -> Vec<Value> {
        let items = self.0.iter().filter(|((of, _), _)| of == pk);
        items.map(|(_, item)| serde_json::from_str(item["body"]["S"].as_str().unwrap()).unwrap()).collect()
    }

    pub(super) fn answer(&mut self, operation: &str, asked: &Value) -> Answer {
        let key = |item: &Value| (text(&item["pk"]), text(&item["sk"]));
        match operation {
            "GetItem" => {
                let found = self.0.get(&key(&asked["Key"]));
                Answer::json(&found.map_or_else(|| json!({}), |item| json!({ "Item": item })))
            }
            "PutItem" => {
                let item = &asked["Item"];
                if let Some(standing) = self.0.get(&key(item)) {
                    let refusal = json!({"__type": "ConditionalCheckFailedException", "Item": standing});
                    return Answer::new(400, refusal.to_string());
                }
                self.0.insert(key(item), item.clone());
                Answer::json(&json!({}))
            }
            "UpdateItem" => Answer::json(&json!({})),
            "Query" => {
                let values = &asked["ExpressionAttributeValues"];
                let (pk, prefix) = (text(&values[":pk"]), text(&values[":prefix"]));
                let found = self.0.iter().filter(|((of, sk), _)| *of == pk && sk.starts_with(&prefix));
                Answer::json(&json!({"Items": found.map(|(_, item)| item).collect::<Vec<_>>()}))
            }
            _ => Answer::refused("UnknownOperationException"),
        }
    }
}

fn text(value: &Value) -> String {
    value["S"].as_str().unwrap_or_default().to_owned()
}
