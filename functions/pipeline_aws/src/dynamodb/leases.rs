//! Leases: each read consistently by its name, found by the time it is due, and written whole under a condition.

use std::iter::once;

use aws_sdk_dynamodb::{config::retry::RetryConfig, operation::put_item::builders::PutItemFluentBuilder};
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

use crate::dynamodb::{
    Put, StateTable,
    index::{self, DUE},
    item::{Item, key},
    lease_item::{self, LEASE, NONCE, STACK_ID, STATE, TOKEN, attributes, lease},
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
    /// The name of one that is due. What is about a stack elsewhere is none of ours.
    fn name(&self, item: &Item) -> Option<StackName> {
        let pk = item.get("pk")?.as_s().ok()?;
        let name = lease_item::name(&self.place, pk);
        if name.is_none() {
            tracing::warn!(pk, "a lease on a stack elsewhere is left alone");
        }
        name
    }

    /// The lease of a listed item. One that was changed by hand must not hide all others: sweep, which keeps its stack,
    /// tells of it when it is due, as does whoever asks for it by name.
    fn readable(&self, item: &Item) -> Option<Lease> {
        lease(&self.place, item).inspect_err(|error| tracing::error!(%error, "a lease is missing in the list")).ok()
    }

    /// Where the page behind `cursor` begins.
    fn start(&self, Cursor { due, stack }: &Cursor) -> Item {
        let mut start = key(&lease_item::pk(&self.place, stack), LEASE);
        start.extend(index::place(LEASE, *due, stack));
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
        let operation = "find the leases that are due";
        self.table.due_of(operation, LEASE, now, limit, |item| self.name(item)).await
    }

    async fn page(&self, after: Option<&Cursor>, limit: usize) -> Result<Page, PortError> {
        let start = after.map(|cursor| self.start(cursor));
        let query = self.table.all_of(LEASE).set_exclusive_start_key(start).limit(index::at_most(limit));
        let answer = index::send("list the leases", query).await?;
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

/// Where the page after these items begins: behind the last whose key is a place, as one that was changed by hand is none.
fn behind(last: &Item, items: &[Item]) -> Option<Cursor> {
    let keys = once(last).chain(items.iter().rev()).filter_map(|item| item.get(DUE)?.as_s().ok());
    keys.cloned().find_map(|key| Cursor::try_from(key).ok())
}
