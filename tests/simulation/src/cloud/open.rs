//! The index of what was begun about jobs: it lags behind as the one of leases does.

use std::collections::BTreeMap;

use jiff::Timestamp;
use pipeline_core::{
    ids::JobId,
    repair::{
        due::{run_due, verdict_due},
        ports::{Due, Open},
    },
    start_tests::run::Run,
};

use super::at;
use crate::rng::Rng;

/// The index.
#[derive(Debug, Default)]
pub(crate) struct Index(BTreeMap<Open, Entry>);

#[derive(Debug)]
struct Entry {
    due: Option<Timestamp>,
    since: i64,
    before: Option<Timestamp>,
}

impl Index {
    pub(super) fn run(&mut self, run: &Run, now: i64) {
        self.write(Open::Run(run.job.clone()), Some(run_due(run)), now);
    }

    pub(super) fn verdict(&mut self, job: &JobId, now: i64) {
        self.write(Open::Verdict(job.clone()), Some(verdict_due(at(now))), now);
    }

    pub(super) fn remove(&mut self, open: &Open, now: i64) {
        if self.0.contains_key(open) {
            self.write(open.clone(), None, now);
        }
    }

    fn write(&mut self, open: Open, due: Option<Timestamp>, now: i64) {
        let before = self.0.get(&open).and_then(|entry| entry.due);
        self.0.insert(open, Entry { due, since: now, before });
    }

    /// By a replica.
    pub(super) fn find(&self, until: Timestamp, limit: usize, now: i64, lag: i64, rng: &mut Rng) -> Vec<Due> {
        let seen = now - rng.between(0, lag + 1);
        let shown = |entry: &Entry| if entry.since > seen { entry.before } else { entry.due };
        let due = |(open, entry): (&Open, &Entry)| Some(Due { at: shown(entry)?, open: open.clone() });
        let mut due: Vec<Due> = self.0.iter().filter_map(due).filter(|due| due.at <= until).collect();
        due.sort_unstable();
        due.truncate(limit);
        due
    }

    /// What is left of it.
    pub(crate) fn left(&self) -> Option<&Open> {
        self.0.iter().find(|(_, entry)| entry.due.is_some()).map(|(open, _)| open)
    }
}
