//! IAM as AWS's own services meet it: CodePipeline and CodeBuild, which flowgate plays, do all their work as a role that trusts
//! them, and may do what that role may.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

/// How long credentials of a service last that works as a role: longer than a build may, which is 36 hours and cannot be given
/// others meanwhile. What takes longer, as a rule that waits, renews them.
const AT_WORK: Duration = Duration::from_hours(37);
/// How long before their end they are renewed.
const BEFOREHAND: Duration = Duration::from_mins(5);
/// How long credentials are good for that a service hands on.
const LENT: Duration = Duration::from_hours(1);

/// Whether the local cloud asks who may do what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Iam {
    /// Everybody may do everything.
    #[default]
    Off,
    /// A request needs permission, as on AWS.
    Enforce,
}

/// How long the local cloud may think about an answer.
const PATIENCE: Duration = Duration::from_mins(1);

/// Who lets services assume roles.
#[derive(Debug, Clone)]
pub struct Authority {
    root: SdkConfig,
    door: Door,
}

/// Where IAM is asked.
#[derive(Debug, Clone)]
enum Door {
    /// Nobody is asked: nothing is enforced.
    Off,
    Enforced {
        http: reqwest::Client,
        /// The local cloud's.
        url: String,
    },
}

/// A role, and the service that works as it.
#[derive(Debug, Clone)]
pub struct Role<'a> {
    /// The role's ARN.
    pub arn: &'a str,
    /// The service's principal, such as `codebuild.amazonaws.com`.
    pub service: &'a str,
    /// The ARN of the resource that the service works for: `aws:SourceArn`.
    pub source: &'a str,
    /// The session's name.
    pub session: &'a str,
    /// A session policy: the session may do only what it allows as well.
    pub policy: Option<Value>,
}

/// A service that works as a role; root, where nothing is enforced.
#[derive(Debug, Clone)]
pub struct Session {
    /// For clients that act as the role.
    pub sdk: SdkConfig,
    credentials: Credentials,
    role: String,
    name: String,
    door: Door,
}

/// What signs a role's requests: the first credentials, and others when those end.
#[derive(Debug)]
struct Renewed {
    first: Credentials,
    door: Door,
    asked: Value,
}

/// There is no client to ask IAM with.
#[derive(Debug, thiserror::Error)]
#[error("no client to ask the local cloud's iam with can be made: {0}")]
pub struct NoClient(#[from] reqwest::Error);

/// Why somebody may not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// What IAM says.
    #[error("{0}")]
    Denied(String),
    /// IAM could not be asked.
    #[error("iam cannot be asked: {0}")]
    Unreachable(String),
}

#[derive(Deserialize)]
struct Answer {
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
    expires_in: u64,
}

#[derive(Deserialize)]
struct Denial {
    message: String,
}

impl Authority {
    /// Of the local cloud that `root` is the root of.
    ///
    /// # Errors
    /// When IAM is to be enforced, and there can be no client to ask it with.
    pub fn new(iam: Iam, root: SdkConfig) -> Result<Self, NoClient> {
        let door = match iam {
            Iam::Off => Door::Off,
            Iam::Enforce => Door::Enforced {
                // Loopback is never reached through a proxy.
                http: reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?,
                url: root.endpoint_url().unwrap_or_default().to_owned(),
            },
        };
        Ok(Self { root, door })
    }

    /// What our own clients reach the local cloud with, as its root.
    pub fn root(&self) -> &SdkConfig {
        &self.root
    }

    /// Lets a service work as a role, which must trust it.
    pub async fn assume(&self, role: &Role<'_>) -> Result<Session, Refused> {
        let asked = json!({"role": role.arn, "service": role.service, "source": role.source, "session": role.session,
            "policy": role.policy, "seconds": AT_WORK.as_secs()});
        Session::open(&self.root, &self.door, role.arn, role.session, asked).await
    }
}

impl Session {
    async fn open(sdk: &SdkConfig, door: &Door, role: &str, name: &str, asked: Value) -> Result<Self, Refused> {
        let credentials = door.credentials(&asked).await?;
        let provider = Renewed { first: credentials.clone(), door: door.clone(), asked };
        let sdk = sdk.to_builder().credentials_provider(SharedCredentialsProvider::new(provider)).build();
        Ok(Self { sdk, credentials, role: role.to_owned(), name: name.to_owned(), door: door.clone() })
    }

    /// Lets this role work as another, which must trust it, and which it must be allowed to assume.
    pub async fn assume(&self, role: &str) -> Result<Self, Refused> {
        self.may("sts:AssumeRole", role, &[]).await?;
        let asked =
            json!({"role": role, "by": self.role, "session": self.name, "policy": null, "seconds": AT_WORK.as_secs()});
        Self::open(&self.sdk, &self.door, role, &self.name, asked).await
    }

    /// Credentials of this role to hand on: they last an hour, and may do only what `policy` allows as well.
    pub async fn lend(&self, policy: &Value) -> Result<Credentials, Refused> {
        let asked = json!({"role": self.role, "by": self.role, "session": self.name, "policy": policy,
            "seconds": LENT.as_secs()});
        self.door.credentials(&asked).await
    }

    /// What signs the role's requests, for as long as a build may last.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Whether the role may do what no request of ours to the local cloud asks: `action` is such as `iam:PassRole`,
    /// `resource` an ARN or `*`, and `context` has more condition keys.
    pub async fn may(&self, action: &str, resource: &str, context: &[(&str, &str)]) -> Result<(), Refused> {
        let Door::Enforced { http, url } = &self.door else { return Ok(()) };
        let context: Value = context.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
        let asked = json!({"role": self.role, "session": self.name, "action": action, "resource": resource,
            "context": context});
        ask::<Value>(http, url, "authorize", &asked).await.map(drop)
    }
}

impl Door {
    async fn credentials(&self, asked: &Value) -> Result<Credentials, Refused> {
        match self {
            Self::Off => Ok(credentials_of_root()),
            Self::Enforced { http, url } => ask::<Answer>(http, url, "assume", asked).await.map(Credentials::from),
        }
    }
}

impl Renewed {
    async fn now(&self) -> Result<Credentials, CredentialsError> {
        let end = self.first.expiry().and_then(|end| Timestamp::try_from(end).ok());
        if end.is_none_or(|end| end > Timestamp::now() + BEFOREHAND) {
            return Ok(self.first.clone());
        }
        self.door.credentials(&self.asked).await.map_err(CredentialsError::provider_error)
    }
}

impl ProvideCredentials for Renewed {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.now())
    }
}

impl From<Answer> for Credentials {
    fn from(answer: Answer) -> Self {
        let Answer { access_key_id, secret_access_key, session_token, expires_in } = answer;
        let end = Timestamp::now().checked_add(Duration::from_secs(expires_in)).ok().map(Into::into);
        Self::new(access_key_id, secret_access_key, Some(session_token), end, "flowgate")
    }
}

fn credentials_of_root() -> Credentials {
    use super::client::{ACCESS_KEY, SECRET_KEY};
    Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "flowgate")
}

async fn ask<T: for<'a> Deserialize<'a>>(
    http: &reqwest::Client,
    url: &str,
    what: &str,
    asked: &Value,
) -> Result<T, Refused> {
    let url = format!("{url}/_flowgate/{what}");
    let unreachable = |error: reqwest::Error| Refused::Unreachable(error.without_url().to_string());
    let answer = http.post(url).json(asked).send().await.map_err(unreachable)?;
    if answer.status() == reqwest::StatusCode::FORBIDDEN {
        return Err(Refused::Denied(answer.json::<Denial>().await.map_err(unreachable)?.message));
    }
    answer.error_for_status().map_err(unreachable)?.json().await.map_err(unreachable)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::routing::post;
    use axum::{Json, Router};

    use super::*;
    use crate::cloud::client::sdk_config;

    /// The keys that a session's requests are signed with, one after the other, where credentials last so many seconds.
    async fn keys(seconds: u64) -> [String; 3] {
        let count = Arc::new(AtomicUsize::new(0));
        let answer = move || {
            let id = format!("key-{}", count.fetch_add(1, Ordering::Relaxed));
            let answer =
                json!({"access_key_id": id, "secret_access_key": "s", "session_token": "t", "expires_in": seconds});
            async move { Json(answer) }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().route("/_flowgate/assume", post(answer));
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        let role = Role { arn: "r", service: "s", source: "a", session: "n", policy: None };
        let session = Authority::new(Iam::Enforce, sdk_config(&url)).unwrap().assume(&role).await.unwrap();
        let provider = session.sdk.credentials_provider().unwrap();
        let key = async || provider.provide_credentials().await.unwrap().access_key_id().to_owned();
        let keys = [session.credentials().access_key_id().to_owned(), key().await, key().await];
        server.abort();
        keys
    }

    #[tokio::test]
    async fn a_session_renews_its_credentials_when_they_end() {
        assert_eq!(keys(60).await, ["key-0", "key-1", "key-2"]);
        assert_eq!(keys(3600).await, ["key-0", "key-0", "key-0"]);
    }

    #[tokio::test]
    async fn where_nothing_is_enforced_everybody_is_root() {
        let authority = Authority::new(Iam::Off, sdk_config("http://127.0.0.1:1")).unwrap();
        let role = Role { arn: "r", service: "s", source: "a", session: "n", policy: None };
        let session = authority.assume(&role).await.unwrap().assume("other").await.unwrap();
        session.may("iam:PassRole", "*", &[]).await.unwrap();
        assert_eq!(session.credentials().access_key_id(), crate::cloud::client::ACCESS_KEY);
        assert_eq!(session.lend(&json!({})).await.unwrap().access_key_id(), crate::cloud::client::ACCESS_KEY);
    }
}
