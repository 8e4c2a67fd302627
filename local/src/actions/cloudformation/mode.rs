//! What the modes of a CloudFormation action are, and the names of what they work on.

use crate::actions::config;
use crate::pipeline::action::Request;

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
    if is_name(name) {
        return Ok(name);
    }
    let reason = "it must be a letter, then letters, digits and hyphens, and 128 characters at most";
    Err(config::malformed(request, key, &format!("{name:?} is no name: {reason}")))
}

fn is_name(text: &str) -> bool {
    text.len() <= 128
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|each| each.is_ascii_alphanumeric() || each == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_cloudformation_takes() {
        let (longest, longer) = ("a".repeat(128), "a".repeat(129));
        for (name, accepted) in [
            ("a", true),
            ("My-Stack-1", true),
            (&longest, true),
            (&longer, false),
            ("", false),
            ("1a", false),
            ("-a", false),
            ("a_b", false),
            ("a b", false),
            ("é", false),
            ("arn:aws:cloudformation:us-east-1:000000000000:stack/a/b", false),
        ] {
            assert_eq!(is_name(name), accepted, "{name}");
        }
    }
}
