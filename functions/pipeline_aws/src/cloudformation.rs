//! CloudFormation.

use aws_sdk_cloudformation::{Client, error::ProvideErrorMetadata, types};
use aws_types::SdkConfig;
use pipeline_core::{
    ids::StackName,
    ports::{PortError, ReadStacks, Stack},
};

use crate::error::port_error;

/// Stacks, read by name.
#[derive(Debug, Clone)]
pub struct Stacks(Client);

impl Stacks {
    /// The stacks of our account and region.
    pub fn new(config: &SdkConfig) -> Self {
        Self(Client::new(config))
    }
}

impl ReadStacks for Stacks {
    async fn describe(&self, name: &StackName) -> Result<Stack, PortError> {
        let missing = || PortError::NotFound { what: format!("stack {name}") };
        let answer = self.0.describe_stacks().stack_name(name.as_str()).send().await.map_err(|error| {
            let absent = error.as_service_error().is_some_and(|error| {
                // CloudFormation has no code of its own for this.
                error.code() == Some("ValidationError")
                    && error.message().is_some_and(|text| text.contains("does not exist"))
            });
            if absent { missing() } else { port_error(&format!("read stack {name}"), &error) }
        })?;
        answer.stacks().first().map(stack).ok_or_else(missing)
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
