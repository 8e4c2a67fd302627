//! GitHub, as far as the function asks it: pull requests of one repository, all of them open.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, http::StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::preview::sent::{REPOSITORY, UPDATED, commit};

/// Serves until it is dropped.
pub(super) struct GitHub {
    /// Where its API is.
    pub(super) api: String,
    _server: JoinSet<()>,
}

impl GitHub {
    pub(super) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().route("/repos/{owner}/{name}/pulls/{number}", get(pull)).with_state(api.clone());
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, app).await.unwrap_or_default() });
        Self { api, _server: server }
    }
}

async fn pull(State(api): State<String>, Path((owner, name, number)): Path<(String, String, u64)>) -> Response {
    if format!("{owner}/{name}") != REPOSITORY {
        return (StatusCode::NOT_FOUND, Json(json!({"message": "Not Found"}))).into_response();
    }
    Json(shown(&api, number)).into_response()
}

fn shown(api: &str, number: u64) -> Value {
    let repo = json!({"id": 1, "name": "shop", "full_name": REPOSITORY, "owner": {"login": "ada", "id": 7}});
    let tip = |name: &str| json!({"label": format!("ada:{name}"), "ref": name, "sha": commit(number), "repo": repo});
    let author = format!("author-{number}");
    json!({
        "url": format!("{api}/repos/{REPOSITORY}/pulls/{number}"), "id": number, "number": number, "state": "open",
        "draft": false, "merged": false, "merged_at": null, "updated_at": UPDATED, "title": "a change",
        "user": {"login": author, "id": number, "type": "User"}, "head": tip("topic"), "base": tip("main"),
    })
}
