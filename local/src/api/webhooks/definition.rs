//! What a webhook starts, and whose requests do.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::auth::Network;
use super::filter::{Filter, fill};
use crate::api::error::ApiError;
use crate::pipeline::definition::{Action, Pipeline};

/// What stands in answers where a secret is.
const REDACTED: &str = "****";

/// The API's `WebhookDefinition`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Definition {
    pub(super) name: String,
    pub(super) target_pipeline: String,
    pub(super) target_action: String,
    pub(super) filters: Vec<Filter>,
    pub(super) authentication: Authentication,
    pub(super) authentication_configuration: Configuration,
}

/// How a sender shows who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Authentication {
    /// It signs as GitHub does.
    GithubHmac,
    /// By where it is.
    Ip,
    /// Not at all.
    Unauthenticated,
}

/// What the authentication needs to know.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Configuration {
    #[serde(rename = "AllowedIPRange", default, skip_serializing_if = "Option::is_none")]
    pub(super) allowed_ip_range: Option<String>,
    #[serde(rename = "SecretToken", default, skip_serializing_if = "Option::is_none")]
    pub(super) secret_token: Option<Secret>,
}

/// A secret that both sides know; it does not print itself.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Secret(pub(super) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([REDACTED])")
    }
}

impl Definition {
    /// As answers have it.
    pub(super) fn written(&self) -> Value {
        let mut written = json!(self);
        if self.authentication_configuration.secret_token.is_some() {
            written["authenticationConfiguration"]["SecretToken"] = json!(REDACTED);
        }
        written
    }

    /// Refuses what could never start the pipeline, or be told apart.
    pub(super) fn check(&self, pipeline: &Pipeline) -> Result<(), ApiError> {
        let action = self.target(pipeline).ok_or_else(|| {
            let message = format!("pipeline {} has no source action {:?}", pipeline.name, self.target_action);
            ApiError::validation(message)
        })?;
        self.check_authentication()?;
        for filter in &self.filters {
            filter.path().map_err(|why| ApiError::webhook_filter(format!("{:?}: {why}", filter.json_path)))?;
            let wanted = filter.match_equals.as_deref().unwrap_or_default();
            fill(wanted, &action.configuration)
                .map_err(|why| ApiError::webhook_filter(format!("{wanted:?}: {why}")))?;
        }
        Ok(())
    }

    /// The action that brings what the webhook tells of.
    pub(super) fn target<'p>(&self, pipeline: &'p Pipeline) -> Option<&'p Action> {
        let mut actions = pipeline.stages.first()?.actions.iter();
        actions.find(|action| action.name == self.target_action && action.provider.is_source())
    }

    fn check_authentication(&self) -> Result<(), ApiError> {
        let Configuration { allowed_ip_range: range, secret_token: secret } = &self.authentication_configuration;
        let refuse = |why: &str| Err(ApiError::webhook_authentication(why));
        match (self.authentication, range, secret) {
            (Authentication::GithubHmac, None, Some(_)) | (Authentication::Unauthenticated, None, None) => Ok(()),
            (Authentication::Ip, Some(range), None) if Network::parse(range).is_some() => Ok(()),
            (Authentication::Ip, Some(_), None) => {
                refuse("AllowedIPRange is no range of addresses; write 192.0.2.0/24")
            }
            (Authentication::GithubHmac, ..) => refuse("GITHUB_HMAC needs SecretToken and nothing else"),
            (Authentication::Ip, ..) => refuse("IP needs AllowedIPRange and nothing else"),
            (Authentication::Unauthenticated, ..) => refuse("UNAUTHENTICATED needs nothing"),
        }
    }
}
