//! A reverse proxy between functions and cloud that writes every request down, and can do harm to it.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri, header};
use futures_util::stream;
use jiff::Timestamp;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::call::{Answered, Call};

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is answered as it should be.
    None,
    /// It waits before it is sent on.
    Delay(Duration),
    /// It is sent on when the gate is opened, whether or not its sender still waits.
    Hold(Gate),
    /// It is carried out, and its answer waits for the gate.
    HoldReply(Gate),
    /// It is carried out, and its answer breaks off.
    DropReply,
    /// It is not carried out: 503.
    Unavailable,
    /// It is not carried out: too many requests.
    Throttle,
    /// It is not carried out: the credentials have expired.
    Expired,
    /// It is not carried out, and answered with this.
    Answer(String),
}

/// Holds what comes to it, until it is opened.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gate(Arc<GateState>);

#[derive(Debug, Default)]
struct GateState {
    reached: watch::Sender<bool>,
    open: watch::Sender<bool>,
}

impl Gate {
    /// Returns when something waits here, or has.
    pub(crate) async fn reached(&self) {
        self.0.reached.subscribe().wait_for(|reached| *reached).await.unwrap();
    }

    /// Lets everything go that is here or comes.
    pub(crate) fn open(&self) {
        self.0.open.send_replace(true);
    }

    async fn wait(&self) {
        self.0.reached.send_replace(true);
        self.0.open.subscribe().wait_for(|open| *open).await.unwrap();
    }
}

impl PartialEq for Gate {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Gate {}

type Faults = Box<dyn FnMut(&Call) -> Fault + Send>;

struct Wire {
    upstream: String,
    http: reqwest::Client,
    calls: Mutex<Vec<Call>>,
    faults: Mutex<Option<Faults>>,
}

/// Serves until it is dropped.
pub(crate) struct Proxy {
    pub(crate) endpoint: String,
    wire: Arc<Wire>,
    _server: JoinSet<()>,
}

impl Proxy {
    pub(crate) async fn start(upstream: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let wire =
            Arc::new(Wire { upstream: upstream.to_owned(), http, calls: Mutex::default(), faults: Mutex::default() });
        let app = Router::new().fallback(pass).layer(DefaultBodyLimit::disable()).with_state(wire.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, app).await.unwrap_or_default() });
        Self { endpoint, wire, _server: server }
    }

    /// From now on this says what becomes of each request.
    pub(crate) fn harm(&self, faults: impl FnMut(&Call) -> Fault + Send + 'static) {
        *self.wire.faults.lock().unwrap() = Some(Box::new(faults));
    }

    /// From now on nothing happens to requests.
    pub(crate) fn heal(&self) {
        *self.wire.faults.lock().unwrap() = None;
    }

    /// All requests since the last time.
    pub(crate) fn take(&self) -> Vec<Call> {
        std::mem::take(&mut *self.wire.calls.lock().unwrap())
    }
}

/// How often each operation was called.
pub(crate) fn counts(calls: &[Call]) -> BTreeMap<String, usize> {
    calls.iter().fold(BTreeMap::new(), |mut counts, call| {
        *counts.entry(call.name()).or_default() += 1;
        counts
    })
}

async fn pass(
    State(wire): State<Arc<Wire>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response<Body>, Infallible> {
    let call = Call::new(Timestamp::now(), &method, &uri, &headers, &body);
    let fault = wire.faults.lock().unwrap().as_mut().map_or(Fault::None, |faults| faults(&call));
    wire.calls.lock().unwrap().push(call.clone());
    match &fault {
        Fault::Unavailable => return Ok(answer(StatusCode::SERVICE_UNAVAILABLE, String::new())),
        Fault::Throttle => return Ok(refused(&call, "Throttling", "Rate exceeded")),
        Fault::Expired => return Ok(refused(&call, "ExpiredToken", "The security token is expired")),
        Fault::Answer(body) => return Ok(answer(StatusCode::OK, body.clone())),
        Fault::Delay(pause) => tokio::time::sleep(*pause).await,
        Fault::None | Fault::DropReply | Fault::Hold(_) | Fault::HoldReply(_) => {}
    }
    let before = if let Fault::Hold(gate) = &fault { Some(gate.clone()) } else { None };
    let answered = carry_out(wire, call, before, (method, uri, headers, body)).await;
    if let Fault::HoldReply(gate) = &fault {
        gate.wait().await;
    }
    Ok(match answered {
        Ok(answer) if fault == Fault::DropReply => broken_off(answer),
        Ok(answer) => answer,
        Err(error) => answer(StatusCode::BAD_GATEWAY, error.to_string()),
    })
}

/// In a task of its own: what is on its way arrives, and is written down, also when its sender has been killed.
async fn carry_out(
    wire: Arc<Wire>,
    call: Call,
    before: Option<Gate>,
    (method, uri, headers, body): (Method, Uri, HeaderMap, Bytes),
) -> reqwest::Result<Response<Body>> {
    let sent = tokio::spawn(async move {
        if let Some(gate) = before {
            gate.wait().await;
        }
        let answered = wire.forward(method, &uri, headers, body).await;
        if let Ok(answer) = &answered {
            let _ = call.answered.set(Answered { at: Timestamp::now(), status: answer.status().as_u16() });
        }
        answered
    });
    sent.await.unwrap()
}

impl Wire {
    async fn forward(
        &self,
        method: Method,
        uri: &Uri,
        mut headers: HeaderMap,
        body: Bytes,
    ) -> reqwest::Result<Response<Body>> {
        // The host stays as it was asked for: it is signed.
        for name in [header::CONNECTION, header::TRANSFER_ENCODING, header::CONTENT_LENGTH] {
            headers.remove(name);
        }
        let request = self.http.request(method, format!("{}{uri}", self.upstream)).headers(headers).body(body);
        let answered = request.send().await?;
        let mut answer = Response::new(Body::empty());
        *answer.status_mut() = answered.status();
        *answer.headers_mut() = answered.headers().clone();
        answer.headers_mut().remove(header::TRANSFER_ENCODING);
        answer.headers_mut().remove(header::CONNECTION);
        *answer.body_mut() = Body::from(answered.bytes().await?);
        Ok(answer)
    }
}

/// The status and headers of an answer, and nothing after them.
fn broken_off(answer: Response<Body>) -> Response<Body> {
    let lost = io::Error::other("the reply is lost");
    answer.map(|_| Body::from_stream(stream::once(async { Err::<Bytes, _>(lost) })))
}

fn answer(status: StatusCode, body: String) -> Response<Body> {
    let mut answer = Response::new(Body::from(body));
    *answer.status_mut() = status;
    answer
}

/// As both protocols say it; the one with JSON has `Exception` behind it.
fn refused(call: &Call, code: &str, message: &str) -> Response<Body> {
    let body = if call.body.starts_with('{') {
        json!({"__type": format!("{code}Exception"), "message": message}).to_string()
    } else {
        format!("<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>")
    };
    answer(StatusCode::BAD_REQUEST, body)
}

#[cfg(test)]
mod tests {
    use axum::routing::any;
    use tokio::sync::{mpsc, oneshot};

    use super::*;

    /// A sender that is killed, or loses patience, hangs up; what it has sent is carried out all the same, and the record
    /// must say so.
    #[tokio::test]
    async fn a_request_is_carried_out_and_written_down_when_its_sender_hangs_up() {
        let (arrived, mut arrivals) = mpsc::channel(1);
        let (go_on, gate) = oneshot::channel::<()>();
        let gate = Arc::new(Mutex::new(Some(gate)));
        let upstream = Router::new().fallback(any(move || {
            let (arrived, gate) = (arrived.clone(), gate.lock().unwrap().take());
            async move {
                arrived.send(()).await.unwrap();
                gate.unwrap().await.unwrap();
            }
        }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, upstream).await.unwrap_or_default() });

        let proxy = Proxy::start(&format!("http://{address}")).await;
        let request = reqwest::Client::builder().no_proxy().build().unwrap().post(&proxy.endpoint).send();
        let sender = tokio::spawn(request);
        arrivals.recv().await.unwrap();
        sender.abort();
        assert!(sender.await.unwrap_err().is_cancelled());
        // Time for the proxy to see that nobody waits any more.
        tokio::time::sleep(Duration::from_millis(200)).await;
        go_on.send(()).unwrap();
        let calls = proxy.take();
        let answered = async {
            while calls[0].answered.get().is_none() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(5), answered).await.expect("its answer is never written down");
        assert!(calls[0].done().is_some(), "{calls:?}");
    }
}
