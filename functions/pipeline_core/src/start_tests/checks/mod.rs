//! Tests that are declared and not written: `tests.yaml` of the test artifact.
//!
//! ```yaml
//! http:
//!   - name: time-is-told
//!     method: POST                # GET, unless said
//!     path: /time?run=${run_id}   # behind the URL under test
//!     headers: { accept: application/json }
//!     body: { zone: UTC }         # a text as it stands, anything else as JSON
//!     expect:
//!       status: 200               # that, unless said
//!       json: { zone: UTC }       # what it must hold; it may hold more
//!       within_ms: 2000
//! invoke:
//!   - name: worker-adds
//!     output: WorkerFunction      # of the app stack, or of the test stack: a function of that same stack
//!     payload: { a: 1, b: 2 }
//!     expect:
//!       result: { sum: 3 }
//!       within_ms: 2000
//! ```
//! `${…}` in a path, a header's value, and a text of a body, a payload, an expected JSON or an expected result stands for
//! what every test is told: `${run_id}`, `${stage}`, `${stack}`, `${api_url}`, `${revision}`, `${execution_id}`,
//! `${test}`, and `${outputs.KEY}` for the app stack's outputs. `$${` is a literal `${`. Numbers and booleans keep their
//! type, and a date is a text.

mod echo;
mod file;
mod fill;
mod home;
mod http;
mod invoke;
mod matching;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use file::{InvalidChecks, Scope, parse};
pub use home::Home;
pub(super) use home::names;
use jiff::SignedDuration;
use serde_json::Value;

use crate::ids::{FunctionName, TestName};

/// A request, and what its answer must be.
#[derive(Debug, Clone, PartialEq)]
pub struct HttpCheck {
    /// Such as `GET`.
    pub method: String,
    /// Behind the URL under test: begins with `/`.
    pub path: String,
    /// By name.
    pub headers: BTreeMap<String, String>,
    /// The body; a text as it stands, anything else as JSON.
    pub body: Option<Value>,
    /// The status that the answer must have.
    pub status: u16,
    /// What the answer's JSON must hold.
    pub json: Option<Value>,
    /// How long it may take.
    pub within: Option<SignedDuration>,
}

/// An invocation, and what its result must be.
#[derive(Debug, Clone, PartialEq)]
pub struct InvokeCheck {
    /// The function.
    pub function: FunctionName,
    /// What it is invoked with.
    pub payload: Value,
    /// What its result must hold; without, any but an error passes.
    pub result: Option<Value>,
    /// How long it may take.
    pub within: Option<SignedDuration>,
}

/// One test, and how it is made.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// Its name.
    pub name: TestName,
    /// How it is made.
    pub kind: Kind,
}

/// How a test is made.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A function that is told what is under test, and judges it.
    Function(FunctionName),
    /// An HTTP request.
    Http(HttpCheck),
    /// An invocation whose result is judged here.
    Invoke(InvokeCheck),
}

fn slow(within: Option<SignedDuration>, took: SignedDuration) -> Option<String> {
    let within = within.filter(|within| took > *within)?;
    Some(format!("expected an answer within {} ms, got it after {} ms", within.as_millis(), took.as_millis()))
}
