use std::io::{Cursor, Write as _};

use aws_sdk_lambda::Client;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{FunctionCode, Runtime};
use serde_json::json;
use zip::write::{SimpleFileOptions, ZipWriter};

use super::world::Kept;
use crate::world::invoke;

/// Answers what it is sent.
const BOOTSTRAP: &str = r#"#!/usr/bin/env bash
exec python3 -c '
import http.client, os
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    api.request("GET", "/2018-06-01/runtime/invocation/next")
    answer = api.getresponse()
    event, request = answer.read(), answer.headers["Lambda-Runtime-Aws-Request-Id"]
    api.request("POST", f"/2018-06-01/runtime/invocation/{request}/response", event)
    api.getresponse().read()
'
"#;

/// As large as a program is, so that unpacking it takes a while. What follows `exec` is never read.
fn program(round: u8) -> Blob {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("bootstrap", SimpleFileOptions::default().unix_permissions(0o755)).unwrap();
    zip.write_all(BOOTSTRAP.as_bytes()).unwrap();
    zip.write_all(&vec![round; 32 << 20]).unwrap();
    Blob::new(zip.finish().unwrap().into_inner())
}

/// The copy that writes has all open that was open when it was made.
#[tokio::test]
async fn a_new_program_starts_while_all_is_saved_again_and_again() {
    let kept = Kept::new();
    let running = kept.start().await;
    let lambda = Client::new(&running.cloud.sdk_config());
    let create = lambda.create_function().function_name("echo").runtime(Runtime::Providedal2023).handler("bootstrap");
    let code = FunctionCode::builder().zip_file(program(0)).build();
    create.role("arn:aws:iam::000000000000:role/r").timeout(60).code(code).send().await.unwrap();
    let saving = async {
        loop {
            running.save().await;
        }
    };
    let starting = async {
        for round in 1..=10 {
            lambda.update_function_code().function_name("echo").zip_file(program(round)).send().await.unwrap();
            assert_eq!(invoke(&running.cloud, "echo", &json!({ "round": round })).await, Ok(json!({ "round": round })));
        }
    };
    tokio::select! {
        () = saving => unreachable!("it goes on"),
        () = starting => {}
    }
}
