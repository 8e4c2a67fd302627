//! HTTP requests of tests, over real connections.

use std::sync::{Arc, Mutex};

use pipeline_aws::http::Http;
use pipeline_core::{
    ports::PortError,
    start_tests::ports::{LARGEST_BODY, Request, Response, SendRequests},
};
use tracing::Level;

use crate::server::{Answer, Server, answer, bytes, config, connected, nobody, pieces};

fn get(url: &str) -> Request {
    Request { method: "GET".into(), url: url.to_owned(), headers: vec![], body: None }
}

fn send(request: &Request) -> Result<Response, PortError> {
    connected(Http::new(&config("127.0.0.1:1")).send(request))
}

/// What a GET of `/` is answered by a server that says `said`.
fn asked(said: Answer) -> Result<Response, PortError> {
    let server = Server::new([said]);
    let response = send(&get(&format!("http://{}/", server.address())));
    assert_eq!(server.heard().len(), 1);
    response
}

#[test]
fn a_request_is_sent_as_it_is_told_and_with_nothing_of_ours() {
    let server = Server::new([answer(201, &[], "made")]);
    let mut request = get(&format!("http://{}/a//b%20c/?q=%2F&r", server.address()));
    request.method = "PATCH".into();
    request.headers = [("X-Two", "1"), ("x-two", "2"), ("Content-Type", "text/plain")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
    request.body = Some(b"{\"a\": 1}".to_vec());
    assert_eq!(send(&request), Ok(Response { status: 201, body: b"made".to_vec(), cut: false }));
    let [heard] = &server.heard()[..] else { panic!("one request") };
    assert_eq!((&heard.line[..], &heard.body[..]), ("PATCH /a//b%20c/?q=%2F&r HTTP/1.1", &b"{\"a\": 1}"[..]));
    let mut names: Vec<&str> = heard.headers.iter().map(|(name, _)| &name[..]).collect();
    names.sort_unstable();
    assert_eq!(names, ["content-length", "content-type", "host", "x-two", "x-two"], "I26: no credentials of ours");
}

#[test]
fn an_answer_is_what_the_server_said_whatever_its_status() {
    let answers = [
        (answer(302, &[("location", "http://127.0.0.1:1/elsewhere")], ""), 302, ""),
        (answer(500, &[], "no"), 500, "no"),
        (bytes("HTTP/1.1 204 .\r\nconnection: close\r\n\r\n"), 204, ""),
        (bytes("HTTP/1.1 200 .\r\n\r\nuntil the end"), 200, "until the end"),
    ];
    for (said, status, body) in answers {
        assert_eq!(asked(said), Ok(Response { status, body: body.as_bytes().to_vec(), cut: false }));
    }
}

#[test]
fn an_answer_to_head_has_no_body() {
    let server = Server::new([bytes("HTTP/1.1 200 .\r\nconnection: close\r\ncontent-length: 5\r\n\r\n")]);
    let head = Request { method: "HEAD".into(), ..get(&format!("http://{}", server.address())) };
    assert_eq!(send(&head), Ok(Response { status: 200, body: vec![], cut: false }));
    assert_eq!(server.heard()[0].line, "HEAD / HTTP/1.1");
}

#[test]
fn of_a_large_body_the_beginning_is_read() {
    let all = LARGEST_BODY / 0x10000;
    for (said, status, cut) in [
        (pieces(200, all), 200, false),
        (pieces(200, all + 1), 200, true),
        (pieces(200, 10 * all), 200, true),
        // Neither is a failure's read to its end, which never comes.
        (pieces(500, usize::MAX), 500, true),
    ] {
        let response = asked(said);
        let told = response.as_ref().map(|response| (response.status, response.body.len(), response.cut));
        assert_eq!(told, Ok((status, LARGEST_BODY, cut)));
    }
}

#[test]
fn what_looks_like_our_credentials_makes_no_difference_to_a_test() {
    let server = Server::new([pieces(403, usize::MAX)]);
    let signed = "AWS4-HMAC-SHA256 Credential=AKIASENTINEL0001/20261121/a/s3/aws4_request, Signature=0123456789abcdef";
    let headers = [("x-amz-security-token", "xxxxxxxxxxxxxxxx"), ("authorization", signed)];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let response = send(&Request { headers, ..get(&format!("http://{}/", server.address())) }).unwrap();
    assert_eq!((response.status, response.body.len(), response.cut), (403, LARGEST_BODY, true));
    assert_eq!(response.body[..20], [b'x'; 20]);
}

#[test]
fn a_body_that_breaks_off_is_no_answer() {
    for said in [
        "HTTP/1.1 200 .\r\ncontent-length: 100\r\n\r\n{\"a\": true",
        "HTTP/1.1 500 .\r\ntransfer-encoding: chunked\r\n\r\na\r\n{\"a\": true\r\n",
    ] {
        let error = asked(bytes(said)).unwrap_err();
        let expected = "the answer broke off after 10 bytes: ";
        assert!(matches!(&error, PortError::Unavailable { detail, .. } if detail.contains(expected)), "{error}");
    }
}

/// What does not answer, or cannot be reached, which is the last two, each with a piece of what is said about it.
fn troubles() -> Vec<(Option<Server>, String, &'static str)> {
    let nobody = nobody();
    let [silent, junk, plain] =
        ["", "SSH-2.0\r\n\r\n", "HTTP/1.1 200 .\r\n\r\n"].map(|said| Server::new([bytes(said)]));
    let urls = [&silent, &junk].map(|server| format!("http://{}/", server.address()));
    let [silent_url, junk_url] = urls;
    let tls = format!("https://{}/", plain.address());
    vec![
        (Some(silent), silent_url, "connection closed before message completed"),
        (Some(junk), junk_url, "invalid HTTP version parsed"),
        (Some(plain), tls, "received corrupt message"),
        (None, format!("http://{nobody}/"), "onnection refused"),
        (None, "http://nowhere.invalid/".to_owned(), "dns error"),
    ]
}

#[test]
fn what_does_not_answer_is_unavailable_or_never_got_the_request_and_the_words_say_why() {
    for (server, url, words) in troubles() {
        let reached = server.is_some();
        let error = send(&get(&url)).unwrap_err();
        drop(server);
        let (operation, detail) = match &error {
            PortError::Unavailable { operation, detail } if reached => (operation, detail),
            PortError::Throttled { operation, detail } if !reached => (operation, detail),
            other => panic!("{other:?}"),
        };
        assert_eq!(*operation, format!("request GET {}", url.trim_end_matches('/')));
        assert!(detail.contains(words), "{detail}");
    }
}

#[test]
fn what_is_no_request_is_not_sent() {
    let url = "http://example.com/";
    let with = |change: fn(&mut Request)| {
        let mut request = get(url);
        change(&mut request);
        send(&request).unwrap_err().to_string()
    };
    for (refused, words) in [
        (with(|request| request.method = "G T".into()), "has no method"),
        (with(|request| request.url = "http://exa mple/".into()), "no valid URL"),
        (with(|request| request.url = "ftp://example.com/".into()), "neither http:// nor https://"),
        (with(|request| request.url = "/path".into()), "neither http:// nor https://"),
        (with(|request| request.headers = vec![("a b".into(), "c".into())]), "header 1 of it"),
        (with(|request| request.headers = vec![("a".into(), "b\nc".into())]), "header 1 of it"),
    ] {
        assert!(refused.contains(" cannot be used: ") && refused.contains(words), "{refused}");
    }
}

/// What is logged while `act` runs, at the most that the functions ever log.
pub(crate) fn logged(act: impl FnOnce()) -> String {
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("a lock").extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt().with_max_level(Level::INFO).with_writer(move || writer.clone()).finish();
    tracing::subscriber::with_default(subscriber, || {
        tracing::info!("logging works");
        act();
    });
    let text = lines.0.lock().expect("a lock").clone();
    String::from_utf8(text).expect("text")
}

#[test]
fn i26_a_header_a_path_a_query_or_a_password_of_a_request_is_neither_logged_nor_told() {
    let secret = "SENTINEL-0123456789";
    let broken = [
        ("http://exa mple/".to_owned(), vec![("authorization".to_owned(), format!("Bearer {secret}"))]),
        ("http://example.com/".to_owned(), vec![(format!("x {secret}"), secret.to_owned())]),
        ("http://example.com/".to_owned(), vec![("x-key".to_owned(), format!("{secret}\r\n"))]),
        (format!("{secret}://example.com/"), vec![]),
    ];
    let mut said = vec![];
    let logged = logged(|| {
        for (server, url, _) in troubles() {
            let url = url.replacen("://", &format!("://user:{secret}@"), 1);
            let headers =
                vec![("authorization".to_owned(), format!("Bearer {secret}")), ("x-key".into(), secret.into())];
            let request =
                Request { headers, body: Some(secret.into()), ..get(&format!("{url}{secret}?key={secret}#{secret}")) };
            said.push(format!("{:?}", send(&request).unwrap_err()));
            drop(server);
        }
        for (url, headers) in broken {
            said.push(format!("{:?}", send(&Request { headers, ..get(&url) }).unwrap_err()));
        }
    });
    assert!(logged.contains("logging works") && said.len() == 9, "{logged}\n{said:?}");
    assert!(!logged.contains("SENTINEL") && !said.concat().contains("SENTINEL"), "{logged}\n{said:?}");
}
