//! CodePipeline's own JSON API, over the runner: the local cloud forwards here what is addressed to CodePipeline.
//!
//! A request is checked against the API's model before anything looks at it; what an answer has not is left out of it.

mod actions;
mod approval;
mod control;
mod error;
mod executions;
mod guard;
mod history;
mod jobs;
mod json;
mod model;
mod page;
mod pipelines;
mod records;
mod revision;
mod rules;
mod start;
mod state;
mod tags;
mod targets;
#[cfg(test)]
mod tests;
mod types;
mod unserved;
mod validate;
mod webhooks;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Router, middleware};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::runner::{History, Runner};
use crate::{codecommit, connections, identity};
use error::ApiError;
use model::Model;

/// What stands before the operation's name in `X-Amz-Target`.
const SERVICE: &str = "CodePipeline_20150709.";

/// The answers' type in the JSON 1.1 protocol.
const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// What the operations work with.
struct Api {
    runner: Runner,
    model: Model,
    webhooks: webhooks::Book,
}

/// Serves until it is dropped.
///
/// # Errors
/// When the listener breaks.
pub async fn serve(listener: TcpListener, runner: Runner) -> std::io::Result<()> {
    let model = Model::embedded().map_err(std::io::Error::other)?;
    let (context, sources) = (runner.context().clone(), runner.clone());
    let webhooks = webhooks::Book::new(&context.state);
    let api = Arc::new(Api { runner, model, webhooks });
    let router = Router::new().route("/", post(handle));
    let router = router.route(&format!("{}/{{key}}", webhooks::PATH), post(webhooks::receive)).with_state(api);
    let router = codecommit::beside(router, context);
    let router = connections::beside(router, sources);
    axum::serve(listener, router.layer(middleware::from_fn(guard::only_this_machine))).await
}

async fn handle(State(api): State<Arc<Api>>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let operation = target.strip_prefix(SERVICE).unwrap_or_default();
    let (status, body) = match api.answer(operation, &headers, &body) {
        // Operations without an output have no body.
        Ok(Value::Null) => (StatusCode::OK, String::new()),
        Ok(value) => (StatusCode::OK, json::present(value).to_string()),
        Err(error) => (StatusCode::BAD_REQUEST, error.body().to_string()),
    };
    (status, [(header::CONTENT_TYPE, CONTENT_TYPE)], body).into_response()
}

impl Api {
    fn answer(&self, operation: &str, headers: &HeaderMap, body: &[u8]) -> Result<Value, ApiError> {
        let request: Value = serde_json::from_slice(body).map_err(|error| unreadable(&error))?;
        validate::request(&self.model, operation, &request)?;
        let caller = identity::caller(headers);
        match operation {
            "CreatePipeline" => pipelines::create(self, &caller, read(request)?),
            "UpdatePipeline" => pipelines::update(self, &read(request)?),
            "DeletePipeline" => pipelines::delete(self, &read(request)?),
            "GetPipeline" => pipelines::get(self, &read(request)?),
            "GetPipelineState" => pipelines::state(self, &read(request)?),
            "ListPipelines" => pipelines::list(self, &read(request)?),
            "GetPipelineExecution" => self.look(&read(request)?, executions::get),
            "ListPipelineExecutions" => self.look(&read(request)?, executions::list),
            "ListActionExecutions" => self.look(&read(request)?, actions::list),
            "ListRuleExecutions" => self.look(&read(request)?, rules::list),
            "ListDeployActionExecutionTargets" => targets::list(self, &read(request)?),
            "ListActionTypes" => types::list_actions(&read(request)?),
            "ListRuleTypes" => Ok(types::list_rules(&read(request)?)),
            "StopPipelineExecution" => control::stop(self, read(request)?),
            "RetryStageExecution" => control::retry(self, &read(request)?),
            "RollbackStage" => control::roll_back(self, caller, &read(request)?),
            "OverrideStageCondition" => control::override_condition(self, caller, &read(request)?),
            "EnableStageTransition" => control::enable(self, caller, &read(request)?),
            "DisableStageTransition" => control::disable(self, caller, read(request)?),
            "PutActionRevision" => revision::put(self, caller, read(request)?),
            "PutWebhook" => webhooks::put(self, read(request)?),
            "DeleteWebhook" => webhooks::delete(self, &read(request)?),
            "ListWebhooks" => webhooks::list(self, read(request)?),
            "StartPipelineExecution" => start::start(self, headers, read(request)?),
            "PutApprovalResult" => approval::put(self, caller, read(request)?),
            "PutJobSuccessResult" => jobs::success(self, read(request)?),
            "PutJobFailureResult" => jobs::failure(self, read(request)?),
            "ListTagsForResource" => tags::list(self, &read(request)?),
            "TagResource" => tags::add(self, read(request)?),
            "UntagResource" => tags::remove(self, &read(request)?),
            _ => Err(ApiError::unknown(operation)),
        }
    }

    /// Answers from what there was of a pipeline.
    fn look<R: OfPipeline>(
        &self,
        request: &R,
        answer: impl FnOnce(&R, &History) -> Result<Value, ApiError>,
    ) -> Result<Value, ApiError> {
        answer(request, &self.runner.history(request.pipeline())?)
    }
}

/// A request about one pipeline.
trait OfPipeline {
    /// The pipeline's name.
    fn pipeline(&self) -> &str;
}

/// A request that the model allows.
fn read<T: DeserializeOwned>(request: Value) -> Result<T, ApiError> {
    serde_json::from_value(json::present(request)).map_err(|error| unreadable(&error))
}

fn unreadable(error: &serde_json::Error) -> ApiError {
    ApiError::serialization(&error.to_string(), "")
}
