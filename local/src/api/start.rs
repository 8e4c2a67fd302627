//! Starting pipelines.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Api;
use super::error::ApiError;
use crate::identity::{self, Caller};
use crate::pipeline::engine::{ExecutionId, SourceRevision, Trigger, TriggerType};
use crate::runner;

/// By it the event bus of the local cloud says which of its rules starts the pipeline: no client's request brings it
/// here, for the local cloud forwards none of their headers but those it knows.
const RULE: &str = "x-flowgate-trigger";

/// `StartPipelineExecution`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Start {
    name: String,
    #[serde(default)]
    variables: Vec<Variable>,
    client_request_token: Option<String>,
    #[serde(default)]
    source_revisions: Vec<SourceRevision>,
}

#[derive(Debug, Deserialize)]
struct Variable {
    name: String,
    value: String,
}

/// Starts the pipeline, once for each token.
pub(super) fn start(api: &Api, headers: &HeaderMap, request: Start) -> Result<Value, ApiError> {
    let Start { name, variables, client_request_token: token, source_revisions } = request;
    let variables = variables.into_iter().map(|Variable { name, value }| (name, value)).collect();
    let trigger = trigger(headers);
    let id = match token {
        Some(token) => api.runner.start_once(&name, &token, trigger, &variables, source_revisions),
        None => api.runner.start(&name, trigger, &variables, source_revisions),
    }?;
    Ok(json!({"pipelineExecutionId": id}))
}

/// Starts a pipeline because it was created.
pub(super) fn created(api: &Api, name: &str, caller: &Caller) -> Result<ExecutionId, runner::Error> {
    let trigger = Trigger { trigger_type: TriggerType::CreatePipeline, trigger_detail: caller.arn.clone() };
    api.runner.start(name, trigger, &BTreeMap::new(), Vec::new())
}

fn trigger(headers: &HeaderMap) -> Trigger {
    match headers.get(RULE).and_then(|rule| rule.to_str().ok()) {
        Some(rule) => Trigger { trigger_type: TriggerType::CloudWatchEvent, trigger_detail: rule.to_owned() },
        None => {
            Trigger { trigger_type: TriggerType::StartPipelineExecution, trigger_detail: identity::caller(headers).arn }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trigger_of(headers: &[(&'static str, &'static str)]) -> Trigger {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        trigger(&headers.collect())
    }

    #[test]
    fn a_rule_of_the_bus_is_the_trigger_and_else_the_caller() {
        const SIGNED: (&str, &str) =
            ("authorization", "AWS4-HMAC-SHA256 Credential=author/20260101/us-east-1/codepipeline");
        let rule = "arn:aws:events:us-east-1:000000000000:rule/push";
        let by_rule = Trigger { trigger_type: TriggerType::CloudWatchEvent, trigger_detail: rule.to_owned() };
        assert_eq!(trigger_of(&[SIGNED, (RULE, rule)]), by_rule);
        let by_author = Trigger {
            trigger_type: TriggerType::StartPipelineExecution,
            trigger_detail: identity::AUTHOR.arn.to_owned(),
        };
        assert_eq!(trigger_of(&[SIGNED]), by_author);
    }
}
