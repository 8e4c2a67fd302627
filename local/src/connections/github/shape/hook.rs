//! Webhooks and what they were told.

use serde_json::{Value, json};

use super::super::super::hooks::{Delivery, Hook, Outcome};
use super::super::link::Place;
use super::{extend, time};

/// `hook`
pub(in super::super) fn hook(place: &Place, hook: &Hook, last: Option<&Delivery>) -> Value {
    let Hook { id, active, events, config, created, updated } = hook;
    let url = place.api(&format!("/hooks/{id}"));
    let mut shown = json!({
        "type": "Repository",
        "id": id,
        "name": "web",
        "active": active,
        "events": events,
        "config": {
            "content_type": config.content_type,
            "insecure_ssl": if config.insecure_ssl { "1" } else { "0" },
            "url": config.url,
        },
        "updated_at": time(*updated),
        "created_at": time(*created),
        "url": url,
        "test_url": format!("{url}/test"),
        "ping_url": format!("{url}/pings"),
        "deliveries_url": format!("{url}/deliveries"),
        "last_response": last_response(last),
    });
    if config.secret.is_some() {
        shown["config"]["secret"] = json!("********");
    }
    shown
}

fn last_response(last: Option<&Delivery>) -> Value {
    let Some(outcome) = last.map(|last| &last.outcome) else {
        return json!({"code": null, "status": "unused", "message": null});
    };
    let status = if outcome.status() == "OK" { "active" } else { "misconfigured" };
    json!({"code": outcome.code(), "status": status, "message": outcome.status()})
}

/// `hook-delivery-item`
pub(in super::super) fn item(delivery: &Delivery) -> Value {
    json!({
        "id": delivery.id,
        "guid": delivery.guid,
        "delivered_at": delivery.at,
        "redelivery": delivery.redelivery,
        "duration": delivery.seconds,
        "status": delivery.outcome.status(),
        "status_code": delivery.outcome.code(),
        "event": delivery.message.event,
        "action": delivery.message.action(),
        "installation_id": null,
        "repository_id": delivery.message.payload["repository"]["id"],
        "throttled_at": null,
    })
}

/// `hook-delivery`
pub(in super::super) fn delivery(delivery: &Delivery) -> Value {
    let response = match &delivery.outcome {
        Outcome::Answered { headers, body, .. } => json!({"headers": headers, "payload": body}),
        Outcome::Failed { .. } => json!({"headers": {}, "payload": null}),
    };
    let mut shown = item(delivery);
    extend(
        &mut shown,
        json!({
            "url": delivery.url,
            "request": {"headers": delivery.headers, "payload": delivery.message.payload},
            "response": response,
        }),
    );
    shown
}
