//! What is kept of a job: in the state table, and as its report.

use std::collections::HashMap;
use std::io::{Cursor, Read as _};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp, Unit};
use serde_json::{Value, json};

use crate::start_tests::lab::Lab;
use crate::start_tests::stage::BUCKET;

/// How long ago what is aged ended: longer than others wait for an owner whose clock differs.
const AGO: SignedDuration = SignedDuration::from_mins(5);

impl Lab {
    /// The run that is stored for a job, if one is.
    pub(super) async fn run_of(&self, job: &str) -> Option<Value> {
        self.records(job).await.into_iter().find(|(sort, _)| sort == "run").map(|(_, record)| record)
    }

    /// The results that are recorded for a job.
    pub(super) async fn results_of(&self, job: &str) -> Vec<Value> {
        let results = self.records(job).await.into_iter().filter(|(sort, _)| sort.starts_with("result#"));
        results.map(|(_, record)| record).collect()
    }

    /// What is announced for an execution.
    pub(super) async fn announced_for(&self, execution: &str) -> Vec<Value> {
        self.all(&format!("tests#{execution}")).await.into_iter().map(|(_, record)| record).collect()
    }

    /// The `JUnit` report that the artifact of this key holds, if there is one.
    pub(super) async fn report_at(&self, key: &str) -> Option<String> {
        let s3 = aws_sdk_s3::Client::new(&self.world.sdk());
        let zip = s3.get_object().bucket(BUCKET).key(key).send().await.ok()?.body.collect().await.unwrap();
        let mut zip = zip::ZipArchive::new(Cursor::new(zip.into_bytes())).unwrap();
        let mut report = String::new();
        zip.by_name("junit.xml").unwrap().read_to_string(&mut report).unwrap();
        Some(report)
    }

    /// As if a while had passed: the owner of the run is dead, and what is open about the job is due.
    pub(super) async fn age(&self, job: &str) {
        let past = (Timestamp::now() - AGO).round(Unit::Second).unwrap();
        for (pk, sk) in [(format!("run#{job}"), "run"), (format!("verdict#{job}"), "verdict")] {
            if let Some(mut item) = self.item(&pk, sk).await {
                let mut body: Value = serde_json::from_str(&text(&item, "body")).unwrap();
                for time in ["deadline", "ends"].iter().filter(|_| sk == "run") {
                    body[time] = json!(past);
                }
                item.insert("body".to_owned(), AttributeValue::S(body.to_string()));
                if item.contains_key("due") {
                    item.insert("due".to_owned(), AttributeValue::S(format!("{past:.3}#{pk}")));
                }
                let put = Client::new(&self.world.sdk()).put_item().table_name(&self.world.table);
                put.set_item(Some(item)).send().await.unwrap();
            }
        }
    }

    async fn item(&self, pk: &str, sk: &str) -> Option<HashMap<String, AttributeValue>> {
        let get = Client::new(&self.world.sdk()).get_item().table_name(&self.world.table).consistent_read(true);
        let get = get.key("pk", AttributeValue::S(pk.to_owned())).key("sk", AttributeValue::S(sk.to_owned()));
        get.send().await.unwrap().item
    }

    async fn records(&self, job: &str) -> Vec<(String, Value)> {
        self.all(&format!("run#{job}")).await
    }

    /// The sort keys and records of an entity.
    async fn all(&self, pk: &str) -> Vec<(String, Value)> {
        let client = Client::new(&self.world.sdk());
        let query = client.query().table_name(&self.world.table).consistent_read(true);
        let query = query.key_condition_expression("pk = :pk");
        let query = query.expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()));
        let items = query.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.unwrap();
        items.iter().map(|item| (text(item, "sk"), serde_json::from_str(&text(item, "body")).unwrap())).collect()
    }
}

fn text(item: &HashMap<String, AttributeValue>, name: &str) -> String {
    item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default()
}
