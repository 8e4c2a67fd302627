//! CodeCommit: its JSON API with pull requests and their approval rules, git over HTTP, and the events of both, over the source store.
//!
//! The local cloud forwards here what is addressed to CodeCommit, and what lies below [`CLONE_PATH`].

mod api;
mod approvals;
mod commits;
mod events;
mod git;
mod metadata;
mod page;
mod pulls;
mod refusal;
mod templates;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use crate::actions::Context;

/// Where repositories are cloned from, below the local cloud's endpoint.
pub const CLONE_PATH: &str = "/v1/repos";

/// `others` with CodeCommit beside them: its API by the target that requests name, and git over HTTP by its path.
pub fn beside(others: Router, context: Context) -> Router {
    let repositories = Router::new()
        .route("/{name}/info/refs", get(git::advertise))
        .route("/{name}/git-upload-pack", post(git::fetch))
        .route("/{name}/git-receive-pack", post(git::push))
        .with_state(context.clone());
    others.nest(CLONE_PATH, repositories).layer(from_fn_with_state(context, api::answer_ours))
}
