//! `tests.yaml` as it is written, read and checked: what it declares can be made as it stands.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use serde_saphyr::{Options, budget, options};

use crate::{
    ids::TestName,
    start_tests::checks::{Home, HttpCheck, InvokeCheck, Kind, Test, fill, home::Output, http::RUN_ID_HEADER},
    text,
};

/// What the tests are declared for.
#[derive(Debug)]
pub struct Scope<'a> {
    /// The functions that a test may invoke.
    pub home: Home<'a>,
    /// What every test is told; what differs from test to test or run to run has any value.
    pub told: &'a Value,
}

/// Why `tests.yaml` cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("tests.yaml: {0}")]
pub struct InvalidChecks(String);

/// The largest file, in bytes: 500 tests of 2 KB.
const LARGEST: usize = 1 << 20;
const METHODS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
/// What belongs to the connection, and not to the request.
const TAKEN_HEADERS: [&str; 5] = [RUN_ID_HEADER, "connection", "content-length", "host", "transfer-encoding"];
/// What no URL may hold as it stands: `#` would end the path, and the HTTP client refuses the others.
const NEVER_IN_A_PATH: &[u8] = b"#\"<>`";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    http: Option<Vec<Http>>,
    #[serde(default)]
    invoke: Option<Vec<Invoke>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Http {
    name: TestName,
    method: Option<String>,
    path: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<Value>,
    #[serde(default)]
    expect: Answered,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answered {
    status: Option<u16>,
    #[serde(default, deserialize_with = "present")]
    json: Option<Value>,
    within_ms: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Invoke {
    name: TestName,
    output: String,
    #[serde(default, deserialize_with = "present")]
    payload: Option<Value>,
    #[serde(default)]
    expect: Returned,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Returned {
    #[serde(default, deserialize_with = "present")]
    result: Option<Value>,
    within_ms: Option<u32>,
}

/// An expected `null` is an expectation, and not none.
fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(value).map(Some)
}

/// Reads the tests that the file declares, in its order, which may be none. A complaint repeats none of it but tests'
/// names (I26).
pub fn parse(file: &[u8], scope: &Scope<'_>) -> Result<Vec<Test>, InvalidChecks> {
    let File { http, invoke } = read(file).map_err(InvalidChecks)?;
    let http = http.into_iter().flatten().map(|http| named(http.name.clone(), http.check(scope)));
    let invoke = invoke.into_iter().flatten().map(|invoke| named(invoke.name.clone(), invoke.check(scope)));
    http.chain(invoke).collect()
}

fn read(file: &[u8]) -> Result<File, String> {
    if file.len() > LARGEST {
        return Err(format!("is {} bytes long, and may be {LARGEST}", file.len()));
    }
    let yaml = std::str::from_utf8(file).map_err(|error| error.to_string())?;
    serde_saphyr::from_str_with_options(yaml, limits()).map_err(|error| text::yaml_complaint(&error))
}

/// Little is enough for tests, and anchors must not multiply it. `yes` and `on` are texts, as in YAML 1.2.
fn limits() -> Options {
    let budget = budget! {
        enforce_alias_anchor_ratio: false,
        max_depth: 32,
        max_nodes: 100_000,
        max_aliases: 1000,
        max_anchors: 1000,
        max_recorded_anchor_bytes: LARGEST,
        max_total_scalar_bytes: 4 * LARGEST,
    };
    let mut options = options! { budget: budget, strict_booleans: true };
    options.alias_limits.max_total_replayed_events = 10_000;
    options
}

fn named(name: TestName, kind: Result<Kind, String>) -> Result<Test, InvalidChecks> {
    match kind {
        Ok(kind) => Ok(Test { name, kind }),
        Err(complaint) => Err(InvalidChecks(format!("{name}: {complaint}"))),
    }
}

impl Http {
    fn check(self, scope: &Scope<'_>) -> Result<Kind, String> {
        let check = HttpCheck {
            method: self.method.unwrap_or_else(|| "GET".to_owned()),
            path: self.path,
            headers: self.headers,
            body: self.body,
            status: self.expect.status.unwrap_or(200),
            json: self.expect.json,
            within: within(self.expect.within_ms)?,
        };
        possible(&check)?;
        fillable(&check, scope.told)?;
        Ok(Kind::Http(check))
    }
}

fn possible(check: &HttpCheck) -> Result<(), String> {
    if !METHODS.contains(&check.method.as_str()) {
        return Err(format!("method is none of {}", METHODS.join(", ")));
    }
    if !check.path.starts_with('/') {
        return Err("path does not begin with /".to_owned());
    }
    if !check.path.bytes().all(|byte| byte.is_ascii_graphic() && !NEVER_IN_A_PATH.contains(&byte)) {
        return Err("path has characters that no request can have; percent-encode them".to_owned());
    }
    if !(200..=599).contains(&check.status) {
        return Err(format!("expect.status is {}, not 200 to 599", check.status));
    }
    check.headers.keys().try_for_each(|name| possible_header(name))
}

fn possible_header(name: &str) -> Result<(), String> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_token) {
        return Err("headers: a key is not a header's name".to_owned());
    }
    match TAKEN_HEADERS.iter().find(|taken| taken.eq_ignore_ascii_case(name)) {
        Some(taken) => Err(format!("headers: {taken} is not the test's to set")),
        None => Ok(()),
    }
}

fn fillable(check: &HttpCheck, told: &Value) -> Result<(), String> {
    fill::check(&check.path, told).map_err(|complaint| format!("path: {complaint}"))?;
    for (what, value) in [("body", &check.body), ("expect.json", &check.json)] {
        value.iter().try_for_each(|value| fill::check_value(value, told)).map_err(|why| format!("{what}: {why}"))?;
    }
    for value in check.headers.values() {
        fill::check(value, told).map_err(|complaint| format!("headers: {complaint}"))?;
        if !fill::fill(value, told).bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
            return Err("headers: a value has characters that no header can have".to_owned());
        }
    }
    Ok(())
}

impl Invoke {
    fn check(self, scope: &Scope<'_>) -> Result<Kind, String> {
        let Output { value, stacks } = scope.home.output(&self.output)?;
        let function = scope.home.function(value, &stacks).map_err(|complaint| format!("its output {complaint}"))?;
        let payload = self.payload.unwrap_or_else(|| json!({}));
        fill::check_value(&payload, scope.told).map_err(|complaint| format!("payload: {complaint}"))?;
        let Returned { result, within_ms } = self.expect;
        let expected = result.iter().try_for_each(|result| fill::check_value(result, scope.told));
        expected.map_err(|complaint| format!("expect.result: {complaint}"))?;
        Ok(Kind::Invoke(InvokeCheck { function, payload, result, within: within(within_ms)? }))
    }
}

fn within(millis: Option<u32>) -> Result<Option<SignedDuration>, String> {
    match millis {
        Some(0) => Err("expect.within_ms is 0, so no answer could be in time".to_owned()),
        millis => Ok(millis.map(|millis| SignedDuration::from_millis(millis.into()))),
    }
}
