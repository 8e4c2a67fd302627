//! Waiting for a stack to settle, and saying why it failed.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_cloudformation::types;

/// The first pause between two looks at a stack. Here stacks finish in milliseconds.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// The longest pause between two looks at a stack.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// A stack as far as a pipeline cares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stack {
    /// The stack's full ARN.
    pub id: String,
    /// The stack's name.
    pub name: String,
    /// CloudFormation's status, such as `UPDATE_COMPLETE`.
    pub status: String,
    /// Why it has that status, where CloudFormation says so.
    pub reason: Option<String>,
    /// The parameters that it was given, by key.
    pub parameters: BTreeMap<String, String>,
    /// The outputs, by key.
    pub outputs: BTreeMap<String, String>,
}

impl Stack {
    /// Whether an operation is still running. A stack in `REVIEW_IN_PROGRESS` is at rest: it waits for a change set.
    pub fn is_busy(&self) -> bool {
        self.status.ends_with("_IN_PROGRESS") && self.status != "REVIEW_IN_PROGRESS"
    }

    /// Whether the latest create, update or import did what it should.
    pub fn is_deployed(&self) -> bool {
        matches!(self.status.as_str(), "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE")
    }
}

/// A resource that failed in a stack operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedResource {
    /// Its name in the template.
    pub logical_id: String,
    /// Its type, such as `AWS::Lambda::Function`.
    pub resource_type: String,
    /// The status event, such as `CREATE_FAILED`.
    pub status: String,
    /// What the service answered.
    pub reason: String,
}

impl fmt::Display for FailedResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}) {}: {}", self.logical_id, self.resource_type, self.status, self.reason)
    }
}

/// CloudFormation could not be asked.
#[derive(Debug, thiserror::Error)]
#[error("cloudformation {operation} of {stack} failed: {message}")]
pub struct CallError {
    /// The API operation.
    pub operation: &'static str,
    /// The stack it was about.
    pub stack: String,
    /// CloudFormation's error code, such as `ValidationError`; none when no answer came.
    pub code: Option<String>,
    /// CloudFormation's message, or how the call broke.
    pub message: String,
}

impl CallError {
    /// What `operation` on `stack` answered.
    pub fn new<E, R>(operation: &'static str, stack: &str, error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: fmt::Debug,
    {
        let message = error.message().map_or_else(|| DisplayErrorContext(error).to_string(), str::to_owned);
        Self { operation, stack: stack.to_owned(), code: error.code().map(str::to_owned), message }
    }

    /// Whether CloudFormation said that there is no such stack. It has no error code of its own for that.
    pub fn is_missing_stack(&self) -> bool {
        self.code.as_deref() == Some("ValidationError") && self.message.ends_with("does not exist")
    }
}

/// Looks at a stack; `stack` is a name or an ARN. No stack of that name is `None`.
///
/// # Errors
/// When CloudFormation cannot be asked.
pub async fn find(client: &Client, stack: &str) -> Result<Option<Stack>, CallError> {
    match client.describe_stacks().stack_name(stack).send().await {
        Ok(answer) => Ok(answer.stacks.unwrap_or_default().into_iter().next().map(from_sdk)),
        Err(error) => Some(CallError::new("DescribeStacks", stack, &error))
            .filter(|error| !error.is_missing_stack())
            .map_or(Ok(None), Err),
    }
}

/// Looks at a stack until no operation runs on it. After a delete ask by ARN: a deleted stack has no name.
///
/// # Errors
/// When CloudFormation cannot be asked. A stack that does not exist is `None`. There is no time limit: add one around
/// this.
pub async fn settled(client: &Client, stack: &str) -> Result<Option<Stack>, CallError> {
    let mut pause = FIRST_PAUSE;
    loop {
        let found = find(client, stack).await?;
        if !found.as_ref().is_some_and(Stack::is_busy) {
            return Ok(found);
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

/// Which resources failed in the latest operation on a stack, the first to fail first. Ask by ARN when the stack may
/// have been deleted.
///
/// # Errors
/// When CloudFormation cannot be asked.
pub async fn failed_resources(client: &Client, stack: &str) -> Result<Vec<FailedResource>, CallError> {
    let mut pages = client.describe_stack_events().stack_name(stack).into_paginator().send();
    let mut events = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| CallError::new("DescribeStackEvents", stack, &error))?;
        events.extend(page.stack_events.unwrap_or_default());
        if events.iter().any(starts_operation) {
            break;
        }
    }
    Ok(failures_of_latest_operation(&events))
}

/// `events` come newest first, as CloudFormation gives them.
fn failures_of_latest_operation(events: &[types::StackEvent]) -> Vec<FailedResource> {
    let latest = events.iter().take_while(|event| !starts_operation(event));
    let mut failed: Vec<_> = latest.filter(|event| !is_about_stack(event)).filter_map(failure).collect();
    failed.reverse();
    // A resource that was cancelled because another failed explains nothing, unless there is no other.
    let (cancelled, causes): (Vec<_>, Vec<_>) = failed.into_iter().partition(is_cancelled);
    if causes.is_empty() { cancelled } else { causes }
}

fn failure(event: &types::StackEvent) -> Option<FailedResource> {
    let status = event.resource_status()?.as_str();
    status.ends_with("_FAILED").then(|| FailedResource {
        logical_id: event.logical_resource_id().unwrap_or_default().to_owned(),
        resource_type: event.resource_type().unwrap_or_default().to_owned(),
        status: status.to_owned(),
        reason: event.resource_status_reason().unwrap_or("no reason given").to_owned(),
    })
}

fn is_cancelled(failed: &FailedResource) -> bool {
    failed.reason.ends_with("cancelled")
}

/// The stack's own events carry the stack's id as the resource's.
fn is_about_stack(event: &types::StackEvent) -> bool {
    event.physical_resource_id().is_some() && event.physical_resource_id() == event.stack_id()
}

fn starts_operation(event: &types::StackEvent) -> bool {
    use types::ResourceStatus::{CreateInProgress, DeleteInProgress, ImportInProgress, UpdateInProgress};
    let starts = matches!(
        event.resource_status(),
        Some(CreateInProgress | UpdateInProgress | DeleteInProgress | ImportInProgress)
    );
    starts && is_about_stack(event)
}

fn from_sdk(stack: types::Stack) -> Stack {
    let parameters = stack.parameters.unwrap_or_default().into_iter();
    let outputs = stack.outputs.unwrap_or_default().into_iter();
    Stack {
        id: stack.stack_id.unwrap_or_default(),
        name: stack.stack_name.unwrap_or_default(),
        status: stack.stack_status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
        reason: stack.stack_status_reason.filter(|reason| !reason.is_empty()),
        parameters: parameters.filter_map(|given| Some((given.parameter_key?, given.parameter_value?))).collect(),
        outputs: outputs.filter_map(|output| Some((output.output_key?, output.output_value?))).collect(),
    }
}

#[cfg(test)]
mod tests;
