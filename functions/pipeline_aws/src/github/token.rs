//! The token, and where it is kept.

use std::{
    fmt,
    str::FromStr,
    sync::{Mutex, PoisonError},
};

use aws_sdk_secretsmanager as secrets;
use aws_sdk_ssm::{self as ssm, types::ParameterType};
use aws_types::SdkConfig;
use jiff::{SignedDuration, Timestamp};
use pipeline_core::ports::{Clock, PortError};
use secrecy::{ExposeSecret, SecretString};

use crate::{clock::SystemClock, error::port_error};

/// Where the token is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenSource {
    /// In Secrets Manager: the secret's ARN.
    Secret(String),
    /// In Parameter Store: the name of a `SecureString`.
    Parameter(String),
}

/// Why a text does not say where a token is kept. It does not repeat the text, which may be the token (I26).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "it is neither the ARN of a secret in Secrets Manager nor the /name of a SecureString; the token itself is kept there"
)]
pub struct InvalidTokenSource;

impl FromStr for TokenSource {
    type Err = InvalidTokenSource;

    fn from_str(text: &str) -> Result<Self, InvalidTokenSource> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        match parts[..] {
            ["arn", _, "secretsmanager", _, _, secret] if secret.starts_with("secret:") => {
                Ok(Self::Secret(text.to_owned()))
            }
            [name] if name.len() > 1 && name.starts_with('/') => Ok(Self::Parameter(text.to_owned())),
            _ => Err(InvalidTokenSource),
        }
    }
}

/// A token that is read when it is needed.
pub(super) struct Token {
    keeper: Keeper,
    kept: Mutex<Option<(SecretString, Timestamp)>>,
}

/// A token, and whether it was read before now.
pub(super) struct Given {
    pub(super) token: SecretString,
    pub(super) is_kept: bool,
}

enum Keeper {
    Secrets(secrets::Client, String),
    Parameters(ssm::Client, String),
}

/// So long a token is used before it is read again: it may have been replaced.
const KEPT: SignedDuration = SignedDuration::from_mins(5);

impl Token {
    pub(super) fn new(config: &SdkConfig, source: TokenSource) -> Self {
        let keeper = match source {
            TokenSource::Secret(arn) => Keeper::Secrets(secrets::Client::new(config), arn),
            TokenSource::Parameter(name) => Keeper::Parameters(ssm::Client::new(config), name),
        };
        Self { keeper, kept: Mutex::default() }
    }

    pub(super) async fn read(&self) -> Result<Given, PortError> {
        let now = SystemClock.now();
        if let Some(token) = self.kept(now) {
            return Ok(Given { token, is_kept: true });
        }
        let token = self.keeper.read().await?;
        self.keep(Some((token.clone(), now)));
        Ok(Given { token, is_kept: false })
    }

    /// GitHub does not take it: the next one may be there already.
    pub(super) fn forget(&self) {
        self.keep(None);
    }

    fn kept(&self, now: Timestamp) -> Option<SecretString> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (token, since) = kept.as_ref()?;
        (now.duration_since(*since) < KEPT).then(|| token.clone())
    }

    fn keep(&self, token: Option<(SecretString, Timestamp)>) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = token;
    }
}

impl Keeper {
    fn what(&self) -> String {
        match self {
            Self::Secrets(_, arn) => format!("GitHub's token in secret {arn}"),
            Self::Parameters(_, name) => format!("GitHub's token in parameter {name}"),
        }
    }

    async fn read(&self) -> Result<SecretString, PortError> {
        let text = match self {
            Self::Secrets(client, arn) => self.secret(client, arn).await?,
            Self::Parameters(client, name) => self.parameter(client, name).await?,
        };
        let token = text.expose_secret().trim();
        if is_token(token) {
            return Ok(SecretString::from(token));
        }
        Err(self.unusable("it is not a token alone; store just the token, as plain text"))
    }

    async fn secret(&self, client: &secrets::Client, arn: &str) -> Result<SecretString, PortError> {
        let answer = client.get_secret_value().secret_id(arn).send().await;
        let answer = answer.map_err(|error| match error.as_service_error() {
            Some(refused) if refused.is_resource_not_found_exception() => PortError::NotFound { what: self.what() },
            _ => port_error(&format!("read {}", self.what()), &error),
        })?;
        let text = answer.secret_string.map(SecretString::from);
        text.ok_or_else(|| self.unusable("it is binary; store just the token, as plain text"))
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

    fn unusable(&self, why: &str) -> PortError {
        PortError::Unusable { what: self.what(), why: why.to_owned() }
    }
}

/// As RFC 6750 has it.
fn is_token(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    !text.is_empty() && text.bytes().all(known)
}

/// I26: where it is kept, and not what it is.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Token").field(&self.keeper.what()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i26_where_a_token_is_kept_is_told_from_a_token_which_is_not_repeated() {
        let arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:github-AbCdEf";
        assert_eq!(arn.parse(), Ok(TokenSource::Secret(arn.to_owned())));
        assert_eq!("/a/b".parse(), Ok(TokenSource::Parameter("/a/b".to_owned())));
        for bad in ["", "/", "ghp_SENTINEL0123456789", "arn:aws:ssm:eu-west-1:111122223333:parameter/a", "a/b", "/a:b"]
        {
            let refused = bad.parse::<TokenSource>().unwrap_err();
            assert!(!refused.to_string().contains("SENTINEL"), "{refused}");
        }
    }
}
