//! Parameter Store.

use aws_sdk_ssm::{
    Client,
    error::SdkError,
    operation::get_parameter::GetParameterError,
    types::{self, ParameterType},
};
use aws_types::SdkConfig;
use pipeline_core::ports::{Parameter, PortError, ReadParameters};

use crate::error::port_error;

/// The parameters of our account and region.
#[derive(Debug, Clone)]
pub struct Parameters(Client);

impl Parameters {
    /// Parameter Store in our region.
    pub fn new(config: &SdkConfig) -> Self {
        Self(Client::new(config))
    }
}

impl ReadParameters for Parameters {
    async fn parameter(&self, name: &str) -> Result<Option<Parameter>, PortError> {
        match self.0.get_parameter().name(name).send().await {
            Ok(answer) => Ok(answer.parameter().map(parameter)),
            Err(SdkError::ServiceError(refused))
                if matches!(refused.err(), GetParameterError::ParameterNotFound(_)) =>
            {
                Ok(None)
            }
            Err(error) => Err(port_error(&format!("read parameter {name}"), &error)),
        }
    }
}

fn parameter(parameter: &types::Parameter) -> Parameter {
    match parameter.r#type() {
        Some(ParameterType::SecureString) => Parameter::Secret,
        _ => Parameter::Plain(parameter.value().unwrap_or_default().to_owned()),
    }
}
