//! Looking through all stacks.

use aws_sdk_cloudformation::config::{Config, retry::RetryConfig};
use pipeline_core::{
    ports::PortError,
    sweep::{ports::ListStacks, stack::StackFacts},
};

use crate::{
    cloudformation::{Stacks, facts::facts},
    error::port_error,
    pages,
};

impl ListStacks for Stacks {
    async fn stacks(&self) -> Result<Vec<StackFacts>, PortError> {
        let operation = "list all stacks";
        let facts = pages::all(operation, async |token| {
            let request = self.0.describe_stacks().set_next_token(token).customize();
            let answer = request.config_override(patient()).send().await;
            let answer = answer.map_err(|error| port_error(operation, &error))?;
            let facts = answer.stacks().iter().map(facts).collect::<Result<Vec<_>, _>>()?;
            Ok((facts, answer.next_token))
        });
        facts.await
    }
}

/// Unlike a call that stands for itself, a page is worth several attempts: one that is missing wastes all before it.
fn patient() -> aws_sdk_cloudformation::config::Builder {
    Config::builder().retry_config(RetryConfig::standard().with_max_attempts(6))
}
