//! Templates as they are.

use serde_json::{Value, json};

use super::request::{Request, find};
use super::shelf;
use crate::codecommit::refusal::repository_name;
use crate::json_api::Refusal;
use crate::repository::Store;

pub(super) fn get(store: &Store, asked: &Request) -> Result<Value, Refusal> {
    Ok(json!({"approvalRuleTemplate": find(&mut shelf::read(store)?, &asked.name()?)?.shown()}))
}

pub(super) fn all(store: &Store, asked: &Request) -> Result<Value, Refusal> {
    let names = shelf::read(store)?.into_iter().map(|template| template.name).collect();
    page(asked, "approvalRuleTemplateNames", names)
}

pub(super) async fn of_repository(store: &Store, asked: &Request) -> Result<Value, Refusal> {
    let id = store.record(repository_name(asked.repository_name.as_ref())?).await?.id;
    let of = shelf::read(store)?.into_iter().filter(|template| template.is_of(id));
    page(asked, "approvalRuleTemplateNames", of.map(|template| template.name).collect())
}

pub(super) fn repositories(store: &Store, asked: &Request) -> Result<Value, Refusal> {
    let mut templates = shelf::read(store)?;
    let template = find(&mut templates, &asked.name()?)?;
    let of = store.list()?.into_iter().filter(|(_, record)| template.is_of(record.id));
    page(asked, "repositoryNames", of.map(|(name, _)| name).collect())
}

fn page(asked: &Request, key: &str, names: Vec<String>) -> Result<Value, Refusal> {
    let (page, token) = asked.page(names)?;
    let mut answer = json!({key: page});
    if let Some(token) = token {
        answer["nextToken"] = json!(token);
    }
    Ok(answer)
}
