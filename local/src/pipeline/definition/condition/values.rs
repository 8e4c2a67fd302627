//! The check of a rule's values, as far as they are known before it runs.

use std::collections::BTreeMap;

use super::super::error::{DefinitionError, ErrorKind, Place};
use super::rules::{CLOUD_WATCH_ALARM, DEPLOYMENT_WINDOW, VARIABLE_CHECK};
use crate::pipeline::rules::{Cron, Pattern, alarm_states, time_zone, wait_time};

/// Refuses what the rule could not be evaluated with. A value that refers to variables has to wait for them.
pub(super) fn check(
    place: &Place,
    provider: &str,
    configuration: &BTreeMap<String, String>,
) -> Result<(), DefinitionError> {
    let is_text = provider == VARIABLE_CHECK && configuration.get("Operator").is_none_or(|is| is != "MATCHES");
    let mut known = configuration.iter().filter(|(_, value)| !is_text && !value.contains("#{"));
    let refused = known.find_map(|(key, value)| Some((key, value, reason(provider, key, value)?)));
    match refused {
        None => Ok(()),
        Some((key, value, reason)) => {
            let message = format!("{value:?} cannot be used: {reason}");
            Err(place.within(key).error(ErrorKind::Stage, message))
        }
    }
}

/// Why the rule cannot use a value. A pattern is used as it stands; spaces around other values mean nothing.
fn reason(provider: &str, key: &str, value: &str) -> Option<String> {
    let trimmed = value.trim();
    match (provider, key) {
        (DEPLOYMENT_WINDOW, "Cron") => trimmed.parse::<Cron>().err().map(|error| error.to_string()),
        (DEPLOYMENT_WINDOW, "TimeZone") => time_zone(trimmed).err().map(str::to_owned),
        (CLOUD_WATCH_ALARM, "AlarmStates") => alarm_states(trimmed).err().map(str::to_owned),
        (CLOUD_WATCH_ALARM, "WaitTime") => wait_time(trimmed).err().map(str::to_owned),
        (VARIABLE_CHECK, "Value") => value.parse::<Pattern>().err().map(|error| error.to_string()),
        _ => None,
    }
}
