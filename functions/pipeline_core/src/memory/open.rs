//! What is open about jobs, in order of when it is due.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
};

use jiff::Timestamp;

use crate::repair::ports::{Due, Open};

/// The index of the world's runs and verdicts.
#[derive(Debug, Default)]
pub struct OpenJobs {
    by_due: RefCell<BTreeSet<Due>>,
    since: RefCell<BTreeMap<Open, Timestamp>>,
    /// How many the index handed out.
    pub handed_out: Cell<usize>,
}

impl OpenJobs {
    /// Puts it there, without an effect.
    pub fn put(&self, open: Open, at: Timestamp) {
        self.remove(&open);
        self.since.borrow_mut().insert(open.clone(), at);
        self.by_due.borrow_mut().insert(Due { at, open });
    }

    /// Takes it away, if it is there.
    pub fn remove(&self, open: &Open) {
        if let Some(at) = self.since.borrow_mut().remove(open) {
            self.by_due.borrow_mut().remove(&Due { at, open: open.clone() });
        }
    }

    /// All that is open, the first due first.
    pub fn all(&self) -> Vec<Due> {
        self.by_due.borrow().iter().cloned().collect()
    }

    pub(super) fn due(&self, now: Timestamp, limit: usize) -> Vec<Due> {
        let by_due = self.by_due.borrow();
        let due: Vec<Due> = by_due.iter().take_while(|due| due.at <= now).take(limit).cloned().collect();
        self.handed_out.set(self.handed_out.get() + due.len());
        due
    }
}
