//! Making a stack what a template says, in one create or update.

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::{Capability, Parameter, Tag};

use crate::actions::acting::Acting;
use crate::cloud::authority::Refused;
use crate::cloud::client::REGION;
use crate::cloud::stack_wait::{self, CallError, FailedResource, Stack};

/// A stack as it should be.
#[derive(Debug, Clone)]
pub(super) struct Deployment {
    pub(super) stack: String,
    pub(super) template: TemplateSource,
    pub(super) parameters: Vec<Parameter>,
    pub(super) tags: Vec<Tag>,
    pub(super) capabilities: Vec<Capability>,
    pub(super) policy: Option<String>,
    pub(super) role: Option<String>,
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
    fn fields(self) -> (Option<String>, Option<String>) {
        match self {
            Self::Body(body) => (Some(body), None),
            Self::Url(url) => (None, Some(url)),
        }
    }
}

/// Why a stack is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// CloudFormation refused, or could not be asked.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The role may not look at the stack.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The stack is in no state to be updated.
    #[error("stack {stack} is in {status} and cannot be updated: {remedy}")]
    State {
        /// Its name.
        stack: String,
        /// Its status.
        status: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The operation ended badly.
    #[error("stack {name} ended in {status}: {reasons}", name = .stack.name, status = .stack.status, reasons = reasons(.stack, .failed))]
    Failed {
        /// As it is now.
        stack: Box<Stack>,
        /// What failed in it.
        failed: Vec<FailedResource>,
    },
    /// Somebody deleted it meanwhile.
    #[error("stack {0} was deleted while it was being deployed")]
    Gone(String),
}

/// What had to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Created,
    Updated,
    Unchanged,
}

/// Creates or updates the stack and waits for the end; `on_start` hears its ARN.
pub(super) async fn deploy(
    acting: &Acting,
    wanted: Deployment,
    on_start: impl Fn(&str),
) -> Result<(Stack, Change), Error> {
    let client = &Client::new(&acting.sdk);
    let name = wanted.stack.clone();
    let existing = stack_wait::find(client, &name).await?;
    let (id, change) = match operation(existing.as_ref())? {
        Operation::Create => {
            may_tag(acting, &wanted, "CreateStack").await?;
            (create(client, wanted).await?, Change::Created)
        }
        Operation::Update(stack) => {
            // CodePipeline looks at what it updates; nothing here needs the answer.
            acting.session.may("cloudformation:GetTemplateSummary", &stack.id, &[]).await?;
            may_tag(acting, &wanted, "UpdateStack").await?;
            match update(client, wanted).await? {
                Some(id) => (id, Change::Updated),
                None => (stack.id.clone(), Change::Unchanged),
            }
        }
    };
    on_start(&id);
    let stack = stack_wait::settled(client, &id).await?.ok_or(Error::Gone(name))?;
    if change == Change::Unchanged || stack.is_deployed() {
        return Ok((stack, change));
    }
    let failed = stack_wait::failed_resources(client, &id).await?;
    Err(Error::Failed { stack: Box::new(stack), failed })
}

/// Whoever sends tags with an operation must be allowed to set them with it, which the local cloud does not ask.
async fn may_tag(acting: &Acting, wanted: &Deployment, operation: &str) -> Result<(), Refused> {
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
}

fn operation(existing: Option<&Stack>) -> Result<Operation<'_>, Error> {
    let Some(stack) = existing else { return Ok(Operation::Create) };
    let remedy = match stack.status.as_str() {
        "DELETE_COMPLETE" => return Ok(Operation::Create),
        "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "CREATE_FAILED" | "DELETE_FAILED" => "delete it first",
        "UPDATE_ROLLBACK_FAILED" => "continue its rollback first",
        "REVIEW_IN_PROGRESS" => "execute or delete its change set first",
        status if status.ends_with("_IN_PROGRESS") => "wait until it is done, then retry",
        _ => return Ok(Operation::Update(stack)),
    };
    Err(Error::State { stack: stack.name.clone(), status: stack.status.clone(), remedy })
}

async fn create(client: &Client, wanted: Deployment) -> Result<String, CallError> {
    let (body, url) = wanted.template.fields();
    let request = client.create_stack().stack_name(&wanted.stack).set_template_body(body).set_template_url(url);
    let request = request.set_parameters(Some(wanted.parameters)).set_tags(Some(wanted.tags));
    let request = request.set_capabilities(Some(wanted.capabilities)).set_role_arn(wanted.role);
    let answer = request.set_stack_policy_body(wanted.policy).client_request_token(wanted.token).send().await;
    let answer = answer.map_err(|error| CallError::new("CreateStack", &wanted.stack, &error))?;
    Ok(answer.stack_id.unwrap_or(wanted.stack))
}

/// Nothing when the stack is already as wanted.
async fn update(client: &Client, wanted: Deployment) -> Result<Option<String>, CallError> {
    let (body, url) = wanted.template.fields();
    let request = client.update_stack().stack_name(&wanted.stack).set_template_body(body).set_template_url(url);
    let request = request.set_parameters(Some(wanted.parameters)).set_tags(Some(wanted.tags));
    let request = request.set_capabilities(Some(wanted.capabilities)).set_role_arn(wanted.role);
    match request.set_stack_policy_body(wanted.policy).client_request_token(wanted.token).send().await {
        Ok(answer) => Ok(Some(answer.stack_id.unwrap_or(wanted.stack))),
        Err(error) => {
            let error = CallError::new("UpdateStack", &wanted.stack, &error);
            if error.message.contains("No updates are to be performed") { Ok(None) } else { Err(error) }
        }
    }
}

fn reasons(stack: &Stack, failed: &[FailedResource]) -> String {
    if failed.is_empty() {
        return stack.reason.clone().unwrap_or_else(|| "cloudformation gives no reason".to_owned());
    }
    failed.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_is_created_updated_or_refused_by_its_status() {
        for (status, expected) in [
            (None, "create"),
            (Some("DELETE_COMPLETE"), "create"),
            (Some("CREATE_COMPLETE"), "update"),
            (Some("UPDATE_COMPLETE"), "update"),
            (Some("UPDATE_ROLLBACK_COMPLETE"), "update"),
            (Some("ROLLBACK_COMPLETE"), "stack s is in ROLLBACK_COMPLETE and cannot be updated: delete it first"),
            (
                Some("UPDATE_IN_PROGRESS"),
                "stack s is in UPDATE_IN_PROGRESS and cannot be updated: wait until it is done, then retry",
            ),
        ] {
            let stack = status.map(|status| Stack {
                id: "arn".into(),
                name: "s".into(),
                status: status.into(),
                reason: None,
                parameters: std::collections::BTreeMap::new(),
                outputs: std::collections::BTreeMap::new(),
            });
            let answer = match operation(stack.as_ref()) {
                Ok(Operation::Create) => "create".to_owned(),
                Ok(Operation::Update(_)) => "update".to_owned(),
                Err(error) => error.to_string(),
            };
            assert_eq!(answer, expected);
        }
    }
}
