//! What was seen: the lines that the local cloud wrote while IAM was enforced (`iam_record.py` says what they mean).

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// Why there is nothing to compare with.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody recorded anything.
    #[error("no record in {at}: run the tests with FLOWGATE_IAM_RECORD={at}, as an absolute path, first", at = .0.display())]
    Empty(PathBuf),
    /// A file or directory that cannot be read.
    #[error("cannot read the record {}: {source}", path.display())]
    Unreadable {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line that the local cloud never writes.
    #[error("cannot read the record {}, line {line}: {source}", path.display())]
    Line {
        /// In which file.
        path: PathBuf,
        /// Counts from 1.
        line: usize,
        /// Why.
        source: serde_json::Error,
    },
}

/// What was asked of IAM, and what it said.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(tag = "decision")]
pub enum Line {
    /// A statement that allowed it; there is such a line for each of its resources that it was about.
    Allow {
        /// The role.
        role: String,
        /// The statement.
        sid: String,
        /// What was done.
        action: String,
        /// Which of the statement's resources, from 0.
        resource: usize,
        /// The request's values of condition keys that matter, by their names.
        keys: BTreeMap<String, Vec<String>>,
        /// Nobody did it: our own code asked, in the name of a service that it plays.
        #[serde(default)]
        asked: bool,
    },
    /// A statement denied it, of the role or of the resource's own policy.
    Deny {
        /// The role.
        role: String,
        /// The role's statement; those of a session and of a resource's policy are not named.
        sid: Option<String>,
        /// What was to be done.
        action: String,
        /// With what, an ARN.
        resource: String,
    },
    /// No statement allowed it.
    ImplicitDeny {
        /// The role.
        role: String,
        /// What was to be done.
        action: String,
        /// With what, an ARN.
        resource: String,
    },
}

/// A record: the lines about the roles of Flowgate's own stacks, under their logical ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// What was seen.
    pub lines: Vec<Line>,
    /// How many files it is made of; there is one for each local cloud.
    pub files: usize,
    /// How many of them end within a line, as those of a cloud that was killed.
    pub torn: usize,
}

impl Record {
    /// Reads all `.jsonl` files of a directory.
    pub fn read(directory: &Path) -> Result<Self, Error> {
        let mut record = Self::default();
        for path in files(directory)? {
            let text = std::fs::read_to_string(&path);
            record.add(&path, &text.map_err(|source| Error::Unreadable { path: path.clone(), source })?)?;
        }
        record.lines.sort();
        record.lines.dedup();
        if record.lines.is_empty() { Err(Error::Empty(directory.to_owned())) } else { Ok(record) }
    }

    fn add(&mut self, path: &Path, text: &str) -> Result<(), Error> {
        self.files += 1;
        for (place, written) in text.split_inclusive('\n').enumerate() {
            match serde_json::from_str::<Line>(written) {
                Ok(line) => self.lines.extend(line.of_flowgate()),
                Err(_) if !written.ends_with('\n') => self.torn += 1,
                Err(source) => return Err(Error::Line { path: path.to_owned(), line: place + 1, source }),
            }
        }
        Ok(())
    }
}

impl Line {
    /// The line with the logical id in place of the role's name, if the role is of a stack of Flowgate's own.
    fn of_flowgate(mut self) -> Option<Self> {
        let (Self::Allow { role, .. } | Self::Deny { role, .. } | Self::ImplicitDeny { role, .. }) = &mut self;
        *role = logical_id(role)?.to_owned();
        Some(self)
    }
}

/// CloudFormation names a role STACK-LOGICALID-RANDOM; Flowgate's own stacks are named SERVICE-flowgate.
fn logical_id(role: &str) -> Option<&str> {
    let (rest, _random) = role.rsplit_once('-')?;
    let (stack, id) = rest.rsplit_once('-')?;
    stack.ends_with("-flowgate").then_some(id)
}

fn files(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let unreadable = |source| match source {
        source if io::Error::kind(&source) == io::ErrorKind::NotFound => Error::Empty(directory.to_owned()),
        source => Error::Unreadable { path: directory.to_owned(), source },
    };
    let entries = std::fs::read_dir(directory).map_err(unreadable)?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>().map_err(unreadable)?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOW: &str = r#"{"action": "s3:GetObject", "decision": "Allow", "keys": {}, "resource": 0, "role": "shop-flowgate-GateRole-1F", "sid": "Read"}"#;

    fn read(files: &[(&str, &str)]) -> Result<Record, Error> {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(directory.path().join(name), text).unwrap();
        }
        Record::read(directory.path())
    }

    #[test]
    fn lines_of_flowgates_own_roles_are_read_from_all_files() {
        let others = ["shop-beta-Role-1F", "shop-flowgate", "role", "shop-GateRole-1F", "my-flowgates-GateRole-1F"];
        let others: String = others.map(|role| ALLOW.replace("shop-flowgate-GateRole-1F", role) + "\n").concat();
        let denied =
            r#"{"action": "a:B", "decision": "ImplicitDeny", "resource": "arn", "role": "x-flowgate-LeaseRole-0"}"#;
        let files =
            [("1.jsonl", &*format!("{ALLOW}\n{others}")), ("2.jsonl", &format!("{ALLOW}\n{denied}\n")), ("3.txt", "x")];
        let record = read(&files).unwrap();
        let (role, resource) = ("GateRole".to_owned(), 0);
        let (sid, action, keys) = ("Read".to_owned(), "s3:GetObject".to_owned(), BTreeMap::new());
        let allowed = Line::Allow { role, sid, action, resource, keys, asked: false };
        let (role, action, resource) = ("LeaseRole".to_owned(), "a:B".to_owned(), "arn".to_owned());
        assert_eq!(record.lines, [allowed, Line::ImplicitDeny { role, action, resource }]);
        assert_eq!((record.files, record.torn), (2, 0));
    }

    #[test]
    fn the_line_at_which_a_cloud_was_killed_is_counted() {
        let record = read(&[("1.jsonl", &format!("{ALLOW}\n{}", &ALLOW[..40])), ("2.jsonl", ALLOW)]).unwrap();
        assert_eq!((record.lines.len(), record.files, record.torn), (1, 2, 1));
    }

    #[test]
    fn anything_else_that_cannot_be_read_is_named_with_its_line() {
        let unknown = ALLOW.replace("Allow", "Perhaps");
        for broken in [&ALLOW[..40], "", "{}", &unknown] {
            let error = read(&[("1.jsonl", &format!("{ALLOW}\n{broken}\n{ALLOW}\n"))]).unwrap_err().to_string();
            assert!(error.contains("1.jsonl, line 2: "), "{error}");
        }
    }

    #[test]
    fn without_a_record_it_says_how_to_make_one() {
        let missing = Record::read(Path::new("/nonexistent/seen")).unwrap_err().to_string();
        assert!(
            missing.contains("no record in /nonexistent/seen: run the tests with FLOWGATE_IAM_RECORD="),
            "{missing}"
        );
        for files in [&[][..], &[("1.txt", ALLOW)], &[("1.jsonl", "")], &[("1.jsonl", &ALLOW.replace("flowgate", "x"))]]
        {
            assert!(matches!(read(files), Err(Error::Empty(_))), "{files:?}");
        }
    }
}
