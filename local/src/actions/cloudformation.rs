//! CloudFormation actions, in every mode; what AWS would refuse is refused before a stack is touched.

mod change_set;
mod delete;
mod deploy;
mod error;
mod mode;
mod settings;
mod template;
mod wanted;

use std::collections::BTreeMap;

use super::acting::Acting;
use super::{Context, Observer, archive, config, store};
use crate::pipeline::action::{Progress, Request, Success};
use deploy::OnFailedStack;
use error::Error;
use mode::Mode;
use template::Macros;

/// What an action came to.
#[derive(Debug)]
struct Done {
    summary: String,
    /// The ARN of the stack or the change set.
    id: Option<String>,
    /// The stack's, as they are now.
    outputs: BTreeMap<String, String>,
}

pub(super) async fn run(acting: &Acting, request: &Request, observer: &dyn Observer) -> Result<Success, Error> {
    let done = act(acting, request, observer).await?;
    write_outputs(acting, request, &done.outputs).await?;
    Ok(Success { summary: Some(done.summary), external_execution_id: done.id, variables: done.outputs, revision: None })
}

async fn act(acting: &Acting, request: &Request, observer: &dyn Observer) -> Result<Done, Error> {
    match Mode::of(request)? {
        Mode::CreateUpdate => {
            let wanted = wanted::deployment(acting, request, Macros::Acknowledged).await?;
            deploy::deploy(acting, wanted, OnFailedStack::Refuse, observer).await
        }
        Mode::ReplaceOnFailure => {
            let wanted = wanted::deployment(acting, request, Macros::Acknowledged).await?;
            deploy::deploy(acting, wanted, OnFailedStack::Replace, observer).await
        }
        Mode::DeleteOnly => delete::delete(acting, &wanted::deletion(request)?, observer).await,
        Mode::ChangeSetReplace => {
            let name = mode::change_set_name(request)?;
            let wanted = wanted::deployment(acting, request, Macros::Reviewed).await?;
            change_set::replace(acting, name, wanted, observer).await
        }
        Mode::ChangeSetExecute => {
            let (stack, name) = (mode::stack_name(request)?, mode::change_set_name(request)?);
            change_set::execute(acting, stack, name, &request.id, observer).await
        }
    }
}

/// What is under way, so that it can be looked at, and is known should the action be abandoned.
fn begun(observer: &dyn Observer, id: &str) {
    observer.progress(Progress { external_execution_id: Some(id.to_owned()), ..Progress::default() });
}

async fn write_outputs(context: &Context, request: &Request, outputs: &BTreeMap<String, String>) -> Result<(), Error> {
    let (Some(file), Some(artifact)) = (config::optional(request, "OutputFileName"), request.outputs.first()) else {
        return Ok(());
    };
    let content = serde_json::json!(outputs).to_string();
    store::put(context, artifact, archive::pack_one(file, content.as_bytes())?).await?;
    Ok(())
}
