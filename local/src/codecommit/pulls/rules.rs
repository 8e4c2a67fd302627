//! The approval rules of a pull request, made, changed and removed.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::change::open;
use super::events::{self, What};
use super::record::PullRequest;
use super::request::{Request, refusal};
use super::shelf;
use crate::actions::Context;
use crate::codecommit::approvals::{RULE, Rule};
use crate::codecommit::refusal::seen;
use crate::json_api::Refusal;
use crate::repository::{Held, Store};

/// The most rules of a pull request.
const LIMIT: usize = 30;

pub(super) async fn create(context: &Context, asked: &Request, caller: &str) -> Result<Value, Refusal> {
    let name = RULE.name(asked.approval_rule_name.as_ref())?;
    let content = RULE.content(asked.approval_rule_content.as_ref())?;
    let (held, mut pull) = hold(context, asked).await?;
    if pull.rules.iter().any(|rule| rule.name == name) {
        let message = format!("pull request {} has an approval rule {name} already", pull.id);
        return Err(refusal("ApprovalRuleNameAlreadyExistsException", message));
    }
    if pull.rules.len() >= LIMIT {
        let message = format!("pull request {} has {LIMIT} approval rules, which is the most", pull.id);
        return Err(refusal("NumberOfRulesExceededException", message));
    }
    let rule = Rule::new(name, content, caller, None);
    pull.rules.push(rule.clone());
    keep(context, &held, pull, What::RuleCreated(&rule), caller).await?;
    Ok(json!({"approvalRule": rule.shown()}))
}

pub(super) async fn update(context: &Context, asked: &Request, caller: &str) -> Result<Value, Refusal> {
    let name = RULE.name(asked.approval_rule_name.as_ref())?;
    let content = RULE.content(asked.new_rule_content.as_ref())?;
    let (held, mut pull) = hold(context, asked).await?;
    let id = pull.id;
    let absent =
        || refusal("ApprovalRuleDoesNotExistException", format!("pull request {id} has no approval rule {name}"));
    let rule = pull.rules.iter_mut().find(|rule| rule.name == name).ok_or_else(absent)?;
    own(rule, "CannotModifyApprovalRuleFromTemplateException")?;
    seen(&rule.content, asked.existing_rule_content_sha256.as_ref())?;
    *rule = Rule { content, modified: Timestamp::now(), by: caller.to_owned(), ..rule.clone() };
    let rule = rule.clone();
    keep(context, &held, pull, What::RuleUpdated(&rule), caller).await?;
    Ok(json!({"approvalRule": rule.shown()}))
}

/// Removing what is not there succeeds, and names no id.
pub(super) async fn delete(context: &Context, asked: &Request, caller: &str) -> Result<Value, Refusal> {
    let name = RULE.name(asked.approval_rule_name.as_ref())?;
    let (held, mut pull) = hold(context, asked).await?;
    let Some(at) = pull.rules.iter().position(|rule| rule.name == name) else { return Ok(json!({})) };
    own(&pull.rules[at], "CannotDeleteApprovalRuleFromTemplateException")?;
    let rule = pull.rules.remove(at);
    keep(context, &held, pull, What::RuleDeleted(&rule), caller).await?;
    Ok(json!({"approvalRuleId": rule.id}))
}

async fn hold(context: &Context, asked: &Request) -> Result<(Held, PullRequest), Refusal> {
    let (held, pull) = asked.hold(&Store::new(&context.state)).await?;
    open(&pull)?;
    Ok((held, pull))
}

/// What a template made stays as it is.
fn own(rule: &Rule, exception: &'static str) -> Result<(), Refusal> {
    rule.origin.as_ref().map_or(Ok(()), |origin| {
        Err(refusal(exception, format!("approval rule {} was made by template {}", rule.name, origin.name)))
    })
}

async fn keep(context: &Context, held: &Held, pull: PullRequest, what: What<'_>, caller: &str) -> Result<(), Refusal> {
    let pull = PullRequest { active: Timestamp::now(), ..pull };
    shelf::write(held, &pull)?;
    events::tell(context, held, &pull, what, caller).await;
    Ok(())
}
