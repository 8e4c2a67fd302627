//! CodeConnections: its API, under both of its names, and the repositories behind connections.
//!
//! A connection is available at once. Whatever its provider, a repository `OWNER/NAME` is a local one, the same for all
//! connections, at [`CLONE_PATH`]`/OWNER/NAME` below the local cloud's endpoint: a plain `git push` reaches it, and the first
//! makes it. Its pull requests are at `…/OWNER/NAME/pulls`:
//!
//! - `PUT …/pulls/7 {"sourceBranch": "topic", "destinationBranch": "main", "title": "Topic"}` opens number 7, opens it
//!   again, or says that its branch has moved; the destination is the default branch unless it is given. Said twice it does
//!   nothing more. A push to the branch of an open one says the same by itself.
//! - `DELETE …/pulls/7` closes it, as does a push that brings its commits into its destination, or removes its branch.
//! - `GET …/pulls/7` and `GET …/pulls` tell of them.
//!
//! These answer `{"number", "title", "sourceBranch", "destinationBranch", "status": "OPEN" | "CLOSED", "head"}`, the last a list
//! of it. GitHub's REST API tells more of them, and of who made what, at [`github::API_PATH`]. What is pushed, merged, and
//! what becomes of pull requests, starts the pipelines whose triggers it passes, and webhooks hear of it.

mod activity;
mod api;
mod book;
mod comments;
mod detail;
mod error;
mod forks;
mod git;
pub mod github;
mod happened;
mod hooks;
mod ids;
mod people;
mod pulls;
mod pulls_api;
mod statuses;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use crate::runner::Runner;
use book::Book;
pub use detail::Detail;
use hooks::Post;

/// Where repositories are cloned from, below the local cloud's endpoint.
pub const CLONE_PATH: &str = "/v1/connections";

/// What the parts of it share.
#[derive(Clone)]
struct Shared {
    runner: Runner,
    book: Arc<Book>,
    post: Post,
}

/// `others` with CodeConnections beside them: its API by the target that requests name; git, pull requests and GitHub's API by
/// their paths.
pub fn beside(others: Router, runner: Runner) -> Router {
    let book = Arc::new(Book::new(&runner.context().state));
    let shared = Shared { runner, book, post: Post::new() };
    let repositories = Router::new()
        .route("/{owner}/{name}/info/refs", get(git::advertise))
        .route("/{owner}/{name}/git-upload-pack", post(git::fetch))
        .route("/{owner}/{name}/git-receive-pack", post(git::push))
        .route("/{owner}/{name}/pulls", get(pulls_api::list))
        .route("/{owner}/{name}/pulls/{number}", get(pulls_api::get).put(pulls_api::put).delete(pulls_api::close))
        .with_state(shared.clone());
    let others = others.nest(CLONE_PATH, repositories).nest(github::API_PATH, github::router(shared.clone()));
    others.layer(from_fn_with_state(shared, api::answer_ours))
}
