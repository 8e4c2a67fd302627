//! GitHub's REST API for the repositories behind connections, as far as those ask it who want to know who made, merged and
//! reviewed something: at [`API_PATH`] below the local cloud's endpoint stands what is at `https://api.github.com` there.
//!
//! Paths, fields, pages and refusals are the documented ones. What has no meaning here (labels, forks, milestones) is there
//! and empty; a commit's files are left out, and so is everything that is served by another path.
//!
//! Whoever asks is the login of their access key, as a token or as the user of basic authentication; whoever gives none may
//! read, and changes things as the author. Pull requests are those of [`super::CLONE_PATH`].

mod activity;
mod asked;
mod commits;
mod compare;
mod link;
mod merge;
mod merging;
mod page;
mod pulls;
mod refused;
mod review;
mod shape;
mod wanted;

use axum::Router;
use axum::routing::{get, post, put};

use super::Shared;
use refused::Refused;

/// Where GitHub's API is, below the local cloud's endpoint.
pub const API_PATH: &str = "/v1/github";

pub(super) fn router(shared: Shared) -> Router {
    let repository = Router::new()
        .route("/", get(shape::repository::get))
        .route("/activity", get(activity::list))
        .route("/commits/{*commit}", get(commits::get))
        .route("/compare/{*ends}", get(compare::get))
        .route("/pulls", get(pulls::list).post(pulls::open))
        .route("/pulls/{number}", get(pulls::get).patch(pulls::edit))
        .route("/pulls/{number}/commits", get(pulls::commits))
        .route("/pulls/{number}/merge", get(merge::is_merged).put(merge::merge))
        .route("/pulls/{number}/reviews", get(review::list).post(review::create))
        .route("/pulls/{number}/reviews/{review}", get(review::get).delete(review::delete))
        .route("/pulls/{number}/reviews/{review}/events", post(review::submit))
        .route("/pulls/{number}/reviews/{review}/dismissals", put(review::dismiss));
    Router::new()
        .nest("/repos/{owner}/{name}", repository)
        .fallback(async || Refused::not_found())
        .method_not_allowed_fallback(async || Refused::not_found())
        .with_state(shared)
}
