//! Approval rules: what has to be approved, and by how many of whom. Nothing here asks or keeps anything.

mod content;
mod pool;
mod rule;

pub(super) use content::{Content, RULE, TEMPLATE};
pub(super) use rule::{Origin, Rule, sha256};
