//! Where tests meet: each one of the stage asks here what it is to do, and waits until as many are here as shall be.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Serves until it is dropped.
pub(super) struct Desk {
    /// Host and port.
    pub(super) address: String,
    hall: Arc<Hall>,
    _server: JoinSet<()>,
}

#[derive(Default)]
struct Hall {
    book: Mutex<Book>,
    /// The most that were here at once since the last time that [`Desk::gather`] was called.
    most: watch::Sender<usize>,
    /// Whether nobody may go.
    held: watch::Sender<bool>,
}

#[derive(Default)]
struct Book {
    /// What each test does, by its name; who is not here passes.
    acts: BTreeMap<String, Value>,
    /// What those were told that came.
    visits: Vec<Value>,
    here: usize,
    /// How many must be here before the first may go.
    wanted: usize,
}

impl Desk {
    pub(super) async fn open() -> Self {
        let hall = Arc::<Hall>::default();
        let app = Router::new().fallback(visit).with_state(hall.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, app).await.unwrap_or_default() });
        Self { address, hall, _server: server }
    }

    /// From now on this test does this, whichever run it is of.
    pub(super) fn tell(&self, test: &str, act: &Value) {
        self.hall.book.lock().unwrap().acts.insert(test.to_owned(), act.clone());
    }

    /// From now on nobody may go until so many are here at once; then everybody may.
    pub(super) fn gather(&self, wanted: usize) {
        let mut book = self.hall.book.lock().unwrap();
        book.wanted = wanted;
        book.visits.clear();
        self.hall.most.send_replace(0);
    }

    /// From now on nobody may go, until [`Desk::release`].
    pub(super) fn hold(&self) {
        self.gather(0);
        self.hall.held.send_replace(true);
    }

    pub(super) fn release(&self) {
        self.hall.held.send_replace(false);
    }

    /// Returns when so many are here at once, or have been since [`Desk::gather`] or [`Desk::hold`].
    pub(super) async fn has_seen(&self, many: usize) {
        self.hall.most.subscribe().wait_for(|most| *most >= many).await.unwrap();
    }

    /// The most that were here at once.
    pub(super) fn most(&self) -> usize {
        *self.hall.most.borrow()
    }

    /// How often each test came, of those whose payload has this field with this value.
    pub(super) fn started(&self, field: &str, value: &Value) -> BTreeMap<String, usize> {
        let book = self.hall.book.lock().unwrap();
        let of_it = book.visits.iter().filter(|told| told[field] == *value);
        of_it.fold(BTreeMap::new(), |mut started, told| {
            *started.entry(told["test"].as_str().unwrap_or("nameless").to_owned()).or_default() += 1;
            started
        })
    }
}

/// Here, until it is dropped: a test that is killed leaves, too.
struct Here(Arc<Hall>);

impl Drop for Here {
    fn drop(&mut self) {
        self.0.book.lock().unwrap().here -= 1;
    }
}

async fn visit(State(hall): State<Arc<Hall>>, told: Bytes) -> Json<Value> {
    let told: Value = serde_json::from_slice(&told).unwrap_or_default();
    let (act, wanted, _here) = hall.enter(told);
    hall.most.subscribe().wait_for(|most| *most >= wanted).await.unwrap();
    hall.held.subscribe().wait_for(|held| !held).await.unwrap();
    Json(act)
}

impl Hall {
    fn enter(self: &Arc<Self>, told: Value) -> (Value, usize, Here) {
        let mut book = self.book.lock().unwrap();
        let act = book.acts.get(told["test"].as_str().unwrap_or_default());
        let act = act.cloned().unwrap_or_else(|| json!({"return": {"passed": true}}));
        book.visits.push(told);
        book.here += 1;
        self.most.send_if_modified(|most| {
            let more = book.here > *most;
            *most = book.here.max(*most);
            more
        });
        (act, book.wanted, Here(self.clone()))
    }
}
