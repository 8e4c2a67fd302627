//! GitHub's REST API for a connection's repository, asked by several people over HTTP.

mod activity;
mod commits;
mod compare;
mod forks;
mod hooks;
mod merges;
mod permissions;
mod pulls;
mod receiver;
mod reviews;
mod statuses;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Client, Method, Url};
use serde_json::{Value, json};

use crate::git::Work;
use crate::world::World;

/// A client of the API that has somebody's token.
pub(crate) struct GitHub {
    client: Client,
    api: String,
    token: Option<&'static str>,
}

/// What it answers.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) link: String,
    pub(crate) body: Value,
}

impl GitHub {
    /// Of `ada/shop`.
    pub(crate) fn of(world: &World, token: Option<&'static str>) -> Self {
        let api = format!("{}/v1/github/repos/ada/shop", world.cloud.endpoint());
        Self { client: Client::builder().no_proxy().build().unwrap(), api, token }
    }

    pub(crate) async fn ask(&self, method: Method, path: &str, body: &Value) -> Answer {
        self.request(method, Url::parse(&format!("{}{path}", self.api)).unwrap(), body).await
    }

    async fn request(&self, method: Method, url: Url, body: &Value) -> Answer {
        let mut request = self.client.request(method, url);
        if let Some(token) = self.token {
            request = request.bearer_auth(token);
        }
        if !body.is_null() {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        let link = answer.headers().get("link").map(|link| link.to_str().unwrap().to_owned()).unwrap_or_default();
        Answer { status: answer.status().as_u16(), link, body: answer.json().await.unwrap_or_default() }
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = self.ask(Method::GET, path, &Value::Null).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.body
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        let answer = self.ask(Method::POST, path, &body).await;
        assert!([200, 201].contains(&answer.status), "{path} {body}: {answer:?}");
        answer.body
    }

    /// What is refused: the status and the message, with what else is told of why.
    pub(crate) async fn refused(&self, method: Method, path: &str, body: Value) -> (u16, String) {
        let Answer { status, body, .. } = self.ask(method, path, &body).await;
        assert!(body["documentation_url"].is_string() && body["status"] == json!(status.to_string()), "{body}");
        let errors = body.get("errors").map(|errors| format!(" {errors}")).unwrap_or_default();
        (status, format!("{}{errors}", body["message"].as_str().unwrap()))
    }

    /// All pages of a list, as the `Link` headers lead from one to the next.
    pub(crate) async fn pages(&self, path: &str) -> Vec<Vec<Value>> {
        let (mut pages, mut next) = (Vec::new(), Some(Url::parse(&format!("{}{path}", self.api)).unwrap()));
        while let Some(url) = next {
            let answer = self.request(Method::GET, url, &Value::Null).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            next = related(&answer.link, "next");
            pages.push(answer.body.as_array().unwrap().clone());
        }
        pages
    }
}

/// Where a `Link` header leads.
pub(crate) fn related(link: &str, rel: &str) -> Option<Url> {
    let wanted = format!("; rel=\"{rel}\"");
    let found = link.split(", ").find_map(|one| one.strip_suffix(&wanted))?;
    Some(Url::parse(found.trim_start_matches('<').trim_end_matches('>')).unwrap())
}

/// Pushes in somebody's name. The local cloud asks nobody for it, and git says it by itself only when it is asked.
pub(crate) async fn push(world: &World, work: &Work, who: &str, what: &[&str]) {
    let credentials = STANDARD.encode(format!("{who}:{who}"));
    let header = format!("http.extraHeader=Authorization: Basic {credentials}");
    let url = world.url("ada/shop");
    work.git(&[&["-c", &header, "push", "-q", &url][..], what].concat()).await;
}

/// A repository with one commit on main, and another on `topic`, each pushed by the author, who has opened number 1.
pub(crate) async fn opened(world: &World) -> (Work, GitHub) {
    let work = world.work("shop").await;
    work.commit("a", b"1\n").await;
    push(world, &work, "author", &["main"]).await;
    work.git(&["checkout", "-qb", "topic"]).await;
    work.commit("b", b"1\n").await;
    push(world, &work, "author", &["topic"]).await;
    let author = GitHub::of(world, Some("author"));
    let wanted = json!({"title": "Topic", "head": "topic", "base": "main", "body": "Why"});
    assert_eq!(author.post("/pulls", wanted).await["number"], 1);
    (work, author)
}

/// Some fields of something.
pub(crate) fn fields(of: &Value, names: &[&str]) -> Value {
    Value::from(
        names.iter().map(|name| of.pointer(&format!("/{name}")).cloned().unwrap_or_default()).collect::<Vec<_>>(),
    )
}
