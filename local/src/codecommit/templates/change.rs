//! Templates made, changed and removed. Rules that one has made stay as they are.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::record::Template;
use super::request::{Request, find};
use super::shelf;
use crate::codecommit::approvals::TEMPLATE;
use crate::codecommit::refusal::{refusal, seen};
use crate::json_api::Refusal;
use crate::repository::Store;

/// The most templates of an account in a region.
const LIMIT: usize = 1000;

pub(super) async fn create(store: &Store, asked: &Request, caller: &str) -> Result<Value, Refusal> {
    let now = Timestamp::now();
    let template = Template {
        id: Uuid::new_v4().to_string(),
        name: asked.name()?,
        description: asked.description()?,
        content: TEMPLATE.content(asked.approval_rule_template_content.as_ref())?,
        created: now,
        modified: now,
        by: caller.to_owned(),
        repositories: BTreeSet::new(),
    };
    let shown = json!({"approvalRuleTemplate": template.shown()});
    let add = |templates: &mut Vec<Template>| {
        free(templates, &template.name)?;
        if templates.len() >= LIMIT {
            return Err(refusal("NumberOfRuleTemplatesExceededException", format!("{LIMIT} templates are the most")));
        }
        templates.push(template);
        Ok(())
    };
    shelf::edit(store, add).await?;
    Ok(shown)
}

fn free(templates: &[Template], name: &str) -> Result<(), Refusal> {
    if templates.iter().all(|template| template.name != name) {
        return Ok(());
    }
    let message = format!("there is an approval rule template {name} already");
    Err(refusal("ApprovalRuleTemplateNameAlreadyExistsException", message))
}

pub(super) async fn content(store: &Store, asked: &Request, caller: &str) -> Result<Value, Refusal> {
    let content = TEMPLATE.content(asked.new_rule_content.as_ref())?;
    let change = |template: &mut Template| {
        seen(&template.content, asked.existing_rule_content_sha256.as_ref())?;
        template.content = content;
        Ok(())
    };
    edit(store, &asked.name()?, caller, change).await
}

pub(super) async fn description(store: &Store, asked: &Request, caller: &str) -> Result<Value, Refusal> {
    let description = asked.description()?;
    let change = |template: &mut Template| {
        template.description = description;
        Ok(())
    };
    edit(store, &asked.name()?, caller, change).await
}

async fn edit(
    store: &Store,
    name: &str,
    caller: &str,
    change: impl FnOnce(&mut Template) -> Result<(), Refusal>,
) -> Result<Value, Refusal> {
    let edit = |templates: &mut Vec<Template>| {
        let template = find(templates, name)?;
        change(template)?;
        Ok(touched(template, caller))
    };
    shelf::edit(store, edit).await
}

pub(super) async fn name(store: &Store, asked: &Request, caller: &str) -> Result<Value, Refusal> {
    let old = TEMPLATE.name(asked.old_approval_rule_template_name.as_ref())?;
    let new = TEMPLATE.name(asked.new_approval_rule_template_name.as_ref())?;
    let rename = |templates: &mut Vec<Template>| {
        find(templates, &old)?;
        free(templates, &new)?;
        let template = find(templates, &old)?;
        template.name = new;
        Ok(touched(template, caller))
    };
    shelf::edit(store, rename).await
}

fn touched(template: &mut Template, caller: &str) -> Value {
    template.modified = Timestamp::now();
    caller.clone_into(&mut template.by);
    json!({"approvalRuleTemplate": template.shown()})
}

/// Removing what is not there succeeds, and names no id.
pub(super) async fn delete(store: &Store, asked: &Request) -> Result<Value, Refusal> {
    let name = asked.name()?;
    let there: BTreeSet<Uuid> = store.list()?.into_iter().map(|(_, record)| record.id).collect();
    let remove = |templates: &mut Vec<Template>| {
        let Some(at) = templates.iter().position(|template| template.name == name) else { return Ok(json!({})) };
        if !templates[at].repositories.is_disjoint(&there) {
            let message =
                format!("approval rule template {name} is associated with repositories: disassociate it first");
            return Err(refusal("ApprovalRuleTemplateInUseException", message));
        }
        Ok(json!({"approvalRuleTemplateId": templates.remove(at).id}))
    };
    shelf::edit(store, remove).await
}
