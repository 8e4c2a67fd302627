use std::io::{Cursor, Write as _};
use std::time::{Duration, Instant};

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{FunctionCode, Runtime};
use flowgate::cloud::Cloud;
use serde_json::json;
use zip::write::{SimpleFileOptions, ZipWriter};

use crate::world::{cloud, cloud_without, invoke};

/// A runtime that keeps its connection, as the real ones do.
const BOOTSTRAP: &str = r#"#!/usr/bin/env python3
import http.client, os, sys
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    api.request("GET", "/2018-06-01/runtime/invocation/next")
    answer = api.getresponse()
    event, request = answer.read(), answer.headers["Lambda-Runtime-Aws-Request-Id"]
    # The emulator waits 50 ms for a log line before it believes that there is none.
    print("called", file=sys.stderr, flush=True)
    api.request("POST", f"/2018-06-01/runtime/invocation/{request}/response", event)
    api.getresponse().read()
"#;

/// A receiver acknowledges late by 40 ms, by a timer of the system's: machine load makes a call slower, never faster.
const DELAYED_ACK: Duration = Duration::from_millis(38);

fn code() -> Blob {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("bootstrap", SimpleFileOptions::default().unix_permissions(0o755)).unwrap();
    zip.write_all(BOOTSTRAP.as_bytes()).unwrap();
    Blob::new(zip.finish().unwrap().into_inner())
}

/// The fastest of some warm calls.
async fn warm_call(cloud: &Cloud) -> Duration {
    let client = aws_sdk_lambda::Client::new(&cloud.sdk_config());
    let code = FunctionCode::builder().zip_file(code()).build();
    let function = client.create_function().function_name("echo").runtime(Runtime::Providedal2023);
    let role = "arn:aws:iam::000000000000:role/r";
    function.handler("bootstrap").role(role).code(code).send().await.unwrap();
    let mut fastest = Duration::MAX;
    for number in 0..25 {
        let started = Instant::now();
        assert_eq!(invoke(cloud, "echo", &json!({ "n": number })).await, Ok(json!({ "n": number })));
        // The first calls start the process, and the system acknowledges at once on a fresh connection.
        if number > 15 {
            fastest = fastest.min(started.elapsed());
        }
    }
    fastest
}

#[tokio::test]
async fn without_the_patch_every_warm_call_waits_for_an_acknowledgement() {
    let fastest = warm_call(&cloud_without("nagle").await).await;
    assert!(fastest >= DELAYED_ACK, "{fastest:?}");
}

#[tokio::test]
async fn a_warm_call_does_not_wait() {
    let fastest = warm_call(&cloud().await).await;
    assert!(fastest < DELAYED_ACK, "{fastest:?}");
}
