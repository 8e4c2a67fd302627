//! The function, invoked by itself: GitHub waits for its answer and not for what follows.

use std::time::Duration;

use aws_sdk_lambda::{Client, config::Builder, primitives::Blob, types::InvocationType};
use aws_types::SdkConfig;
use pipeline_core::{ids::FunctionName, ports::PortError};

use crate::{client, error::port_error, previewing::change::Change, webhook::PassOn};

/// How long one attempt takes at most: two of them fit into the time that GitHub waits.
const ATTEMPT: Duration = Duration::from_secs(3);

/// A function that does later what it is told now.
#[derive(Debug, Clone)]
pub struct Itself {
    client: Client,
    function: FunctionName,
}

impl Itself {
    /// This function.
    pub fn new(config: &SdkConfig, function: FunctionName) -> Self {
        let config = Builder::from(config)
            .timeout_config(client::timeouts().operation_attempt_timeout(ATTEMPT).build())
            .retry_config(client::quick_retries());
        Self { client: Client::from_conf(config.build()), function }
    }
}

impl PassOn for Itself {
    async fn pass_on(&self, change: &Change) -> Result<(), PortError> {
        let operation = format!("invoke {}", self.function);
        let payload = serde_json::to_vec(change)
            .map_err(|error| PortError::Unavailable { operation: operation.clone(), detail: error.to_string() })?;
        let request = self.client.invoke().function_name(self.function.as_str()).payload(Blob::new(payload));
        let sent = request.invocation_type(InvocationType::Event).send().await;
        sent.map(drop).map_err(|error| port_error(&operation, &error))
    }
}
