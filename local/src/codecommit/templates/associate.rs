//! Which repositories a template is about.

use serde_json::{Value, json};
use uuid::Uuid;

use super::record::Template;
use super::request::{Request, find};
use super::shelf;
use crate::codecommit::refusal::{refusal, repository_name};
use crate::json_api::Refusal;
use crate::repository::Store;

/// The most templates of a repository.
const TEMPLATES_LIMIT: usize = 25;
/// The most repositories of one request.
const REPOSITORIES_LIMIT: usize = 100;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    To,
    From,
}

pub(super) async fn one(store: &Store, asked: &Request, way: Way) -> Result<Value, Refusal> {
    let template = asked.name()?;
    find(&mut shelf::read(store)?, &template)?;
    link(store, &template, asked.repository_name.as_ref(), way).await?;
    Ok(json!({}))
}

/// What cannot be done is told beside the rest.
pub(super) async fn batch(store: &Store, asked: &Request, way: Way) -> Result<Value, Refusal> {
    let template = asked.name()?;
    let absent = || refusal("RepositoryNamesRequiredException", "repositoryNames is missing");
    let names = asked.repository_names.as_ref().ok_or_else(absent)?;
    if names.len() > REPOSITORIES_LIMIT {
        let message = format!("{} repositories are named; {REPOSITORIES_LIMIT} is the most", names.len());
        return Err(refusal("MaximumRepositoryNamesExceededException", message));
    }
    find(&mut shelf::read(store)?, &template)?;
    let (mut done, mut errors) = (Vec::new(), Vec::new());
    for name in names {
        match link(store, &template, Some(name), way).await {
            Ok(()) => done.push(name),
            Err(refusal) => {
                let body = refusal.body();
                errors.push(
                    json!({"repositoryName": name, "errorCode": body["__type"], "errorMessage": body["message"]}),
                );
            }
        }
    }
    let key = match way {
        Way::To => "associatedRepositoryNames",
        Way::From => "disassociatedRepositoryNames",
    };
    Ok(json!({key: done, "errors": errors}))
}

/// What is so already stays so.
async fn link(store: &Store, template: &str, repository: Option<&String>, way: Way) -> Result<(), Refusal> {
    let repository = repository_name(repository)?;
    let id = store.record(repository).await?.id;
    let change = |templates: &mut Vec<Template>| {
        let count = templates.iter().filter(|one| one.is_of(id)).count();
        let template = find(templates, template)?;
        match way {
            Way::To => add(template, id, repository, count),
            Way::From => {
                template.repositories.remove(&id);
                Ok(())
            }
        }
    };
    shelf::edit(store, change).await
}

fn add(template: &mut Template, id: Uuid, repository: &str, count: usize) -> Result<(), Refusal> {
    if count >= TEMPLATES_LIMIT && !template.is_of(id) {
        let message =
            format!("repository {repository} has {TEMPLATES_LIMIT} approval rule templates, which is the most");
        return Err(refusal("MaximumRuleTemplatesAssociatedWithRepositoryException", message));
    }
    template.repositories.insert(id);
    Ok(())
}
