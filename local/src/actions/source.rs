//! Source actions: a revision of what people change becomes the output artifact.

mod commit;
mod object;

use super::acting::{self, Acting};
use super::{Context, config, store};
use crate::cloud::authority::Refused;
use crate::pipeline::action::{Artifact, Failure, Request, Roles, Success};
use crate::repository;

/// What the session is called that a pipeline's role looks for changes in.
const LOOKING: &str = "PollForSourceChanges";

/// Where a change may be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// At the head of a branch of CodeCommit's.
    Branch {
        /// The repository's name.
        repository: String,
        /// The branch's.
        branch: String,
    },
    /// In the newest version of an object in S3.
    Object {
        /// The bucket's name.
        bucket: String,
        /// The object's key.
        key: String,
    },
}

/// The newest revision there, as the pipeline's role sees it; None where there is nothing that it sees.
pub(crate) async fn newest(context: &Context, pipeline: &str, roles: &Roles, place: &Place) -> Option<String> {
    let acting = context.acting_as(pipeline, LOOKING, roles).await.ok()?;
    match place {
        Place::Branch { repository, branch } => commit::newest(&acting, repository, branch).await,
        Place::Object { bucket, key } => object::newest(&acting, bucket, key).await,
    }
}

/// Why a source action failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its configuration is wrong.
    #[error(transparent)]
    Configuration(#[from] config::Error),
    /// It declares no output artifact, or several.
    #[error("action {0} needs exactly one output artifact")]
    Outputs(String),
    /// The commit cannot be had.
    #[error(transparent)]
    Repository(#[from] repository::Error),
    /// Nothing was ever pushed to the repository behind a connection.
    #[error("repository {name} does not exist: push to {url} first")]
    NotPushed {
        /// `OWNER/NAME`.
        name: String,
        /// Where git finds it.
        url: String,
    },
    /// The object cannot be had.
    #[error(transparent)]
    Object(#[from] object::Error),
    /// The artifact cannot be written.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The role may not look at it.
    #[error(transparent)]
    Refused(#[from] Refused),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = match &error {
            Error::Refused(refused) => return acting::refusal(refused),
            Error::Store(denial) if denial.is_denial() => return super::denied(error),
            Error::Object(object) if object.is_denial() => return super::denied(error),
            Error::Configuration(_)
            | Error::Outputs(_)
            | Error::NotPushed { .. }
            | Error::Object(object::Error::Unversioned(_))
            | Error::Repository(
                repository::Error::NoRepository(_) | repository::Error::NoBranch { .. } | repository::Error::Name(_),
            ) => "ConfigurationError",
            Error::Repository(_) | Error::Object(_) => "RevisionUnavailable",
            Error::Store(_) => "JobFailed",
        };
        super::failed(code, error.to_string())
    }
}

pub(super) async fn run(acting: &Acting, request: &Request) -> Result<Success, Error> {
    match request.type_id.provider.as_str() {
        "S3" => object::run(acting, request).await,
        _ => commit::run(acting, request).await,
    }
}

fn only_output(request: &Request) -> Result<&Artifact, Error> {
    match request.outputs.as_slice() {
        [output] => Ok(output),
        _ => Err(Error::Outputs(request.action.clone())),
    }
}
