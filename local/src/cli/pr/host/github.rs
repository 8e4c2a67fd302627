//! GitHub's pull requests, of a repository behind a connection of the local cloud.

use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{New, Pull, State};
use crate::cli::call::CallError;
use crate::connections::github::API_PATH;
use crate::report::printable;

/// As many as a page has at most.
const PAGE: usize = 100;

pub(in crate::cli::pr) struct GitHub {
    http: Client,
    pulls: String,
    repository: String,
    token: String,
}

/// A pull request as GitHub tells it.
#[derive(Deserialize)]
struct Wire {
    number: u64,
    title: String,
    state: String,
    #[serde(default)]
    merged_at: Option<String>,
    head: End,
    base: End,
}

#[derive(Deserialize)]
struct End {
    #[serde(rename = "ref")]
    branch: String,
    repo: Option<Repo>,
}

#[derive(Deserialize)]
struct Repo {
    id: u64,
}

impl GitHub {
    /// `repository` is its full name; whoever has the token asks.
    pub(super) fn new(endpoint: &str, repository: &str, token: &str) -> Self {
        // A proxy of the user's must not be asked for an address on this machine.
        let http = Client::builder().no_proxy().build().unwrap_or_default();
        let pulls = format!("{endpoint}{API_PATH}/repos/{repository}/pulls");
        Self { http, pulls, repository: repository.to_owned(), token: token.to_owned() }
    }

    pub(super) async fn pull(&self, number: u64) -> Result<Option<Pull>, CallError> {
        let request = self.http.request(Method::GET, format!("{}/{number}", self.pulls));
        match self.ask::<Wire>("GET", request).await {
            Ok(pull) => Ok(Some(pull.into())),
            Err(error) if error.code() == Some("404") => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn open_ones(&self) -> Result<Vec<Pull>, CallError> {
        let mut pulls: Vec<Pull> = Vec::new();
        for page in 1_usize.. {
            let request = self.http.request(Method::GET, format!("{}?per_page={PAGE}&page={page}", self.pulls));
            let some: Vec<Wire> = self.ask("GET", request).await?;
            let is_last = some.len() < PAGE;
            pulls.extend(some.into_iter().map(Pull::from));
            if is_last {
                break;
            }
        }
        Ok(pulls)
    }

    pub(super) async fn open(&self, new: New<'_>) -> Result<Pull, CallError> {
        let mut wanted = json!({"title": new.title, "head": new.branch, "base": new.into});
        if let Some(number) = new.number {
            wanted["number"] = number.into();
        }
        let request = self.http.request(Method::POST, &self.pulls).json(&wanted);
        Ok(self.ask::<Wire>("POST", request).await?.into())
    }

    /// Makes its state `open` or `closed`.
    pub(super) async fn turn(&self, number: u64, state: &str) -> Result<(), CallError> {
        let request = self.http.request(Method::PATCH, format!("{}/{number}", self.pulls));
        self.ask::<Value>("PATCH", request.json(&json!({"state": state}))).await.map(drop)
    }

    async fn ask<T: DeserializeOwned>(&self, operation: &'static str, request: RequestBuilder) -> Result<T, CallError> {
        let unreachable = |error: reqwest::Error| CallError::Unreachable { operation, detail: error.to_string() };
        let answer = request.bearer_auth(&self.token).send().await.map_err(unreachable)?;
        let status = answer.status();
        if status.is_success() {
            return answer.json().await.map_err(unreachable);
        }
        Err(self.refused(operation, status, &answer.json().await.unwrap_or_default()))
    }

    fn refused(&self, operation: &'static str, status: StatusCode, said: &Value) -> CallError {
        let message = said["errors"][0]["message"].as_str().or(said["message"].as_str()).unwrap_or("no reason given");
        CallError::Refused {
            operation,
            subject: format!("a pull request of {}", self.repository),
            code: status.as_u16().to_string(),
            message: printable(message),
        }
    }
}

impl From<Wire> for Pull {
    fn from(wire: Wire) -> Self {
        let state = match (&*wire.state, wire.merged_at) {
            (_, Some(_)) => State::Merged,
            ("open", None) => State::Open,
            (_, None) => State::Closed,
        };
        // A fork that is gone has no repository any more.
        let id = |end: &End| end.repo.as_ref().map(|repo| repo.id);
        let is_fork = id(&wire.head).is_none() || id(&wire.head) != id(&wire.base);
        let (branch, into) = (wire.head.branch, wire.base.branch);
        Self { number: wire.number, title: wire.title, branch, into, state, is_fork }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pull(state: &str, merged_at: Option<&str>, head: Option<u64>) -> Pull {
        let repo = |id: Option<u64>| id.map(|id| json!({"id": id}));
        let wire = json!({
            "number": 7, "title": "A", "state": state, "merged_at": merged_at,
            "head": {"ref": "feature/a", "repo": repo(head)}, "base": {"ref": "main", "repo": repo(Some(1))},
        });
        serde_json::from_value::<Wire>(wire).unwrap().into()
    }

    #[test]
    fn a_pull_request_is_open_closed_or_merged_and_from_here_or_a_fork() {
        let open = pull("open", None, Some(1));
        assert_eq!((open.number, &*open.branch, &*open.into), (7, "feature/a", "main"));
        assert_eq!((open.state, open.is_fork), (State::Open, false));
        assert_eq!(pull("closed", None, Some(1)).state, State::Closed);
        assert_eq!(pull("closed", Some("2026-01-01T00:00:00Z"), Some(1)).state, State::Merged);
        assert!(pull("open", None, Some(2)).is_fork && pull("open", None, None).is_fork);
    }
}
