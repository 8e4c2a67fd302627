//! The check of a configuration's keys, the same for actions and for rules.

use std::collections::BTreeMap;

use super::error::{DefinitionError, ErrorKind, Place};
use super::names;

/// What a configuration may and must hold.
pub(super) struct Keys {
    /// Whose configuration it is, for people.
    pub(super) of: &'static str,
    /// What must be there.
    pub(super) required: &'static [&'static str],
    /// What must be there in one mode of it, and may be in others.
    pub(super) also: &'static [&'static str],
    /// What may be there.
    pub(super) optional: &'static [&'static str],
    /// The most characters of a value.
    pub(super) longest: usize,
    /// How a wrong key is refused.
    pub(super) kind: ErrorKind,
}

impl Keys {
    /// Refuses what is missing, unknown, empty or too long.
    pub(super) fn check(&self, place: &Place, configuration: &BTreeMap<String, String>) -> Result<(), DefinitionError> {
        let refuse = |key: &str, why: String| Err(place.within(key).error(self.kind, why));
        let mut required = self.required.iter().chain(self.also);
        if let Some(key) = required.find(|key| !configuration.contains_key(**key)) {
            return refuse(key, format!("is missing; {} needs it", self.of));
        }
        let known = |key: &str| self.required.contains(&key) || self.optional.contains(&key);
        if let Some(key) = configuration.keys().find(|key| !known(key)) {
            return refuse(key, format!("is unknown to {}; remove it", self.of));
        }
        configuration.iter().try_for_each(|(key, value)| names::length(&place.within(key), value, 1..=self.longest))
    }
}
