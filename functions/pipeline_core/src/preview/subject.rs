//! What a preview is for, and the names of its stacks.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::ids::{Digest, Source, StackName};

/// What a preview is for; as text `pr-42` or `dev-alice`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Subject {
    /// A pull request, by its number.
    PullRequest(u64),
    /// A developer.
    Developer(DeveloperName),
}

/// A developer's name as it stands in a stack's: a-z, 0-9 and single hyphens, beginning with a letter, 16 characters at most.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeveloperName(String);

/// Why a text is not a preview's name. It does not repeat the text (I26).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a text that is not a preview's name, such as pr-42 or dev-alice")]
pub struct InvalidSubject;

/// The longest developer's name: CloudFormation cuts the names of functions to 64 characters, and of the tests' stack's name
/// nothing may be lost there, as an output names only functions of its own stack.
const LONGEST: usize = 16;
/// How much of a digest tells names apart that would look the same.
const MARK: usize = 8;
/// The stack of a preview's tests is named after the preview's own.
const TESTS: &str = "-tests";

impl Subject {
    /// The name of the service's stack.
    ///
    /// # Panics
    /// What should be a service's name is none.
    pub fn stack(&self, service: &str) -> StackName {
        format!("{service}-{self}").parse().expect("a service's name and a preview's make a stack's")
    }

    /// The name of the tests' stack.
    ///
    /// # Panics
    /// What should be a service's name is none.
    pub fn tests_stack(&self, service: &str) -> StackName {
        format!("{service}-{self}{TESTS}").parse().expect("a service's name and a preview's make a stack's")
    }

    /// What its leases are claimed for.
    ///
    /// # Panics
    /// Never: a number and a developer's name are short and printable.
    pub fn source(&self) -> Source {
        let text = match self {
            Self::PullRequest(number) => format!("pull request {number}"),
            Self::Developer(name) => format!("developer {name}"),
        };
        text.parse().expect("it is short and printable")
    }
}

impl DeveloperName {
    /// A name for whatever somebody is called, such as `Ada.Lovelace` or `feature/a`. What is no name as it is gets a mark of
    /// its own, so that no two texts have one name; and so does what only looks as if it had one, or like a tests' stack.
    pub fn of(text: &str) -> Self {
        if is_plain(text) {
            return Self(text.to_owned());
        }
        let mark = Digest::of(text.as_bytes()).as_str()[..MARK].to_owned();
        let words: Vec<String> = text
            .to_lowercase()
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect();
        let mut name = words.join("-");
        name.truncate(LONGEST - MARK - 3);
        let name = name.trim_end_matches('-');
        let lead = if name.starts_with(|c: char| c.is_ascii_lowercase()) { "" } else { "x-" };
        Self(format!("{lead}{name}-{mark}").replace("--", "-"))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether it is a name that stands for itself alone.
fn is_plain(text: &str) -> bool {
    is_name(text) && !text.ends_with(TESTS) && !has_mark(text)
}

fn is_name(text: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    text.len() <= LONGEST && text.starts_with(|c: char| c.is_ascii_lowercase()) && text.split('-').all(is_word)
}

fn has_mark(text: &str) -> bool {
    let is_mark =
        |end: &str| end.len() == MARK && end.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    text.rsplit_once('-').is_some_and(|(_, end)| is_mark(end))
}

impl FromStr for Subject {
    type Err = InvalidSubject;

    fn from_str(text: &str) -> Result<Self, InvalidSubject> {
        match text.split_once('-') {
            Some(("pr", number)) => {
                let is_canonical = number.starts_with(|c: char| ('1'..='9').contains(&c));
                let number = number.parse().ok().filter(|_| is_canonical);
                number.map(Self::PullRequest).ok_or(InvalidSubject)
            }
            Some(("dev", name)) => name.to_owned().try_into().map(Self::Developer),
            _ => Err(InvalidSubject),
        }
    }
}

impl TryFrom<String> for Subject {
    type Error = InvalidSubject;

    fn try_from(text: String) -> Result<Self, InvalidSubject> {
        text.parse()
    }
}

impl TryFrom<String> for DeveloperName {
    type Error = InvalidSubject;

    fn try_from(text: String) -> Result<Self, InvalidSubject> {
        if is_name(&text) && !text.ends_with(TESTS) { Ok(Self(text)) } else { Err(InvalidSubject) }
    }
}

impl From<Subject> for String {
    fn from(subject: Subject) -> Self {
        subject.to_string()
    }
}

impl From<DeveloperName> for String {
    fn from(name: DeveloperName) -> Self {
        name.0
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PullRequest(number) => write!(f, "pr-{number}"),
            Self::Developer(name) => write!(f, "dev-{name}"),
        }
    }
}

impl fmt::Display for DeveloperName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_of_stacks_are_valid_and_never_collide() {
        let texts = [
            "feature/a",
            "feature-a",
            "feature_a",
            "Feature-a",
            "feature--a",
            "feature-a-",
            "/feature-a",
            "featurea",
            "a",
            "1",
            "",
            "-",
            "ä",
            "日本",
            "alice-tests",
            "alice",
            "alice-0123abcd",
            "a-very-long-name-of-some-branch-or-other",
            "a-very-long-name-of-some-branch-or-othes",
        ];
        let names: BTreeSet<String> = texts.iter().map(|text| DeveloperName::of(text).to_string()).collect();
        assert_eq!(names.len(), texts.len(), "{names:?}");
        for name in &names {
            assert!(is_name(name) && !name.ends_with(TESTS), "{name}");
            let subject: Subject = format!("dev-{name}").parse().unwrap();
            assert_eq!(subject.stack("shop").as_str(), format!("shop-dev-{name}"));
        }
        assert_eq!(DeveloperName::of("feature-a").as_str(), "feature-a");
        // A name that was made is made of nothing else.
        let made = DeveloperName::of("feature/a");
        assert_ne!(DeveloperName::of(made.as_str()), made);
    }

    #[test]
    fn a_pull_request_has_one_name() {
        assert_eq!("pr-42".parse(), Ok(Subject::PullRequest(42)));
        for bad in [
            "pr-042",
            "pr-",
            "pr-0",
            "pr--1",
            "pr-+1",
            "pr-4x",
            "PR-4",
            "pr-99999999999999999999",
            "dev-",
            "dev-a-tests",
            "x",
        ] {
            assert_eq!(bad.parse::<Subject>(), Err(InvalidSubject), "{bad}");
        }
        assert_eq!(Subject::PullRequest(42).tests_stack("shop").as_str(), "shop-pr-42-tests");
    }
}
