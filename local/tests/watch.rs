//! `flowgate status --watch` on a terminal of its own.

#![expect(clippy::unwrap_used, reason = "a test that cannot prepare its world has failed")]

use std::fs::File;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::{Child, Command};

use axum::Router;
use axum::http::{HeaderMap, header};
use axum::routing::post;
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcgetattr, tcsetwinsize};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const EXECUTION: &str = "11111111-aaaa-4bbb-8ccc-000000000001";

/// A pipeline that deploys to Beta for as long as anybody looks.
fn answer(operation: &str) -> Value {
    let beta = json!({
        "stageName": "Beta", "latestExecution": {"pipelineExecutionId": EXECUTION, "status": "InProgress"},
        "actionStates": [{"actionName": "Deploy", "latestExecution": {"status": "InProgress", "summary": "日本語 ".repeat(40)}}],
    });
    match operation {
        "GetPipeline" => {
            json!({"pipeline": {"name": "shop", "roleArn": "arn:aws:iam::000000000000:role/shop", "stages": []}})
        }
        "GetPipelineState" => json!({"pipelineName": "shop", "stageStates": [beta]}),
        "ListPipelineExecutions" => {
            json!({"pipelineExecutionSummaries": [{"pipelineExecutionId": EXECUTION, "status": "InProgress"}]})
        }
        other => panic!("{other} is not what a view asks for"),
    }
}

async fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let handle = async |headers: HeaderMap| {
        let operation = headers["x-amz-target"].to_str().unwrap().rsplit('.').next().unwrap().to_owned();
        ([(header::CONTENT_TYPE, "application/x-amz-json-1.1")], answer(&operation).to_string())
    };
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/", post(handle))).await.unwrap() });
    endpoint
}

/// A terminal: the side that shows it, and the side that programs have.
fn terminal(rows: u16, columns: u16) -> (File, OwnedFd) {
    let shown = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&shown).unwrap();
    unlockpt(&shown).unwrap();
    let name = ptsname(&shown, Vec::new()).unwrap();
    let path = Path::new(std::ffi::OsStr::from_bytes(name.to_bytes()));
    let side = File::options().read(true).write(true).open(path).unwrap();
    tcsetwinsize(&side, Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
    (shown.into(), side.into())
}

fn watch(endpoint: &str, side: &OwnedFd) -> Child {
    let side = || side.try_clone().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowgate"));
    command.args(["status", "shop", "--watch"]).env("AWS_ENDPOINT_URL", endpoint).env("TERM", "xterm");
    command.stdin(side()).stdout(side()).stderr(side()).spawn().unwrap()
}

/// What is shown from now on until `text` is.
fn shown_until(terminal: &mut File, text: &str) -> String {
    let mut shown = Vec::new();
    let mut piece = [0; 4096];
    while !String::from_utf8_lossy(&shown).contains(text) {
        let read = terminal.read(&mut piece).unwrap();
        shown.extend_from_slice(&piece[..read]);
    }
    String::from_utf8_lossy(&shown).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_ends_the_view_gets_the_terminal_back_as_it_was() {
    let endpoint = serve().await;
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let (mut terminal, side) = terminal(24, 60);
        let modes = || {
            let modes = tcgetattr(&side).unwrap();
            (modes.input_modes, modes.output_modes, modes.control_modes, modes.local_modes)
        };
        let before = modes();
        let mut child = watch(&endpoint, &side);
        let mut shown = shown_until(&mut terminal, "…");
        kill_process(Pid::from_child(&child), signal).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(130), "{signal:?}");
        shown += &shown_until(&mut terminal, "interrupted\r\n");
        assert_eq!(modes(), before, "{signal:?}");
        // Neither another screen, nor a hidden cursor, nor anything else that would have to be undone.
        assert!(!shown.contains("\x1b[?"), "{signal:?}: {shown:?}");
    }
}
