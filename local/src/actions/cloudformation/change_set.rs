//! Change sets: made in one action, and executed in another.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::ChangeSetType;

use super::deploy::{self, Deployment};
use super::error::Error;
use super::{Done, begun};
use crate::actions::Observer;
use crate::actions::acting::Acting;
use crate::cloud::stack_wait::{self, CallError, Stack};

/// The pause between two looks at a change set. Here they are made at once.
const PAUSE: Duration = Duration::from_millis(50);

/// A change set as far as a pipeline cares.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ChangeSet {
    /// Its ARN.
    id: String,
    /// How its creation or deletion stands.
    status: String,
    /// Whether it can be executed.
    execution: String,
    reason: String,
}

impl ChangeSet {
    fn is_busy(&self) -> bool {
        self.status.ends_with("_PENDING") || self.status.ends_with("_IN_PROGRESS")
    }

    /// CloudFormation fails a change set that would change nothing. It has no code for that, only these sentences.
    fn is_empty(&self) -> bool {
        let says = |text| self.reason.contains(text);
        self.status == "FAILED" && (says("didn't contain changes") || says("No updates are to be performed"))
    }
}

/// Makes the change set, in place of one of that name, and waits until it can be executed.
pub(super) async fn replace(
    acting: &Acting,
    name: &str,
    wanted: Deployment,
    observer: &dyn Observer,
) -> Result<Done, Error> {
    let client = &Client::new(&acting.sdk);
    let stack = wanted.stack.clone();
    let existing = stack_wait::find(client, &stack).await?;
    let kind = kind(existing.as_ref())?;
    remove(client, &stack, name).await?;
    if wanted.policy.is_some() {
        observer.line("a change set has no stack policy: that of TemplateConfiguration is left out");
    }
    deploy::may_tag(acting, &wanted, "CreateChangeSet").await?;
    let id = create(client, name, kind, wanted).await?;
    begun(observer, &id);
    let made = settled(client, &stack, name).await?.ok_or_else(|| missing(name, &stack))?;
    let changes = match made.status.as_str() {
        "CREATE_COMPLETE" => "",
        _ if made.is_empty() => " with no changes",
        _ => return Err(Error::ChangeSetFailed { name: name.to_owned(), stack, reason: made.reason }),
    };
    let outputs = existing.map_or_else(BTreeMap::new, |stack| stack.outputs);
    Ok(Done { summary: format!("Change set {name} was created{changes}."), id: Some(id), outputs })
}

/// Executes the change set, and waits until the stack is as it says.
pub(super) async fn execute(
    acting: &Acting,
    stack: &str,
    name: &str,
    token: &str,
    observer: &dyn Observer,
) -> Result<Done, Error> {
    let client = &Client::new(&acting.sdk);
    let existing = stack_wait::find(client, stack).await?.ok_or_else(|| Error::NoStack(stack.to_owned()))?;
    let change_set = find(client, stack, name).await?.ok_or_else(|| missing(name, stack))?;
    if change_set.is_empty() {
        let summary = format!("Change set {name} was executed with no change.");
        return Ok(Done { summary, id: Some(existing.id), outputs: existing.outputs });
    }
    executable(&change_set)?;
    // By its name, as all else: policies limit roles to names (`cloudformation:ChangeSetName`).
    let request = client.execute_change_set().stack_name(stack).change_set_name(name);
    let answer = request.client_request_token(token).send().await;
    answer.map_err(|error| CallError::new("ExecuteChangeSet", stack, &error))?;
    begun(observer, &existing.id);
    let done = if is_new(&existing) { "created" } else { "updated" };
    let deployed = deploy::ended(client, &existing.id, stack).await?;
    let summary = format!("Stack {stack} was {done}.");
    Ok(Done { summary, id: Some(deployed.id), outputs: deployed.outputs })
}

/// Whether a stack is only waiting for its first change set.
fn is_new(stack: &Stack) -> bool {
    stack.status == "REVIEW_IN_PROGRESS"
}

fn kind(existing: Option<&Stack>) -> Result<ChangeSetType, Error> {
    match existing.filter(|stack| stack.status != "DELETE_COMPLETE" && !is_new(stack)) {
        None => Ok(ChangeSetType::Create),
        Some(stack) => deploy::updatable(stack).map(|()| ChangeSetType::Update),
    }
}

fn executable(change_set: &ChangeSet) -> Result<(), Error> {
    let refused = |which, status: &str, remedy: &str| {
        let (status, remedy) = (status.to_owned(), remedy.to_owned());
        Err(Error::NotExecutable { id: change_set.id.clone(), which, status, remedy })
    };
    match (change_set.status.as_str(), change_set.execution.as_str()) {
        ("CREATE_COMPLETE", "AVAILABLE") => Ok(()),
        ("CREATE_COMPLETE", "OBSOLETE") => {
            let remedy = "the stack was changed after it was made: make it again with CHANGE_SET_REPLACE";
            refused("execution status", "OBSOLETE", remedy)
        }
        ("CREATE_COMPLETE", other) => {
            refused("execution status", other, "make it again with CHANGE_SET_REPLACE, then retry")
        }
        ("FAILED", _) => refused("status", "FAILED", &change_set.reason),
        (other, _) => refused("status", other, "wait until it is done, then retry"),
    }
}

/// Nothing of that name is left.
async fn remove(client: &Client, stack: &str, name: &str) -> Result<(), Error> {
    if find(client, stack, name).await?.is_none() {
        return Ok(());
    }
    let request = client.delete_change_set().stack_name(stack).change_set_name(name);
    request.send().await.map_err(|error| CallError::new("DeleteChangeSet", stack, &error))?;
    match settled(client, stack, name).await? {
        Some(left) if left.status == "DELETE_FAILED" => {
            let reason = format!("the one of that name cannot be deleted: {}", left.reason);
            Err(Error::ChangeSetFailed { name: name.to_owned(), stack: stack.to_owned(), reason })
        }
        _ => Ok(()),
    }
}

async fn create(client: &Client, name: &str, kind: ChangeSetType, wanted: Deployment) -> Result<String, CallError> {
    let (body, url) = wanted.template.fields();
    let request = client.create_change_set().stack_name(&wanted.stack).change_set_name(name).change_set_type(kind);
    let request = request.set_template_body(body).set_template_url(url).role_arn(wanted.role);
    let request = request.set_parameters(Some(wanted.parameters)).set_tags(Some(wanted.tags));
    let request = request.set_capabilities(Some(wanted.capabilities)).client_token(wanted.token);
    let answer = request.send().await.map_err(|error| CallError::new("CreateChangeSet", &wanted.stack, &error))?;
    Ok(answer.id.unwrap_or_else(|| name.to_owned()))
}

/// As it is once nothing happens to it any more.
async fn settled(client: &Client, stack: &str, name: &str) -> Result<Option<ChangeSet>, CallError> {
    loop {
        let found = find(client, stack, name).await?;
        if !found.as_ref().is_some_and(ChangeSet::is_busy) {
            return Ok(found);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Looks at a change set.
async fn find(client: &Client, stack: &str, name: &str) -> Result<Option<ChangeSet>, CallError> {
    match client.describe_change_set().stack_name(stack).change_set_name(name).send().await {
        Ok(answer) => Ok(Some(ChangeSet {
            id: answer.change_set_id.unwrap_or_else(|| name.to_owned()),
            status: answer.status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
            execution: answer.execution_status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
            reason: answer.status_reason.unwrap_or_default(),
        })),
        Err(error) => {
            let error = CallError::new("DescribeChangeSet", stack, &error);
            let is_missing = error.code.as_deref() == Some("ChangeSetNotFound") || error.is_missing_stack();
            if is_missing { Ok(None) } else { Err(error) }
        }
    }
}

fn missing(name: &str, stack: &str) -> Error {
    Error::NoChangeSet { name: name.to_owned(), stack: stack.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change_set(status: &str, execution: &str, reason: &str) -> ChangeSet {
        ChangeSet { id: "arn".into(), status: status.into(), execution: execution.into(), reason: reason.into() }
    }

    #[test]
    fn a_change_set_is_executed_or_refused_by_its_status() {
        let again = "make it again with CHANGE_SET_REPLACE, then retry";
        let obsolete = "the stack was changed after it was made: make it again with CHANGE_SET_REPLACE";
        for (status, execution, says) in [
            ("CREATE_COMPLETE", "AVAILABLE", None),
            ("CREATE_COMPLETE", "OBSOLETE", Some(format!("execution status of [OBSOLETE]: {obsolete}"))),
            (
                "CREATE_COMPLETE",
                "EXECUTE_IN_PROGRESS",
                Some(format!("execution status of [EXECUTE_IN_PROGRESS]: {again}")),
            ),
            ("CREATE_COMPLETE", "EXECUTE_FAILED", Some(format!("execution status of [EXECUTE_FAILED]: {again}"))),
            ("FAILED", "UNAVAILABLE", Some("status of [FAILED]: why".to_owned())),
            (
                "CREATE_IN_PROGRESS",
                "UNAVAILABLE",
                Some("status of [CREATE_IN_PROGRESS]: wait until it is done, then retry".to_owned()),
            ),
        ] {
            let refusal = executable(&change_set(status, execution, "why")).err().map(|error| error.to_string());
            let expected = says.map(|says| format!("ChangeSet [arn] cannot be executed in its current {says}"));
            assert_eq!(refusal, expected, "{status} {execution}");
        }
    }

    #[test]
    fn only_one_that_failed_for_want_of_changes_is_empty() {
        let none =
            "The submitted information didn't contain changes. Submit different information to create a change set.";
        for (status, reason, expected) in [
            ("FAILED", none, true),
            ("FAILED", "No updates are to be performed.", true),
            ("FAILED", "Template error", false),
            ("CREATE_COMPLETE", "", false),
        ] {
            assert_eq!(change_set(status, "UNAVAILABLE", reason).is_empty(), expected, "{reason}");
        }
    }

    #[test]
    fn a_new_stack_and_one_under_review_are_created() {
        for (status, expected) in [
            (None, Ok(ChangeSetType::Create)),
            (Some("DELETE_COMPLETE"), Ok(ChangeSetType::Create)),
            (Some("REVIEW_IN_PROGRESS"), Ok(ChangeSetType::Create)),
            (Some("UPDATE_ROLLBACK_COMPLETE"), Ok(ChangeSetType::Update)),
            (Some("ROLLBACK_COMPLETE"), Err(())),
            (Some("UPDATE_IN_PROGRESS"), Err(())),
        ] {
            let stack = status.map(deploy::tests::stack);
            assert_eq!(kind(stack.as_ref()).map_err(|_| ()), expected, "{status:?}");
        }
    }
}
