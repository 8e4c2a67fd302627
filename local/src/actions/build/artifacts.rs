//! From a built source directory to the zip of an artifact.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::actions::archive;
use crate::buildspec::Files;
use crate::buildspec::select::{self, Selection, expand, is_pattern, matcher, select};

/// Why there is no artifact.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A pattern is malformed.
    #[error(transparent)]
    Select(#[from] select::Error),
    /// Nothing matches. CodeBuild's own words, because people search for them.
    #[error("no matching artifact paths found for {}", .0.join(", "))]
    NoMatch(Vec<String>),
    /// The base directory is missing. CodeBuild's own words.
    #[error("no matching base directory path found for {0}")]
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
    let mut found = BTreeMap::new();
    let mut unmatched = wanted.patterns.clone();
    for base in bases(wanted.base_directory.as_deref(), source)? {
        let Selection { files, unmatched: without } = select(&wanted, &candidates(&wanted, &base)?)?;
        found.extend(files.into_iter().map(|(name, path)| (name, base.join(path))));
        unmatched.retain(|pattern| without.contains(pattern));
    }
    if found.is_empty() {
        return Err(Error::NoMatch(wanted.patterns));
    }
    let count = found.len();
    let links = if wanted.symlinks { take_links(&mut found) } else { BTreeMap::new() };
    Ok(Packed { zip: archive::pack_with_links(&found, &links)?, files: count, unmatched })
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
        exclude: wanted.exclude.iter().map(path).collect(),
        ..*wanted
    }
}

/// The directories that the patterns start from: one, or all that a pattern names.
fn bases(wanted: Option<&str>, source: &Path) -> Result<Vec<PathBuf>, Error> {
    let Some(wanted) = wanted else { return Ok(vec![source.to_owned()]) };
    let named = if is_pattern(wanted) { directories(wanted, source)? } else { vec![source.join(wanted)] };
    let bases: Vec<_> = named.into_iter().filter(|base| base.is_dir()).collect();
    if bases.is_empty() { Err(Error::NoBase(wanted.to_owned())) } else { Ok(bases) }
}

fn directories(pattern: &str, source: &Path) -> Result<Vec<PathBuf>, Error> {
    let matcher = matcher(pattern)?;
    let mut directories = BTreeSet::new();
    walk(source, "", &mut |path, is_directory| {
        if is_directory && matcher.is_match(path) {
            directories.insert(source.join(path));
        }
    })?;
    Ok(directories.into_iter().collect())
}

/// Plain paths are looked up; only a pattern is worth a walk through a directory that may hold a whole `target`.
fn candidates(wanted: &Files, base: &Path) -> Result<Vec<String>, Error> {
    let (patterns, plain): (Vec<_>, Vec<_>) = wanted.patterns.iter().partition(|pattern| is_pattern(pattern));
    let packable = |path: &str| {
        let path = base.join(path);
        path.is_file() || wanted.symlinks && path.is_symlink()
    };
    let plain = plain.into_iter().map(|path| path.trim_start_matches("./").to_owned());
    let mut paths: Vec<String> = plain.filter(|path| packable(path)).collect();
    if !patterns.is_empty() {
        walk(base, "", &mut |path, is_directory| {
            if !is_directory && packable(path) {
                paths.push(path.to_owned());
            }
        })?;
    }
    Ok(paths)
}

/// Every directory below `root`, and whatever else is there; links to directories are not followed, or a loop would not
/// end.
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
        visit(&path, is_directory);
        if is_directory {
            walk(root, &path, visit)?;
        }
    }
    Ok(())
}

/// Takes out the links that are kept as links, because what they point to is inside the artifact. Others are files, and
/// packed as such, or lead nowhere that a reader of the artifact has, and are left out.
fn take_links(found: &mut BTreeMap<String, PathBuf>) -> BTreeMap<String, String> {
    let target = |path: &Path| fs::read_link(path).ok().and_then(|target| target.into_os_string().into_string().ok());
    let inside = |(name, path): (&String, &PathBuf)| {
        let target = target(path).filter(|target| archive::stays_inside(Path::new(name), target))?;
        Some((name.clone(), target))
    };
    let links: BTreeMap<_, _> = found.iter().filter_map(inside).collect();
    found.retain(|name, path| !links.contains_key(name) && path.is_file());
    links
}
