//! Lambda, as the place where tests run.

use aws_sdk_lambda::{
    Client,
    config::{Builder, StalledStreamProtectionConfig, retry::RetryConfig},
    error::SdkError,
    operation::invoke::{InvokeError, InvokeOutput},
    primitives::Blob,
    types::InvocationType,
};
use aws_types::SdkConfig;
use pipeline_core::{
    ids::FunctionName,
    ports::PortError,
    start_tests::ports::{Answer, InvokeTests},
};
use serde_json::Value;

use crate::{client, error::port_error};

/// The test functions of our account and region.
#[derive(Debug, Clone)]
pub struct Tests(Client);

impl Tests {
    /// A client that invokes once and waits as long as the caller does.
    pub fn new(config: &SdkConfig) -> Self {
        let config = Builder::from(config)
            // I19: a second attempt could run the test a second time.
            .retry_config(RetryConfig::disabled())
            // A test that takes minutes sends nothing until it ends; the run's own deadline limits it.
            .timeout_config(client::timeouts().disable_operation_attempt_timeout().build())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build();
        Self(Client::from_conf(config))
    }

    async fn invoke(
        &self,
        function: &FunctionName,
        payload: &Value,
        kind: InvocationType,
    ) -> Result<InvokeOutput, PortError> {
        let payload = Blob::new(payload.to_string());
        let request = self.0.invoke().function_name(function.as_str()).invocation_type(kind).payload(payload);
        request.send().await.map_err(|error| match &error {
            SdkError::ServiceError(refused) if matches!(refused.err(), InvokeError::ResourceNotFoundException(_)) => {
                PortError::NotFound { what: format!("test function {function}") }
            }
            _ => port_error(&format!("invoke test function {function}"), &error),
        })
    }
}

impl InvokeTests for Tests {
    async fn call(&self, function: &FunctionName, payload: &Value) -> Result<Answer, PortError> {
        let output = self.invoke(function, payload, InvocationType::RequestResponse).await?;
        let payload = output.payload.map(Blob::into_inner).unwrap_or_default();
        Ok(Answer { failed: output.function_error.is_some(), payload, log: None })
    }

    async fn start(&self, function: &FunctionName, payload: &Value) -> Result<(), PortError> {
        self.invoke(function, payload, InvocationType::Event).await.map(drop)
    }
}
