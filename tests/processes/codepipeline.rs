//! CodePipeline behind the cloud, as far as the functions ask it: every job is settled once, and executions are as told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Serves until it is dropped.
pub(crate) struct CodePipeline {
    pub(crate) url: String,
    told: Arc<Mutex<Told>>,
    _server: JoinSet<()>,
}

#[derive(Default)]
struct Told {
    /// Statuses of executions, by id.
    executions: BTreeMap<String, &'static str>,
    /// Operations that settled jobs, with what they said.
    settled: Vec<(String, Value)>,
    /// Every report of a job, also those that came too late.
    reports: Vec<(String, Value)>,
    /// The executions that were started, each with the token of its request: the same request starts the same one.
    started: Vec<(Value, String)>,
}

impl CodePipeline {
    pub(crate) async fn start() -> Self {
        let told = Arc::<Mutex<Told>>::default();
        let app = Router::new().fallback(answer).with_state(told.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, app).await.unwrap_or_default() });
        Self { url, told, _server: server }
    }

    /// From now on an execution has this status.
    pub(crate) fn execution(&self, id: &str, status: &'static str) {
        self.told.lock().unwrap().executions.insert(id.to_owned(), status);
    }

    /// The executions that were started with this token.
    pub(crate) fn started(&self, token: &Value) -> Vec<String> {
        let told = self.told.lock().unwrap();
        told.started.iter().filter(|(known, _)| known == token).map(|(_, id)| id.clone()).collect()
    }

    /// The jobs that were settled since the last time.
    pub(crate) fn settled(&self) -> Vec<(String, Value)> {
        std::mem::take(&mut self.told.lock().unwrap().settled)
    }

    /// Every report about this job: the first one settled it, and what came later was refused.
    pub(crate) fn reports(&self, job: &str) -> Vec<(String, Value)> {
        let told = self.told.lock().unwrap();
        told.reports.iter().filter(|(_, asked)| asked["jobId"] == job).cloned().collect()
    }
}

async fn answer(State(told): State<Arc<Mutex<Told>>>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default();
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let mut told = told.lock().unwrap();
    match operation {
        "PutJobSuccessResult" | "PutJobFailureResult" => {
            let first = told.reports.iter().all(|(_, earlier)| earlier["jobId"] != asked["jobId"]);
            told.reports.push((operation.to_owned(), asked.clone()));
            if !first {
                return refuse("InvalidJobStateException");
            }
            told.settled.push((operation.to_owned(), asked));
            Json(json!({})).into_response()
        }
        "GetPipelineExecution" => {
            match told.executions.get(asked["pipelineExecutionId"].as_str().unwrap_or_default()) {
                Some(status) => Json(json!({"pipelineExecution": {"status": status}})).into_response(),
                None => refuse("PipelineExecutionNotFoundException"),
            }
        }
        "StartPipelineExecution" => {
            Json(json!({"pipelineExecutionId": told.start(&asked["clientRequestToken"])})).into_response()
        }
        _ => refuse("UnknownOperationException"),
    }
}

impl Told {
    fn start(&mut self, token: &Value) -> String {
        if let Some((_, id)) = self.started.iter().find(|(known, _)| known == token) {
            return id.clone();
        }
        let id = uuid::Uuid::new_v4().to_string();
        self.started.push((token.clone(), id.clone()));
        self.executions.insert(id.clone(), "InProgress");
        id
    }
}

fn refuse(code: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({"__type": code, "message": "not in this world"}))).into_response()
}
