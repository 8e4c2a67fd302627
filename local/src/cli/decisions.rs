//! What the gate recorded: every decision with its inputs, as the gate wrote them into Flowgate's state table.

use std::collections::HashMap;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde_json::Value;

use super::call::{CallError, Called as _};

/// Where the gate's function is told of the table.
const TABLE: &str = "STATE_TABLE";

/// Why decisions cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoDecisions {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("function {0} does not say which table is the state's: {TABLE} is not in its environment")]
    NoTable(String),
}

/// The state table of a service's Flowgate.
pub(super) struct Decisions {
    client: aws_sdk_dynamodb::Client,
    table: String,
}

impl Decisions {
    /// The table that this gate writes to.
    pub(super) async fn of(gate: &str, sdk: &SdkConfig) -> Result<Self, NoDecisions> {
        let function = aws_sdk_lambda::Client::new(sdk).get_function_configuration().function_name(gate);
        let answer = function.send().await.called("GetFunctionConfiguration", gate)?;
        let variables = answer.environment.and_then(|environment| environment.variables);
        let table = variables.and_then(|mut variables| variables.remove(TABLE));
        let table = table.ok_or_else(|| NoDecisions::NoTable(gate.to_owned()))?;
        Ok(Self { client: aws_sdk_dynamodb::Client::new(sdk), table })
    }

    /// Every decision about an execution, the oldest first, just as it was recorded.
    pub(super) async fn about(&self, execution: &str) -> Result<Vec<Value>, CallError> {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let query = self.client.query().table_name(&self.table).consistent_read(true);
        let query = query.key_condition_expression("pk = :pk AND begins_with(sk, :sk)");
        let query = query.expression_attribute_values(":pk", text(&format!("decision#{execution}")));
        let mut items = query.expression_attribute_values(":sk", text("decision#")).into_paginator().items().send();
        let mut decisions = Vec::new();
        while let Some(item) = items.next().await {
            decisions.extend(record(&item.called("Query", &self.table)?));
        }
        decisions.sort_by_key(when);
        Ok(decisions)
    }
}

/// The record in an item, of whatever version; one that is no JSON is told as it stands.
fn record(item: &HashMap<String, AttributeValue>) -> Option<Value> {
    let body = item.get("body")?.as_s().ok()?;
    Some(serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.clone())))
}

fn when(decision: &Value) -> Option<Timestamp> {
    decision.get("at")?.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn item(body: AttributeValue) -> HashMap<String, AttributeValue> {
        HashMap::from([("v".to_owned(), AttributeValue::N("7".to_owned())), ("body".to_owned(), body)])
    }

    #[test]
    fn a_record_is_told_whatever_is_in_it() {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let cases = [
            (
                text(r#"{"at": "2026-01-01T00:00:00Z", "new": [1]}"#),
                Some(json!({"at": "2026-01-01T00:00:00Z", "new": [1]})),
            ),
            (text("{"), Some(json!("{"))),
            (AttributeValue::N("1".to_owned()), None),
        ];
        for (body, expected) in cases {
            assert_eq!(record(&item(body.clone())), expected, "{body:?}");
        }
        assert_eq!(record(&HashMap::new()), None);
    }
}
