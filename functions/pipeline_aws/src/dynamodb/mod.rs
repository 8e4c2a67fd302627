//! The state table: one item for each record, found by the key of its entity.
//!
//! | entity | `pk` | `sk` |
//! |---|---|---|
//! | verdict of a job | `verdict#<job id>` | `verdict` |
//! | run of tests | `run#<job id>` | `run` |
//! | result of a test | `run#<job id>` | `result#<test>` |
//! | that tests run for an execution | `tests#<execution id>` | `tests#<job id>` |
//! | digest of a build | `digest#<execution id>` | `digest#<the artifact's bucket>/<its key>` |
//! | push of a commit | `push#<repository>#<commit>` | `push#<reference>#<pusher's ARN>` |
//! | decision of a gate | `decision#<execution id>` | `decision#<job id>` |
//! | lease on a stack's name | `lease#<account>#<region>#<name>` | `lease` |
//! | preview | `preview#<pr-42 or dev-name>` | `preview` |
//! | who has a place for one | `slots#previews` | `slots` |
//! | what a pull request was told | `told#<pr-42>` | `told` |
//! | what people were told of an execution | `notice#<execution id>` | `notice` |
//! | delivery of a webhook | `delivery#<its id>` | `delivery` |
//!
//! Every item carries `v`, the version of its shape, `body`, its record as JSON, and `expires`, which only keeps house; a
//! lease has that only when it is over. What a condition or an index looks at is an attribute of its own. In the index are
//! leases, previews, and the runs and verdicts that repair is to look at.

mod announced;
mod decisions;
mod deliveries;
mod facts;
mod index;
mod item;
mod lease_item;
mod leases;
mod nonce;
mod open;
mod previews;
mod runs;
mod slips;
mod slots;
mod verdicts;

use aws_sdk_dynamodb::{
    Client,
    config::{Builder, Config, http::HttpResponse, retry::RetryConfig},
    error::{ProvideErrorMetadata, SdkError},
    operation::put_item::{PutItemError, builders::PutItemFluentBuilder},
    types::{AttributeValue, ReturnValuesOnConditionCheckFailure::AllOld},
};
use aws_types::SdkConfig;
pub use leases::LeaseTable;
use pipeline_core::ports::PortError;
use serde::de::DeserializeOwned;

use crate::{client, dynamodb::item::Item, error::port_error};

/// The state table.
#[derive(Debug, Clone)]
pub struct StateTable {
    client: Client,
    name: String,
}

impl StateTable {
    /// The table of this name.
    pub fn new(config: &SdkConfig, name: String) -> Self {
        let config = Builder::from(config).timeout_config(client::prompt()).retry_config(client::quick_retries());
        Self { client: Client::from_conf(config.build()), name }
    }

    /// The item of this key, read consistently.
    async fn read(&self, operation: &str, key: Item) -> Result<Option<Item>, PortError> {
        let request = self.client.get_item().table_name(&self.name).set_key(Some(key)).consistent_read(true);
        let answer = request.send().await.map_err(|error| failed(operation, &error))?;
        Ok(answer.item)
    }

    /// The records of all items of an entity whose sort key begins with `prefix`, read consistently.
    async fn query<T: DeserializeOwned>(&self, operation: &str, pk: &str, prefix: &str) -> Result<Vec<T>, PortError> {
        let (mut records, mut from) = (vec![], None);
        loop {
            let query = self
                .client
                .query()
                .table_name(&self.name)
                .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
                .expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()))
                .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned()))
                .consistent_read(true)
                .set_exclusive_start_key(from);
            let page = index::send(operation, query).await?;
            for item in page.items() {
                records.push(item::record(pk, item)?);
            }
            from = page.last_evaluated_key;
            if from.is_none() {
                return Ok(records);
            }
        }
    }

    /// Writes the item unless its key is taken; then gives the item that stands there. After a reply that got lost that
    /// is our own (I8).
    async fn create(&self, operation: &str, item: Item) -> Result<Option<Item>, PortError> {
        let absent = |request: PutItemFluentBuilder| request.condition_expression("attribute_not_exists(pk)");
        match self.put(operation, item, client::quick_retries(), absent).await? {
            Put::Done => Ok(None),
            Put::Refused(Some(standing)) => Ok(Some(standing)),
            Put::Refused(None) => Err(unreadable(operation, "the item in the way was not returned")),
        }
    }

    /// Writes the item if the condition holds that `when` adds; where a reply that got lost must be told from a conflict,
    /// without retries.
    async fn put(
        &self,
        operation: &str,
        item: Item,
        retries: RetryConfig,
        when: impl FnOnce(PutItemFluentBuilder) -> PutItemFluentBuilder,
    ) -> Result<Put, PortError> {
        let request = when(self.client.put_item().table_name(&self.name).set_item(Some(item)));
        let request = request.return_values_on_condition_check_failure(AllOld).customize();
        let Err(error) = request.config_override(Config::builder().retry_config(retries)).send().await else {
            return Ok(Put::Done);
        };
        match error {
            SdkError::ServiceError(refused) if refused.err().is_conditional_check_failed_exception() => {
                match refused.into_err() {
                    PutItemError::ConditionalCheckFailedException(conflict) => Ok(Put::Refused(conflict.item)),
                    _ => Ok(Put::Refused(None)),
                }
            }
            error => Err(failed(operation, &error)),
        }
    }
}

/// What became of a conditional write.
enum Put {
    Done,
    /// The condition did not hold of this item; of none, if there was none.
    Refused(Option<Item>),
}

/// Error codes by which DynamoDB says that asking again changes nothing: there is no such table or index, or the request is
/// none for it.
const FINAL: [&str; 2] = ["ResourceNotFoundException", "ValidationException"];

/// What `operation` came to.
fn failed<E>(operation: &str, error: &SdkError<E, HttpResponse>) -> PortError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match error.as_service_error() {
        Some(refused) if refused.code().is_some_and(|code| FINAL.contains(&code)) => PortError::Unusable {
            what: format!("the state table, to {operation},"),
            why: format!("{}: {}", refused.code().unwrap_or_default(), refused.message().unwrap_or_default()),
        },
        _ => port_error(operation, error),
    }
}

/// The record is there, but not as we write it.
fn unreadable(operation: &str, detail: impl Into<String>) -> PortError {
    PortError::Unavailable { operation: operation.to_owned(), detail: detail.into() }
}
