//! What a run asks of AWS. The time limits of what settles a job are so short that the SDK asks a second time on a busy
//! machine: what is counted is what was asked for, and not how often.

use std::collections::{BTreeMap, BTreeSet};

use crate::call::Call;

/// Where the key of an item stands.
const KEYS: [&str; 2] = ["Item", "Key"];

/// A call, told from all others; a second attempt is the same.
pub(super) fn asked(call: &Call) -> (String, String) {
    (call.name(), key(call).unwrap_or_else(|| [&call.target, " ", &call.body].concat()))
}

/// How many different ones of each operation there are.
pub(super) fn distinct(calls: &[Call]) -> BTreeMap<String, usize> {
    let all: BTreeSet<_> = calls.iter().map(asked).collect();
    all.into_iter().fold(BTreeMap::new(), |mut counts, (name, _)| {
        *counts.entry(name).or_default() += 1;
        counts
    })
}

/// Of the item that it is about.
fn key(call: &Call) -> Option<String> {
    let body = call.json();
    let key = KEYS.iter().find_map(|member| body.get(member))?;
    Some(format!("{}/{}", key.pointer("/pk/S")?.as_str()?, key.pointer("/sk/S")?.as_str()?))
}
