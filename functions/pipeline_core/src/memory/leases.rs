//! Leases, in order of their names and of when they are due.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use jiff::Timestamp;

use crate::{
    ids::{FencingToken, Nonce, StackArn, StackName},
    lease::{
        record::Lease,
        store::{Cursor, FindLeases, Page, ReadLeases, Replaced, WriteLeases},
    },
    memory::World,
    ports::PortError,
};

/// The leases of the world.
#[derive(Debug, Default)]
pub struct Leases {
    by_name: RefCell<BTreeMap<StackName, Lease>>,
    by_due: RefCell<BTreeSet<Due>>,
    /// Everything that was ever written by a port, in order.
    pub history: RefCell<Vec<Lease>>,
    /// How many leases the index handed out.
    pub handed_out: Cell<usize>,
}

type Due = (Timestamp, StackName);

impl Leases {
    /// What stands, without an effect.
    pub fn get(&self, stack: &StackName) -> Option<Lease> {
        self.by_name.borrow().get(stack).cloned()
    }

    /// Puts a record there, unconditionally.
    pub fn put(&self, lease: Lease) {
        let mut by_due = self.by_due.borrow_mut();
        let due = lease.due.map(|at| (at, lease.stack.clone()));
        let before = self.by_name.borrow_mut().insert(lease.stack.clone(), lease);
        if let Some((at, stack)) = before.and_then(|lease| Some((lease.due?, lease.stack))) {
            by_due.remove(&(at, stack));
        }
        by_due.extend(due);
    }

    /// Takes a record away, as the table's time to live does.
    pub fn remove(&self, stack: &StackName) {
        let removed = self.by_name.borrow_mut().remove(stack);
        if let Some(at) = removed.and_then(|lease| lease.due) {
            self.by_due.borrow_mut().remove(&(at, stack.clone()));
        }
    }

    /// The table's conditional write, without an effect.
    pub fn replace(&self, seen: Option<&Lease>, next: &Lease) -> Replaced {
        let standing = self.get(&next.stack);
        if standing.as_ref().map(version) != seen.map(version) {
            return Replaced::Conflict(standing);
        }
        self.put(next.clone());
        self.history.borrow_mut().push(next.clone());
        Replaced::Done
    }

    fn due(&self, now: Timestamp, limit: usize) -> Vec<StackName> {
        let by_due = self.by_due.borrow();
        let due = by_due.iter().take_while(|(at, _)| *at <= now).take(limit).map(|(_, stack)| stack.clone());
        self.counted(due.collect())
    }

    fn page(&self, after: Option<&Cursor>, limit: usize) -> Page {
        let (by_due, by_name) = (self.by_due.borrow(), self.by_name.borrow());
        let from = after.map_or(Bound::Unbounded, |Cursor { due, stack }| Bound::Excluded((*due, stack.clone())));
        let mut places: Vec<&Due> = by_due.range((from, Bound::Unbounded)).take(limit.saturating_add(1)).collect();
        let more = places.len() > limit;
        places.truncate(limit);
        let next = places.last().filter(|_| more).map(|(at, stack)| Cursor { due: *at, stack: stack.clone() });
        let leases = places.iter().filter_map(|(_, stack)| by_name.get(stack).cloned()).collect();
        Page { leases: self.counted(leases), next }
    }

    fn counted<T>(&self, some: Vec<T>) -> Vec<T> {
        self.handed_out.set(self.handed_out.get() + some.len());
        some
    }
}

/// What the table's condition compares.
fn version(lease: &Lease) -> (&'static str, FencingToken, Option<&StackArn>, Nonce) {
    (lease.state.name(), lease.token, lease.bound.as_ref(), lease.nonce)
}

impl ReadLeases for World {
    async fn lease(&self, stack: &StackName) -> Result<Option<Lease>, PortError> {
        self.effect("read lease", || Ok(self.leases.get(stack))).await
    }
}

impl FindLeases for World {
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<StackName>, PortError> {
        self.effect("find due leases", || Ok(self.leases.due(now, limit))).await
    }

    async fn page(&self, after: Option<&Cursor>, limit: usize) -> Result<Page, PortError> {
        self.effect("list leases", || Ok(self.leases.page(after, limit))).await
    }
}

impl WriteLeases for World {
    async fn replace(&self, seen: Option<&Lease>, next: &Lease) -> Result<Replaced, PortError> {
        self.effect("replace lease", || Ok(self.leases.replace(seen, next))).await
    }
}
