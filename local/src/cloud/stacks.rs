//! Packages templates and deploys stacks, the way a user does it from the command line.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::{Capability, ChangeSetStatus, ChangeSetType, Parameter, Tag};
use uuid::Uuid;

use super::Cloud;
use super::stack_wait::{self, CallError, FailedResource, Stack};
use crate::supervise::Child;

/// The pause between two looks at a change set.
const POLL: Duration = Duration::from_millis(20);

/// `aws cloudformation package` failed.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// It could not be run.
    #[error("cannot run aws cloudformation package: {0}")]
    Run(#[from] io::Error),
    /// It refused the template.
    #[error("packaging {} failed: {message}", template.display())]
    Refused {
        /// The template.
        template: PathBuf,
        /// What it printed.
        message: String,
    },
}

/// Where a template is.
#[derive(Debug, Clone, Copy)]
pub enum Template<'a> {
    /// Here; CloudFormation takes 51,200 bytes so.
    Body(&'a str),
    /// In a bucket, at this address.
    Url(&'a str),
}

impl Default for Template<'_> {
    fn default() -> Self {
        Self::Body("")
    }
}

impl<'a> Template<'a> {
    fn body(self) -> Option<&'a str> {
        if let Self::Body(body) = self { Some(body) } else { None }
    }

    fn url(self) -> Option<&'a str> {
        if let Self::Url(url) = self { Some(url) } else { None }
    }
}

/// A stack that is to be created or updated.
#[derive(Debug, Clone, Default)]
pub struct Deployment<'a> {
    /// The stack's name.
    pub stack: &'a str,
    /// The template.
    pub template: Template<'a>,
    /// Parameters, by name. Others have their default, whatever they were before.
    pub parameters: BTreeMap<String, String>,
    /// Tags of the stack, by key.
    pub tags: BTreeMap<String, String>,
    /// What the template may do beyond making resources.
    pub capabilities: Vec<Capability>,
    /// The role that CloudFormation acts as; none is the caller's own rights.
    pub role: Option<&'a str>,
}

/// Why a stack was not deployed.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    /// CloudFormation could not be asked, or refused.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The change set could not be made.
    #[error("the change set for stack {stack} failed: {reason}")]
    ChangeSet {
        /// The stack.
        stack: String,
        /// CloudFormation's reason.
        reason: String,
    },
    /// The stack's resources could not be made.
    #[error("stack {} ended in {}{}", stack.name, stack.status, list(failed, stack.reason.as_deref()))]
    Stack {
        /// The stack as it is now.
        stack: Box<Stack>,
        /// What failed in it, the first first.
        failed: Vec<FailedResource>,
    },
}

/// Uploads what `template` refers to into `bucket`, and writes the template that refers to the uploads to `out`.
///
/// # Errors
/// When the command fails; the error repeats its message.
pub async fn package(cloud: &Cloud, template: &Path, bucket: &str, out: &Path) -> Result<(), PackageError> {
    let mut command = cloud.command("aws");
    command.args(["cloudformation", "package", "--s3-bucket", bucket, "--template-file"]).arg(template);
    command.arg("--output-template-file").arg(out).stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = Child::spawn(&mut command)?.wait_with_output().await?;
    if output.status.success() {
        return Ok(());
    }
    Err(PackageError::Refused { template: template.to_owned(), message: printed(&output) })
}

/// Creates or updates a stack by a change set, and waits for it. A change set without changes is a success.
///
/// # Errors
/// When CloudFormation refuses, or the stack does not end in a complete state; the error names the resources that failed.
pub async fn deploy(client: &Client, deployment: &Deployment<'_>) -> Result<Stack, DeployError> {
    let before = stack_wait::settled(client, deployment.stack).await?;
    let change_set = create_change_set(client, deployment, before.as_ref()).await?;
    if has_changes(client, deployment.stack, &change_set).await? {
        let executed = client.execute_change_set().change_set_name(&change_set).send().await;
        executed.map_err(|error| CallError::new("ExecuteChangeSet", deployment.stack, &error))?;
    } else {
        let deleted = client.delete_change_set().change_set_name(&change_set).send().await;
        deleted.map_err(|error| CallError::new("DeleteChangeSet", deployment.stack, &error))?;
    }
    outcome(client, deployment.stack).await
}

async fn outcome(client: &Client, name: &str) -> Result<Stack, DeployError> {
    let stack = stack_wait::settled(client, name).await?.ok_or_else(|| DeployError::ChangeSet {
        stack: name.to_owned(),
        reason: "the stack was deleted meanwhile".to_owned(),
    })?;
    if stack.is_deployed() {
        return Ok(stack);
    }
    let failed = stack_wait::failed_resources(client, &stack.id).await?;
    Err(DeployError::Stack { stack: Box::new(stack), failed })
}

/// Gives the change set's ARN.
async fn create_change_set(
    client: &Client,
    deployment: &Deployment<'_>,
    before: Option<&Stack>,
) -> Result<String, DeployError> {
    let exists = before.is_some_and(|stack| stack.status != "REVIEW_IN_PROGRESS");
    let answer = client
        .create_change_set()
        .stack_name(deployment.stack)
        .change_set_name(format!("flowgate-{}", Uuid::new_v4()))
        .change_set_type(if exists { ChangeSetType::Update } else { ChangeSetType::Create })
        .set_template_body(deployment.template.body().map(str::to_owned))
        .set_template_url(deployment.template.url().map(str::to_owned))
        .set_parameters(Some(parameters(&deployment.parameters)))
        .set_tags(Some(tags(&deployment.tags)))
        .set_capabilities(Some(deployment.capabilities.clone()))
        .set_role_arn(deployment.role.map(str::to_owned))
        .send()
        .await
        .map_err(|error| CallError::new("CreateChangeSet", deployment.stack, &error))?;
    Ok(answer.id.unwrap_or_default())
}

/// Waits for the change set, and says whether there is anything in it.
async fn has_changes(client: &Client, stack: &str, change_set: &str) -> Result<bool, DeployError> {
    loop {
        let answer = client.describe_change_set().change_set_name(change_set).send().await;
        let answer = answer.map_err(|error| CallError::new("DescribeChangeSet", stack, &error))?;
        let reason = answer.status_reason().unwrap_or_default();
        match answer.status() {
            Some(ChangeSetStatus::CreateComplete) => return Ok(true),
            Some(ChangeSetStatus::Failed) if is_empty(reason) => return Ok(false),
            Some(ChangeSetStatus::Failed) => {
                return Err(DeployError::ChangeSet { stack: stack.to_owned(), reason: reason.to_owned() });
            }
            _ => tokio::time::sleep(POLL).await,
        }
    }
}

/// CloudFormation has no code for it, only these two sentences.
fn is_empty(reason: &str) -> bool {
    reason.contains("didn't contain changes") || reason.contains("No updates are to be performed")
}

fn parameters(parameters: &BTreeMap<String, String>) -> Vec<Parameter> {
    let pairs = parameters.iter();
    pairs.map(|(key, value)| Parameter::builder().parameter_key(key).parameter_value(value).build()).collect()
}

fn tags(tags: &BTreeMap<String, String>) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

fn list(failed: &[FailedResource], reason: Option<&str>) -> String {
    let failed: Vec<_> = failed.iter().map(FailedResource::to_string).collect();
    let why = if failed.is_empty() { reason.unwrap_or("no reason given").to_owned() } else { failed.join("; ") };
    format!(": {why}")
}

fn printed(output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let stdout = String::from_utf8_lossy(&output.stdout);
    [stderr.trim(), stdout.trim()].into_iter().find(|text| !text.is_empty()).unwrap_or("it printed nothing").to_owned()
}
