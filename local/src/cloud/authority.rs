//! IAM as AWS's own services meet it: CodePipeline and CodeBuild, which flowgate plays, do all their work as a role that trusts
//! them, and may do what that role may.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use serde::Deserialize;
use serde_json::{Value, json};

/// How long a service works as a role. On AWS services renew their credentials as they need to; here they last longer than
/// any action or build, and than the longest that a rule may wait, which is 60 days.
const AT_WORK: Duration = Duration::from_hours(61 * 24);
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

/// Who lets services assume roles.
#[derive(Debug, Clone)]
pub struct Authority {
    root: SdkConfig,
    /// None where nothing is enforced.
    http: Option<reqwest::Client>,
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
    http: Option<reqwest::Client>,
}

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
}

#[derive(Deserialize)]
struct Denial {
    message: String,
}

impl Authority {
    /// Of the local cloud that `root` is the root of.
    pub fn new(iam: Iam, root: SdkConfig) -> Self {
        // Loopback is never reached through a proxy.
        let client = || reqwest::Client::builder().no_proxy().build().unwrap_or_default();
        Self { root, http: (iam == Iam::Enforce).then(client) }
    }

    /// What our own clients reach the local cloud with, as its root.
    pub fn root(&self) -> &SdkConfig {
        &self.root
    }

    /// Lets a service work as a role, which must trust it.
    pub async fn assume(&self, role: &Role<'_>) -> Result<Session, Refused> {
        let credentials = match &self.http {
            None => credentials_of_root(),
            Some(http) => {
                let asked = json!({"role": role.arn, "service": role.service, "source": role.source,
                    "session": role.session, "policy": role.policy, "seconds": AT_WORK.as_secs()});
                ask::<Answer>(http, &self.root, "assume", &asked).await?.into()
            }
        };
        Ok(Session::new(&self.root, credentials, role.arn, role.session, self.http.clone()))
    }
}

impl Session {
    fn new(sdk: &SdkConfig, credentials: Credentials, role: &str, name: &str, http: Option<reqwest::Client>) -> Self {
        let provider = SharedCredentialsProvider::new(credentials.clone());
        let sdk = sdk.to_builder().credentials_provider(provider).build();
        Self { sdk, credentials, role: role.to_owned(), name: name.to_owned(), http }
    }

    /// Lets this role work as another, which must trust it, and which it must be allowed to assume.
    pub async fn assume(&self, role: &str) -> Result<Self, Refused> {
        let Some(http) = &self.http else { return Ok(self.clone()) };
        self.may("sts:AssumeRole", role, &[]).await?;
        let asked =
            json!({"role": role, "by": self.role, "session": self.name, "policy": null, "seconds": AT_WORK.as_secs()});
        let credentials = ask::<Answer>(http, &self.sdk, "assume", &asked).await?.into();
        Ok(Self::new(&self.sdk, credentials, role, &self.name, self.http.clone()))
    }

    /// Credentials of this role to hand on: they last an hour, and may do only what `policy` allows as well.
    pub async fn lend(&self, policy: &Value) -> Result<Credentials, Refused> {
        let Some(http) = &self.http else { return Ok(self.credentials.clone()) };
        let asked = json!({"role": self.role, "by": self.role, "session": self.name, "policy": policy,
            "seconds": LENT.as_secs()});
        ask::<Answer>(http, &self.sdk, "assume", &asked).await.map(Credentials::from)
    }

    /// What signs the role's requests.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Whether the role may do what no request of ours to the local cloud asks: `action` is such as `iam:PassRole`,
    /// `resource` an ARN or `*`, and `context` has more condition keys.
    pub async fn may(&self, action: &str, resource: &str, context: &[(&str, &str)]) -> Result<(), Refused> {
        let Some(http) = &self.http else { return Ok(()) };
        let context: Value = context.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
        let asked = json!({"role": self.role, "session": self.name, "action": action, "resource": resource,
            "context": context});
        ask::<Value>(http, &self.sdk, "authorize", &asked).await.map(drop)
    }
}

impl From<Answer> for Credentials {
    fn from(Answer { access_key_id, secret_access_key, session_token }: Answer) -> Self {
        Self::new(access_key_id, secret_access_key, Some(session_token), None, "flowgate")
    }
}

fn credentials_of_root() -> Credentials {
    use super::client::{ACCESS_KEY, SECRET_KEY};
    Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "flowgate")
}

async fn ask<T: for<'a> Deserialize<'a>>(
    http: &reqwest::Client,
    sdk: &SdkConfig,
    what: &str,
    asked: &Value,
) -> Result<T, Refused> {
    let url = format!("{}/_flowgate/{what}", sdk.endpoint_url().unwrap_or_default());
    let unreachable = |error: reqwest::Error| Refused::Unreachable(error.without_url().to_string());
    let answer = http.post(url).json(asked).send().await.map_err(unreachable)?;
    if answer.status() == reqwest::StatusCode::FORBIDDEN {
        return Err(Refused::Denied(answer.json::<Denial>().await.map_err(unreachable)?.message));
    }
    answer.error_for_status().map_err(unreachable)?.json().await.map_err(unreachable)
}
