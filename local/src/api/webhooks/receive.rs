//! Requests to webhooks.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::Value;

use super::auth::is_believed;
use super::book::Trouble;
use super::definition::Definition;
use crate::api::Api;
use crate::api::error::ApiError;
use crate::api::records::webhook_arn;
use crate::pipeline::engine::{ExecutionId, Trigger, TriggerType};

/// Starts the pipeline of the webhook, if the request is one that it starts for.
pub(in crate::api) async fn receive(
    State(api): State<Arc<Api>>,
    Path(key): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (status, said) = match api.received(&key, &headers, &body) {
        Ok(Received::Started(id)) => (StatusCode::OK, format!("execution {id} is started")),
        Ok(Received::Ignored) => (StatusCode::OK, "nothing is started: the filters do not pass it".to_owned()),
        Ok(Received::Refused(status, why)) => (status, why.to_owned()),
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()),
    };
    (status, said + "\n").into_response()
}

/// What becomes of a request.
enum Received {
    Started(ExecutionId),
    Ignored,
    Refused(StatusCode, &'static str),
}

impl Api {
    fn received(&self, key: &str, headers: &HeaderMap, body: &[u8]) -> Result<Received, ApiError> {
        let all = self.webhooks.all()?;
        let Some(webhook) = all.values().find(|webhook| webhook.key == key) else {
            return Ok(Received::Refused(StatusCode::NOT_FOUND, "there is no such webhook"));
        };
        let definition = &webhook.definition;
        if !is_believed(definition, headers, body) {
            return Ok(Received::Refused(StatusCode::FORBIDDEN, "the webhook does not know the sender"));
        }
        let Ok(request) = serde_json::from_slice(body) else {
            return Ok(Received::Refused(StatusCode::BAD_REQUEST, "the body is no JSON"));
        };
        let started = self.trigger(definition, &request);
        self.remember(&definition.name, &started)?;
        started.map(|started| started.map_or(Received::Ignored, Received::Started))
    }

    fn trigger(&self, definition: &Definition, request: &Value) -> Result<Option<ExecutionId>, ApiError> {
        let pipeline = self.runner.pipeline(&definition.target_pipeline)?;
        let action = definition.target(&pipeline);
        let action = action.ok_or_else(|| ApiError::no_action("the first", &definition.target_action))?;
        if !definition.filters.iter().all(|filter| filter.passes(request, &action.configuration)) {
            return Ok(None);
        }
        let trigger = Trigger { trigger_type: TriggerType::Webhook, trigger_detail: webhook_arn(&definition.name) };
        Ok(Some(self.runner.start(&pipeline.name, trigger, &BTreeMap::new(), Vec::new())?))
    }

    /// Notes what lists of webhooks tell of the request; one that is ignored leaves nothing behind.
    fn remember(&self, name: &str, started: &Result<Option<ExecutionId>, ApiError>) -> Result<(), ApiError> {
        if matches!(started, Ok(None)) {
            return Ok(());
        }
        self.webhooks.change(|all| {
            if let Some(webhook) = all.get_mut(name) {
                let trouble =
                    |error: &ApiError| Trouble { code: error.exception().to_owned(), message: error.to_string() };
                webhook.error = started.as_ref().err().map(trouble);
                webhook.last_triggered = started.as_ref().map_or(webhook.last_triggered, |_| Some(Timestamp::now()));
            }
            Ok(())
        })
    }
}
