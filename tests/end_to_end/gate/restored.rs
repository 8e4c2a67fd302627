//! I23: Prod goes back to what was approved without asking anybody, and to nothing else.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_cloudformation::Client as CloudFormation;
use aws_sdk_dynamodb::Client as Dynamo;
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::Value;
use tokio::time::{sleep, timeout};

use super::{SERVICE, Shop, assert_says, said};
use crate::up::{PATIENCE, POLL};

impl Shop {
    /// Rolls Prod back, and waits for what comes of it.
    async fn roll_back(&self, to: &str) -> Value {
        let known = self.rollbacks().await.len();
        self.up.json("rollback", &[SERVICE, "--stage", "Prod", "--to", to]).await;
        let look = async {
            loop {
                let rollbacks = self.rollbacks().await;
                if rollbacks.len() > known && rollbacks[0]["status"] != "InProgress" {
                    return rollbacks[0].clone();
                }
                sleep(POLL).await;
            }
        };
        timeout(PATIENCE, look).await.expect("the rollback ends")
    }

    /// The newest first.
    async fn rollbacks(&self) -> Vec<Value> {
        let history = self.up.json("history", &[SERVICE]).await;
        history.into_iter().filter(|one| one["rollback"] == true).collect()
    }

    async fn actions(&self, execution: &Value) -> BTreeSet<String> {
        let runs = self.runs(execution["execution"].as_str().unwrap()).await;
        runs.iter().map(|run| format!("{} {}", run.stage_name().unwrap(), run.action_name().unwrap())).collect()
    }
}

/// The state table, in the hands of somebody who may do everything.
struct Table {
    client: Dynamo,
    name: String,
}

impl Table {
    async fn of(shop: &Shop) -> Self {
        let sdk = shop.up.sdk();
        let resource = CloudFormation::new(&sdk).describe_stack_resource().stack_name("plain-flowgate");
        let resource = resource.logical_resource_id("StateTable").send().await.unwrap();
        let name = resource.stack_resource_detail().and_then(|detail| detail.physical_resource_id()).unwrap();
        Self { client: Dynamo::new(&sdk), name: name.to_owned() }
    }

    async fn decisions(&self, execution: &str) -> Vec<HashMap<String, AttributeValue>> {
        let query = self.client.query().table_name(&self.name).key_condition_expression("pk = :pk");
        let pk = AttributeValue::S(format!("decision#{execution}"));
        query.expression_attribute_values(":pk", pk).consistent_read(true).send().await.unwrap().items.unwrap()
    }

    async fn delete_decisions(&self, execution: &str) {
        for mut item in self.decisions(execution).await {
            let delete = self.client.delete_item().table_name(&self.name);
            delete.key("pk", item.remove("pk").unwrap()).key("sk", item.remove("sk").unwrap()).send().await.unwrap();
        }
    }

    /// They are about another artifact from now on.
    async fn say_another_artifact(&self, execution: &str) {
        for mut item in self.decisions(execution).await {
            let mut decision: Value = serde_json::from_str(item["body"].as_s().unwrap()).unwrap();
            decision["digest"] = "0".repeat(64).into();
            item.insert("body".to_owned(), AttributeValue::S(decision.to_string()));
            self.client.put_item().table_name(&self.name).set_item(Some(item)).send().await.unwrap();
        }
    }
}

#[tokio::test]
async fn i23_prod_goes_back_without_a_person_to_what_was_approved_and_to_nothing_else() {
    let mut shop = Shop::new(&[]).await;
    let first = shop.released().await;
    let second = shop.released().await;
    let [first, second] = [shop.up.execution(SERVICE, &first).await, shop.up.execution(SERVICE, &second).await];

    let back = shop.roll_back(&first).await;
    assert_eq!(back["status"], "Succeeded", "{back:#}");
    let expected = ["Prod Deploy", "Prod Gate", "Prod Test"].map(str::to_owned);
    assert_eq!(shop.actions(&back).await, BTreeSet::from(expected), "nobody is asked");
    let words =
        [&*format!("it goes back to execution {first}, which was let through at"), "approver@example.com approved"];
    assert_says(&said(&back, "Prod", "Gate"), &words);

    let table = Table::of(&shop).await;
    table.delete_decisions(&second).await;
    let denied = shop.roll_back(&second).await;
    assert_eq!(denied["status"], "Failed", "{denied:#}");
    let words = [&*format!("it goes back to execution {second}, which was never let through here by approved")];
    assert_says(&said(&denied, "Prod", "Gate"), &words);

    table.say_another_artifact(&first).await;
    let denied = shop.roll_back(&first).await;
    assert_eq!(denied["status"], "Failed", "{denied:#}");
    let words = [&*format!("it goes back to execution {first}, which was never let through here by approved")];
    assert_says(&said(&denied, "Prod", "Gate"), &words);
    assert!(!shop.actions(&denied).await.contains("Prod Deploy"), "nothing was deployed");
}
