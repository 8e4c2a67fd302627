//! The artifact store: zips in S3.

use std::fmt;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};

use super::Context;
use super::archive::{self, Archive};
use super::config;
use crate::pipeline::action::{Artifact, Failure, Location, Request};

/// Why an artifact, or a file in one, cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The action does not declare it.
    #[error("action {action} has no input artifact {artifact}: add it to inputArtifacts")]
    NoInput {
        /// The action.
        action: String,
        /// The artifact.
        artifact: String,
    },
    /// It is not in the store.
    #[error("artifact {artifact} cannot be {done} at s3://{bucket}/{key}: {reason}", bucket = location.bucket, key = location.key)]
    Store {
        /// Its name.
        artifact: String,
        /// What was attempted.
        done: &'static str,
        /// Where.
        location: Location,
        /// What S3 says.
        reason: Reason,
    },
    /// It is there and cannot be unpacked.
    #[error("artifact {artifact} is unusable: {source}")]
    Archive {
        /// Its name.
        artifact: String,
        /// What is wrong with it.
        source: archive::Error,
    },
    /// It does not hold that file.
    #[error("artifact {artifact} holds no file {file}")]
    NoFile {
        /// Its name.
        artifact: String,
        /// The file looked for.
        file: String,
    },
    /// The file is no text.
    #[error("{file} in artifact {artifact} is not UTF-8 text")]
    NotText {
        /// Its name.
        artifact: String,
        /// The file.
        file: String,
    },
    /// The reference to it is not one.
    #[error(transparent)]
    Reference(#[from] config::Error),
}

impl Error {
    /// Whether the role may not.
    pub(super) fn is_denial(&self) -> bool {
        matches!(self, Self::Store { reason, .. } if reason.denied)
    }
}

/// A file of an input artifact, with words for messages about it.
pub(super) struct InputFile {
    /// `FILE in artifact NAME`
    pub(super) origin: String,
    pub(super) text: String,
}

pub(super) fn client(context: &Context) -> Client {
    // Buckets have no host names of their own on localhost.
    Client::from_conf(aws_sdk_s3::config::Builder::from(&context.sdk).force_path_style(true).build())
}

pub(super) async fn get(context: &Context, artifact: &Artifact) -> Result<Vec<u8>, Error> {
    let failed = |reason| failure(artifact, "read", reason);
    let Location { bucket, key } = &artifact.location;
    let answer = client(context).get_object().bucket(bucket).key(key).send().await;
    let body = answer.map_err(|error| failed(reason(&error)))?.body;
    Ok(body.collect().await.map_err(|error| failed(broken(&error)))?.to_vec())
}

/// Writes an artifact, which is a zip.
pub(super) async fn put(context: &Context, artifact: &Artifact, content: Vec<u8>) -> Result<(), Error> {
    put_as(context, artifact, "application/zip", content).await
}

/// Writes something of this media type.
pub(super) async fn put_as(context: &Context, artifact: &Artifact, kind: &str, content: Vec<u8>) -> Result<(), Error> {
    let Location { bucket, key } = &artifact.location;
    let request = client(context).put_object().bucket(bucket).key(key).content_type(kind);
    let answer = request.body(content.into()).send().await;
    answer.map(drop).map_err(|error| failure(artifact, "written", reason(&error)))
}

/// The file that `key` of the configuration refers to as `Artifact::path`.
pub(super) async fn input_file(
    context: &Context,
    request: &Request,
    key: &'static str,
    reference: &str,
) -> Result<InputFile, Error> {
    let (name, file) = split(request, key, reference)?;
    let artifact = input(request, name)?;
    let bytes = get(context, artifact).await?;
    let unusable = |source| Error::Archive { artifact: name.to_owned(), source };
    let content = Archive::new(&bytes).and_then(|mut archive| archive.file(file)).map_err(unusable)?;
    let content = content.ok_or_else(|| Error::NoFile { artifact: name.to_owned(), file: file.to_owned() })?;
    let text =
        String::from_utf8(content).map_err(|_| Error::NotText { artifact: name.to_owned(), file: file.to_owned() })?;
    Ok(InputFile { origin: format!("{file} in artifact {name}"), text })
}

pub(super) fn input<'a>(request: &'a Request, name: &str) -> Result<&'a Artifact, Error> {
    let missing = || Error::NoInput { action: request.action.clone(), artifact: name.to_owned() };
    request.inputs.iter().find(|artifact| artifact.name == name).ok_or_else(missing)
}

fn split<'a>(request: &Request, key: &'static str, reference: &'a str) -> Result<(&'a str, &'a str), Error> {
    let parts = reference.split_once("::").filter(|(name, file)| !name.is_empty() && !file.is_empty());
    let wrong = || config::malformed(request, key, &format!("{reference:?} is not of the form Artifact::file")).into();
    parts.ok_or_else(wrong)
}

fn failure(artifact: &Artifact, done: &'static str, reason: Reason) -> Error {
    Error::Store { artifact: artifact.name.clone(), done, location: artifact.location.clone(), reason }
}

/// How an answer broke off.
fn broken(error: &impl ToString) -> Reason {
    Reason { text: error.to_string().into(), denied: false }
}

/// What a service said, or how a call broke.
#[derive(Debug)]
pub struct Reason {
    text: Box<str>,
    /// The role may not.
    pub(super) denied: bool,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Reason {
    /// A lack of permission, in words for a service that has none.
    pub(super) fn denial(text: &str) -> Self {
        Self { text: text.into(), denied: true }
    }

    /// The failure with this message: of `code`, unless it is for lack of permission.
    pub(super) fn failure(&self, code: &str, message: String) -> Failure {
        if self.denied { super::denied(message) } else { super::failed(code, message) }
    }
}

pub(super) fn reason<E, R>(error: &SdkError<E, R>) -> Reason
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: fmt::Debug,
{
    let text = error.message().map_or_else(|| DisplayErrorContext(error).to_string(), str::to_owned).into();
    Reason { text, denied: error.code().is_some_and(is_denial) }
}

/// Whether this is how a service calls a lack of permission.
pub(super) fn is_denial(code: &str) -> bool {
    code.starts_with("AccessDenied") || code.starts_with("AuthorizationError")
}
