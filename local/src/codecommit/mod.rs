//! CodeCommit: its JSON API, git over HTTP, and the event of a push, over the source store.
//!
//! The local cloud forwards here what is addressed to CodeCommit, and what lies below [`CLONE_PATH`].

mod api;
mod cgi;
mod events;
mod git;
mod metadata;
mod page;
mod refusal;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use crate::actions::Context;
use crate::repository::{self, Commit, Store};

pub use events::EventError;

/// Where repositories are cloned from, below the local cloud's endpoint.
pub const CLONE_PATH: &str = "/v1/repos";

/// Why a push failed.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// The source cannot be taken.
    #[error(transparent)]
    Repository(#[from] repository::Error),
    /// The branch has moved, and nobody was told.
    #[error(transparent)]
    Event(#[from] EventError),
}

/// `others` with CodeCommit beside them: its API by the target that requests name, and git over HTTP by its path.
pub fn beside(others: Router, context: Context) -> Router {
    let repositories = Router::new()
        .route("/{name}/info/refs", get(git::advertise))
        .route("/{name}/git-upload-pack", post(git::fetch))
        .route("/{name}/git-receive-pack", post(git::push))
        .with_state(context.clone());
    others.nest(CLONE_PATH, repositories).layer(from_fn_with_state(context, api::answer_ours))
}

/// Makes the branch's head what `source` holds, as [`repository::Held::take`] does, and puts the event of that push, which
/// says that `by` did it. The same content again moves nothing, and is no event.
///
/// # Errors
/// When the source cannot be read, git fails, or the event cannot be put.
pub async fn push(
    context: &Context,
    source: &str,
    repository: &str,
    branch: &str,
    by: &str,
) -> Result<Commit, PushError> {
    let held = Store::new(&context.state).hold_or_create(repository).await?;
    let commit = held.take(source, branch).await?;
    events::publish(context, &held, by).await?;
    Ok(commit)
}
