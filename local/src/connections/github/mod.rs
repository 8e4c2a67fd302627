//! GitHub's REST API for the repositories behind connections, as far as those ask it who want to know who made, merged and
//! reviewed something: at [`API_PATH`] below the local cloud's endpoint stands what is at `https://api.github.com` there.
//!
//! Paths, fields, pages and refusals are the documented ones. What has no meaning here (labels, milestones) is there and
//! empty; a commit's files are left out, and so is everything that is served by another path.
//!
//! Whoever asks is the login of their access key, as a token or as the user of basic authentication; whoever gives none may
//! read, and changes things as the author. Pull requests are those of [`super::CLONE_PATH`]; they are issues only as far as
//! they have comments.
//!
//! Webhooks hear of `create`, `delete`, `pull_request` and `push`, and of nothing else, at addresses of this machine. What has
//! no REST at GitHub, or no meaning there, is an extension: `draft` changes by `PATCH …/pulls/NUMBER`, and `number` in
//! `POST …/pulls` is the number that it is to have, if that is free. `OTHER:branch` is of a fork, `OTHER/NAME`, which is any
//! repository of that name here.

mod activity;
mod asked;
mod comments;
mod commits;
mod compare;
mod deliveries;
mod hook_wanted;
mod hooks;
mod link;
mod merge;
mod merging;
mod opening;
mod page;
mod pulls;
mod refused;
mod review;
mod shape;
mod statuses;
pub(super) mod told;
mod turns;
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
        .route("/hooks", get(hooks::list).post(hooks::create))
        .route("/hooks/{hook}", get(hooks::get).patch(hooks::edit).delete(hooks::delete))
        .route("/hooks/{hook}/pings", post(hooks::ping))
        .route("/hooks/{hook}/deliveries", get(deliveries::list))
        .route("/hooks/{hook}/deliveries/{delivery}", get(deliveries::get))
        .route("/hooks/{hook}/deliveries/{delivery}/attempts", post(deliveries::redeliver))
        .route("/issues/{number}/comments", get(comments::list).post(comments::create))
        .route("/issues/comments/{comment}", get(comments::get).patch(comments::edit).delete(comments::delete))
        .route("/pulls", get(pulls::list).post(pulls::open))
        .route("/pulls/{number}", get(pulls::get).patch(pulls::edit))
        .route("/pulls/{number}/commits", get(pulls::commits))
        .route("/pulls/{number}/merge", get(merge::is_merged).put(merge::merge))
        .route("/pulls/{number}/reviews", get(review::list).post(review::create))
        .route("/pulls/{number}/reviews/{review}", get(review::get).delete(review::delete))
        .route("/pulls/{number}/reviews/{review}/events", post(review::submit))
        .route("/pulls/{number}/reviews/{review}/dismissals", put(review::dismiss))
        .route("/statuses/{sha}", post(statuses::create));
    Router::new()
        .nest("/repos/{owner}/{name}", repository)
        .fallback(async || Refused::not_found())
        .method_not_allowed_fallback(async || Refused::not_found())
        .with_state(shared)
}
