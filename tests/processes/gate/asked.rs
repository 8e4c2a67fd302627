//! What the gate asks, by name.

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Uri};
use jiff::Timestamp;

use crate::call::Call;

/// Where the world answers as GitHub does.
pub(super) const GITHUB: &str = "/v1/github";

/// A request.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// `codecommit:GetCommit`; `github:pulls/7` and, of later pages, `github:pulls/7/reviews#2`.
    pub(super) name: String,
    pub(super) call: Call,
    pub(super) uri: String,
    /// What proves who asks.
    pub(super) authorization: String,
}

impl Asked {
    pub(super) fn new(method: &Method, uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Self {
        let call = Call::new(Timestamp::now(), method, uri, headers, body);
        let name = github(uri).unwrap_or_else(|| call.name());
        let authorization = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        Self { name, call, uri: uri.to_string(), authorization: authorization.to_owned() }
    }

    /// Whether it changes something.
    pub(super) fn changes(&self) -> bool {
        let operation = &self.call.operation;
        let reads = ["Get", "List", "Batch", "Evaluate", "Describe", "Detect", "Query"];
        !self.name.starts_with("github:") && !reads.iter().any(|begin| operation.starts_with(begin))
    }
}

/// Nobody signs what is asked of GitHub.
fn github(uri: &Uri) -> Option<String> {
    let path = uri.path().strip_prefix(GITHUB)?.strip_prefix("/repos/ada/shop/").unwrap_or("elsewhere");
    let page = uri.query().unwrap_or_default().split('&').find_map(|part| part.strip_prefix("page="));
    Some(page.map_or_else(|| format!("github:{path}"), |page| format!("github:{path}#{page}")))
}
