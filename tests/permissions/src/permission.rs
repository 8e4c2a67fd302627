//! What a statement allows, taken apart into what can be taken from it.

use std::fmt;

use serde::Serialize;

/// A part of a statement of a role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Permission {
    /// The role's logical id in the template.
    pub role: String,
    /// The statement.
    pub sid: String,
    /// What of it.
    #[serde(flatten)]
    pub part: Part,
}

/// What a statement is made of, as far as it must have been seen in use.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "part", content = "value", rename_all = "snake_case")]
pub enum Part {
    /// An action that it allows, such as `s3:GetObject`.
    Action(String),
    /// A resource that it is about, as the template writes it.
    Resource(String),
    /// A value of a condition key that tells apart what it allows, as `KEY=VALUE`.
    Key(String),
    /// That it denies something; only statements whose effect is Deny have this part, and they have no other.
    Denial,
}

/// The condition keys whose values are parts.
const KEYS: [&str; 2] = ["dynamodb:LeadingKeys", "iam:PassedToService"];

impl Part {
    /// The part that a value of a condition key is, if it is one. A value that goes on with what is particular to one item
    /// counts up to there: both `lease#*` and `lease#shop-pr-1` are `lease#`.
    pub fn key(name: &str, value: &str) -> Option<Self> {
        let name = KEYS.into_iter().find(|key| key.eq_ignore_ascii_case(name))?;
        let family = value.split_inclusive('#').next().unwrap_or_default();
        Some(Self::Key(format!("{name}={family}")))
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { role, sid, part } = self;
        match part {
            Part::Action(action) => write!(f, "{role}, {sid}: action {action}"),
            Part::Resource(resource) => write!(f, "{role}, {sid}: resource {resource}"),
            Part::Key(key) => write!(f, "{role}, {sid}: condition {key}"),
            Part::Denial => write!(f, "{role}, {sid}: what it denies"),
        }
    }
}
