//! The check of a configuration's keys, the same for actions and for rules.

use std::collections::BTreeMap;

use super::error::{DefinitionError, ErrorKind, Place};
use super::names;

/// The most characters of a key.
const LONGEST_KEY: usize = 50;

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
    /// Keys of which only these values can run here.
    pub(super) only: &'static [(&'static str, &'static [&'static str])],
    /// The most characters of a value.
    pub(super) longest: usize,
    /// How a wrong key is refused.
    pub(super) kind: ErrorKind,
}

impl Keys {
    /// Refuses what is missing, unknown, empty, too long, or of a value that cannot run here.
    pub(super) fn check(&self, place: &Place, configuration: &BTreeMap<String, String>) -> Result<(), DefinitionError> {
        let refuse = |key: &str, why: String| Err(place.within(key).error(self.kind, why));
        configuration.keys().try_for_each(|key| names::length(&place.within(key), key, 1..=LONGEST_KEY))?;
        let mut required = self.required.iter().chain(self.also);
        if let Some(key) = required.find(|key| !configuration.contains_key(**key)) {
            return refuse(key, format!("is missing; {} needs it", self.of));
        }
        let known = |key: &str| self.required.contains(&key) || self.optional.contains(&key);
        if let Some(key) = configuration.keys().find(|key| !known(key)) {
            return refuse(key, format!("is unknown to {}; remove it", self.of));
        }
        configuration.iter().try_for_each(|(key, value)| names::length(&place.within(key), value, 1..=self.longest))?;
        let other =
            |(key, values): &&(&str, &[&str])| configuration.get(*key).is_some_and(|v| !values.contains(&v.as_str()));
        let Some((key, values)) = self.only.iter().find(other) else { return Ok(()) };
        let values = values.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>().join(", ");
        refuse(key, format!("{:?} cannot run here; use {values}", configuration[*key]))
    }
}
