//! A server over real connections: it says what it is told to, byte by byte, and keeps what it heard.

#![expect(clippy::disallowed_methods, reason = "the server of a test is beside what it tests, and is joined")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    thread::{JoinHandle, spawn},
};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, retry::RetryConfig};
use aws_types::SdkConfig;
use pipeline_aws::client::http_client;

/// What is done with one connection, after its request was heard.
pub(crate) type Answer = Box<dyn FnOnce(&mut TcpStream) + Send>;

/// A server that answers so many connections, and then is gone.
pub(crate) struct Server {
    address: SocketAddr,
    heard: JoinHandle<Vec<Heard>>,
}

/// A request, as it came.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Server {
    /// With these answers, in turn.
    pub(crate) fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let answers: Vec<Answer> = answers.into_iter().collect();
        let serve = move |answer: Answer| {
            let (mut connection, _) = listener.accept().expect("a connection");
            let heard = hear(&connection);
            answer(&mut connection);
            heard
        };
        Self { address, heard: spawn(move || answers.into_iter().map(serve).collect()) }
    }

    /// Where it is, such as `127.0.0.1:1234`.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// What it heard, when all answers are given.
    pub(crate) fn heard(self) -> Vec<Heard> {
        self.heard.join().expect("a server that did not panic")
    }
}

/// How TLS begins, which ends no line.
const HANDSHAKE: u8 = 0x16;

pub(crate) fn hear(connection: &TcpStream) -> Heard {
    let mut reader = BufReader::new(connection);
    if reader.fill_buf().expect("a request").first() == Some(&HANDSHAKE) {
        return Heard { line: String::new(), headers: vec![], body: vec![] };
    }
    let mut line = || {
        let mut line = String::new();
        reader.read_line(&mut line).expect("text");
        line.trim_end().to_owned()
    };
    let first = line();
    let headers: Vec<(String, String)> = std::iter::from_fn(|| {
        line().split_once(':').map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
    })
    .collect();
    let length =
        headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, value)| value.parse().unwrap_or(0));
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("the body");
    Heard { line: first, headers, body }
}

impl Heard {
    /// The header of this name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| &value[..])
    }
}

/// These bytes, and then the end of the connection.
pub(crate) fn bytes(bytes: impl Into<Vec<u8>>) -> Answer {
    let bytes = bytes.into();
    Box::new(move |connection| connection.write_all(&bytes).expect("a listener"))
}

/// A whole answer.
pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Answer {
    let body = body.as_ref();
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!("HTTP/1.1 {status} .\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
    bytes([head.as_bytes(), body].concat())
}

/// An answer in pieces of 64 KiB, `count` of them, or as many as are taken.
pub(crate) fn pieces(status: u16, count: usize) -> Answer {
    Box::new(move |connection| {
        let head = format!("HTTP/1.1 {status} .\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n");
        let piece = [b"10000\r\n", &vec![b'x'; 0x10000][..], b"\r\n"].concat();
        let all =
            std::iter::once(head.into_bytes()).chain(std::iter::repeat_n(piece, count)).chain([b"0\r\n\r\n".to_vec()]);
        // The other side may end the connection when it has enough.
        all.map(|bytes| connection.write_all(&bytes)).find(Result::is_err);
    })
}

/// A configuration with the client of the functions, every service at `address`.
pub(crate) fn config(address: &str) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("key", "secret", None, None, "test")))
        .retry_config(RetryConfig::standard())
        .http_client(http_client().expect("a client"))
        .endpoint_url(format!("http://{address}"))
        .build()
}

/// A port that nobody listens on.
pub(crate) fn nobody() -> String {
    TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr()).expect("a port").to_string()
}

/// Runs what speaks over connections.
pub(crate) fn connected<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}
