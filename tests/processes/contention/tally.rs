//! How much happened: a test in which nothing works proves nothing.

use std::collections::BTreeMap;
use std::fmt;

use super::chaos::Harmed;
use super::history::{History, What};
use super::oracle::Records;

/// What has to happen at least, far below what happens in a minute on a slow machine.
const LEAST: [(&str, usize); 9] = [
    ("claims", 20),
    ("renewals", 5),
    ("holds", 1),
    ("releases", 10),
    ("stacks", 10),
    ("deletions", 10),
    ("runs", 20),
    ("kills", 20),
    ("pauses", 20),
];

/// How often what happened.
pub(super) struct Tally(BTreeMap<&'static str, usize>);

impl Tally {
    pub(super) fn new(history: &History, records: &Records, runs: usize, harmed: Harmed) -> Self {
        let counted = [
            ("stacks", records.stacks.len()),
            ("deletions", records.stacks.values().filter(|stack| stack.deleted.is_some()).count()),
            ("requests", records.calls.len()),
            ("runs", runs),
            ("kills", harmed.kills),
            ("pauses", harmed.pauses),
        ];
        let mut tally = BTreeMap::from(counted);
        for name in history.events().iter().filter_map(|event| name(&event.what)) {
            *tally.entry(name).or_default() += 1;
        }
        Self(tally)
    }

    /// What happened too rarely to prove anything.
    pub(super) fn too_few(&self) -> Vec<String> {
        let of = |what| self.0.get(what).copied().unwrap_or_default();
        let few = LEAST.iter().filter(|(what, least)| of(what) < *least);
        few.map(|(what, least)| format!("{} {what}, and not even {least}", of(what))).collect()
    }
}

fn name(what: &What) -> Option<&'static str> {
    match what {
        What::Claimed { .. } => Some("claims"),
        What::Renewed { .. } => Some("renewals"),
        What::Kept { .. } => Some("holds"),
        What::Releasing { .. } => Some("releases"),
        What::Keeping { .. } | What::Made { .. } | What::Wrong { .. } => None,
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts: Vec<_> = self.0.iter().map(|(what, count)| format!("{count} {what}")).collect();
        write!(f, "{}", counts.join(", "))
    }
}
