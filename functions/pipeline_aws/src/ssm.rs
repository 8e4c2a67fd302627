//! Parameter Store.

use aws_sdk_ssm::{
    Client,
    error::SdkError,
    operation::{get_parameter::GetParameterError, get_parameter_history::GetParameterHistoryError},
    types::{self, ParameterHistory, ParameterType},
};
use aws_types::SdkConfig;
use jiff::Timestamp;
use pipeline_core::{
    gate::overrides::{ReadOverrides, Written},
    ports::{Parameter, PortError, ReadParameters},
};

use crate::{error::port_error, pages};

/// The parameters of our account and region.
#[derive(Debug, Clone)]
pub struct Parameters(Client);

impl Parameters {
    /// Parameter Store in our region.
    pub fn new(config: &SdkConfig) -> Self {
        Self(Client::new(config))
    }

    /// Every version that is kept of a parameter.
    async fn versions(&self, name: &str) -> Result<Vec<ParameterHistory>, PortError> {
        let operation = format!("read who wrote parameter {name}");
        let page = async |token| match self.0.get_parameter_history().name(name).set_next_token(token).send().await {
            Ok(answer) => Ok((answer.parameters.unwrap_or_default(), answer.next_token)),
            Err(error) if error.as_service_error().is_some_and(GetParameterHistoryError::is_parameter_not_found) => {
                Ok((vec![], None))
            }
            Err(error) => Err(port_error(&operation, &error)),
        };
        pages::all(&operation, page).await
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

impl ReadOverrides for Parameters {
    async fn written(&self, name: &str) -> Result<Option<Written>, PortError> {
        let versions = self.versions(name).await?;
        // Their order is not documented.
        let Some(latest) = versions.into_iter().max_by_key(|version| version.version) else { return Ok(None) };
        let unusable = |why: &str| PortError::Unusable { what: format!("parameter {name}"), why: why.to_owned() };
        if latest.r#type() != Some(&ParameterType::String) {
            return Err(unusable("it is not of the type String"));
        }
        written(latest).map(Some).ok_or_else(|| unusable("Parameter Store does not tell who wrote it, and when"))
    }
}

fn written(version: ParameterHistory) -> Option<Written> {
    let at = version.last_modified_date.and_then(|at| Timestamp::from_nanosecond(at.as_nanos()).ok())?;
    let by = version.last_modified_user.filter(|by| !by.is_empty())?;
    Some(Written { value: version.value?, by, at })
}
