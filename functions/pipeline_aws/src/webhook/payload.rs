//! What a signed request tells.

use std::{borrow::Cow, str};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::{
    previewing::Change,
    webhook::{answer::Answer, request::Request},
};

/// What it tells of the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Told {
    /// Something that previews depend on may have changed.
    Changed(Change),
    /// Nothing of that kind, in words.
    Nothing(&'static str),
}

const NO_EVENT: Answer = Answer::bad("X-GitHub-Event is missing");
const NO_CONTENT: Answer =
    Answer::bad("Content-Type is neither application/json nor application/x-www-form-urlencoded");
const NO_PAYLOAD: Answer = Answer::bad("the body has no payload that is a JSON object");
const NO_PULL: Answer = Answer::bad("the payload has no number of a pull request, or no repository");
const NO_BRANCH: Answer = Answer::bad("the payload does not name what was deleted, or no repository");

const ELSEWHERE: Told = Told::Nothing("ignored: this is not the repository that previews are made of");

/// Reads one that is authentic. Fields that are not looked at may be anything.
pub(super) fn read(request: &Request, repository: &str) -> Result<Told, Answer> {
    let event = request.header("x-github-event").ok_or(NO_EVENT)?;
    let text = payload(request)?;
    let payload: &RawValue = serde_json::from_str(&text).map_err(|_| NO_PAYLOAD)?;
    // A struct could be read from a list, too.
    if !payload.get().starts_with('{') {
        return Err(NO_PAYLOAD);
    }
    match event {
        "ping" => Ok(Told::Nothing("pong")),
        "pull_request" => Ok(pull(parse(payload, NO_PULL)?, repository)?),
        "delete" => Ok(deleted(parse(payload, NO_BRANCH)?, repository)),
        _ => Ok(Told::Nothing("ignored: an event that previews do not depend on")),
    }
}

fn payload(request: &Request) -> Result<Cow<'_, str>, Answer> {
    let content = request.header("content-type").ok_or(NO_CONTENT)?;
    match content.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "application/json" => str::from_utf8(&request.body).map(Cow::from).map_err(|_| NO_PAYLOAD),
        "application/x-www-form-urlencoded" => {
            let mut fields = form_urlencoded::parse(&request.body).filter(|(name, _)| name == "payload");
            let (_, payload) = fields.next().ok_or(NO_PAYLOAD)?;
            fields.next().is_none().then_some(payload).ok_or(NO_PAYLOAD)
        }
        _ => Err(NO_CONTENT),
    }
}

fn parse<T: DeserializeOwned>(payload: &RawValue, refusal: Answer) -> Result<T, Answer> {
    serde_json::from_str(payload.get()).map_err(|_| refusal)
}

/// Whatever was done to it: new actions are added, and looking once too often does no harm.
fn pull(told: PullWire, repository: &str) -> Result<Told, Answer> {
    if !told.repository.is(repository) {
        return Ok(ELSEWHERE);
    }
    if told.number == 0 {
        return Err(NO_PULL);
    }
    let Pull { updated_at, head } = told.pull_request.unwrap_or_default();
    let updated = updated_at.and_then(|text| text.parse().ok());
    let head = head.and_then(|head| head.sha?.parse().ok());
    Ok(Told::Changed(Change::PullRequest { number: told.number, updated, head }))
}

fn deleted(told: DeletedWire, repository: &str) -> Told {
    if !told.repository.is(repository) {
        return ELSEWHERE;
    }
    match told.ref_type.as_str() {
        "branch" => Told::Changed(Change::BranchDeleted { branch: told.r#ref }),
        _ => Told::Nothing("ignored: no branch was deleted"),
    }
}

#[derive(Deserialize)]
struct PullWire {
    number: u64,
    pull_request: Option<Pull>,
    repository: Repository,
}

#[derive(Default, Deserialize)]
struct Pull {
    updated_at: Option<String>,
    head: Option<Head>,
}

#[derive(Deserialize)]
struct Head {
    sha: Option<String>,
}

#[derive(Deserialize)]
struct DeletedWire {
    r#ref: String,
    ref_type: String,
    repository: Repository,
}

#[derive(Deserialize)]
struct Repository {
    full_name: String,
}

impl Repository {
    /// GitHub does not tell names apart by their case.
    fn is(&self, name: &str) -> bool {
        self.full_name.eq_ignore_ascii_case(name)
    }
}
