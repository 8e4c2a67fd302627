//! Where secrets are kept, and reading them there.

use std::{fmt, str::FromStr};

use aws_sdk_secretsmanager as secrets;
use aws_sdk_ssm::{self as ssm, types::ParameterType};
use aws_types::SdkConfig;
use pipeline_core::ports::PortError;
use secrecy::SecretString;

use crate::error::port_error;

/// Where a secret is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// In Secrets Manager: the secret's ARN.
    Secret(String),
    /// In Parameter Store: the name of a `SecureString`.
    Parameter(String),
}

/// Why a text does not say where a secret is kept. It does not repeat the text, which may be the secret (I26).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "it is neither the ARN of a secret in Secrets Manager nor the /name of a SecureString; the secret itself is kept there"
)]
pub struct InvalidSecretSource;

impl FromStr for SecretSource {
    type Err = InvalidSecretSource;

    fn from_str(text: &str) -> Result<Self, InvalidSecretSource> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        match parts[..] {
            ["arn", _, "secretsmanager", _, _, secret] if secret.starts_with("secret:") => {
                Ok(Self::Secret(text.to_owned()))
            }
            [name] if name.len() > 1 && name.starts_with('/') => Ok(Self::Parameter(text.to_owned())),
            _ => Err(InvalidSecretSource),
        }
    }
}

/// Reads one secret where it is kept.
pub(crate) struct Keeper {
    /// What people call it, such as `GitHub's token`.
    name: &'static str,
    place: Place,
}

enum Place {
    Secrets(secrets::Client, String),
    Parameters(ssm::Client, String),
}

impl Keeper {
    pub(crate) fn new(config: &SdkConfig, name: &'static str, source: SecretSource) -> Self {
        let place = match source {
            SecretSource::Secret(arn) => Place::Secrets(secrets::Client::new(config), arn),
            SecretSource::Parameter(name) => Place::Parameters(ssm::Client::new(config), name),
        };
        Self { name, place }
    }

    /// What it is and where, without what it says (I26).
    fn what(&self) -> String {
        match &self.place {
            Place::Secrets(_, arn) => format!("{} in secret {arn}", self.name),
            Place::Parameters(_, name) => format!("{} in parameter {name}", self.name),
        }
    }

    pub(crate) async fn read(&self) -> Result<SecretString, PortError> {
        match &self.place {
            Place::Secrets(client, arn) => self.secret(client, arn).await,
            Place::Parameters(client, name) => self.parameter(client, name).await,
        }
    }

    async fn secret(&self, client: &secrets::Client, arn: &str) -> Result<SecretString, PortError> {
        let answer = client.get_secret_value().secret_id(arn).send().await;
        let answer = answer.map_err(|error| match error.as_service_error() {
            Some(refused) if refused.is_resource_not_found_exception() => PortError::NotFound { what: self.what() },
            _ => port_error(&format!("read {}", self.what()), &error),
        })?;
        let text = answer.secret_string.map(SecretString::from);
        text.ok_or_else(|| self.unusable("it is binary; store just the secret, as plain text"))
    }

    async fn parameter(&self, client: &ssm::Client, name: &str) -> Result<SecretString, PortError> {
        let answer = client.get_parameter().name(name).with_decryption(true).send().await;
        let answer = answer.map_err(|error| match error.as_service_error() {
            Some(refused) if refused.is_parameter_not_found() => PortError::NotFound { what: self.what() },
            _ => port_error(&format!("read {}", self.what()), &error),
        })?;
        match answer.parameter {
            Some(told) if told.r#type() == Some(&ParameterType::SecureString) => {
                Ok(SecretString::from(told.value.unwrap_or_default()))
            }
            _ => Err(self.unusable("it is no SecureString, so that others could read it; make it one")),
        }
    }

    pub(crate) fn unusable(&self, why: &str) -> PortError {
        PortError::Unusable { what: self.what(), why: why.to_owned() }
    }
}

/// I26: where it is kept, and not what it is.
impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Keeper").field(&self.what()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i26_where_a_secret_is_kept_is_told_from_a_secret_which_is_not_repeated() {
        let arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:github-AbCdEf";
        assert_eq!(arn.parse(), Ok(SecretSource::Secret(arn.to_owned())));
        assert_eq!("/a/b".parse(), Ok(SecretSource::Parameter("/a/b".to_owned())));
        for bad in ["", "/", "ghp_SENTINEL0123456789", "arn:aws:ssm:eu-west-1:111122223333:parameter/a", "a/b", "/a:b"]
        {
            let refused = bad.parse::<SecretSource>().unwrap_err();
            assert!(!refused.to_string().contains("SENTINEL"), "{refused}");
        }
    }
}
