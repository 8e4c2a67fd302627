//! The executors: one file for each kind of action. Each turns a [`Request`] into an [`Outcome`] by acting on the local
//! cloud.

mod acting;
mod approval;
pub mod archive;
pub mod build;
mod cloudformation;
mod config;
pub mod jobs;
mod lambda;
mod limits;
pub mod rules;
mod source;
mod store;

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;

use aws_config::SdkConfig;
use futures_util::FutureExt as _;

use crate::cloud::authority::Authority;
use crate::pipeline::action::{Failure, Outcome, Progress, Request, TypeId};
use crate::supervise::Supervisor;
use jobs::Jobs;
pub(crate) use source::{Place, newest};

/// CodePipeline's failure type for a role that lacks a permission.
const PERMISSION_ERROR: &str = "PermissionError";

/// What every action needs of the machine and of the local cloud. I26: it holds keys, and cannot be printed.
#[derive(Clone)]
pub struct Context {
    /// What lives as long as the local cloud does: repositories are below it.
    pub state: PathBuf,
    /// What outlives it, because it is slow to make: the directories that projects are built in.
    pub builds: PathBuf,
    /// How our own clients reach the local cloud.
    pub sdk: SdkConfig,
    /// The account id that everything runs in.
    pub account: String,
    /// What a child process needs to reach the local cloud: `AWS_ENDPOINT_URL`, keys, and a `PATH` with `aws` on it.
    pub child_env: BTreeMap<String, String>,
    /// Starts child processes.
    pub supervisor: Supervisor,
    /// The jobs of Lambda actions, which the API settles.
    pub jobs: Jobs,
    /// Lets a service work as a role.
    pub authority: Authority,
}

/// Hears what an action does while it runs.
pub trait Observer: Send + Sync {
    /// What people and `ListActionExecutions` may see of it.
    fn progress(&self, progress: Progress);

    /// The same, of one that has done one part and goes on with the next: its silence begins anew.
    fn continued(&self, progress: Progress) {
        self.progress(progress);
    }

    /// A line of its log.
    fn line(&self, line: &str);
}

/// Runs an action to its end. Every failure, a panic included, is an outcome. Dropping the future abandons the action:
/// its child processes end, what it asked AWS for goes on.
pub async fn run(context: &Context, request: &Request, observer: &dyn Observer) -> Outcome {
    let work = AssertUnwindSafe(dispatch(context, request, observer));
    match work.catch_unwind().await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(failure)) => Outcome::Failed(failure),
        Err(_) => Outcome::Failed(failed(
            "SystemUnavailable",
            format!(
                "action {} broke off: this is a defect of flowgate, its panic message is in the log",
                request.action
            ),
        )),
    }
}

async fn dispatch(context: &Context, request: &Request, observer: &dyn Observer) -> Result<Outcome, Failure> {
    let acting = &context.acting_as(&request.pipeline, &request.execution, &request.roles).await?;
    let TypeId { category, owner, provider, .. } = &request.type_id;
    let success = match (category.as_str(), owner.as_str(), provider.as_str()) {
        ("Approval", "AWS", "Manual") => return approval::run(acting, request).await.map(|()| Outcome::Waiting),
        ("Source", "AWS", "CodeCommit" | "CodeStarSourceConnection" | "S3") => source::run(acting, request).await?,
        ("Build" | "Test", "AWS", "CodeBuild") => Box::pin(build::run(acting, request, observer)).await?,
        ("Deploy", "AWS", "CloudFormation") => cloudformation::run(acting, request, observer).await?,
        ("Invoke", "AWS", "Lambda") => lambda::run(acting, request, observer).await?,
        _ => {
            let kind = format!("{category} of {owner} by {provider}");
            let message = format!("action {} is a {kind}, which does not run here", request.action);
            return Err(failed("ConfigurationError", message));
        }
    };
    Ok(Outcome::Succeeded(success))
}

/// A failure of a role that may not do what the action needs; `message` says which, what and on what.
fn denied(message: impl std::fmt::Display) -> Failure {
    failed(PERMISSION_ERROR, format!("{message}; allow it in the policies of that role, then retry"))
}

fn failed(code: &str, message: impl Into<String>) -> Failure {
    Failure { code: code.to_owned(), message: message.into(), external_execution_id: None }
}
