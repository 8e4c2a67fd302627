use std::io::{Cursor, Write as _};

use aws_sdk_lambda::Client;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{FunctionCode, LogType, Runtime};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flowgate::cloud::Cloud;
use serde_json::{Value, json};
use zip::write::{SimpleFileOptions, ZipWriter};

use crate::world::{cloud, cloud_without};

/// Posts the bytes that it is sent, or a text of as many as it is told.
const BOOTSTRAP: &str = r#"#!/usr/bin/env python3
import http.client, json, os, sys
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    api.request("GET", "/2018-06-01/runtime/invocation/next")
    answer = api.getresponse()
    event, request = json.loads(answer.read()), answer.headers["Lambda-Runtime-Aws-Request-Id"]
    print("called", file=sys.stderr, flush=True)
    if "bytes" in event:
        body = bytes(event["bytes"])
    else:
        body = json.dumps("x" * event["size"]).encode() if "size" in event else b"[" + b"1," * event["items"] + b"1]"
    api.request("POST", f"/2018-06-01/runtime/invocation/{request}/response", body)
    api.getresponse().read()
"#;

const PYTHON: &str = r#"
import os
class Missing(AssertionError): pass
def handler(event, context):
    if "exit" in event: os._exit(3)
    raise Missing(event["raise"])
"#;

const NODE: &str = "exports.handler = async (event) => { throw new TypeError(event.raise); };";

/// What a function is sent that may answer too much.
const MEGABYTES: usize = 6 << 20;

/// One answer.
struct Answer {
    failed: bool,
    payload: Vec<u8>,
    log: String,
}

impl Answer {
    fn error(&self) -> (String, String) {
        assert!(self.failed, "{:?}", String::from_utf8_lossy(&self.payload));
        let error: Value = serde_json::from_slice(&self.payload).unwrap();
        let field = |name: &str| error[name].as_str().unwrap().to_owned();
        (field("errorType"), field("errorMessage"))
    }
}

async fn create(cloud: &Cloud, name: &str, runtime: Runtime, file: &str, text: &str) {
    // Boxed: what the SDK's call is made of is large.
    Box::pin(create_function(cloud, name, runtime, file, text)).await;
}

async fn create_function(cloud: &Cloud, name: &str, runtime: Runtime, file: &str, text: &str) {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(file, SimpleFileOptions::default().unix_permissions(0o755)).unwrap();
    zip.write_all(text.as_bytes()).unwrap();
    let code = FunctionCode::builder().zip_file(Blob::new(zip.finish().unwrap().into_inner())).build();
    let function = Client::new(&cloud.sdk_config()).create_function().function_name(name).runtime(runtime).timeout(5);
    let function = function.handler("index.handler").role("arn:aws:iam::000000000000:role/r").code(code);
    function.send().await.unwrap();
}

async fn ask(cloud: &Cloud, name: &str, event: &Value) -> Answer {
    let invoke = Client::new(&cloud.sdk_config()).invoke().function_name(name).log_type(LogType::Tail);
    let answer = invoke.payload(Blob::new(event.to_string())).send().await.unwrap();
    let log = STANDARD.decode(answer.log_result.unwrap_or_default()).unwrap();
    Answer {
        failed: answer.function_error.is_some(),
        payload: answer.payload.unwrap().into_inner(),
        log: String::from_utf8(log).unwrap(),
    }
}

async fn with_functions(cloud: Cloud) -> Cloud {
    create(&cloud, "own", Runtime::Providedal2023, "bootstrap", BOOTSTRAP).await;
    create(&cloud, "python", Runtime::Python312, "index.py", PYTHON).await;
    cloud
}

#[tokio::test]
async fn without_the_patch_errors_have_no_type_of_their_own_and_answers_are_changed_and_of_any_size() {
    let cloud = with_functions(cloud_without("function_answers").await).await;
    assert_eq!(ask(&cloud, "python", &json!({"raise": "why"})).await.error().0, "Runtime.HandlerError");
    assert_eq!(ask(&cloud, "python", &json!({"exit": true})).await.error().0, "Runtime.HandlerError");
    assert_eq!(ask(&cloud, "own", &json!({"bytes": b"[1,2]"})).await.payload, b"[1, 2]");
    let junk = ask(&cloud, "own", &json!({"bytes": b"junk"})).await;
    assert_eq!((&*junk.payload, &*junk.log), (&b"\"junk\""[..], "called"));
    assert!(!ask(&cloud, "own", &json!({"size": MEGABYTES + 1000})).await.failed);
    let replaced = ask(&cloud, "own", &json!({"bytes": [0xff, 0xfe]})).await;
    assert_eq!((replaced.failed, &*replaced.payload), (false, "\"\u{fffd}\u{fffd}\"".as_bytes()));
}

#[tokio::test]
async fn errors_say_what_was_raised_and_answers_come_as_they_were_posted_up_to_6_mb() {
    let cloud = with_functions(cloud().await).await;
    for why in ["why", "two\nlines: of it", ""] {
        let raised = ask(&cloud, "python", &json!({"raise": why})).await.error();
        assert_eq!(raised, ("Missing".to_owned(), why.to_owned()));
    }
    let (kind, message) = ask(&cloud, "python", &json!({"exit": true})).await.error();
    assert!(kind == "Runtime.ExitError" && message.contains("Runtime exited"), "{kind}: {message}");
    for bytes in [&b"junk"[..], &[0xff, 0xfe], b"[1, 2]", b"[1,2]", b" {\"a\":1.0}", b"null", b"\"\\u00e9\""] {
        let answer = ask(&cloud, "own", &json!({"bytes": bytes})).await;
        assert_eq!((answer.failed, &*answer.payload), (false, bytes));
        assert!(answer.log.starts_with("START RequestId: "), "{}", answer.log);
        assert!(
            answer.log.contains("\ncalled\nEND RequestId: ") && answer.log.contains("\nREPORT Requ"),
            "{}",
            answer.log
        );
    }
    assert!(!ask(&cloud, "own", &json!({"size": MEGABYTES - 2})).await.failed);
    let many = ask(&cloud, "own", &json!({"items": 2_200_000})).await;
    assert_eq!((many.failed, many.payload.len()), (false, 4_400_003), "what was posted counts");
    let (kind, message) = ask(&cloud, "own", &json!({"size": MEGABYTES + 1000})).await.error();
    assert!(kind == "Function.ResponseSizeTooLarge" && message.contains("6291556 bytes"), "{kind}: {message}");
}

#[tokio::test]
async fn an_error_of_node_has_its_type() {
    if std::process::Command::new("node").arg("--version").output().is_err() {
        eprintln!("not tested: there is no node on the PATH");
        return;
    }
    let cloud = cloud().await;
    create(&cloud, "node", Runtime::from("nodejs22.x"), "index.js", NODE).await;
    for why in ["why", ""] {
        let raised = ask(&cloud, "node", &json!({ "raise": why })).await.error();
        assert_eq!(raised, ("TypeError".to_owned(), why.to_owned()));
    }
}
