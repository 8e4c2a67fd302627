//! What a release is made of, in one number: the artifact, and every object in S3 that its templates deploy.
//!
//! A template says where code is, not what it is. So the digest covers the bytes of both, and an object that was
//! exchanged under its key after somebody approved shows.

mod locations;
pub mod measure;
pub(crate) mod node;
mod reference;
mod template;

use std::fmt;

pub use reference::Reference;
use serde::Serialize;
pub use template::{InvalidTemplate, references, references_of_any};

use crate::{configure::perform::Files, ids::Digest, job::Artifact, ports::PortError};

/// An object in S3, as a template names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Object {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The version that the template pins; the newest one when it pins none.
    pub version: Option<String>,
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.key)?;
        match &self.version {
            Some(version) => write!(f, " in version {version}"),
            None => Ok(()),
        }
    }
}

/// What an object was found to be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Measured {
    /// The version that was read; empty in a bucket that keeps none.
    pub version: String,
    /// The SHA-256 of its bytes.
    pub sha256: Digest,
}

/// The artifact of a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// The SHA-256 of its zip.
    pub sha256: Digest,
    /// The files at its root that may be templates, by [`may_be_template`].
    pub files: Files,
}

/// Reading the artifact that is released.
pub trait ReadBuild {
    /// The artifact, or [`PortError::NotFound`].
    fn build(&self, artifact: &Artifact) -> impl Future<Output = Result<Build, PortError>>;
}

impl<T: ReadBuild> ReadBuild for &T {
    async fn build(&self, artifact: &Artifact) -> Result<Build, PortError> {
        T::build(self, artifact).await
    }
}

/// Reading what templates name.
pub trait ReadPackages {
    /// The object's version and hash, or [`PortError::NotFound`]. Its bytes are not kept.
    fn measure(&self, object: &Object) -> impl Future<Output = Result<Measured, PortError>>;
    /// The same of a template, with its text.
    fn template(&self, object: &Object) -> impl Future<Output = Result<(Measured, Vec<u8>), PortError>>;
}

/// Whether a path inside an artifact is at its root and ends as templates do.
pub fn may_be_template(path: &str) -> bool {
    let ending = path.rsplit_once('.').map(|(_, ending)| ending);
    !path.contains('/') && ending.is_some_and(|ending| ["yaml", "yml", "json", "template"].contains(&ending))
}
