//! What is allowed and cannot be seen on a local cloud, and what is denied on purpose: `exceptions.yaml`.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::permission::{Part, Permission};

/// Why the exceptions cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such file.
    #[error("cannot read the exceptions {}: {source}", path.display())]
    Unreadable {
        /// What should have been there.
        path: PathBuf,
        /// Why it cannot be read.
        source: io::Error,
    },
    /// The parser's words, which name the line.
    #[error("the exceptions cannot be read: {0}")]
    Broken(String),
    /// An exception needs a reason.
    #[error("the exception for {what} does not say why: give the reason in one sentence")]
    NoReason {
        /// Which one.
        what: String,
    },
}

/// All exceptions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exceptions {
    /// What is allowed, but is never seen.
    pub never_seen: Vec<Permission>,
    /// What our own code only asks for, in the name of a service of AWS that is documented to use it.
    pub asked: BTreeSet<Permission>,
    /// What is denied to a role because a test wants to see it denied.
    pub denials: Vec<Denial>,
}

/// A denial that a test provokes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Denial {
    /// The role's logical id.
    pub role: String,
    /// What it is denied.
    pub action: String,
    /// With what: ARNs, in which `*` stands for anything.
    pub resources: Vec<String>,
    /// The test that provokes it.
    pub test: String,
    /// Why it must be denied.
    pub why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    never_seen: Vec<Parts>,
    #[serde(default)]
    asked: Vec<Parts>,
    #[serde(default)]
    denials: Vec<Denied>,
}

/// What one test provokes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Denied {
    role: String,
    actions: Vec<String>,
    resources: Vec<String>,
    test: String,
    why: String,
}

/// Parts of a statement that several roles have; without any part it is a statement that denies.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts {
    roles: Vec<String>,
    sid: String,
    #[serde(default)]
    actions: Vec<String>,
    #[serde(default)]
    resources: Vec<String>,
    #[serde(default)]
    keys: Vec<String>,
    why: String,
}

impl Exceptions {
    /// Reads the file at `path`.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path);
        Self::parse(&text.map_err(|source| Error::Unreadable { path: path.to_owned(), source })?)
    }

    /// Reads exceptions, each part of each role apart.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let options = serde_saphyr::options! { with_snippet: false };
        let written: Written =
            serde_saphyr::from_str_with_options(text, options).map_err(|error| Error::Broken(error.to_string()))?;
        written
            .never_seen
            .iter()
            .chain(&written.asked)
            .try_for_each(|entry| reason(&entry.why, || entry.sid.clone()))?;
        written.denials.iter().try_for_each(|denied| reason(&denied.why, || denied.test.clone()))?;
        let never_seen = written.never_seen.iter().flat_map(Parts::permissions).collect();
        let asked = written.asked.iter().flat_map(Parts::permissions).collect();
        Ok(Self { never_seen, asked, denials: written.denials.iter().flat_map(Denied::each).collect() })
    }
}

impl Parts {
    fn permissions(&self) -> Vec<Permission> {
        let actions = self.actions.iter().cloned().map(Part::Action);
        let resources = self.resources.iter().cloned().map(Part::Resource);
        let mut parts: Vec<_> = actions.chain(resources).chain(self.keys.iter().cloned().map(Part::Key)).collect();
        if parts.is_empty() {
            parts.push(Part::Denial);
        }
        let of = |role: &String| {
            let (role, sid) = (role.clone(), self.sid.clone());
            parts.iter().map(move |part| Permission { role: role.clone(), sid: sid.clone(), part: part.clone() })
        };
        self.roles.iter().flat_map(of).collect()
    }
}

impl Denied {
    fn each(&self) -> impl Iterator<Item = Denial> {
        self.actions.iter().map(|action| Denial {
            role: self.role.clone(),
            action: action.clone(),
            resources: self.resources.clone(),
            test: self.test.clone(),
            why: self.why.clone(),
        })
    }
}

impl Denial {
    /// Whether it is expected with this resource.
    pub fn is_about(&self, resource: &str) -> bool {
        self.resources.iter().any(|pattern| matches(pattern, resource))
    }
}

fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(tail) = text.strip_prefix(start) else { return false };
    tail.char_indices().map(|(at, _)| at).chain([tail.len()]).any(|at| matches(rest, &tail[at..]))
}

fn reason(why: &str, what: impl Fn() -> String) -> Result<(), Error> {
    if why.trim().is_empty() { Err(Error::NoReason { what: what() }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_stands_for_each_part_of_each_role() {
        let text = "never_seen:\n- {roles: [A, B], sid: S, actions: ['x:Y'], resources: [r], keys: [k=v], why: because}\n- \
                    {roles: [A], sid: D, why: because}\ndenials: [{role: A, actions: ['x:Z', 'x:W'], resources: [r], test: t, why: because}]\n\
                    asked: [{roles: [A], sid: E, actions: ['x:V'], why: because}]\n";
        let exceptions = Exceptions::parse(text).unwrap();
        let said: Vec<_> = exceptions.never_seen.iter().map(ToString::to_string).collect();
        let expected = [
            "A, S: action x:Y",
            "A, S: resource r",
            "A, S: condition k=v",
            "B, S: action x:Y",
            "B, S: resource r",
            "B, S: condition k=v",
            "A, D: what it denies",
        ];
        assert_eq!(said, expected);
        let denied: Vec<_> = exceptions.denials.iter().map(|denial| (&*denial.action, &*denial.test)).collect();
        assert_eq!(denied, [("x:Z", "t"), ("x:W", "t")]);
        let asked: Vec<_> = exceptions.asked.iter().map(ToString::to_string).collect();
        assert_eq!(asked, ["A, E: action x:V"]);
    }

    #[test]
    fn a_star_in_a_resource_stands_for_anything() {
        for (pattern, text, expected) in [
            ("arn:a", "arn:a", true),
            ("arn:a", "arn:ab", false),
            ("arn:a", "an arn:a", false),
            ("*", "", true),
            ("*stack/shop-prod/*", "arn:aws:cloudformation:us-east-1:1:stack/shop-prod/1", true),
            ("*stack/shop-prod/*", "arn:aws:cloudformation:us-east-1:1:stack/shop-production/1", false),
            ("a*b*b", "a-b", false),
            ("a*b*b", "a-bb", true),
            ("a*", "é", false),
            ("*é", "éé", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn what_it_does_not_know_is_refused() {
        let entry = "{roles: [A], sid: S, why: because}";
        for (text, expected) in [
            ("others: []".to_owned(), "unknown field `others`"),
            (format!("never_seen: [{}]", entry.replace("sid", "Sid")), "unknown field `Sid`"),
            (format!("never_seen: [{}]", entry.replace(", why: because", "")), "missing field `why`"),
            (format!("never_seen: [{}]", entry.replace("because", "' '")), "the exception for S does not say why"),
            (format!("asked: [{}]", entry.replace("because", "' '")), "the exception for S does not say why"),
            ("denials: [{role: A, actions: [x], resources: [r], why: w}]".to_owned(), "missing field `test`"),
            ("denials: [{role: A, actions: [x], test: t, why: w}]".to_owned(), "missing field `resources`"),
            (
                "denials: [{role: A, actions: [x], resources: [r], test: t, why: ''}]".to_owned(),
                "the exception for t does not say why",
            ),
            ("never_seen: [".to_owned(), "line 1"),
        ] {
            let error = Exceptions::parse(&text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
        let error = Exceptions::read(Path::new("/nonexistent/exceptions.yaml")).unwrap_err().to_string();
        assert!(error.starts_with("cannot read the exceptions /nonexistent/exceptions.yaml: "), "{error}");
    }
}
