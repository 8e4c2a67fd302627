//! Webhooks: made, changed, pinged and removed.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::hooks::{self, Config, Hook, Letter, Message};
use super::super::ids;
use super::asked::{Asked, Said};
use super::hook_wanted::{Create, Edit};
use super::page;
use super::refused::Refused;
use super::shape::{self, repository};
use crate::repository::Held;

/// The most of a repository; GitHub's limit is for each event.
const LIMIT: usize = 20;
const ZEN: &str = "Keep it logically awesome.";

/// `GET /repos/OWNER/NAME/hooks`
pub(super) async fn list(asked: Asked) -> Result<Response, Refused> {
    let held = asked.hold().await?;
    let all = hooks::read(held.directory())?;
    let shown: Vec<Value> = all.iter().map(|hook| shown(&asked, &held, hook)).collect::<Result<_, _>>()?;
    Ok(page::by_number(&asked.url, shown).into_response())
}

/// `GET /repos/OWNER/NAME/hooks/ID`
pub(super) async fn get(asked: Asked) -> Result<Json<Value>, Refused> {
    let held = asked.hold().await?;
    shown(&asked, &held, &find(&asked, &held)?).map(Json)
}

/// `POST /repos/OWNER/NAME/hooks`
pub(super) async fn create(asked: Asked, Said(wanted): Said<Create>) -> Result<Response, Refused> {
    let (by, held) = (asked.login()?, asked.hold().await?);
    let mut all = hooks::read(held.directory())?;
    let now = Timestamp::now();
    let (config, events, active) = wanted.checked()?;
    let hook = Hook { id: ids::fresh(), active, events, config, created: now, updated: now };
    if all.iter().any(|one| is_same(one, &hook)) {
        return Err(Refused::hook("Hook already exists on this repository"));
    }
    if all.len() >= LIMIT {
        return Err(Refused::hook(&format!("a repository has {LIMIT} webhooks at most")));
    }
    all.push(hook.clone());
    hooks::write(held.directory(), &all)?;
    let shown = shown(&asked, &held, &hook)?;
    send_ping(&asked, &held, &hook, &shown, &by).await?;
    let location = asked.place.api(&format!("/hooks/{}", hook.id));
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(shown)).into_response())
}

/// `PATCH /repos/OWNER/NAME/hooks/ID`
pub(super) async fn edit(asked: Asked, Said(wanted): Said<Edit>) -> Result<Json<Value>, Refused> {
    asked.login()?;
    let held = asked.hold().await?;
    let found = find(&asked, &held)?;
    let changed = Hook { updated: Timestamp::now(), ..wanted.of(found)? };
    let mut all = hooks::read(held.directory())?;
    for one in all.iter_mut().filter(|one| one.id == changed.id) {
        *one = changed.clone();
    }
    hooks::write(held.directory(), &all)?;
    shown(&asked, &held, &changed).map(Json)
}

/// `DELETE /repos/OWNER/NAME/hooks/ID`
pub(super) async fn delete(asked: Asked) -> Result<StatusCode, Refused> {
    asked.login()?;
    let held = asked.hold().await?;
    let gone = find(&asked, &held)?;
    let mut all = hooks::read(held.directory())?;
    all.retain(|one| one.id != gone.id);
    hooks::write(held.directory(), &all)?;
    asked.shared.post.close(gone.id);
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /repos/OWNER/NAME/hooks/ID/pings`
pub(super) async fn ping(asked: Asked) -> Result<StatusCode, Refused> {
    let (by, held) = (asked.login()?, asked.hold().await?);
    let hook = find(&asked, &held)?;
    send_ping(&asked, &held, &hook, &shown(&asked, &held, &hook)?, &by).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The webhook that the path names.
pub(super) fn find(asked: &Asked, held: &Held) -> Result<Hook, Refused> {
    let id = asked.number("hook")?;
    hooks::read(held.directory())?.into_iter().find(|hook| hook.id == id).ok_or_else(Refused::not_found)
}

fn is_same(one: &Hook, other: &Hook) -> bool {
    let address = |config: &Config| (config.url.clone(), config.content_type);
    one.events == other.events && address(&one.config) == address(&other.config)
}

fn shown(asked: &Asked, held: &Held, hook: &Hook) -> Result<Value, Refused> {
    let last = hooks::deliveries(held.directory(), hook.id)?.pop();
    Ok(shape::hook::hook(&asked.place, hook, last.as_ref()))
}

/// Whether it is active or not.
async fn send_ping(asked: &Asked, held: &Held, hook: &Hook, shown: &Value, by: &str) -> Result<(), Refused> {
    let payload = json!({
        "zen": ZEN,
        "hook_id": hook.id,
        "hook": shown,
        "repository": repository::of(&asked.place, held).await?,
        "sender": shape::user(&asked.place, by),
    });
    asked.shared.post.send(held.directory(), hook.id, Letter::new(Message { event: "ping".to_owned(), payload }));
    Ok(())
}
