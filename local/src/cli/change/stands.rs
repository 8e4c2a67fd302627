//! What is set aside already, and with it what is to be: the gate goes by what was written last alone.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::set_aside::LONGEST;
use crate::cli::args::OVERRIDABLE;

/// Between one reason and the next.
const JOINT: &str = "; ";

/// Rules that are set aside, and why: what the gate reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Aside {
    pub(super) rules: BTreeSet<String>,
    pub(super) reason: String,
}

impl Aside {
    /// What a parameter sets aside; none where the gate takes it for no override.
    pub(super) fn parse(value: &str) -> Option<Self> {
        let stands: Self = serde_json::from_str(value).ok()?;
        let is_one = !stands.rules.is_empty() && !stands.reason.trim().is_empty();
        (is_one && stands.rules.iter().all(|rule| OVERRIDABLE.contains(&&**rule))).then_some(stands)
    }

    /// The same with what was set aside before.
    pub(super) fn after(self, before: Option<&Self>) -> Self {
        let Some(before) = before else { return self };
        Self { rules: &self.rules | &before.rules, reason: both(&before.reason, &self.reason) }
    }

    pub(super) fn listed(&self) -> String {
        listed(&self.rules)
    }
}

pub(super) fn listed(rules: &BTreeSet<String>) -> String {
    rules.iter().map(String::as_str).collect::<Vec<_>>().join(" and ")
}

/// The gate would cut what is too long at its end, where the new reason is: the old one is cut instead, for decisions and the
/// parameter's history have it whole.
fn both(before: &str, now: &str) -> String {
    let before = before.trim();
    if before == now || before.split(JOINT).any(|one| one == now) {
        return before.to_owned();
    }
    let room = LONGEST.saturating_sub(now.chars().count() + JOINT.len());
    if before.chars().count() <= room {
        return format!("{before}{JOINT}{now}");
    }
    match room {
        0 => now.to_owned(),
        _ => format!("{}…{JOINT}{now}", before.chars().take(room - 1).collect::<String>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aside(rules: &[&str], reason: &str) -> Aside {
        Aside { rules: rules.iter().map(ToString::to_string).collect(), reason: reason.to_owned() }
    }

    #[test]
    fn what_is_set_aside_stays_so() {
        let before = aside(&["approved"], "nobody is here");
        let both = aside(&["no_drift", "approved"], "nobody is here; an incident");
        assert_eq!(aside(&["no_drift"], "an incident").after(Some(&before)), both);
        for reason in ["an incident", "nobody is here", "nobody is here; an incident"] {
            assert_eq!(aside(&["no_drift"], reason).after(Some(&both)), both, "{reason}");
        }
        assert_eq!(aside(&["no_drift"], "an incident").after(None), aside(&["no_drift"], "an incident"));
    }

    #[test]
    fn the_new_reason_is_whole_and_both_are_no_longer_than_the_gate_keeps() {
        let reason = |before: usize, now: usize| both(&"é".repeat(before), &"n".repeat(now));
        assert_eq!(reason(248, 250), format!("{}; {}", "é".repeat(248), "n".repeat(250)));
        assert_eq!(reason(249, 250), format!("{}…; {}", "é".repeat(247), "n".repeat(250)));
        for now in 490..=LONGEST {
            let reason = reason(LONGEST, now);
            assert!(reason.chars().count() <= LONGEST && reason.ends_with(&"n".repeat(now)), "{reason}");
        }
    }

    #[test]
    fn what_the_gate_takes_for_no_override_sets_nothing_aside() {
        let known = r#"{"rules": ["tested"], "reason": "a"}"#;
        assert_eq!(Aside::parse(known), Some(aside(&["tested"], "a")));
        for other in [
            "",
            "{}",
            r#"{"rules": [], "reason": "a"}"#,
            r#"{"rules": ["tested"], "reason": " "}"#,
            r#"{"rules": ["tested", "digest"], "reason": "a"}"#,
            r#"{"rules": ["tested"], "reason": "a", "more": 1}"#,
        ] {
            assert_eq!(Aside::parse(other), None, "{other}");
        }
    }
}
