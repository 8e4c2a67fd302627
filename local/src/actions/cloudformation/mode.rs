//! What the modes of a CloudFormation action are, and the names of what they work on.

use crate::actions::config;
use crate::pipeline::action::Request;
use crate::pipeline::values::{NAME_RULE, is_stack_name};

/// `ActionMode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    CreateUpdate,
    ReplaceOnFailure,
    DeleteOnly,
    ChangeSetReplace,
    ChangeSetExecute,
}

const MODES: [(&str, Mode); 5] = [
    ("CREATE_UPDATE", Mode::CreateUpdate),
    ("REPLACE_ON_FAILURE", Mode::ReplaceOnFailure),
    ("DELETE_ONLY", Mode::DeleteOnly),
    ("CHANGE_SET_REPLACE", Mode::ChangeSetReplace),
    ("CHANGE_SET_EXECUTE", Mode::ChangeSetExecute),
];

impl Mode {
    pub(super) fn of(request: &Request) -> Result<Self, config::Error> {
        let name = config::required(request, "ActionMode")?;
        let found = MODES.iter().find(|(known, _)| *known == name);
        found.map(|(_, mode)| *mode).ok_or_else(|| {
            let known = MODES.map(|(name, _)| name).join(", ");
            config::malformed(request, "ActionMode", &format!("{name:?} is none of {known}"))
        })
    }
}

pub(super) fn stack_name(request: &Request) -> Result<&str, config::Error> {
    named(request, "StackName")
}

pub(super) fn change_set_name(request: &Request) -> Result<&str, config::Error> {
    named(request, "ChangeSetName")
}

fn named<'a>(request: &'a Request, key: &'static str) -> Result<&'a str, config::Error> {
    let name = config::required(request, key)?;
    if is_stack_name(name) {
        return Ok(name);
    }
    Err(config::malformed(request, key, &format!("{name:?} is no name: {NAME_RULE}")))
}
