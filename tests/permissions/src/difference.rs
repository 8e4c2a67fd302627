//! What a comparison finds.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::exceptions::Denial;
use crate::permission::Permission;

/// Something that does not agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "difference", rename_all = "snake_case")]
pub enum Difference {
    /// Allowed, neither seen nor excepted.
    NeverSeen {
        /// What is allowed.
        #[serde(flatten)]
        permission: Permission,
        /// The condition of the template on which it depends.
        only_if: Option<String>,
    },
    /// Seen, and the template does not allow it, as far as it is read here.
    NotInTemplate {
        /// What was seen.
        #[serde(flatten)]
        permission: Permission,
    },
    /// An exception for what was seen.
    SeenAfterAll {
        /// What is excepted.
        #[serde(flatten)]
        permission: Permission,
    },
    /// An exception for what the template does not allow.
    ExceptsNothing {
        /// What is excepted.
        #[serde(flatten)]
        permission: Permission,
    },
    /// An exception that is there more than once.
    ExceptedTwice {
        /// What is excepted.
        #[serde(flatten)]
        permission: Permission,
    },
    /// Only asked for by our own code, and not listed as such.
    OnlyAsked {
        /// What was asked.
        #[serde(flatten)]
        permission: Permission,
    },
    /// Listed as only asked for, and it is not.
    NotOnlyAsked {
        /// What is listed.
        #[serde(flatten)]
        permission: Permission,
    },
    /// A role was denied something that no exception expects.
    Denied {
        /// The role.
        role: String,
        /// What it was denied.
        action: String,
        /// With what, ARNs.
        resources: BTreeSet<String>,
    },
    /// An expected denial that did not happen.
    NotDenied {
        /// What should have happened.
        #[serde(flatten)]
        denial: Denial,
    },
    /// A denial that is expected more than once.
    ExpectedTwice {
        /// What should happen.
        #[serde(flatten)]
        denial: Denial,
    },
}

/// How much of a role was seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Actions that its statements allow.
    pub actions: usize,
    /// Resources that they are about.
    pub resources: usize,
    /// Values of condition keys that tell apart what they allow.
    pub keys: usize,
    /// Statements that deny.
    pub denials: usize,
    /// How many of all these were seen.
    pub seen: usize,
    /// How many were not, and are excepted.
    pub excepted: usize,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// All roles of the template.
    pub roles: BTreeMap<String, Tally>,
    /// Everything that does not agree.
    pub differences: Vec<Difference>,
}
