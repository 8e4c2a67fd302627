//! The configuration that all clients share.

use std::env;

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, retry::RetryConfig};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_types::SdkConfig;

/// A variable that Lambda sets is missing.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable {0} is not set; this program is made to run as a Lambda function")]
pub struct MissingVariable(String);

/// Reads a variable that must be there.
pub fn variable(name: &str) -> Result<String, MissingVariable> {
    env::var(name).map_err(|_| MissingVariable(name.to_owned()))
}

/// Region, credentials and endpoint from the environment that Lambda gives a function, and one HTTP client on ring.
///
/// Deliberately not `aws_config`'s chain: it would look for profiles and instance metadata that a Lambda never has.
pub fn from_environment() -> Result<SdkConfig, MissingVariable> {
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(variable("AWS_REGION")?))
        .credentials_provider(SharedCredentialsProvider::new(credentials()?))
        .retry_config(RetryConfig::standard())
        .http_client(http);
    if let Ok(endpoint) = env::var("AWS_ENDPOINT_URL") {
        config = config.endpoint_url(endpoint);
    }
    Ok(config.build())
}

fn credentials() -> Result<Credentials, MissingVariable> {
    let token = env::var("AWS_SESSION_TOKEN").ok();
    Ok(Credentials::new(variable("AWS_ACCESS_KEY_ID")?, variable("AWS_SECRET_ACCESS_KEY")?, token, None, "environment"))
}
