//! From a built source directory to the zip of an artifact.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::actions::archive;
use crate::buildspec::Files;
use crate::buildspec::select::{self, Selection, expand, is_pattern, matcher, select};

/// Why there is no artifact.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing matches, or a pattern is malformed.
    #[error(transparent)]
    Select(#[from] select::Error),
    /// The base directory is missing.
    #[error("base-directory {0} of the artifact is not a directory")]
    NoBase(String),
    /// A file cannot be read.
    #[error("{path}: {source}", path = path.display())]
    Disk {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The zip cannot be written.
    #[error("the artifact cannot be packed: {0}")]
    Pack(#[from] archive::Error),
}

/// An artifact, and the patterns that found nothing for it.
#[derive(Debug)]
pub struct Packed {
    /// The zip.
    pub zip: Vec<u8>,
    /// How many files it holds.
    pub files: usize,
    /// Patterns without a match.
    pub unmatched: Vec<String>,
}

/// Packs what the buildspec wants, with the variables as the build left them.
pub(super) fn pack(wanted: &Files, source: &Path, variables: &BTreeMap<String, String>) -> Result<Packed, Error> {
    let wanted = expanded(wanted, source, variables);
    let base = base(wanted.base_directory.as_deref(), source)?;
    let Selection { files, unmatched } = select(&wanted, &candidates(&wanted, &base)?)?;
    let paths = files.into_iter().map(|(name, path)| (name, base.join(path))).collect();
    Ok(Packed { zip: archive::pack(&paths)?, files: paths.len(), unmatched })
}

/// A path that names the source directory itself, such as `$CODEBUILD_SRC_DIR/x`, becomes relative to the base.
fn expanded(wanted: &Files, source: &Path, variables: &BTreeMap<String, String>) -> Files {
    let path = |text: &String| {
        let text = expand(text, variables);
        let inside = Path::new(&text).strip_prefix(source).ok().and_then(Path::to_str).map(str::to_owned);
        inside.unwrap_or(text)
    };
    Files {
        patterns: wanted.patterns.iter().map(path).collect(),
        base_directory: wanted.base_directory.as_ref().map(|base| expand(base, variables)),
        discard_paths: wanted.discard_paths,
        exclude: wanted.exclude.iter().map(path).collect(),
    }
}

fn base(wanted: Option<&str>, source: &Path) -> Result<PathBuf, Error> {
    let Some(wanted) = wanted else { return Ok(source.to_owned()) };
    let missing = || Error::NoBase(wanted.to_owned());
    let base =
        if is_pattern(wanted) { first_directory(wanted, source)?.ok_or_else(missing)? } else { source.join(wanted) };
    if base.is_dir() { Ok(base) } else { Err(missing()) }
}

fn first_directory(pattern: &str, source: &Path) -> Result<Option<PathBuf>, Error> {
    let matcher = matcher(pattern)?;
    let mut directories = Vec::new();
    walk(source, "", &mut |path, is_directory| {
        if is_directory && matcher.is_match(path) {
            directories.push(path.to_owned());
        }
    })?;
    directories.sort();
    Ok(directories.first().map(|path| source.join(path)))
}

/// Plain paths are looked up; only a pattern is worth a walk through a directory that may hold a whole `target`.
fn candidates(wanted: &Files, base: &Path) -> Result<Vec<String>, Error> {
    let mut paths = Vec::new();
    if wanted.patterns.iter().any(|pattern| is_pattern(pattern)) {
        walk(base, "", &mut |path, is_directory| {
            if !is_directory {
                paths.push(path.to_owned());
            }
        })?;
    } else {
        let plain = wanted.patterns.iter().map(|path| path.trim_start_matches("./").to_owned());
        paths.extend(plain.filter(|path| base.join(path).is_file()));
    }
    Ok(paths)
}

/// Every file and directory below `root`; links to directories are not followed, or a loop would not end.
fn walk(root: &Path, below: &str, visit: &mut impl FnMut(&str, bool)) -> Result<(), Error> {
    let directory = root.join(below);
    let at = |source| Error::Disk { path: directory.clone(), source };
    for entry in fs::read_dir(&directory).map_err(at)? {
        let entry = entry.map_err(at)?;
        let name = entry.file_name();
        // A name that is not UTF-8 cannot be in a pattern either.
        let Some(name) = name.to_str() else { continue };
        let path = if below.is_empty() { name.to_owned() } else { format!("{below}/{name}") };
        let is_directory = entry.file_type().map_err(at)?.is_dir();
        if is_directory || root.join(&path).is_file() {
            visit(&path, is_directory);
        }
        if is_directory {
            walk(root, &path, visit)?;
        }
    }
    Ok(())
}
