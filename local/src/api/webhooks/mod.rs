//! Webhooks: whoever runs on this machine starts a pipeline by a POST to a webhook's URL.

mod auth;
mod book;
mod definition;
mod filter;
mod receive;
#[cfg(test)]
mod tests;

use serde::Deserialize;
use serde_json::{Value, json};

use super::Api;
use super::error::ApiError;
use super::json::time;
use super::page::Paging;
use super::records::webhook_arn;
use super::tags::{self, Tag};
pub(super) use book::{Book, Webhook};
use definition::Definition;
pub(super) use receive::receive;

/// Where webhooks are, below the local cloud's endpoint.
pub(super) const PATH: &str = "/v1/webhooks";

/// How many webhooks there may be.
const MOST: usize = 300;

/// `PutWebhook`.
#[derive(Debug, Deserialize)]
pub(super) struct Put {
    webhook: Definition,
    #[serde(default)]
    tags: Vec<Tag>,
}

/// `DeleteWebhook`.
#[derive(Debug, Deserialize)]
pub(super) struct Named {
    name: String,
}

/// `ListWebhooks`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct List {
    max_results: Option<usize>,
    next_token: Option<String>,
}

/// Makes the webhook, or gives the one of its name another definition.
pub(super) fn put(api: &Api, request: Put) -> Result<Value, ApiError> {
    let Put { webhook: definition, tags: new } = request;
    definition.check(&api.runner.pipeline(&definition.target_pipeline)?)?;
    let webhook = api.webhooks.change(|all| {
        if !all.contains_key(&definition.name) && all.len() >= MOST {
            return Err(ApiError::limit(format!("there are {MOST} webhooks already; delete one")));
        }
        let webhook = all.entry(definition.name.clone()).or_insert_with(|| Webhook::new(definition.clone()));
        webhook.tags = tags::checked(&webhook.tags, new)?;
        webhook.definition = definition;
        Ok::<_, ApiError>(webhook.clone())
    })?;
    Ok(json!({"webhook": item(api, &webhook)}))
}

/// Removing none is no error.
pub(super) fn delete(api: &Api, request: &Named) -> Result<Value, ApiError> {
    api.webhooks.change(|all| Ok::<_, ApiError>(all.remove(&request.name)))?;
    Ok(json!({}))
}

pub(super) fn list(api: &Api, request: List) -> Result<Value, ApiError> {
    let paging = Paging::new(request.max_results, request.next_token);
    let all = api.webhooks.all()?;
    let page = paging.page(all.values(), |webhook| webhook.definition.name.as_str(), |_| true)?;
    let items: Vec<_> = page.items.into_iter().map(|webhook| item(api, webhook)).collect();
    Ok(json!({"webhooks": items, "NextToken": page.next_token}))
}

fn item(api: &Api, webhook: &Webhook) -> Value {
    let Webhook { definition, key, tags, last_triggered, error } = webhook;
    let endpoint = api.runner.context().sdk.endpoint_url().unwrap_or_default().trim_end_matches('/');
    json!({
        "definition": definition.written(),
        "url": format!("{endpoint}{PATH}/{key}"),
        "arn": webhook_arn(&definition.name),
        "tags": (!tags.is_empty()).then(|| tags::written(tags)),
        "lastTriggered": last_triggered.map(time),
        "errorCode": error.as_ref().map(|error| &error.code),
        "errorMessage": error.as_ref().map(|error| &error.message),
    })
}
