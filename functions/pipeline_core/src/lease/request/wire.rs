//! Requests as JSON.

use jiff::Timestamp;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _, IgnoredAny},
};

use crate::{
    ids::{CommitId, ExecutionId, FencingToken, Holder, Source, StackArn, StackName},
    lease::{
        record::Entered,
        request::{Bind, Claim, Commits, Enter, Hold, List, Release, Renew, Request, Ttl},
        store::Cursor,
    },
    text,
};

/// The longest request, in bytes: several times what the longest valid one takes.
const LONGEST: usize = 16 * 1024;
/// How many leases are listed at a time.
const PAGE: usize = 100;

pub(super) fn parse(text: &str) -> Result<Request, String> {
    if text.len() > LONGEST {
        return Err(format!("the request has {} bytes; {LONGEST} are the most", text.len()));
    }
    // A struct could be read from a list, too.
    if !text.trim_start().starts_with('{') {
        return Err(r#"the request is not a JSON object; give {"operation": "…", …}"#.to_owned());
    }
    match read::<Named>(text)?.operation {
        Operation::Claim => read::<ClaimWire>(text).map(claim),
        Operation::Enter => read(text).and_then(enter),
        Operation::Bind => read::<BindWire>(text).map(bind),
        Operation::Renew => read::<RenewWire>(text).map(renew),
        Operation::Release => read::<ReleaseWire>(text).map(release),
        Operation::Hold => read::<HoldWire>(text).map(hold),
        Operation::List => read(text).and_then(list),
        Operation::Show => read::<ShowWire>(text).map(|ShowWire { stack, .. }| Request::Show(stack)),
    }
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let mut json = serde_json::Deserializer::from_str(text);
    let wire = serde_path_to_error::deserialize(&mut json).map_err(|error| complaint(&error))?;
    json.end().map_err(|error| text::complaint(&error))?;
    Ok(wire)
}

fn complaint(error: &serde_path_to_error::Error<serde_json::Error>) -> String {
    let words = text::complaint(error.inner());
    match error.path().to_string().as_str() {
        // I26: where a field is not known, its name is the end of the path.
        path if path != "." && path != "?" && !words.starts_with("unknown field") => format!("{path}: {words}"),
        _ => words,
    }
}

/// The operation, whatever else there is: values that are not looked at are skipped without recursion.
#[derive(Deserialize)]
struct Named {
    operation: Operation,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Operation {
    Claim,
    Enter,
    Bind,
    Renew,
    Release,
    Hold,
    List,
    Show,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClaimWire {
    #[serde(rename = "operation")]
    _operation: IgnoredAny,
    stack: StackName,
    holder: Holder,
    ttl: Ttl,
    source: Source,
    #[serde(default)]
    empty_buckets: bool,
}

fn claim(ClaimWire { stack, holder, ttl, source, empty_buckets, .. }: ClaimWire) -> Request {
    Request::Claim(Claim { stack, holder, ttl, source, empty_buckets })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EnterWire {
    #[serde(rename = "operation")]
    _operation: IgnoredAny,
    stack: StackName,
    token: FencingToken,
    pipeline: String,
    execution: ExecutionId,
    head: Option<CommitId>,
    revision: Option<CommitId>,
}

fn enter(wire: EnterWire) -> Result<Request, String> {
    if !is_pipeline(&wire.pipeline) {
        return Err("pipeline: a text that is not a pipeline's name".to_owned());
    }
    let commits = match (wire.head, wire.revision) {
        (None, None) => None,
        (Some(head), Some(revision)) => Some(Commits { head, revision }),
        _ => return Err("head and revision are compared with each other; give both or neither".to_owned()),
    };
    let entered = Entered { pipeline: wire.pipeline, execution: wire.execution };
    Ok(Request::Enter(Enter { stack: wire.stack, token: wire.token, entered, commits }))
}

fn is_pipeline(name: &str) -> bool {
    (1..=100).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.@".contains(&b))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BindWire {
    #[serde(rename = "operation")]
    _operation: IgnoredAny,
    stack: StackName,
    token: FencingToken,
    stack_id: Option<StackArn>,
}

fn bind(BindWire { stack, token, stack_id, .. }: BindWire) -> Request {
    Request::Bind(Bind { stack, token, stack_id })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RenewWire {
    #[serde(rename = "operation")]
    _operation: IgnoredAny,
    stack: StackName,
    token: FencingToken,
    ttl: Ttl,
}

fn renew(RenewWire { stack, token, ttl, .. }: RenewWire) -> Request {
    Request::Renew(Renew { stack, token, ttl })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReleaseWire {
    #[serde(rename = "operation")]
    _operation: IgnoredAny,
    stack: StackName,
    token: FencingToken,
    #[serde(default)]
    quarantined: bool,
}

fn release(ReleaseWire { stack, token, quarantined, .. }: ReleaseWire) -> Request {
    Request::Release(Release { stack, token, quarantined })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HoldWire {
    #[serde(rename = "operation")]
    _operation: IgnoredAny,
    stack: StackName,
    token: FencingToken,
    #[serde(deserialize_with = "instant")]
    until: Timestamp,
}

/// I26: the parser of timestamps would repeat what it found.
fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| D::Error::custom("a text that is not a timestamp, such as 2026-11-21T12:00:00Z"))
}

fn hold(HoldWire { stack, token, until, .. }: HoldWire) -> Request {
    Request::Hold(Hold { stack, token, until })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListWire {
    #[serde(rename = "operation")]
    _operation: IgnoredAny,
    limit: Option<usize>,
    after: Option<Cursor>,
}

fn list(ListWire { limit, after, .. }: ListWire) -> Result<Request, String> {
    let limit = limit.unwrap_or(PAGE);
    if !(1..=PAGE).contains(&limit) {
        return Err(format!("limit: {limit} is not 1 to {PAGE}"));
    }
    Ok(Request::List(List { limit, after }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShowWire {
    #[serde(rename = "operation")]
    _operation: IgnoredAny,
    stack: StackName,
}
