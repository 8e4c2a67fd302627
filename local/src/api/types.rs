//! `ListActionTypes` and `ListRuleTypes`: what can run here.

use std::ops::RangeInclusive;

use serde::Deserialize;
use serde_json::{Value, json};

use super::error::ApiError;
use super::page::Paging;
use crate::cloud::client::REGION;
use crate::pipeline::definition::{Provider, RuleType};

/// More artifacts than these the API cannot tell of, though a deployment of CloudFormation may read ten.
const MOST_ARTIFACTS: usize = 5;

/// `ListActionTypes`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListActions {
    action_owner_filter: Option<String>,
    region_filter: Option<String>,
    #[serde(flatten)]
    paging: Paging,
}

/// `ListRuleTypes`. AWS owns them all.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListRules {
    region_filter: Option<String>,
}

pub(super) fn list_actions(request: &ListActions) -> Result<Value, ApiError> {
    let ours = request.action_owner_filter.as_ref().is_none_or(|owner| owner == "AWS");
    let wanted = ours && is_here(request.region_filter.as_ref());
    let all: Vec<_> = Provider::all().iter().map(|provider| (key(provider), provider)).collect();
    let page = request.paging.page(&all, |(key, _)| key.as_str(), |_| wanted)?;
    let types: Vec<_> = page.items.into_iter().map(|(_, provider)| action_type(provider)).collect();
    Ok(json!({"actionTypes": types, "nextToken": page.next_token}))
}

pub(super) fn list_rules(request: &ListRules) -> Value {
    let wanted = RuleType::all().filter(|_| is_here(request.region_filter.as_ref()));
    json!({"ruleTypes": wanted.map(|rule| rule_type(&rule)).collect::<Vec<_>>()})
}

/// There is one region here.
fn is_here(region: Option<&String>) -> bool {
    region.is_none_or(|region| region == REGION)
}

fn key(provider: &Provider) -> String {
    format!("{}/{}", provider.category, provider.name)
}

fn action_type(provider: &Provider) -> Value {
    json!({
        "id": id(provider.category, provider.name),
        "actionConfigurationProperties": properties(provider.required, provider.optional),
        "inputArtifactDetails": bounds(&provider.inputs),
        "outputArtifactDetails": bounds(&provider.outputs),
    })
}

fn rule_type(rule: &RuleType) -> Value {
    json!({
        "id": id("Rule", rule.name),
        "ruleConfigurationProperties": properties(rule.required, rule.optional),
        "inputArtifactDetails": bounds(&rule.inputs),
    })
}

fn id(category: &str, provider: &str) -> Value {
    json!({"category": category, "owner": "AWS", "provider": provider, "version": "1"})
}

fn properties(required: &[&str], optional: &[&str]) -> Value {
    let property = |name: &str, required: bool| json!({"name": name, "required": required, "key": required, "secret": false, "queryable": false, "type": "String"});
    let all = required.iter().map(|name| property(name, true));
    all.chain(optional.iter().map(|name| property(name, false))).collect()
}

fn bounds(count: &RangeInclusive<usize>) -> Value {
    json!({"minimumCount": count.start(), "maximumCount": count.end().min(&MOST_ARTIFACTS)})
}
