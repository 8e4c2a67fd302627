//! How our own AWS clients reach the local cloud.

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;

/// The one region of the local cloud.
pub const REGION: &str = "us-east-1";
/// The account that belongs to [`ACCESS_KEY`].
pub const ACCOUNT: &str = "000000000000";
/// The access key of whoever runs the pipeline. The local cloud accepts any; it must not be twelve digits, because the
/// emulator takes those for the id of another account.
pub const ACCESS_KEY: &str = "test";
/// The secret that belongs to [`ACCESS_KEY`]; nothing checks it.
pub const SECRET_KEY: &str = "test";

/// A configuration for clients of the local cloud at `endpoint`. It reads no environment, no profile and no instance
/// metadata: a real account must never be reached by accident.
pub fn sdk_config(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "flowgate");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        // Loopback needs no TLS, and reading the system's certificates would cost more than all else here.
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        // One more attempt, for a connection that was closed while idle.
        .retry_config(RetryConfig::standard().with_max_attempts(2))
        .build()
}

/// The variables by which any AWS client, in a buildspec or on the command line, reaches the local cloud.
pub fn variables(endpoint: &str) -> [(&'static str, String); 9] {
    [
        ("AWS_ENDPOINT_URL", endpoint.to_owned()),
        ("AWS_ACCESS_KEY_ID", ACCESS_KEY.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", SECRET_KEY.to_owned()),
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_DEFAULT_REGION", REGION.to_owned()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ("AWS_PAGER", String::new()),
        // The user's own profiles may name a real account.
        ("AWS_CONFIG_FILE", "/dev/null".to_owned()),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".to_owned()),
    ]
}
