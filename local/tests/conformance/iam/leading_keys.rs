use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{
    AttributeValue, ComparisonOperator, Condition, ConditionCheck, Delete, DeleteRequest, Get, KeysAndAttributes, Put,
    PutRequest, TransactGetItem, TransactWriteItem, WriteRequest,
};
use flowgate::cloud::authority::Role;
use serde_json::{Value, json};

use super::service_world::{World, arn, role};
use crate::world::deploy_template;

const TABLE: &str = "state";

fn table() -> Value {
    let part = |name: &str, kind: &str| json!({ "AttributeName": name, "KeyType": kind });
    let key = |hash: &str, range: &str| [part(hash, "HASH"), part(range, "RANGE")];
    let attributes: Vec<_> =
        ["pk", "sk", "due_of", "due"].map(|name| json!({ "AttributeName": name, "AttributeType": "S" })).into();
    json!({ "Type": "AWS::DynamoDB::Table", "Properties": {
        "TableName": TABLE, "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": attributes,
        "KeySchema": key("pk", "sk"),
        "GlobalSecondaryIndexes": [{
            "IndexName": "due", "KeySchema": key("due_of", "due"), "Projection": { "ProjectionType": "ALL" },
        }],
    } })
}

/// Whoever may do anything to a table, but only to items that begin with `own`. An item without a key is of nobody.
fn owner() -> Value {
    let table = arn("dynamodb", &format!("table/{TABLE}"));
    let mut role = role("lambda.amazonaws.com", "*", Some((&["dynamodb:*"], &format!("{table}*"))));
    role["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][0]["Condition"] = json!({
        "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["own*"] }, "Null": { "dynamodb:LeadingKeys": "false" },
    });
    role
}

async fn as_owner(world: &World) -> Client {
    let template = json!({
        "Resources": { "Table": table(), "Owner": owner() },
        "Outputs": { "Owner": { "Value": { "Fn::GetAtt": ["Owner", "Arn"] } } },
    });
    let stack = deploy_template(&world.cloud, "state", &template).await.unwrap();
    let arn = &stack.outputs["Owner"];
    let role = Role { arn, service: "lambda.amazonaws.com", source: "a", session: "owner", policy: None };
    Client::new(&world.cloud.authority().assume(&role).await.unwrap().sdk)
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn key(of: &str) -> HashMap<String, AttributeValue> {
    HashMap::from([("pk".to_owned(), text(of)), ("sk".to_owned(), text("1"))])
}

/// Whether a request was let through.
fn allowed<T, E: ProvideErrorMetadata, R>(answer: Result<T, SdkError<E, R>>) -> bool {
    answer.err().is_none_or(|error| {
        assert_eq!(error.code(), Some("AccessDeniedException"));
        false
    })
}

/// Every request that is about items, made about `of`; where it is about several, the others are the owner's.
async fn requests(client: &Client, of: &str) -> Vec<(&'static str, bool)> {
    let mut seen = items(client, of).await;
    seen.extend(queries(client, of).await);
    seen.extend(batches(client, of).await);
    seen.extend(transactions(client, of).await);
    seen
}

async fn items(client: &Client, of: &str) -> Vec<(&'static str, bool)> {
    let put = client.put_item().table_name(TABLE).set_item(Some(key(of)));
    // A table may be named by its ARN as well.
    let by_arn = client.put_item().table_name(arn("dynamodb", &format!("table/{TABLE}"))).set_item(Some(key(of)));
    let update = client.update_item().table_name(TABLE).set_key(Some(key(of))).update_expression("SET a = :a");
    vec![
        ("put", allowed(put.send().await)),
        ("put by the table's arn", allowed(by_arn.send().await)),
        ("get", allowed(client.get_item().table_name(TABLE).set_key(Some(key(of))).send().await)),
        ("update", allowed(update.expression_attribute_values(":a", text("a")).send().await)),
        ("delete", allowed(client.delete_item().table_name(TABLE).set_key(Some(key(of))).send().await)),
    ]
}

async fn queries(client: &Client, of: &str) -> Vec<(&'static str, bool)> {
    let query = || client.query().table_name(TABLE);
    let by_value = || query().expression_attribute_values(":of", text(of));
    let by_both = || by_value().expression_attribute_values(":own", text("own#1"));
    let named = by_both().key_condition_expression("begins_with(#sk, :own) AND #pk=:of");
    let in_brackets = by_both().key_condition_expression("(pk = :of) and (sk = :own)");
    let of_index = by_value().index_name("due").key_condition_expression("due_of = :of");
    let condition = Condition::builder().comparison_operator(ComparisonOperator::Eq).attribute_value_list(text(of));
    let older = query().key_conditions("pk", condition.build().unwrap());
    vec![
        ("query", allowed(by_value().key_condition_expression("pk = :of").send().await)),
        (
            "query with names",
            allowed(named.expression_attribute_names("#pk", "pk").expression_attribute_names("#sk", "sk").send().await),
        ),
        ("query with brackets", allowed(in_brackets.send().await)),
        ("query of an index", allowed(of_index.send().await)),
        ("query as of old", allowed(older.send().await)),
    ]
}

async fn batches(client: &Client, of: &str) -> Vec<(&'static str, bool)> {
    let keys = KeysAndAttributes::builder().keys(key("own#2")).keys(key(of)).build().unwrap();
    let put = PutRequest::builder().set_item(Some(key("own#2"))).build().unwrap();
    let delete = DeleteRequest::builder().set_key(Some(key(of))).build().unwrap();
    let writes =
        vec![WriteRequest::builder().put_request(put).build(), WriteRequest::builder().delete_request(delete).build()];
    vec![
        ("batch get", allowed(client.batch_get_item().request_items(TABLE, keys).send().await)),
        ("batch write", allowed(client.batch_write_item().request_items(TABLE, writes).send().await)),
    ]
}

async fn transactions(client: &Client, of: &str) -> Vec<(&'static str, bool)> {
    let get = |of: &str| Get::builder().table_name(TABLE).set_key(Some(key(of))).build().unwrap();
    let get = |of: &str| TransactGetItem::builder().get(get(of)).build();
    let put = Put::builder().table_name(TABLE).set_item(Some(key("own#3"))).build().unwrap();
    let delete = Delete::builder().table_name(TABLE).set_key(Some(key(of))).build().unwrap();
    let check = ConditionCheck::builder().table_name(TABLE).set_key(Some(key(of)));
    let check = check.condition_expression("attribute_not_exists(pk)").build().unwrap();
    let write = TransactWriteItem::builder;
    let (put, delete) = (write().put(put).build(), write().delete(delete).build());
    let check = write().condition_check(check).build();
    vec![
        (
            "transaction that gets",
            allowed(client.transact_get_items().transact_items(get("own#2")).transact_items(get(of)).send().await),
        ),
        (
            "transaction that writes",
            allowed(client.transact_write_items().transact_items(put).transact_items(delete).send().await),
        ),
        ("transaction that checks", allowed(client.transact_write_items().transact_items(check).send().await)),
    ]
}

fn every(requests: &[(&'static str, bool)], answer: bool) {
    let others: Vec<_> = requests.iter().filter(|(_, allowed)| *allowed != answer).collect();
    assert!(others.is_empty(), "{others:?}");
}

pub(super) async fn no_request_has_a_key(world: &World) {
    let client = as_owner(world).await;
    // As a condition that asks for the key refuses all of them, one that does not would allow all of them.
    every(&requests(&client, "own#1").await, false);
}

#[tokio::test]
async fn a_request_is_about_the_keys_that_it_names() {
    let world = World::start(&[]).await;
    let client = as_owner(&world).await;
    every(&requests(&client, "own#1").await, true);
    every(&requests(&client, "other#1").await, false);
    assert!(!allowed(client.scan().table_name(TABLE).send().await));
    assert!(!allowed(client.execute_statement().statement("SELECT * FROM state WHERE pk = 'own#1'").send().await));
}
