//! CloudFormation.

mod delete;
mod drift;
mod facts;
mod inspect;
mod list;

use aws_sdk_cloudformation::{
    Client,
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    operation::describe_stacks::DescribeStacksError,
    types,
};
use aws_types::SdkConfig;
pub use drift::Drifts;
use pipeline_core::{
    ids::StackName,
    ports::{PortError, ReadStacks, Stack},
};

use crate::{
    client,
    error::{Whose, port_error_with},
};

/// Stacks of our account and region.
#[derive(Debug, Clone)]
pub struct Stacks(Client, Whose);

impl Stacks {
    /// The stacks of our account and region.
    pub fn new(config: &SdkConfig) -> Self {
        Self::of(config, Whose::Ours)
    }

    /// The stacks that these credentials reach, which `config` holds.
    pub(crate) fn of(config: &SdkConfig, whose: Whose) -> Self {
        Self(Client::new(config), whose)
    }

    /// Ours, each call attempted once, for sweep: it keeps to a rate of calls, and its next run tries again.
    pub fn paced(config: &SdkConfig) -> Self {
        Self(Client::new(&client::once(config)), Whose::Ours)
    }

    /// The stack of this name or id; `None` when CloudFormation says that there is none.
    async fn find(&self, asked: &str) -> Result<Option<types::Stack>, PortError> {
        let operation = || format!("read stack {asked}");
        match self.0.describe_stacks().stack_name(asked).send().await {
            // I10: an answer without the stack is not the answer that there is none.
            Ok(answer) => answer.stacks.into_iter().flatten().next().map(Some).ok_or_else(|| PortError::Unavailable {
                operation: operation(),
                detail: "CloudFormation answered without it".to_owned(),
            }),
            Err(error) if is_absent(asked, &error) => Ok(None),
            Err(error) => Err(port_error_with(self.1, &operation(), &error)),
        }
    }
}

/// I6: another `ValidationError` is not this one. CloudFormation has no code of its own for it.
fn is_absent(asked: &str, error: &SdkError<DescribeStacksError, HttpResponse>) -> bool {
    let words = validation_error(error).map(|words| words.trim_end_matches('.'));
    words.is_some_and(|words| {
        words == format!("Stack with id {asked} does not exist") || words == format!("Stack [{asked}] does not exist")
    })
}

/// What a `ValidationError` says.
fn validation_error<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Option<&str> {
    let error = error.as_service_error()?;
    (error.code() == Some("ValidationError")).then(|| error.message().unwrap_or_default())
}

impl ReadStacks for Stacks {
    async fn describe(&self, name: &StackName) -> Result<Stack, PortError> {
        let found = self.find(name.as_str()).await?;
        found.as_ref().map(stack).ok_or_else(|| PortError::NotFound { what: format!("stack {name}") })
    }
}

fn stack(stack: &types::Stack) -> Stack {
    let pair = |key: Option<&str>, value: Option<&str>| Some((key?.to_owned(), value?.to_owned()));
    Stack {
        status: stack.stack_status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
        outputs: stack.outputs().iter().filter_map(|output| pair(output.output_key(), output.output_value())).collect(),
        tags: stack.tags().iter().filter_map(|tag| pair(tag.key(), tag.value())).collect(),
    }
}
