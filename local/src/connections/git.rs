//! git over HTTP for the repositories behind connections.

use axum::extract::{Path, RawQuery, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::activity::By;
use super::{Shared, happened, people};
use crate::git_http::{self, Error};
use crate::repository::{Held, Store};

/// A first push makes the repository, which is the provider's to do elsewhere.
pub(super) async fn advertise(
    State(shared): State<Shared>,
    Path(path): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let (context, name) = (shared.runner.context(), full_name(&path));
    if git_http::is_push(query.as_deref()) {
        drop(Store::new(&context.state).hold_or_create(&name).await?);
    }
    git_http::advertise(context, &name, query.as_deref(), &headers).await
}

pub(super) async fn fetch(
    State(shared): State<Shared>,
    Path(path): Path<(String, String)>,
    request: Request,
) -> Result<Response, Error> {
    git_http::fetch(shared.runner.context(), &full_name(&path), request).await
}

pub(super) async fn push(
    State(shared): State<Shared>,
    Path(path): Path<(String, String)>,
    request: Request,
) -> Result<Response, Error> {
    let context = shared.runner.context().clone();
    let tell = async move |held: Held, who: String| {
        let by = By { login: people::login(&who), merged_into: None };
        // The branches have moved: the push has succeeded, whatever it starts.
        if let Err(error) = happened::pushed(&shared, &held, by).await {
            eprintln!("error: {} was pushed to, but starts no pipeline: {error}; start them by hand", held.name());
        }
    };
    git_http::push(context, full_name(&path), request, tell).await
}

/// `OWNER/NAME`; providers' addresses may end in `.git`.
pub(super) fn full_name((owner, name): &(String, String)) -> String {
    format!("{owner}/{}", name.strip_suffix(".git").unwrap_or(name))
}
