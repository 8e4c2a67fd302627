//! Values of CloudFormation actions.

use std::collections::BTreeSet;

const CAPABILITIES: [&str; 3] = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"];

/// What the name of a stack or a change set must be, for people.
pub const NAME_RULE: &str = "it must be a letter, then letters, digits and hyphens, and 128 characters at most";

/// Whether a stack or a change set may be called so.
pub fn is_stack_name(text: &str) -> bool {
    text.len() <= 128
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|each| each.is_ascii_alphanumeric() || each == '-')
}

/// `Capabilities`: names, separated by commas.
pub fn capabilities(text: &str) -> Result<BTreeSet<&str>, String> {
    let names: BTreeSet<_> = text.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    match names.iter().find(|name| !CAPABILITIES.contains(name)) {
        Some(unknown) => Err(format!("{unknown:?} is none of {}", CAPABILITIES.join(", "))),
        None => Ok(names),
    }
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
            assert_eq!(is_stack_name(name), accepted, "{name}");
        }
    }

    #[test]
    fn capabilities_are_separated_by_commas() {
        let expected = BTreeSet::from(["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]);
        assert_eq!(capabilities("CAPABILITY_IAM, CAPABILITY_AUTO_EXPAND,"), Ok(expected));
        assert_eq!(capabilities(""), Ok(BTreeSet::new()));
        let refusal = capabilities("CAPABILITY_IAM,CAPABILITY_ALL").unwrap_err();
        assert_eq!(
            refusal,
            "\"CAPABILITY_ALL\" is none of CAPABILITY_IAM, CAPABILITY_NAMED_IAM, CAPABILITY_AUTO_EXPAND"
        );
    }
}
