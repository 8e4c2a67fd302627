//! AWS as far as the measured actions call it: one TLS endpoint that answers every service from a can.

use std::{
    collections::BTreeMap,
    io::{Cursor, Write as _},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::Result;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
    serve::Listener as _,
};
use serde_json::{Value, json};
use tokio::{sync::watch, time::timeout};
use zip::{ZipWriter, write::SimpleFileOptions};

use crate::{
    job::{self, ACCOUNT, APPROVER, REGION, TEMPLATES},
    preview,
    tls::TlsListener,
    webhook,
};

/// How often each operation was called.
pub(crate) type Calls = BTreeMap<String, usize>;

/// The endpoint.
pub(crate) struct Aws {
    pub(crate) url: String,
    /// The file of our own root.
    pub(crate) authority: PathBuf,
    /// The file of all roots that a system trusts, and ours.
    pub(crate) roots: PathBuf,
    can: Arc<Can>,
    accepted: Arc<AtomicUsize>,
}

struct Can {
    artifact: Vec<u8>,
    pace: Duration,
    /// How many tests wait for one another.
    wanted: AtomicUsize,
    seen: Mutex<Seen>,
    /// The most tests that ran at the same time.
    most: watch::Sender<usize>,
}

/// How long tests wait for one another: who runs fewer at a time shows that in its figures.
const GATHERING: Duration = Duration::from_secs(10);

#[derive(Default)]
struct Seen {
    calls: Calls,
    running: usize,
}

impl Aws {
    /// Serves on a free port for as long as the process lives. A test takes as long as `pace` says.
    pub(crate) async fn start(scratch: &Path, pace: Duration) -> Result<Self> {
        let (authority, roots) = (scratch.join("authority.pem"), scratch.join("roots.pem"));
        let listener = TlsListener::bind(&authority, &roots).await?;
        let url = format!("https://localhost:{}", listener.local_addr()?.port());
        let (can, accepted) = (Arc::new(Can::new(pace)?), listener.accepted());
        let app = Router::new().fallback(answer).with_state(Arc::clone(&can));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(Self { url, authority, roots, can, accepted })
    }

    pub(crate) fn calls(&self) -> Calls {
        self.can.seen().calls.clone()
    }

    /// From now on no test ends before so many have run at the same time.
    pub(crate) fn gather(&self, wanted: usize) {
        self.can.wanted.store(wanted, Ordering::Relaxed);
    }

    /// How many tests ran at the same time, when it were the most.
    pub(crate) fn overlap(&self) -> usize {
        *self.can.most.borrow()
    }

    pub(crate) fn connections(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }
}

impl Can {
    fn new(pace: Duration) -> Result<Self> {
        let (wanted, seen, most) = (AtomicUsize::default(), Mutex::default(), watch::Sender::default());
        Ok(Self { artifact: artifact()?, pace, wanted, seen, most })
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, operation: &str) {
        *self.seen().calls.entry(operation.to_owned()).or_default() += 1;
    }

    async fn run_test(&self) {
        {
            let mut seen = self.seen();
            seen.running += 1;
            self.most.send_modify(|most| *most = seen.running.max(*most));
        }
        let wanted = self.wanted.load(Ordering::Relaxed);
        // In vain where fewer run at a time than may: the figure says so.
        let _ = timeout(GATHERING, self.most.subscribe().wait_for(|most| *most >= wanted)).await;
        tokio::time::sleep(self.pace).await;
        self.seen().running -= 1;
    }
}

fn artifact() -> Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in TEMPLATES {
        zip.start_file(name, SimpleFileOptions::default())?;
        zip.write_all(text)?;
    }
    Ok(zip.finish()?.into_inner())
}

async fn answer(State(can): State<Arc<Can>>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let form = String::from_utf8_lossy(&body);
    let operation = operation(&method, &uri, &headers, &form);
    can.count(&operation);
    match operation.as_str() {
        "GetItem" if preview::is_meant(&form) => json(StatusCode::OK, &preview::lease()),
        "GetItem" if form.contains(job::REPEATED) => json(StatusCode::OK, &job::standing()),
        "GetItem" | "PutItem" | "UpdateItem" | "PutJobSuccessResult" => json(StatusCode::OK, &json!({})),
        "Query" if form.contains("due_of") => json(StatusCode::OK, &preview::due()),
        "Query" => json(StatusCode::OK, &json!({"Items": []})),
        "GetPipelineExecution" => json(StatusCode::OK, &job::execution()),
        "ListActionExecutions" => json(StatusCode::OK, &job::approvals()),
        "GetParameter" if form.contains("/people") => json(StatusCode::OK, &people()),
        "GetParameter" if form.contains("/webhook") => json(StatusCode::OK, &webhook::secret()),
        "GetParameter" if form.contains("/deletions") => json(StatusCode::OK, &preview::switch()),
        // A stage without a profile.
        "GetParameter" => json(StatusCode::BAD_REQUEST, &json!({"__type": "ParameterNotFound"})),
        "DescribeStacks" if preview::is_meant(&form) => preview::stack().into_response(),
        "ListStackResources" => preview::resources().into_response(),
        "GetRole" => preview::role().into_response(),
        "DeleteStack" => "<DeleteStackResponse/>".into_response(),
        "DescribeStacks" => stack(field(&form, "StackName").unwrap_or_default()).into_response(),
        "Invoke" => {
            can.run_test().await;
            json(StatusCode::OK, &json!({"passed": true}))
        }
        "GetObject" => can.artifact.clone().into_response(),
        "PutObject" => StatusCode::OK.into_response(),
        other => (StatusCode::NOT_IMPLEMENTED, format!("nothing in the can for {other}")).into_response(),
    }
}

/// Three protocols name it in three ways: JSON in a header, Query in a field, REST by method and path.
fn operation(method: &Method, uri: &Uri, headers: &HeaderMap, form: &str) -> String {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    if let Some((_, operation)) = target.and_then(|target| target.split_once('.')) {
        return operation.to_owned();
    }
    if let Some(action) = field(form, "Action") {
        return action.to_owned();
    }
    match (method.as_str(), uri.path()) {
        ("POST", path) if path.ends_with("/invocations") => "Invoke".to_owned(),
        ("GET", _) => "GetObject".to_owned(),
        ("PUT", _) => "PutObject".to_owned(),
        (method, path) => format!("{method} {path}"),
    }
}

fn field<'a>(form: &'a str, name: &str) -> Option<&'a str> {
    form.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value)
}

fn json(status: StatusCode, body: &Value) -> Response {
    (status, [("content-type", "application/x-amz-json-1.1")], body.to_string()).into_response()
}

fn people() -> Value {
    // Who wrote it is in the map, too, and is nobody else.
    let map = json!({APPROVER: "approver@example.com", "author@example.com": "author@example.com"}).to_string();
    json!({"Parameter": {"Name": "people", "Type": "String", "Value": map}})
}

fn stack(name: &str) -> String {
    let output = |key: &str, value: &str| {
        format!("<member><OutputKey>{key}</OutputKey><OutputValue>{value}</OutputValue></member>")
    };
    let tests = (1..=job::tests_in(name)).map(|number| {
        let function = format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}-{number}");
        output(&format!("TestFunction{number}"), &function)
    });
    let outputs = output("ApiUrl", "https://example.com/") + &tests.collect::<String>();
    format!(
        "<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>{name}</StackName>\
         <CreationTime>2024-01-01T00:00:00Z</CreationTime><StackStatus>UPDATE_COMPLETE</StackStatus>\
         <Outputs>{outputs}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
    )
}
