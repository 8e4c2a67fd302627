//! Where a build's buildspec is, and what it says.

use std::fs;
use std::path::{Component, Path};

use super::error::Error;
use crate::buildspec::{self, Buildspec};

/// What a build without a word about it uses.
const DEFAULT: &str = "buildspec.yml";
const OBJECT: &str = "arn:aws:s3:::";

/// Where a project's buildspec is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A file of the source.
    File(String),
    /// The text itself.
    Text {
        /// What messages call it.
        origin: String,
        /// What it says.
        text: String,
    },
    /// An object in S3.
    Object {
        /// Its bucket.
        bucket: String,
        /// Its key.
        key: String,
    },
}

impl Place {
    /// Understands what a project says, if it says anything: a text, a path, or an object's ARN.
    pub fn of(set: Option<&str>) -> Self {
        let Some(set) = set else { return Self::File(DEFAULT.to_owned()) };
        if set.contains('\n') || set.trim_start().starts_with('{') {
            return Self::Text { origin: "the project's buildspec".to_owned(), text: set.to_owned() };
        }
        let path = set.trim();
        match path.strip_prefix(OBJECT).and_then(|object| object.split_once('/')) {
            Some((bucket, key)) => Self::Object { bucket: bucket.to_owned(), key: key.to_owned() },
            None => Self::File(path.to_owned()),
        }
    }

    /// What is at a place that was fetched as bytes.
    pub(super) fn fetched(origin: String, bytes: Vec<u8>) -> Result<Self, Error> {
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self::Text { origin, text }),
            Err(_) => Err(Error::NotText(origin)),
        }
    }

    /// Reads it; the source is unpacked.
    pub(super) fn read(&self, source: &Path) -> Result<Buildspec, Error> {
        match self {
            Self::Text { origin, text } => parse(origin, text),
            Self::Object { bucket, key } => Err(Error::BuildspecElsewhere(format!("{OBJECT}{bucket}/{key}"))),
            Self::File(path) if !is_inside(path) => Err(Error::BuildspecElsewhere(path.clone())),
            Self::File(path) => {
                let bytes = fs::read(source.join(path)).map_err(|_| Error::NoBuildspec(path.clone()))?;
                Self::fetched(path.clone(), bytes)?.read(source)
            }
        }
    }
}

fn is_inside(path: &str) -> bool {
    let normal = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    !path.starts_with("arn:") && Path::new(path).components().all(normal)
}

fn parse(origin: &str, text: &str) -> Result<Buildspec, Error> {
    buildspec::parse(text).map_err(|source| Error::Buildspec { origin: origin.to_owned(), source })
}
