//! Making a stack what a template says, in one create or update.

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::{Capability, Parameter, Tag};

use super::delete::{self, Deletion};
use super::error::{Error, is_denial};
use super::{Done, begun};
use crate::actions::Observer;
use crate::actions::acting::Acting;
use crate::cloud::authority::Refused;
use crate::cloud::client::REGION;
use crate::cloud::stack_wait::{self, CallError, Stack};

/// A stack as it should be.
#[derive(Debug, Clone)]
pub(super) struct Deployment {
    pub(super) stack: String,
    pub(super) template: TemplateSource,
    pub(super) parameters: Vec<Parameter>,
    pub(super) tags: Vec<Tag>,
    pub(super) capabilities: Vec<Capability>,
    pub(super) policy: Option<String>,
    pub(super) role: String,
    /// Makes a repeated request the same request.
    pub(super) token: String,
}

/// A template in the request, or, as it is too big for that, in S3.
#[derive(Debug, Clone)]
pub(super) enum TemplateSource {
    Body(String),
    Url(String),
}

impl TemplateSource {
    /// The two fields of a request, of which one is set.
    pub(super) fn fields(self) -> (Option<String>, Option<String>) {
        match self {
            Self::Body(body) => (Some(body), None),
            Self::Url(url) => (None, Some(url)),
        }
    }
}

impl Deployment {
    /// Of the stack that stands in its way.
    fn deletion(&self) -> Deletion {
        // A token belongs to one operation.
        let token = format!("{}-delete", self.token);
        Deletion { stack: self.stack.clone(), role: self.role.clone(), token }
    }
}

/// What becomes of a stack that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnFailedStack {
    Refuse,
    /// It is deleted, and another made in its place.
    Replace,
}

/// The statuses of a stack that failed, as CloudFormation's guide lists them for `REPLACE_ON_FAILURE`.
const FAILED: [&str; 5] =
    ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED", "UPDATE_ROLLBACK_FAILED"];

/// Creates or updates the stack and waits for the end.
pub(super) async fn deploy(
    acting: &Acting,
    wanted: Deployment,
    on_failed: OnFailedStack,
    observer: &dyn Observer,
) -> Result<Done, Error> {
    let client = &Client::new(&acting.sdk);
    let name = wanted.stack.clone();
    let existing = stack_wait::find(client, &name).await?;
    let (id, done) = match operation(existing.as_ref(), on_failed)? {
        Operation::Create => (create(acting, client, wanted).await?, "created"),
        Operation::Replace(stack) => {
            delete::gone(client, stack, &wanted.deletion(), observer).await?;
            (create(acting, client, wanted).await?, "deleted and created again")
        }
        Operation::Update(stack) => match update(acting, client, stack, wanted).await? {
            Some(id) => (id, "updated"),
            None => return Ok(unchanged(stack)),
        },
    };
    begun(observer, &id);
    let stack = ended(client, &id, &name).await?;
    Ok(Done { summary: format!("Stack {name} was {done}."), id: Some(stack.id), outputs: stack.outputs })
}

fn unchanged(stack: &Stack) -> Done {
    let summary = format!("Stack {} is up to date.", stack.name);
    Done { summary, id: Some(stack.id.clone()), outputs: stack.outputs.clone() }
}

/// The stack once the operation on it has done what it should.
pub(super) async fn ended(client: &Client, id: &str, name: &str) -> Result<Stack, Error> {
    let stack = stack_wait::settled(client, id).await?.ok_or_else(|| Error::Gone(name.to_owned()))?;
    if stack.is_deployed() { Ok(stack) } else { Err(failure(client, stack).await) }
}

/// Why the operation on it failed. Who may not look at its events is told no details, as documented.
pub(super) async fn failure(client: &Client, stack: Stack) -> Error {
    match stack_wait::failed_resources(client, &stack.id).await {
        Ok(failed) => Error::Failed { stack: Box::new(stack), failed },
        Err(call) if is_denial(&call) => Error::Failed { stack: Box::new(stack), failed: Vec::new() },
        Err(call) => call.into(),
    }
}

/// Whoever sends tags with an operation must be allowed to set them with it, which the local cloud does not ask.
pub(super) async fn may_tag(acting: &Acting, wanted: &Deployment, operation: &str) -> Result<(), Refused> {
    if wanted.tags.is_empty() {
        return Ok(());
    }
    let stack = format!("arn:aws:cloudformation:{REGION}:{}:stack/{}/*", acting.account, wanted.stack);
    acting.session.may("cloudformation:TagResource", &stack, &[("cloudformation:CreateAction", operation)]).await
}

#[derive(Debug)]
enum Operation<'a> {
    Create,
    Update(&'a Stack),
    Replace(&'a Stack),
}

fn operation(existing: Option<&Stack>, on_failed: OnFailedStack) -> Result<Operation<'_>, Error> {
    match existing.filter(|stack| stack.status != "DELETE_COMPLETE") {
        None => Ok(Operation::Create),
        Some(stack) if on_failed == OnFailedStack::Replace && FAILED.contains(&stack.status.as_str()) => {
            Ok(Operation::Replace(stack))
        }
        Some(stack) => updatable(stack).map(|()| Operation::Update(stack)),
    }
}

/// Whether CloudFormation would update the stack.
pub(super) fn updatable(stack: &Stack) -> Result<(), Error> {
    let remedy = match stack.status.as_str() {
        "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "CREATE_FAILED" | "DELETE_FAILED" => "delete it first",
        "UPDATE_ROLLBACK_FAILED" => "continue its rollback first",
        "IMPORT_ROLLBACK_FAILED" => "repair what it imports first",
        "REVIEW_IN_PROGRESS" => "execute or delete its change set first",
        status if status.ends_with("_IN_PROGRESS") => "wait until it is done, then retry",
        _ => return Ok(()),
    };
    Err(Error::State { stack: stack.id.clone(), status: stack.status.clone(), remedy })
}

async fn create(acting: &Acting, client: &Client, wanted: Deployment) -> Result<String, Error> {
    may_tag(acting, &wanted, "CreateStack").await?;
    let (body, url) = wanted.template.fields();
    let request = client.create_stack().stack_name(&wanted.stack).set_template_body(body).set_template_url(url);
    let request = request.set_parameters(Some(wanted.parameters)).set_tags(Some(wanted.tags));
    let request = request.set_capabilities(Some(wanted.capabilities)).role_arn(wanted.role);
    let answer = request.set_stack_policy_body(wanted.policy).client_request_token(wanted.token).send().await;
    let answer = answer.map_err(|error| CallError::new("CreateStack", &wanted.stack, &error))?;
    Ok(answer.stack_id.unwrap_or(wanted.stack))
}

/// Nothing when the stack is already as wanted.
async fn update(acting: &Acting, client: &Client, stack: &Stack, wanted: Deployment) -> Result<Option<String>, Error> {
    // CodePipeline looks at what it updates; nothing here needs the answer.
    acting.session.may("cloudformation:GetTemplateSummary", &stack.id, &[]).await?;
    may_tag(acting, &wanted, "UpdateStack").await?;
    let (body, url) = wanted.template.fields();
    let request = client.update_stack().stack_name(&wanted.stack).set_template_body(body).set_template_url(url);
    let request = request.set_parameters(Some(wanted.parameters)).set_tags(Some(wanted.tags));
    let request = request.set_capabilities(Some(wanted.capabilities)).role_arn(wanted.role);
    match request.set_stack_policy_body(wanted.policy).client_request_token(wanted.token).send().await {
        Ok(answer) => Ok(Some(answer.stack_id.unwrap_or(wanted.stack))),
        Err(error) => {
            let error = CallError::new("UpdateStack", &wanted.stack, &error);
            if error.message.contains("No updates are to be performed") { Ok(None) } else { Err(error.into()) }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use super::*;

    pub(in super::super) fn stack(status: &str) -> Stack {
        Stack {
            id: "arn".into(),
            name: "s".into(),
            status: status.into(),
            reason: None,
            parameters: BTreeMap::new(),
            outputs: BTreeMap::new(),
        }
    }

    fn decided(status: Option<&str>, on_failed: OnFailedStack) -> String {
        match operation(status.map(stack).as_ref(), on_failed) {
            Ok(Operation::Create) => "create".to_owned(),
            Ok(Operation::Update(_)) => "update".to_owned(),
            Ok(Operation::Replace(_)) => "replace".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    fn refused(status: &str, remedy: &str) -> String {
        format!("Stack:arn is in {status} state and can not be updated: {remedy}")
    }

    #[test]
    fn a_stack_is_created_updated_or_refused_by_its_status() {
        for on_failed in [OnFailedStack::Refuse, OnFailedStack::Replace] {
            for (status, expected) in [
                (None, "create".to_owned()),
                (Some("DELETE_COMPLETE"), "create".to_owned()),
                (Some("CREATE_COMPLETE"), "update".to_owned()),
                (Some("UPDATE_COMPLETE"), "update".to_owned()),
                (Some("UPDATE_ROLLBACK_COMPLETE"), "update".to_owned()),
                (Some("IMPORT_COMPLETE"), "update".to_owned()),
                (Some("REVIEW_IN_PROGRESS"), refused("REVIEW_IN_PROGRESS", "execute or delete its change set first")),
                (Some("UPDATE_IN_PROGRESS"), refused("UPDATE_IN_PROGRESS", "wait until it is done, then retry")),
                (Some("DELETE_IN_PROGRESS"), refused("DELETE_IN_PROGRESS", "wait until it is done, then retry")),
            ] {
                assert_eq!(decided(status, on_failed), expected);
            }
        }
    }

    #[test]
    fn a_stack_that_failed_is_refused_or_replaced() {
        for status in FAILED {
            assert_eq!(decided(Some(status), OnFailedStack::Replace), "replace", "{status}");
            let remedy =
                if status == "UPDATE_ROLLBACK_FAILED" { "continue its rollback first" } else { "delete it first" };
            assert_eq!(decided(Some(status), OnFailedStack::Refuse), refused(status, remedy));
        }
    }
}
