//! All that people are told: how much of each role was seen, what does not agree, and what to do about it.

use std::fmt;

use serde_json::{Value, json};

use crate::difference::{Comparison, Difference, Tally};
use crate::exceptions::Denial;
use crate::record::Record;

/// For people: a line for each role, and for each difference.
pub fn text(comparison: &Comparison, record: &Record) -> String {
    let width = comparison.roles.keys().map(String::len).max().unwrap_or_default();
    let roles = comparison.roles.iter().map(|(role, tally)| format!("{role:width$}  {tally}\n"));
    let differences = comparison.differences.iter().map(|difference| format!("- {difference}\n"));
    let torn = if record.torn > 0 { format!(", {} of them cut off", record.torn) } else { String::new() };
    let end = match comparison.differences.len() {
        0 => "what is allowed is what is used, and what is excepted".to_owned(),
        1 => "1 difference".to_owned(),
        several => format!("{several} differences"),
    };
    roles.chain(differences).chain([format!("records: {}{torn}; {end}\n", record.files)]).collect()
}

/// For programs.
pub fn json(comparison: &Comparison, record: &Record) -> Value {
    let told = comparison.differences.iter().map(|difference| {
        let mut told = json!(difference);
        told["message"] = json!(difference.to_string());
        told
    });
    let differences: Vec<_> = told.collect();
    json!({"roles": comparison.roles, "differences": differences, "records": record.files, "torn": record.torn})
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts =
            [(self.actions, "action"), (self.resources, "resource"), (self.keys, "key"), (self.denials, "denial")];
        let counts = counts.iter().filter(|(count, _)| *count > 0);
        let counts: Vec<_> =
            counts.map(|(count, what)| format!("{count} {what}{}", if *count > 1 { "s" } else { "" })).collect();
        write!(f, "{}: {} seen, {} excepted", counts.join(", "), self.seen, self.excepted)
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeverSeen { permission, only_if } => {
                let only = only_if.as_ref().map(|condition| format!(" (which depends on {condition})"));
                let only = only.unwrap_or_default();
                write!(
                    f,
                    "{permission} was never seen{only}: remove it, let a test use it, or except it with the reason"
                )
            }
            Self::NotInTemplate { permission } => {
                write!(
                    f,
                    "{permission} was seen, but is not in the template: put it back, or run the tests again with this template"
                )
            }
            Self::SeenAfterAll { permission } => {
                write!(f, "{permission} is excepted, but was seen: remove it from exceptions.yaml")
            }
            Self::ExceptsNothing { permission } => {
                write!(f, "{permission} is excepted, but the template does not have it: remove it from exceptions.yaml")
            }
            Self::ExceptedTwice { permission } => {
                write!(f, "{permission} is excepted twice: remove one from exceptions.yaml")
            }
            Self::OnlyAsked { permission } => {
                write!(
                    f,
                    "{permission} was only asked for by our own code: let a test use it, or add it to asked in exceptions.yaml \
                     with the document of AWS that says who uses it"
                )
            }
            Self::NotOnlyAsked { permission } => {
                write!(
                    f,
                    "{permission} is listed as only asked for, but was used, or never asked for: remove it from asked in \
                     exceptions.yaml"
                )
            }
            Self::Denied { role, action, resources } => {
                let few: Vec<_> = resources.iter().take(3).map(String::as_str).collect();
                let rest =
                    if resources.len() > 3 { format!(" and {} more", resources.len() - 3) } else { String::new() };
                write!(f, "{role} was denied {action} on {}{rest}: ", few.join(", "))?;
                write!(
                    f,
                    "allow it in the template if it needs it; if a test wants it denied, add it to denials in exceptions.yaml"
                )
            }
            Self::NotDenied { denial } => {
                let Denial { role, action, test, .. } = denial;
                write!(
                    f,
                    "{role} was not denied {action}, which {test} should provoke: see why, or remove it from exceptions.yaml"
                )
            }
            Self::ExpectedTwice { denial: Denial { role, action, .. } } => {
                write!(f, "that {role} is denied {action} is expected twice: remove one from exceptions.yaml")
            }
        }
    }
}
