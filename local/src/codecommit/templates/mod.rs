//! Approval rule templates: what becomes a rule of each new pull request in the repositories that a template is associated
//! with.

mod associate;
mod change;
mod list;
mod record;
mod request;
mod shelf;

use serde_json::Value;

use super::approvals::Rule;
use crate::actions::Context;
use crate::json_api::{Refusal, read};
use crate::repository::{Error, Held, Store};
use associate::Way;

/// Answers an operation on templates; none when it is none of theirs.
pub(super) async fn answer(
    context: &Context,
    operation: &str,
    body: &[u8],
    caller: &str,
) -> Option<Result<Value, Refusal>> {
    if !operation.contains("ApprovalRuleTemplate") {
        return None;
    }
    let asked = match read(body) {
        Ok(asked) => asked,
        Err(refusal) => return Some(Err(refusal)),
    };
    let store = Store::new(&context.state);
    Some(match operation {
        "CreateApprovalRuleTemplate" => change::create(&store, &asked, caller).await,
        "GetApprovalRuleTemplate" => list::get(&store, &asked),
        "UpdateApprovalRuleTemplateContent" => change::content(&store, &asked, caller).await,
        "UpdateApprovalRuleTemplateDescription" => change::description(&store, &asked, caller).await,
        "UpdateApprovalRuleTemplateName" => change::name(&store, &asked, caller).await,
        "DeleteApprovalRuleTemplate" => change::delete(&store, &asked).await,
        "ListApprovalRuleTemplates" => list::all(&store, &asked),
        "ListAssociatedApprovalRuleTemplatesForRepository" => list::of_repository(&store, &asked).await,
        "ListRepositoriesForApprovalRuleTemplate" => list::repositories(&store, &asked),
        "AssociateApprovalRuleTemplateWithRepository" => associate::one(&store, &asked, Way::To).await,
        "DisassociateApprovalRuleTemplateFromRepository" => associate::one(&store, &asked, Way::From).await,
        "BatchAssociateApprovalRuleTemplateWithRepositories" => associate::batch(&store, &asked, Way::To).await,
        "BatchDisassociateApprovalRuleTemplateFromRepositories" => associate::batch(&store, &asked, Way::From).await,
        _ => return None,
    })
}

/// The rules of a new pull request into this branch.
pub(super) fn rules(store: &Store, held: &Held, destination: &str) -> Result<Vec<Rule>, Error> {
    let id = held.record()?.id;
    let templates = shelf::read(store)?;
    Ok(templates.iter().filter(|one| one.is_of(id)).filter_map(|one| one.rule(destination)).collect())
}
