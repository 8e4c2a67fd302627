//! The variables that are kept elsewhere: in Systems Manager's Parameter Store, and in Secrets Manager.

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use serde_json::Value as Json;

use crate::actions::store::{self, Reason};
use crate::buildspec::{Secret, Value};

/// Where such values are asked for.
pub trait Vault: Sync {
    /// The value of a parameter, decrypted.
    fn parameter(&self, name: &str) -> impl Future<Output = Result<String, Refused>> + Send;

    /// The text of a secret, or of one of its versions.
    fn secret(&self, secret: &Secret) -> impl Future<Output = Result<String, Refused>> + Send;
}

/// Why a value cannot be had. I26: it names where the value is kept, and nothing of it.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// There is none.
    #[error("{0}")]
    Missing(String),
    /// The service says no.
    #[error("{0}")]
    Call(Reason),
}

/// A variable without a value.
#[derive(Debug, thiserror::Error)]
#[error("variable {name}, kept as {place}: {source}")]
pub struct Error {
    /// The variable.
    name: String,
    /// Where it should be.
    place: String,
    kept_by: Keeper,
    /// Why it is not.
    source: Refused,
}

#[derive(Debug, Clone, Copy)]
enum Keeper {
    Parameters,
    Secrets,
}

impl Error {
    /// CodeBuild's status code for it.
    pub(super) fn code(&self) -> &'static str {
        match self.kept_by {
            Keeper::Parameters => "Decrypted Variables Error",
            Keeper::Secrets => "Secrets Manager Error",
        }
    }

    /// Whether the role may not.
    pub(super) fn is_denial(&self) -> bool {
        matches!(&self.source, Refused::Call(reason) if reason.denied)
    }
}

/// Variables with their values. I26: it cannot be printed.
#[derive(Default)]
pub(super) struct Known {
    pub(super) all: BTreeMap<String, String>,
    /// The names of those that were kept elsewhere: nobody may see their values.
    pub(super) secret: Vec<String>,
}

/// Asks for what is kept elsewhere.
pub(super) async fn open(variables: BTreeMap<String, Value>, vault: &impl Vault) -> Result<Known, Error> {
    let mut known = Known::default();
    for (name, value) in variables {
        let value = match value {
            Value::Plain(text) => text,
            Value::Parameter(place) => {
                known.secret.push(name.clone());
                let refused =
                    |source| Error { name: name.clone(), place: place.clone(), kept_by: Keeper::Parameters, source };
                vault.parameter(&place).await.map_err(refused)?
            }
            Value::Secret(secret) => {
                known.secret.push(name.clone());
                let answer = vault.secret(&secret).await.and_then(|text| part(text, secret.key.as_deref()));
                let refused =
                    |source| Error { name: name.clone(), place: secret.id.clone(), kept_by: Keeper::Secrets, source };
                answer.map_err(refused)?
            }
        };
        known.all.insert(name, value);
    }
    Ok(known)
}

/// One key of a secret that is a JSON object, or all of it.
fn part(text: String, key: Option<&str>) -> Result<String, Refused> {
    let Some(key) = key else { return Ok(text) };
    let object: Json = serde_json::from_str(&text).unwrap_or_default();
    match object.get(key) {
        Some(Json::String(value)) => Ok(value.clone()),
        Some(other) => Ok(other.to_string()),
        None => {
            Err(Refused::Missing(format!("the secret is no JSON object with the key {key}, correct the reference")))
        }
    }
}

/// The stores of the local cloud, as a role reaches them.
pub(super) struct Stores {
    parameters: aws_sdk_ssm::Client,
    secrets: aws_sdk_secretsmanager::Client,
}

impl Stores {
    pub(super) fn new(sdk: &SdkConfig) -> Self {
        Self { parameters: aws_sdk_ssm::Client::new(sdk), secrets: aws_sdk_secretsmanager::Client::new(sdk) }
    }
}

impl Vault for Stores {
    async fn parameter(&self, name: &str) -> Result<String, Refused> {
        // One at a time: an answer about several is in no order, and names a parameter otherwise than it was asked for.
        let answer = self.parameters.get_parameters().names(name).with_decryption(true).send().await;
        let answer = answer.map_err(|error| Refused::Call(store::reason(&error)))?;
        let value = answer.parameters.into_iter().flatten().next().and_then(|parameter| parameter.value);
        value.ok_or_else(|| Refused::Missing(format!("parameter does not exist: {name}")))
    }

    async fn secret(&self, secret: &Secret) -> Result<String, Refused> {
        let Secret { id, stage, version, .. } = secret;
        let asked = self.secrets.get_secret_value().secret_id(id);
        let asked = asked.set_version_stage(stage.clone()).set_version_id(version.clone());
        let answer = asked.send().await.map_err(|error| Refused::Call(store::reason(&error)))?;
        answer.secret_string.ok_or_else(|| Refused::Missing("the secret holds bytes and no text".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_secret_is_a_value_of_its_object() {
        let secret = r#"{"user": "u", "port": 5432, "more": {"a": true}}"#;
        for (key, expected) in [
            (None, secret),
            (Some("user"), "u"),
            (Some("port"), "5432"),
            (Some("more"), r#"{"a":true}"#),
            (Some("User"), "the secret is no JSON object with the key User, correct the reference"),
        ] {
            let value = part(secret.to_owned(), key).unwrap_or_else(|refused| refused.to_string());
            assert_eq!(value, expected, "{key:?}");
        }
        let refused = part("s3cret".to_owned(), Some("k")).unwrap_err().to_string();
        assert!(!refused.contains("s3cret"), "{refused}");
    }
}
