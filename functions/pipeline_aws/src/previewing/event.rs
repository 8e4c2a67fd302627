//! Which event it is.

use pipeline_core::text;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

use crate::{
    previewing::{
        asked::Asked,
        change::Change,
        codecommit::{self, Home, MalformedEvent},
        refusal::Refusal,
    },
    webhook::{Answer, Request},
};

/// An event of the function.
#[derive(Debug)]
pub(super) enum Event {
    /// A request to its URL, or the answer to one that is none.
    Webhook(Result<Request, Answer>),
    /// Something happened.
    Change(Change),
    /// It is time to look at what is due.
    Tick,
    /// Somebody asks for something, or for nothing that there is.
    Asked(Result<Asked, Refusal>),
    /// Nothing of ours, and what it is instead, in words of ours (I26).
    Foreign(&'static str),
}

/// Reads any event.
pub(super) fn read(event: &RawValue, home: &Home) -> Result<Event, MalformedEvent> {
    // A struct could be read from a list, too.
    let kind = event.get().trim_start().starts_with('{').then(|| serde_json::from_str::<Kind>(event.get()));
    let Some(Ok(kind)) = kind else {
        return Ok(Event::Asked(Err(Refusal::bad("the event is not a JSON object, or has a field twice"))));
    };
    // First of all: what the URL brings is anybody's, and must not be taken for anything else.
    if kind.request_context.is_some() {
        return Ok(Event::Webhook(Request::read(event)));
    }
    if kind.detail_type.is_some() {
        return Ok(match codecommit::read(event, home)? {
            codecommit::Told::Changed(change) => Event::Change(change),
            codecommit::Told::Foreign(what) => Event::Foreign(what),
        });
    }
    Ok(ours(event, &kind).unwrap_or_else(|refusal| Event::Asked(Err(refusal))))
}

/// What we tell ourselves, what the schedule says, and what people ask for: strict, as each is somebody's own words.
fn ours(event: &RawValue, kind: &Kind) -> Result<Event, Refusal> {
    if kind.operation.is_some() {
        return Ok(Event::Asked(Asked::parse(event.get())));
    }
    if kind.tick.is_some() {
        let Tick { tick } = parse(event)?;
        return if tick { Ok(Event::Tick) } else { Err(Refusal::bad("tick: it is true, or not there")) };
    }
    if kind.pull_request.is_some() || kind.branch_deleted.is_some() {
        return parse(event).map(Event::Change);
    }
    Err(Refusal::bad(
        "the event is none of {\"operation\": …}, {\"pull_request\": …}, {\"branch_deleted\": …}, {\"tick\": true}, \
         CodeCommit's, and a request to the function's URL",
    ))
}

fn parse<'a, T: Deserialize<'a>>(event: &'a RawValue) -> Result<T, Refusal> {
    serde_json::from_str(event.get()).map_err(|error| Refusal::BadRequest(text::complaint(&error)))
}

/// What events are told apart by. Values that are not looked at are skipped without recursion.
#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "requestContext")]
    request_context: Option<IgnoredAny>,
    #[serde(rename = "detail-type")]
    detail_type: Option<IgnoredAny>,
    operation: Option<IgnoredAny>,
    tick: Option<IgnoredAny>,
    pull_request: Option<IgnoredAny>,
    branch_deleted: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tick {
    tick: bool,
}
