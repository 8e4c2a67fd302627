//! What a run of tests needs of the world.

use serde_json::Value;

use crate::{
    ids::{FunctionName, JobId},
    job::Artifact,
    ports::{PortError, ReadStacks},
    start_tests::{report::TestReport, site::Site},
};

/// What came back from invoking a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Whether the function failed: it raised, panicked, timed out or exited.
    pub failed: bool,
    /// What it returned, or its error, up to 6 MB; not always JSON.
    pub payload: Vec<u8>,
    /// The last 4 KB that it wrote to its log.
    pub log: Option<String>,
}

/// Invoking functions.
pub trait InvokeTests {
    /// Invokes it and waits for its answer. One attempt: a second could run the test twice (I19).
    fn call(&self, function: &FunctionName, payload: &Value) -> impl Future<Output = Result<Answer, PortError>>;
    /// Invokes it without waiting for it: Lambda does, once or more often.
    fn start(&self, function: &FunctionName, payload: &Value) -> impl Future<Output = Result<(), PortError>>;
}

impl<T: InvokeTests> InvokeTests for &T {
    fn call(&self, function: &FunctionName, payload: &Value) -> impl Future<Output = Result<Answer, PortError>> {
        T::call(self, function, payload)
    }

    fn start(&self, function: &FunctionName, payload: &Value) -> impl Future<Output = Result<(), PortError>> {
        T::start(self, function, payload)
    }
}

/// Getting to the account and region of a stage.
pub trait ReachSites {
    /// Its stacks and functions.
    type Stage<'a>: ReadStacks + InvokeTests
    where
        Self: 'a;
    /// Its stacks and functions, for this job: [`PortError::Denied`] when the role may not be assumed.
    fn reach(&self, site: &Site, job: &JobId) -> impl Future<Output = Result<Self::Stage<'_>, PortError>>;
}

/// An HTTP request, as a test of `tests.yaml` makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Such as `GET`.
    pub method: String,
    /// Absolute.
    pub url: String,
    /// By name; none is ever shown.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<Vec<u8>>,
}

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Such as 200.
    pub status: u16,
    /// Its beginning, at most [`LARGEST_BODY`] bytes.
    pub body: Vec<u8>,
    /// Whether that is not all of it.
    pub cut: bool,
}

/// How much of an answer's body is read, in bytes.
pub const LARGEST_BODY: usize = 1 << 20;

/// Making HTTP requests.
pub trait SendRequests {
    /// Makes it, once, and follows no redirect: [`PortError::Throttled`] when no connection came about to send it on.
    fn send(&self, request: &Request) -> impl Future<Output = Result<Response, PortError>>;
}

/// Reading the test artifact, with the job's own credentials.
pub trait ReadTestFile {
    /// `tests.yaml` of the artifact, `None` when it has none.
    fn test_file(&self, artifact: &Artifact) -> impl Future<Output = Result<Option<Vec<u8>>, PortError>>;
}

/// Writing the report artifact, with the job's own credentials.
pub trait WriteReports {
    /// Writes the artifact's zip, with the report as `junit.xml` in it.
    fn write_report(&self, artifact: &Artifact, report: &TestReport) -> impl Future<Output = Result<(), PortError>>;
}
