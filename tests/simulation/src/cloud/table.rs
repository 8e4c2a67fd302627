//! The state table: single items are linearizable, the index of due leases lags behind.

use jiff::Timestamp;
use pipeline_core::{
    ids::StackName,
    lease::{
        record::{Lease, State},
        store::{Cursor, Page, Replaced},
    },
};

use crate::{
    cloud::Cloud,
    op::{Condition, Version},
    rng::Rng,
};

/// DynamoDB removes a GONE record so long after.
const TTL: i64 = 400 * 24 * 60 * 60 * 1000;

/// A lease's item.
#[derive(Debug)]
pub(crate) struct Record {
    /// What stands.
    pub(crate) lease: Lease,
    /// Since when.
    since: i64,
    /// The index's key before that.
    due_before: Option<Timestamp>,
}

impl Cloud {
    pub(crate) fn lease(&self, name: &StackName) -> Option<&Lease> {
        self.leases.get(name).map(|record| &record.lease)
    }

    /// By a replica of the index.
    pub(super) fn due(&self, until: Timestamp, limit: usize, now: i64, rng: &mut Rng) -> Vec<StackName> {
        let seen = now - rng.between(0, self.lag + 1);
        let mut due: Vec<(Timestamp, &StackName)> = self
            .leases
            .iter()
            .filter_map(|(name, record)| {
                let due = if record.since > seen { record.due_before } else { record.lease.due };
                due.filter(|due| *due <= until).map(|due| (due, name))
            })
            .collect();
        due.sort_unstable();
        due.into_iter().take(limit).map(|(_, name)| name.clone()).collect()
    }

    pub(super) fn page(&self, after: Option<&StackName>, limit: usize) -> Page {
        let mut found: Vec<&Lease> = self.leases.values().map(|record| &record.lease).collect();
        found.retain(|lease| lease.due.is_some() && after.is_none_or(|after| lease.stack > *after));
        let next = found.get(limit).and(found.get(limit.saturating_sub(1)));
        Page {
            next: next.and_then(|last| Some(Cursor { due: last.due?, stack: last.stack.clone() })),
            leases: found.iter().take(limit).map(|lease| (*lease).clone()).collect(),
        }
    }

    pub(super) fn write(&mut self, condition: &Condition, next: &Lease, now: i64) -> Replaced {
        let standing = self.leases.get(&next.stack).map(|record| &record.lease);
        let holds = match condition {
            Condition::Stands(seen) => standing.map(Version::from) == *seen,
            Condition::Like(seen) => {
                standing.map(Version::from).is_some_and(|it| Version { nonce: seen.nonce, ..it } == *seen)
            }
            Condition::State(state) => standing.is_some_and(|lease| lease.state.name() == *state),
            Condition::Always => true,
        };
        if !holds {
            return Replaced::Conflict(standing.cloned());
        }
        let due_before = standing.and_then(|lease| lease.due);
        self.leases.insert(next.stack.clone(), Record { lease: next.clone(), since: now, due_before });
        Replaced::Done
    }

    /// What DynamoDB's housekeeping removes at this time.
    pub(crate) fn expire_records(&mut self, now: i64) {
        self.leases.retain(|_, record| match record.lease.state {
            State::Gone { at } => now - at.as_millisecond() < TTL,
            _ => true,
        });
    }
}
