//! AWS and GitHub in one place: each call is answered as it was told, and written down.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, Uri};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::gate::answer::Answer;
use crate::gate::asked::Asked;
use crate::gate::store::Store;

/// Serves until it is dropped.
pub(super) struct Desk {
    pub(super) endpoint: String,
    told: Arc<Mutex<Told>>,
    _task: JoinSet<()>,
}

#[derive(Default)]
struct Told {
    answers: BTreeMap<String, VecDeque<Answer>>,
    asked: Vec<Asked>,
    store: Store,
}

impl Desk {
    pub(super) async fn start() -> Self {
        let told = Arc::<Mutex<Told>>::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(answer).layer(DefaultBodyLimit::disable()).with_state(told.clone());
        let mut task = JoinSet::new();
        task.spawn(async move { axum::serve(listener, app).await.unwrap_or_default() });
        Self { endpoint, told, _task: task }
    }

    /// From now on a call is answered so.
    pub(super) fn tell(&self, name: &str, answer: Answer) {
        self.tell_in_turn(name, [answer]);
    }

    pub(super) fn json(&self, name: &str, answer: &Value) {
        self.tell(name, Answer::json(answer));
    }

    /// One answer after the other; the last one stays.
    pub(super) fn tell_in_turn(&self, name: &str, answers: impl IntoIterator<Item = Answer>) {
        self.told.lock().unwrap().answers.insert(name.to_owned(), answers.into_iter().collect());
    }

    /// A record of the state table.
    pub(super) fn record(&self, pk: &str, sk: &str, record: &Value) {
        self.told.lock().unwrap().store.put(pk, sk, record);
    }

    pub(super) fn records(&self, pk: &str) -> Vec<Value> {
        self.told.lock().unwrap().store.records(pk)
    }

    /// All that was asked since the last time.
    pub(super) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.told.lock().unwrap().asked)
    }

    /// Forgets all that it was told.
    pub(super) fn forget(&self) {
        *self.told.lock().unwrap() = Told::default();
    }
}

async fn answer(
    State(told): State<Arc<Mutex<Told>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let asked = Asked::new(&method, &uri, &headers, &body);
    let mut told = told.lock().unwrap();
    let answer = told.answer(&asked);
    told.asked.push(asked);
    answer
}

impl Told {
    fn answer(&mut self, Asked { name, call, .. }: &Asked) -> Answer {
        // What is told of one thing alone comes first.
        let of_one = format!("{name} {}", call.target);
        let told = if self.answers.contains_key(&of_one) { &of_one } else { name };
        match self.answers.get_mut(told) {
            Some(answers) if answers.len() > 1 => answers.pop_front().unwrap(),
            Some(answers) => answers[0].clone(),
            None if call.service == "dynamodb" => self.store.answer(&call.operation, &call.json()),
            None if name.starts_with("github:") => Answer::new(404, r#"{"message": "Not Found"}"#),
            None => Answer::refused("UnknownOperationException"),
        }
    }
}
