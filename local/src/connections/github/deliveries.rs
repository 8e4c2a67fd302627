//! What webhooks were told, and whether they heard it.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::super::hooks::{self, Delivery, Letter};
use super::asked::Asked;
use super::refused::Refused;
use super::{hooks::find, page, shape};
use crate::repository::Held;

/// `GET /repos/OWNER/NAME/hooks/ID/deliveries`, the newest first
pub(super) async fn list(asked: Asked) -> Result<Response, Refused> {
    let held = asked.hold().await?;
    let mut all = hooks::deliveries(held.directory(), find(&asked, &held)?.id)?;
    all.reverse();
    let page = page::by_cursor(&asked.url, all, |one| one.id.to_string())?;
    Ok(page.shown(|one| shape::hook::item(&one)).into_response())
}

/// `GET /repos/OWNER/NAME/hooks/ID/deliveries/ID`
pub(super) async fn get(asked: Asked) -> Result<Json<Value>, Refused> {
    let held = asked.hold().await?;
    let (_, delivery) = one(&asked, &held)?;
    Ok(Json(shape::hook::delivery(&delivery)))
}

/// `POST /repos/OWNER/NAME/hooks/ID/deliveries/ID/attempts`
pub(super) async fn redeliver(asked: Asked) -> Result<Response, Refused> {
    asked.login()?;
    let held = asked.hold().await?;
    let (hook, Delivery { guid, message, .. }) = one(&asked, &held)?;
    asked.shared.post.send(held.directory(), hook, Letter { guid, redelivery: true, message });
    Ok((StatusCode::ACCEPTED, Json(json!({}))).into_response())
}

/// The webhook and the delivery that the path names.
fn one(asked: &Asked, held: &Held) -> Result<(u64, Delivery), Refused> {
    let (hook, id) = (find(asked, held)?.id, asked.number("delivery")?);
    let found = hooks::deliveries(held.directory(), hook)?.into_iter().find(|delivery| delivery.id == id);
    Ok((hook, found.ok_or_else(Refused::not_found)?))
}
