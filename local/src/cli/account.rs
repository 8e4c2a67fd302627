//! Where the commands go, and as whom: the local cloud that `flowgate up` serves, or an AWS account.

use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};

use crate::cloud::client;
use crate::identity::{APPROVER, AUTHOR, Identity};

/// What any AWS client looks at.
const ENDPOINT: &str = "AWS_ENDPOINT_URL";

/// Why nobody can be asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum AccountError {
    #[error("nobody is named {0} in the local cloud; use author, approver or reviewer")]
    NoIdentity(String),
    #[error("no region is set; set AWS_REGION, or AWS_ENDPOINT_URL to the local cloud that `flowgate up` serves")]
    NoRegion,
}

/// A configuration for AWS clients, and whether they reach the local cloud.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub(super) sdk: SdkConfig,
    pub(super) kind: Kind,
}

/// The access key and its secret.
type Keys = (String, SecretString);

/// What git needs to know to push there.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// The local cloud: the access key and its secret are the password.
    Local { access_key: String, secret_key: SecretString },
    /// An AWS account, by this profile or as the environment says.
    Aws { profile: Option<String> },
}

impl Account {
    /// The account that the environment names, as the caller or as somebody else. On the local cloud that is an
    /// identity of it, `default` unless the environment has keys; on AWS it is a profile.
    pub(super) async fn open(name: Option<&str>, default: Default) -> Result<Self, AccountError> {
        match std::env::var(ENDPOINT).ok().filter(|endpoint| is_loopback(endpoint)) {
            Some(endpoint) => Ok(Self::local(&endpoint, keys(name, default)?)),
            None => Self::aws(name).await,
        }
    }

    /// The local cloud, as one of its identities.
    pub(super) fn of(endpoint: &str, identity: &Identity) -> Self {
        Self::local(endpoint, of(identity))
    }

    pub(super) fn is_local(&self) -> bool {
        matches!(self.kind, Kind::Local { .. })
    }

    fn local(endpoint: &str, (access_key, secret_key): Keys) -> Self {
        let credentials = Credentials::new(&access_key, secret_key.expose_secret(), None, None, "flowgate");
        let provider = SharedCredentialsProvider::new(credentials);
        let sdk = client::sdk_config(endpoint).into_builder().credentials_provider(provider).build();
        Self { sdk, kind: Kind::Local { access_key, secret_key } }
    }

    async fn aws(profile: Option<&str>) -> Result<Self, AccountError> {
        let tls = Provider::Rustls(CryptoMode::Ring);
        let http = aws_smithy_http_client::Builder::new().tls_provider(tls).build_https();
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http);
        if let Some(profile) = profile {
            loader = loader.profile_name(profile);
        }
        let sdk = loader.load().await;
        if sdk.region().is_none() {
            return Err(AccountError::NoRegion);
        }
        Ok(Self { sdk, kind: Kind::Aws { profile: profile.map(str::to_owned) } })
    }
}

/// Who calls the local cloud when nobody is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Default {
    /// Whoever's keys the environment has, else the author.
    Caller,
    /// The approver.
    Approver,
}

fn keys(name: Option<&str>, default: Default) -> Result<Keys, AccountError> {
    match (name, default) {
        (Some(name), _) => {
            Identity::named(name).as_ref().map(of).ok_or_else(|| AccountError::NoIdentity(name.to_owned()))
        }
        (None, Default::Approver) => Ok(of(&APPROVER)),
        (None, Default::Caller) => {
            let given = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map(|name| std::env::var(name).ok());
            let [Some(access_key), Some(secret_key)] = given else { return Ok(of(&AUTHOR)) };
            Ok((access_key, secret_key.into()))
        }
    }
}

fn of(identity: &Identity) -> Keys {
    (identity.access_key.to_owned(), identity.secret_key().into())
}

fn is_loopback(endpoint: &str) -> bool {
    let host = Url::parse(endpoint).ok().and_then(|url| url.host_str().map(str::to_owned));
    host.is_some_and(|host| matches!(&*host, "127.0.0.1" | "localhost" | "[::1]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_the_local_cloud() {
        let cases = [
            ("http://127.0.0.1:4566", true),
            ("http://localhost:4566/", true),
            ("http://[::1]:4566", true),
            ("https://127.0.0.1.example.com", false),
            ("https://codepipeline.us-east-1.amazonaws.com", false),
            ("127.0.0.1:4566", false),
            ("", false),
        ];
        for (endpoint, expected) in cases {
            assert_eq!(is_loopback(endpoint), expected, "{endpoint}");
        }
    }

    #[test]
    fn people_of_the_local_cloud_are_known_by_name() {
        let author = keys(Some("author"), Default::Approver).unwrap();
        assert_eq!(author.0, AUTHOR.access_key);
        assert_eq!(keys(None, Default::Approver).unwrap().0, APPROVER.access_key);
        assert_eq!(keys(Some("reviewer"), Default::Caller).unwrap().0, "reviewer");
        let message = keys(Some("mallory"), Default::Caller).unwrap_err().to_string();
        assert_eq!(message, "nobody is named mallory in the local cloud; use author, approver or reviewer");
    }
}
