//! The configuration that all clients share.

use std::{env, time::Duration};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, retry::RetryConfig, timeout::TimeoutConfig};
use aws_smithy_http_client::{
    pool::{Client, ConnectionPool},
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::SdkConfig;

use crate::discreet::Discreet;

/// A variable that Lambda sets is missing.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable {0} is not set; this program is made to run as a Lambda function")]
pub struct MissingVariable(String);

/// Why no client can be made.
#[derive(Debug, thiserror::Error)]
pub enum NoClient {
    /// Lambda's settings are not there.
    #[error(transparent)]
    Environment(#[from] MissingVariable),
    /// No connection could ever be opened.
    #[error("could not set up the HTTP client: {0}")]
    Http(String),
}

/// Reads a variable that must be there.
pub fn variable(name: &str) -> Result<String, MissingVariable> {
    env::var(name).map_err(|_| MissingVariable(name.to_owned()))
}

/// Region, credentials and endpoint from the environment that Lambda gives a function, and one HTTP client on ring.
///
/// Deliberately not `aws_config`'s chain: it would look for profiles and instance metadata that a Lambda never has.
pub fn from_environment() -> Result<SdkConfig, NoClient> {
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(variable("AWS_REGION")?))
        .credentials_provider(SharedCredentialsProvider::new(credentials()?))
        .retry_config(RetryConfig::standard())
        .timeout_config(timeouts().operation_attempt_timeout(Duration::from_secs(10)).build())
        .http_client(http_client()?);
    if let Ok(endpoint) = env::var("AWS_ENDPOINT_URL") {
        config = config.endpoint_url(endpoint);
    }
    Ok(config.build())
}

/// A connection on which nothing happens is asked so often whether it is still there: whoever waits minutes for an
/// invocation's answer goes through networks that forget a silent connection, and would never hear of it.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// A connection that nobody used for so long is not used again. Its other end, or the freeze of this function, may have
/// ended it unseen, and an invocation that is lost on it cannot be repeated (I19).
const IDLE: Duration = Duration::from_secs(20);

/// The HTTP client that all share: TLS on ring, and refusals that do not repeat credentials (I26).
pub fn http_client() -> Result<SharedHttpClient, NoClient> {
    let pool = ConnectionPool::builder().tcp_keepalive(KEEP_ALIVE).idle_timeout(IDLE);
    let pool = pool.tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let pool = pool.map_err(|error| NoClient::Http(error.to_string()))?;
    let client = Client::new(&pool).map_err(|error| NoClient::Http(error.to_string()))?;
    Ok(SharedHttpClient::new(Discreet(SharedHttpClient::new(client))))
}

/// The time limits of calls that settle a job: several of them fit into the reserve that the envelope keeps for that
/// (I17), also when a connection is accepted and then stays silent.
pub(crate) fn prompt() -> TimeoutConfig {
    let attempt = Duration::from_millis(700);
    timeouts().operation_attempt_timeout(attempt).operation_timeout(Duration::from_millis(1200)).build()
}

/// The time limit of connecting where many connect at once, or far away.
pub(crate) const PATIENT: Duration = Duration::from_secs(5);

/// The time limit of connecting, and no other.
pub(crate) fn timeouts() -> aws_sdk_dynamodb::config::timeout::TimeoutConfigBuilder {
    TimeoutConfig::builder().connect_timeout(Duration::from_secs(1))
}

/// Few and quick attempts; the envelope itself goes on trying while there is time.
pub(crate) fn quick_retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(2).with_initial_backoff(Duration::from_millis(50))
}

/// The same, each call attempted once: for who keeps to a rate of calls, which attempts of the SDK's own would exceed just
/// when there were too many, and whose next run tries again.
pub(crate) fn once(config: &SdkConfig) -> SdkConfig {
    config.to_builder().retry_config(RetryConfig::disabled()).build()
}

fn credentials() -> Result<Credentials, MissingVariable> {
    let token = env::var("AWS_SESSION_TOKEN").ok();
    Ok(Credentials::new(variable("AWS_ACCESS_KEY_ID")?, variable("AWS_SECRET_ACCESS_KEY")?, token, None, "environment"))
}
