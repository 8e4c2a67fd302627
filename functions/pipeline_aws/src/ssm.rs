//! Parameter Store, where the stages' profiles are.

use aws_sdk_ssm::{Client, error::SdkError, operation::get_parameter::GetParameterError};
use aws_types::SdkConfig;
use pipeline_core::{configure::perform::ReadProfiles, ports::PortError};

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

impl ReadProfiles for Parameters {
    async fn parameter(&self, name: &str) -> Result<Option<String>, PortError> {
        match self.0.get_parameter().name(name).with_decryption(true).send().await {
            Ok(answer) => Ok(answer.parameter().and_then(|parameter| parameter.value()).map(str::to_owned)),
            Err(SdkError::ServiceError(refused))
                if matches!(refused.err(), GetParameterError::ParameterNotFound(_)) =>
            {
                Ok(None)
            }
            Err(error) => Err(port_error(&format!("read parameter {name}"), &error)),
        }
    }
}
