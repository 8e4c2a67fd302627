//! A server on this machine that speaks GitHub's REST API as it is documented.

#![expect(clippy::disallowed_methods, reason = "the server of a test is beside what it tests, and is joined")]

use std::{
    collections::{BTreeMap, VecDeque},
    io::Write,
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard},
    thread::{JoinHandle, spawn},
};

use percent_encoding::percent_decode_str;
use pipeline_aws::{
    github::{Api, GitHub, TokenSource},
    source::Sources,
};
use serde_json::{Value, json};

use super::shapes::comparison;
use crate::server::{Heard, config, hear};

/// The one repository.
pub(crate) const REPOSITORY: &str = "octo-org/time";

/// An answer out of turn.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    /// Whether the connection ends before the body does.
    pub(crate) breaks: bool,
}

impl Reply {
    #[expect(clippy::needless_pass_by_value, reason = "a body is made where it is given")]
    pub(crate) fn new(status: u16, headers: &[(&str, &str)], body: impl ToString) -> Self {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { status, headers, body: body.to_string(), breaks: false }
    }
}

/// What the server holds, by paths behind the repository's.
#[derive(Debug, Default)]
pub(crate) struct World {
    /// Single things.
    pub(crate) ones: BTreeMap<String, Value>,
    /// Lists, of which each page has as many as asked for.
    pub(crate) lists: BTreeMap<String, Vec<Value>>,
    /// The commits of comparisons, the oldest first.
    pub(crate) compared: BTreeMap<String, Vec<Value>>,
    /// What is answered first.
    pub(crate) scripted: BTreeMap<String, VecDeque<Reply>>,
    /// The only token that it takes.
    pub(crate) token: Option<String>,
    /// What AWS answers to this operation.
    pub(crate) aws: BTreeMap<String, VecDeque<Reply>>,
    /// Of so many things that are written the answer breaks off.
    pub(crate) lost: usize,
}

/// The server, until it is dropped.
pub(crate) struct Served {
    address: SocketAddr,
    world: Arc<Mutex<World>>,
    heard: Arc<Mutex<Vec<Heard>>>,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    pub(crate) fn new(world: World) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let (world, heard) = (Arc::new(Mutex::new(world)), Arc::new(Mutex::new(vec![])));
        let (shared, ears) = (world.clone(), heard.clone());
        let serve = move || {
            for connection in listener.incoming() {
                let mut connection = connection.expect("a connection");
                let asked = hear(&connection);
                if asked.line == END {
                    return;
                }
                let reply = shared.lock().expect("a world").answer(&asked, address);
                ears.lock().expect("a list").push(asked);
                say(&mut connection, &reply);
            }
        };
        Self { address, world, heard, thread: Some(spawn(serve)) }
    }

    /// Where it is, such as `127.0.0.1:1234`.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Where its API is.
    pub(crate) fn api(&self) -> Api {
        format!("http://{}/v1/github", self.address).parse().expect("an API")
    }

    /// The world, to change it.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().expect("a world")
    }

    /// Its repositories, with the token that is kept there.
    pub(crate) fn sources(&self, token: Option<TokenSource>) -> Sources {
        let config = config(&self.address());
        Sources {
            codecommit: pipeline_aws::codecommit::CodeCommit::new(&config),
            github: GitHub::new(&config, self.api(), token),
        }
    }

    /// The paths and queries that it was asked for, behind the repository's.
    pub(crate) fn asked(&self) -> Vec<String> {
        let heard = self.heard.lock().expect("a list");
        heard.iter().map(path).collect()
    }

    /// What was written: how, behind the repository's path, and what.
    pub(crate) fn written(&self) -> Vec<(String, String, Value)> {
        let heard = self.heard.lock().expect("a list");
        let of_github = heard.iter().filter(|heard| heard.header("x-amz-target").is_none());
        of_github
            .filter(|heard| method(heard) != "GET")
            .map(|heard| (method(heard).to_owned(), path(heard), sent(heard)))
            .collect()
    }

    /// This header of each request.
    pub(crate) fn headers(&self, name: &str) -> Vec<Option<String>> {
        let heard = self.heard.lock().expect("a list");
        heard.iter().map(|heard| heard.header(name).map(str::to_owned)).collect()
    }
}

const END: &str = "END";

impl Drop for Served {
    fn drop(&mut self) {
        let ended = TcpStream::connect(self.address).and_then(|mut last| writeln!(last, "{END}\r\n\r"));
        ended.expect("a listener");
        self.thread.take().expect("one thread").join().expect("a server that did not panic");
    }
}

fn say(connection: &mut TcpStream, reply: &Reply) {
    let headers: String = reply.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = reply.body.len() + usize::from(reply.breaks);
    let head = format!("HTTP/1.1 {} .\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n", reply.status);
    // Whoever asked may not want all of it.
    drop(connection.write_all(&[head.as_bytes(), reply.body.as_bytes()].concat()));
}

/// A path behind the repository's: links name it by its number. The repository's own is empty.
fn path(asked: &Heard) -> String {
    let path = asked.line.split(' ').nth(1).unwrap_or_default();
    if path == "/v1/github/user" {
        return USER.to_owned();
    }
    let named = format!("/v1/github/repos/{REPOSITORY}");
    let path = path.strip_prefix(&named).or_else(|| path.strip_prefix("/v1/github/repositories/1300192"));
    match path {
        Some("") => String::new(),
        Some(path) => path.strip_prefix('/').unwrap_or("(elsewhere)").to_owned(),
        None => "(elsewhere)".to_owned(),
    }
}

fn method(asked: &Heard) -> &str {
    asked.line.split(' ').next().unwrap_or_default()
}

fn sent(asked: &Heard) -> Value {
    assert_eq!(asked.header("content-type"), Some("application/json"));
    serde_json::from_slice(&asked.body).expect("JSON")
}

/// Among single things, the account that the token is of.
pub(crate) const USER: &str = "/user";

impl World {
    fn answer(&mut self, asked: &Heard, address: SocketAddr) -> Reply {
        if let Some(target) = asked.header("x-amz-target") {
            return self.aws.get_mut(target).and_then(VecDeque::pop_front).expect("an answer of AWS");
        }
        if let Some(refusal) = self.refusal(asked) {
            return refusal;
        }
        let path = path(asked);
        let (path, query) = path.split_once('?').unwrap_or((&path, ""));
        if let Some(reply) = self.scripted.get_mut(path).and_then(VecDeque::pop_front) {
            return reply;
        }
        if method(asked) != "GET" {
            let written = self.write(method(asked), path, &sent(asked));
            let is_lost = self.lost > 0;
            self.lost = self.lost.saturating_sub(1);
            return Reply { breaks: is_lost, ..written };
        }
        match (self.ones.get(path), self.lists.get(path), self.compared.get(path)) {
            (Some(one), ..) => Reply::new(200, &[], one),
            (_, Some(list), _) => page(&on_branch(list, query), path, query, address, |items| json!(items)),
            (_, _, Some(commits)) => page(commits, path, query, address, |items| comparison(&items, commits.len())),
            _ => refused(404, "Not Found"),
        }
    }

    fn refusal(&self, asked: &Heard) -> Option<Reply> {
        if asked.header("user-agent").is_none() {
            return Some(refused(403, "Request forbidden by administrative rules."));
        }
        if asked.header("x-github-api-version") != Some("2022-11-28") {
            return Some(refused(400, "The API version is not supported."));
        }
        let expected = self.token.as_ref().map(|token| format!("Bearer {token}"));
        let taken = expected.is_none() || asked.header("authorization") == expected.as_deref();
        (!taken).then(|| refused(401, "Bad credentials"))
    }
}

/// A refusal in GitHub's form.
pub(crate) fn refused(status: u16, message: &str) -> Reply {
    let documentation = "https://docs.github.com/rest";
    Reply::new(
        status,
        &[],
        json!({"message": message, "documentation_url": documentation, "status": status.to_string()}),
    )
}

fn field<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// What happened to the branch that is asked for.
fn on_branch(list: &[Value], query: &str) -> Vec<Value> {
    let wanted = field(query, "ref").map(|name| percent_decode_str(name).decode_utf8().expect("text"));
    list.iter().filter(|one| wanted.as_deref().is_none_or(|wanted| one["ref"] == wanted)).cloned().collect()
}

/// A page, with links to the others where there are any: by a cursor for what happened, else by number.
fn page(
    list: &[Value],
    path: &str,
    query: &str,
    address: SocketAddr,
    show: impl FnOnce(Vec<&Value>) -> Value,
) -> Reply {
    let size: usize = field(query, "per_page").map_or(30, |size| size.parse().expect("a number"));
    assert!(size <= 100, "100 are the most");
    let cursor = path == "activity";
    let name = if cursor { "after" } else { "page" };
    let number = field(query, name).map_or(1, |number| number.trim_start_matches("Y3Vyc29y").parse().expect("a page"));
    let of = field(query, "ref").map(|name| format!("&ref={name}")).unwrap_or_default();
    let link = |number: usize, rel: &str| {
        let place = if cursor { format!("Y3Vyc29y{number}") } else { number.to_string() };
        format!(
            "<http://{address}/v1/github/repositories/1300192/{path}?per_page={size}{of}&{name}={place}>; rel=\"{rel}\""
        )
    };
    let last = list.len().div_ceil(size).max(1);
    let mut links = vec![];
    if number > 1 {
        links.push(link(number - 1, "prev"));
    }
    if number < last {
        links.push(link(number + 1, "next"));
        // With a cursor nobody knows where the end is.
        links.extend((!cursor).then(|| link(last, "last")));
    }
    if number > 1 {
        links.push(link(1, "first"));
    }
    let mut reply = Reply::new(200, &[], show(list.iter().skip((number - 1) * size).take(size).collect()));
    if !links.is_empty() {
        reply.headers.push(("link".to_owned(), links.join(", ")));
    }
    reply
}
