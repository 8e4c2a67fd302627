//! What every request about a repository has.

use std::collections::BTreeMap;

use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use reqwest::Url;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::super::Shared;
use super::super::git::full_name;
use super::super::people::Caller;
use super::super::pulls::{PullRequest, Pulls};
use super::link::Place;
use super::refused::Refused;
use crate::repository::{Held, Store};

/// No request here comes near it.
const BODY_LIMIT: usize = 1 << 20;

/// A request about a repository.
pub(super) struct Asked {
    pub(super) shared: Shared,
    pub(super) caller: Caller,
    /// What was asked for, with its query.
    pub(super) url: Url,
    /// The repository, and where things of it are.
    pub(super) place: Place,
    path: BTreeMap<String, String>,
}

impl FromRequestParts<Shared> for Asked {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Refused> {
        let path = Path::<BTreeMap<String, String>>::from_request_parts(parts, shared).await;
        let Path(path) = path.map_err(|_| Refused::not_found())?;
        let caller = Caller::of(&parts.headers).map_err(|_| Refused::bad_credentials())?;
        let part = |name: &str| path.get(name).cloned().unwrap_or_default();
        let place = Place::of(shared, &full_name(&(part("owner"), part("name"))));
        let url = Url::parse(&format!("{}/repos/{}{}", place.api, place.repository, parts.uri));
        let url = url.map_err(|_| Refused::not_found())?;
        Ok(Self { shared: shared.clone(), caller, url, place, path })
    }
}

impl Asked {
    /// A part of the path.
    pub(super) fn part(&self, name: &str) -> &str {
        self.path.get(name).map_or("", String::as_str)
    }

    /// A part of the path that is a number.
    pub(super) fn number(&self, name: &str) -> Result<u64, Refused> {
        self.part(name).parse().map_err(|_| Refused::not_found())
    }

    /// A parameter of the query that is not empty.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let found = self.url.query_pairs().find(|(key, value)| key == name && !value.is_empty());
        found.map(|(_, value)| value.into_owned())
    }

    /// The login in whose name something is changed.
    pub(super) fn login(&self) -> Result<String, Refused> {
        self.caller.login().map(str::to_owned).ok_or_else(Refused::forbidden)
    }

    pub(super) async fn hold(&self) -> Result<Held, Refused> {
        Ok(Store::new(&self.shared.runner.context().state).hold(&self.place.repository).await?)
    }

    /// The pull request that the path names.
    pub(super) fn pull(&self, held: &Held) -> Result<PullRequest, Refused> {
        let number = self.number("number")?;
        Pulls::read(held.directory())?.0.remove(&number).ok_or_else(Refused::not_found)
    }
}

/// What a request's body says; nothing is said like `{}`.
#[derive(Debug)]
pub(super) struct Said<T>(pub(super) T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Said<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refused> {
        let body = to_bytes(request.into_body(), BODY_LIMIT).await.map_err(|_| Refused::too_large())?;
        let body = if body.is_empty() { b"{}" } else { &body[..] };
        serde_json::from_slice(body).map(Self).map_err(|error| match error.classify() {
            Category::Data => Refused::malformed(&error),
            _ => Refused::unparsable(),
        })
    }
}
