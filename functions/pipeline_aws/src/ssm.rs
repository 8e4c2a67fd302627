//! Parameter Store, where the stages' profiles are.

use aws_sdk_ssm::{
    Client,
    error::SdkError,
    operation::get_parameter::GetParameterError,
    types::{Parameter, ParameterType},
};
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
        match self.0.get_parameter().name(name).send().await {
            Ok(answer) => answer.parameter().map(|parameter| value(name, parameter)).transpose(),
            Err(SdkError::ServiceError(refused))
                if matches!(refused.err(), GetParameterError::ParameterNotFound(_)) =>
            {
                Ok(None)
            }
            Err(error) => Err(port_error(&format!("read parameter {name}"), &error)),
        }
    }
}

fn value(name: &str, parameter: &Parameter) -> Result<String, PortError> {
    if parameter.r#type() == Some(&ParameterType::SecureString) {
        // What it holds would stand in the clear in an artifact and in the stack's parameters.
        let why = "it is a SecureString; make it a String, and let the service read its secrets itself".to_owned();
        return Err(PortError::Unusable { what: format!("parameter {name}"), why });
    }
    Ok(parameter.value().unwrap_or_default().to_owned())
}
