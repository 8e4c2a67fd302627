//! Leases: each read consistently by its name, found by the time it is due, and written whole under a condition.

use std::{iter::once, time::Duration};

use aws_sdk_dynamodb::{
    config::{Builder, Config, retry::RetryConfig},
    operation::{
        put_item::builders::PutItemFluentBuilder,
        query::{QueryOutput, builders::QueryFluentBuilder},
    },
    types::AttributeValue,
};
use jiff::Timestamp;
use pipeline_core::{
    ids::StackName,
    lease::{
        place::Place,
        record::Lease,
        store::{Cursor, FindLeases, Page, ReadLeases, Replaced, WriteLeases},
    },
    ports::PortError,
};

use crate::{
    client,
    dynamodb::{
        Put, StateTable, failed,
        item::{Item, key},
        lease_item::{self, DUE, DUE_OF, LEASE, NONCE, STACK_ID, STATE, TOKEN, attributes, lease},
    },
};

/// The leases on the stacks of one account and region.
#[derive(Debug, Clone)]
pub struct LeaseTable {
    /// The state table.
    pub table: StateTable,
    /// The account and region.
    pub place: Place,
}

impl LeaseTable {
    /// Part of the index, the oldest first.
    fn index(&self) -> QueryFluentBuilder {
        let query = self.table.client.query().table_name(&self.table.name).index_name(DUE);
        query
            .expression_attribute_names("#due_of", DUE_OF)
            .expression_attribute_values(":lease", AttributeValue::S(LEASE.into()))
    }

    /// One page of those that are due at `now`: their names.
    async fn due_page(&self, now: Timestamp, from: Option<Item>, limit: usize) -> Result<QueryOutput, PortError> {
        let query = self
            .index()
            .key_condition_expression("#due_of = :lease AND #due < :until")
            .expression_attribute_names("#due", DUE)
            .expression_attribute_values(":until", AttributeValue::S(lease_item::due_until(now)))
            .projection_expression("pk")
            .set_exclusive_start_key(from);
        send("find the leases that are due", query.limit(at_most(limit))).await
    }

    /// The names of those on a page. What is about a stack elsewhere is none of ours.
    fn names(&self, page: &QueryOutput) -> impl Iterator<Item = StackName> {
        let names = page.items().iter().filter_map(|item| item.get("pk")?.as_s().ok());
        names.filter_map(|pk| {
            let name = lease_item::name(&self.place, pk);
            if name.is_none() {
                tracing::warn!(pk, "a lease on a stack elsewhere is left alone");
            }
            name
        })
    }

    /// The lease of a listed item. One that was changed by hand must not hide all others: sweep, which keeps its stack,
    /// tells of it when it is due, as does whoever asks for it by name.
    fn readable(&self, item: &Item) -> Option<Lease> {
        lease(&self.place, item).inspect_err(|error| tracing::error!(%error, "a lease is missing in the list")).ok()
    }

    /// Where the page behind `cursor` begins.
    fn start(&self, Cursor { due, stack }: &Cursor) -> Item {
        let mut start = key(&lease_item::pk(&self.place, stack), LEASE);
        start.insert(DUE_OF.into(), AttributeValue::S(LEASE.into()));
        start.insert(DUE.into(), AttributeValue::S(lease_item::due_key(*due, stack)));
        start
    }
}

impl ReadLeases for LeaseTable {
    async fn lease(&self, stack: &StackName) -> Result<Option<Lease>, PortError> {
        let key = key(&lease_item::pk(&self.place, stack), LEASE);
        let item = self.table.read(&format!("read the lease of {stack}"), key).await?;
        item.map(|item| lease(&self.place, &item)).transpose()
    }
}

impl FindLeases for LeaseTable {
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<StackName>, PortError> {
        let (mut names, mut from) = (vec![], None);
        while names.len() < limit {
            let page = self.due_page(now, from, limit - names.len()).await?;
            names.extend(self.names(&page));
            from = page.last_evaluated_key;
            if from.is_none() {
                break;
            }
        }
        Ok(names)
    }

    async fn page(&self, after: Option<&Cursor>, limit: usize) -> Result<Page, PortError> {
        let start = after.map(|cursor| self.start(cursor));
        let query = self.index().key_condition_expression("#due_of = :lease").set_exclusive_start_key(start);
        let answer = send("list the leases", query.limit(at_most(limit))).await?;
        let next = answer.last_evaluated_key().and_then(|last| behind(last, answer.items()));
        Ok(Page { leases: answer.items().iter().filter_map(|item| self.readable(item)).collect(), next })
    }
}

impl WriteLeases for LeaseTable {
    async fn replace(&self, seen: Option<&Lease>, next: &Lease) -> Result<Replaced, PortError> {
        let operation = format!("write the lease of {}", next.stack);
        let item = lease_item::item(&self.place, next)?;
        // I8: a retry of the SDK's own would hide that the reply to the first was lost, and show a write of ours that
        // somebody has replaced since as one that was never applied.
        let retries = RetryConfig::disabled();
        match self.table.put(&operation, item, retries, |request| condition(request, seen)).await? {
            Put::Done => Ok(Replaced::Done),
            Put::Refused(standing) => {
                Ok(Replaced::Conflict(standing.map(|item| lease(&self.place, &item)).transpose()?))
            }
        }
    }
}

/// I3: what was seen still stands, in all that decisions rest on; the nonce alone would do, the others say why.
fn condition(request: PutItemFluentBuilder, seen: Option<&Lease>) -> PutItemFluentBuilder {
    let Some(seen) = seen else { return request.condition_expression("attribute_not_exists(pk)") };
    let id = if seen.bound.is_some() { "stack_id = :stack_id" } else { "attribute_not_exists(stack_id)" };
    let mut request =
        request.condition_expression(format!("#state = :state AND #token = :token AND #nonce = :nonce AND {id}"));
    let attributes = attributes(seen);
    for name in [STATE, TOKEN, NONCE] {
        request = request.expression_attribute_names(format!("#{name}"), name);
    }
    for name in [STATE, TOKEN, NONCE, STACK_ID] {
        if let Some(value) = attributes.get(name) {
            request = request.expression_attribute_values(format!(":{name}"), value.clone());
        }
    }
    request
}

/// Sends a query, which may take longer than what settles a job, as a page of it is up to 1 MB.
async fn send(operation: &str, query: QueryFluentBuilder) -> Result<QueryOutput, PortError> {
    query.customize().config_override(unhurried()).send().await.map_err(|error| failed(operation, &error))
}

/// Where the page after these items begins: behind the last whose key is a place, as one that was changed by hand is none.
fn behind(last: &Item, items: &[Item]) -> Option<Cursor> {
    let keys = once(last).chain(items.iter().rev()).filter_map(|item| item.get(DUE)?.as_s().ok());
    keys.cloned().find_map(|key| Cursor::try_from(key).ok())
}

fn unhurried() -> Builder {
    let attempt = Duration::from_secs(10);
    Config::builder()
        .timeout_config(client::timeouts().operation_attempt_timeout(attempt).operation_timeout(attempt * 2).build())
}

fn at_most(limit: usize) -> i32 {
    i32::try_from(limit).unwrap_or(i32::MAX)
}
