use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use flowgate::cloud::{Cloud, Options};
use futures_util::StreamExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::world::{cloud, cloud_without, options};

const LIST: &str = "CodeCommit_20150413.ListRepositories";
const REPOSITORY: &str = "/v1/repos/service/info/refs?service=git-upload-pack";

/// Answers with what it was asked, piece by piece, and says when it has seen or sent something.
#[derive(Clone, Default)]
pub(crate) struct Runner {
    seen: Arc<Notify>,
    pub(crate) more: Arc<Notify>,
}

impl Runner {
    pub(crate) async fn cloud(&self) -> Cloud {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let runner_url = Some(format!("http://{}", listener.local_addr().unwrap()));
        let app = Router::new().fallback(echo).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Cloud::start(&Options { runner_url, ..options() }).await.unwrap()
    }
}

async fn echo(State(runner): State<Runner>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if parts.uri.path().ends_with("/refused") {
        return (axum::http::StatusCode::NOT_FOUND, "refused unread").into_response();
    }
    let head = format!("{} {} {:?}\n", parts.method, parts.uri, parts.headers);
    let seen = runner.seen.clone();
    let pieces = body.into_data_stream().inspect(move |_| seen.notify_one());
    let answer = futures_util::stream::once(async move { Ok(head.into()) }).chain(pieces);
    // The end waits until the caller says that it has the beginning.
    let end = futures_util::stream::once(async move {
        runner.more.notified().await;
        Ok("the end".into())
    });
    Body::from_stream(answer.chain(end)).into_response()
}

async fn connect(cloud: &Cloud, request: &str) -> TcpStream {
    let address = cloud.endpoint().strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).await.unwrap();
    let request = request.replace("HOST", address);
    connection.write_all(request.as_bytes()).await.unwrap();
    connection
}

/// Reads until `text` was there, or the connection has ended.
async fn read_until(connection: &mut TcpStream, text: &str) -> String {
    let mut all = Vec::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        let length = connection.read(&mut piece).await.unwrap();
        all.extend_from_slice(&piece[..length]);
        let so_far = String::from_utf8_lossy(&all);
        if length == 0 || so_far.contains(text) {
            return so_far.into_owned();
        }
    }
}

async fn list(cloud: &Cloud) -> (u16, String) {
    ask(cloud, LIST).await
}

/// Asks for an operation, with nothing more to say.
pub(crate) async fn ask(cloud: &Cloud, target: &str) -> (u16, String) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.post(cloud.endpoint()).header("x-amz-target", target);
    let answer = request.header("content-type", "application/x-amz-json-1.1").body("{}").send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

pub(crate) async fn get(cloud: &Cloud, path: &str) -> (u16, String) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.get(format!("{}{path}", cloud.endpoint())).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn without_the_patch_there_is_no_codecommit() {
    let cloud = cloud_without("codecommit").await;
    let (status, body) = list(&cloud).await;
    assert!(status >= 400, "{status} {body}");
    let (status, body) = get(&cloud, REPOSITORY).await;
    assert!(status >= 400 && body.contains("NoSuchBucket"), "{status} {body}");
}

#[tokio::test]
async fn the_api_is_forwarded() {
    let runner = Runner::default();
    let cloud = runner.cloud().await;
    runner.more.notify_one();
    let (status, body) = list(&cloud).await;
    assert!(status == 200 && body.contains("POST / ") && body.contains(LIST), "{status} {body}");
}

#[tokio::test]
async fn a_repositorys_path_is_forwarded_as_it_was_sent() {
    let runner = Runner::default();
    let cloud = runner.cloud().await;
    for path in [REPOSITORY, "/v1/repos/a%2Fb/../c?x=%20&y", "/v1/repos/%2e%2e/x"] {
        runner.more.notify_one();
        let headers = "Host: HOST\r\nGit-Protocol: version=2\r\nAuthorization: Basic abc\r\nX-Flowgate-Trigger: forged";
        let mut connection = connect(&cloud, &format!("GET {path} HTTP/1.1\r\n{headers}\r\n\r\n")).await;
        let answer = read_until(&mut connection, "the end").await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(&format!("GET {path} ")), "{answer}");
        assert!(answer.contains("\"git-protocol\": \"version=2\"") && answer.contains("Basic abc"), "{answer}");
        assert!(!answer.contains("forged"), "{answer}");
    }
}

#[tokio::test]
async fn bodies_pass_piece_by_piece_both_ways() {
    let runner = Runner::default();
    let cloud = runner.cloud().await;
    for length in ["Content-Length: 8", "Transfer-Encoding: chunked"] {
        let chunked = length.ends_with("chunked");
        let piece = |text: &str| if chunked { format!("{:x}\r\n{text}\r\n", text.len()) } else { text.to_owned() };
        let head = format!("POST /v1/repos/x/y HTTP/1.1\r\nHost: HOST\r\n{length}\r\n\r\n{}", piece("half"));
        let mut connection = connect(&cloud, &head).await;
        // The runner has the first half, and its answer's beginning is here, before the second half is sent.
        runner.seen.notified().await;
        read_until(&mut connection, "half").await;
        let rest = piece("rest") + if chunked { "0\r\n\r\n" } else { "" };
        connection.write_all(rest.as_bytes()).await.unwrap();
        read_until(&mut connection, "rest").await;
        runner.more.notify_one();
        read_until(&mut connection, "the end").await;
        runner.seen.notified().await;
    }
}

#[tokio::test]
async fn a_hundred_megabytes_pass() {
    const SIZE: usize = 100 << 20;
    let runner = Runner::default();
    let cloud = runner.cloud().await;
    let head =
        format!("POST /v1/repos/x/y HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\nContent-Length: {SIZE}\r\n\r\n");
    let (mut from, mut to) = connect(&cloud, &head).await.into_split();
    runner.more.notify_one();
    let sending = tokio::spawn(async move {
        let piece = vec![b'x'; 1 << 20];
        for _ in 0..SIZE >> 20 {
            to.write_all(&piece).await.unwrap();
        }
        // Half a connection that is closed would look like a client that has gone.
        to
    });
    let (mut count, mut piece) = (0, vec![0; 1 << 20]);
    loop {
        let length = from.read(&mut piece).await.unwrap();
        if length == 0 {
            break;
        }
        count += piece[..length].iter().map(|byte| usize::from(*byte == b'x')).sum::<usize>();
    }
    drop(sending.await.unwrap());
    assert!((SIZE..SIZE + 100).contains(&count), "{count}");
}

#[tokio::test]
async fn an_answer_before_the_end_of_the_request_arrives() {
    let cloud = Runner::default().cloud().await;
    let head = "POST /v1/repos/refused HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1000000\r\n\r\n";
    let mut connection = connect(&cloud, head).await;
    let answer = read_until(&mut connection, "refused unread").await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
}

#[tokio::test]
async fn without_a_runner_it_is_said_that_there_is_none() {
    let (status, body) = list(&cloud().await).await;
    assert!(status == 503 && body.contains("flowgate's runner does not answer"), "{status} {body}");
    let gone = Cloud::start(&Options { runner_url: Some("http://127.0.0.1:1".to_owned()), ..options() }).await.unwrap();
    let (status, body) = get(&gone, REPOSITORY).await;
    assert!(status == 503 && body.contains("flowgate's runner does not answer"), "{status} {body}");
}
