//! The roles of `template.yaml`, and what their statements allow.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use crate::permission::{Part, Permission};

mod wire;

/// Why a template cannot be compared with anything.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No template.
    #[error("cannot read the template {}: {source}", path.display())]
    Unreadable {
        /// What should have been there.
        path: PathBuf,
        /// Why it cannot be read.
        source: io::Error,
    },
    /// Not YAML, or nothing with resources; the parser's words, which name the line.
    #[error("it is no template: {0}")]
    Template(String),
    /// Nothing to compare.
    #[error("it has no role (AWS::IAM::Role)")]
    NoRole,
    /// A role in a form that is not known here.
    #[error("role {role} cannot be read: {source}")]
    Role {
        /// Its logical id.
        role: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A role that may do nothing, or only what policies elsewhere say.
    #[error("role {role} has no statement: give it policies of its own, or remove it")]
    NoStatement {
        /// Its logical id.
        role: String,
    },
    /// A statement that the record could not name.
    #[error("statement {number} of role {role} has no Sid: name it, the record of what is used goes by that name")]
    NoSid {
        /// Its logical id.
        role: String,
        /// Counts from 1.
        number: usize,
    },
    /// Two statements that the record could not tell apart.
    #[error("role {role} has two statements named {sid}: rename one, the record of what is used goes by that name")]
    SameSid {
        /// Its logical id.
        role: String,
        /// Their name.
        sid: String,
    },
    /// Something that is there twice, of which one could be removed without notice.
    #[error("{permission} is there twice: remove one")]
    Twice {
        /// What it is.
        permission: Permission,
    },
    /// Permissions that this comparison would not see.
    #[error("{resource} has policies of its own: write them into an AWS::IAM::Role, only those are compared")]
    Elsewhere {
        /// Its logical id.
        resource: String,
    },
}

/// What a statement does with what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
pub enum Effect {
    /// It allows it.
    Allow,
    /// It denies it, whatever else allows it.
    Deny,
}

/// A statement of a role's policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its name, which no other of the role has.
    pub sid: String,
    /// What it does.
    pub effect: Effect,
    /// What may be done, or not be done.
    pub actions: Vec<String>,
    /// With what, in the template's own words: the record counts them.
    pub resources: Vec<String>,
    /// Its values of condition keys that are parts (`Part::key`).
    pub keys: Vec<Part>,
    /// The condition of the template on which it depends (`Fn::If`).
    pub only_if: Option<String>,
}

/// The roles of a template by their logical ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles(pub BTreeMap<String, Vec<Statement>>);

impl Roles {
    /// Reads the template at `path`.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path);
        Self::parse(&text.map_err(|source| Error::Unreadable { path: path.to_owned(), source })?)
    }

    /// Reads a template.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let roles = wire::roles(text)?;
        roles.iter().try_for_each(|(role, statements)| check(role, statements))?;
        if roles.is_empty() { Err(Error::NoRole) } else { Ok(Self(roles)) }
    }

    /// Everything that they allow and deny.
    pub fn permissions(&self) -> BTreeSet<Permission> {
        let statements = self.0.iter().flat_map(|(role, all)| all.iter().map(move |one| (role, one)));
        statements.flat_map(|(role, statement)| statement.permissions(role)).collect()
    }

    /// The statement of this name.
    pub fn statement(&self, role: &str, sid: &str) -> Option<&Statement> {
        self.0.get(role)?.iter().find(|statement| statement.sid == sid)
    }
}

impl Statement {
    /// What must have been seen in use; in the order of the template.
    fn permissions(&self, role: &str) -> Vec<Permission> {
        let parts: Vec<_> = match self.effect {
            Effect::Deny => vec![Part::Denial],
            Effect::Allow => {
                let actions = self.actions.iter().cloned().map(Part::Action);
                let resources = self.resources.iter().cloned().map(Part::Resource);
                actions.chain(resources).chain(self.keys.iter().cloned()).collect()
            }
        };
        parts.into_iter().map(|part| Permission { role: role.to_owned(), sid: self.sid.clone(), part }).collect()
    }
}

fn check(role: &str, statements: &[Statement]) -> Result<(), Error> {
    let role = || role.to_owned();
    if statements.is_empty() {
        return Err(Error::NoStatement { role: role() });
    }
    let mut sids = BTreeSet::new();
    for statement in statements {
        if !sids.insert(&statement.sid) {
            return Err(Error::SameSid { role: role(), sid: statement.sid.clone() });
        }
        let mut parts = BTreeSet::new();
        let mut permissions = statement.permissions(&role()).into_iter();
        if let Some(permission) = permissions.find(|permission| !parts.insert(permission.clone())) {
            return Err(Error::Twice { permission });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
