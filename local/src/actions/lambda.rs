//! Lambda actions, and rules that ask a function: invoke it with a job, and wait until somebody settles that job. The engine ends what is silent
//! for too long.

mod event;
mod scope;

use std::collections::BTreeMap;

use aws_sdk_lambda::Client;
use aws_sdk_lambda::operation::invoke::InvokeError;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;

use super::acting::{self, Acting};
use super::jobs::{ExecutionDetails, Jobs, Settlement};
use super::{Observer, config, failed, store};
use crate::cloud::authority::Session;
use crate::pipeline::action::{Artifact, Failure, Progress, Request, Success};

/// What a function has to do.
pub(super) struct Work<'a> {
    /// As the action or the rule says it.
    pub(super) configuration: &'a BTreeMap<String, String>,
    /// What it may read.
    pub(super) inputs: &'a [Artifact],
    /// What it may write.
    pub(super) outputs: &'a [Artifact],
}

/// What a function answered; why it could not be asked is another matter.
pub(super) type Answer = Result<Success, Failure>;

/// Hears that a function has done one part, and goes on with the next.
pub(super) type Continued<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// Who sends jobs.
struct Sender {
    account: String,
    /// Whose artifacts they are about.
    session: Session,
}

/// Invokes the function of an action.
trait Invoke {
    async fn invoke(&self, event: Vec<u8>) -> Result<(), Failure>;
}

pub(super) async fn run(acting: &Acting, request: &Request, observer: &dyn Observer) -> Result<Success, Failure> {
    let function =
        config::required(request, "FunctionName").map_err(|error| failed("ConfigurationError", error.to_string()))?;
    let Request { configuration, inputs, outputs, .. } = request;
    let work = Work { configuration, inputs, outputs };
    ask(acting, function, &work, &|progress| observer.continued(progress)).await?
}

/// Has a function do its work, however long that takes.
pub(super) async fn ask(
    acting: &Acting,
    function: &str,
    work: &Work<'_>,
    continued: Continued<'_>,
) -> Result<Answer, Failure> {
    let function = Function { client: Client::new(&acting.sdk), name: function };
    let sender = Sender { account: acting.account.clone(), session: acting.session.clone() };
    converse(&function, &acting.jobs, &sender, work, continued).await
}

/// Invokes until the work is done: a continuation token asks for one more job.
async fn converse(
    function: &impl Invoke,
    jobs: &Jobs,
    sender: &Sender,
    work: &Work<'_>,
    continued: Continued<'_>,
) -> Result<Answer, Failure> {
    let mut token = None;
    loop {
        match one_job(function, jobs, sender, work, token.as_deref()).await? {
            Settlement::Succeeded { details, variables } => return Ok(Ok(success(details, variables))),
            Settlement::Failed(details) => {
                let external_execution_id = details.external_execution_id;
                return Ok(Err(Failure { code: details.kind, message: details.message, external_execution_id }));
            }
            Settlement::Continued { details, token: next } => {
                continued(progress(details));
                token = Some(next);
            }
        }
    }
}

async fn one_job(
    function: &impl Invoke,
    jobs: &Jobs,
    sender: &Sender,
    work: &Work<'_>,
    token: Option<&str>,
) -> Result<Settlement, Failure> {
    let (job, settled) = jobs.create();
    let credentials = sender.session.lend(&scope::policy(work)).await.map_err(|refused| acting::refusal(&refused))?;
    function.invoke(event::job_event(&job, &sender.account, &credentials, work, token)).await?;
    // How long to wait for that is for others to say.
    settled.await.map_err(|_| failed("SystemUnavailable", format!("nobody can settle job {job} any more")))
}

fn success(details: ExecutionDetails, variables: BTreeMap<String, String>) -> Success {
    Success {
        summary: details.summary,
        external_execution_id: details.external_execution_id,
        variables,
        revision: None,
    }
}

fn progress(details: ExecutionDetails) -> Progress {
    Progress {
        summary: details.summary,
        percent: details.percent_complete.and_then(|percent| u8::try_from(percent).ok()),
        external_execution_id: details.external_execution_id,
    }
}

struct Function<'a> {
    client: Client,
    name: &'a str,
}

impl Invoke for Function<'_> {
    async fn invoke(&self, event: Vec<u8>) -> Result<(), Failure> {
        let request = self.client.invoke().function_name(self.name).invocation_type(InvocationType::Event);
        let Err(error) = request.payload(Blob::new(event)).send().await else { return Ok(()) };
        let name = self.name;
        if error.as_service_error().is_some_and(InvokeError::is_resource_not_found_exception) {
            let message = format!("function {name} does not exist: deploy it, or correct FunctionName");
            return Err(failed("ConfigurationError", message));
        }
        let reason = store::reason(&error);
        Err(reason.failure("JobFailed", format!("function {name} cannot be invoked: {reason}")))
    }
}

#[cfg(test)]
mod tests;
