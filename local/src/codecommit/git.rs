//! git over HTTP for CodeCommit's repositories, which have no owners.

use axum::extract::{Path, RawQuery, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::events;
use crate::actions::Context;
use crate::git_http::{self, Error};
use crate::repository::{self, Held};

pub(super) async fn advertise(
    State(context): State<Context>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Error> {
    git_http::advertise(&context, own(&name)?, query.as_deref(), &headers).await
}

pub(super) async fn fetch(
    State(context): State<Context>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Error> {
    git_http::fetch(&context, own(&name)?, request).await
}

pub(super) async fn push(
    State(context): State<Context>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Error> {
    own(&name)?;
    let told = context.clone();
    let tell = async move |held: Held, by: String| {
        // The branches have moved: the push has succeeded, whatever becomes of its event.
        if let Err(error) = events::publish(&told, &held, &by).await {
            eprintln!("error: {error}");
        }
    };
    git_http::push(context, name, request, tell).await
}

/// The store also keeps repositories that have owners, for connections.
fn own(name: &str) -> Result<&str, repository::Error> {
    if name.contains('/') { Err(repository::Error::Name(name.to_owned())) } else { Ok(name) }
}
