//! What `preview` is told by its environment.

use std::str::FromStr;

use jiff::SignedDuration;
use pipeline_core::{
    ids::{FunctionName, StackArn},
    lease::{place::Place, request::Ttl},
    preview::{settings::Settings as Previews, slots::Quota},
};

use crate::{
    environment::{Environment, InvalidVariable},
    github::SecretSource,
    leasing,
    previewing::codecommit::Home,
};

/// What `preview` is told by its environment.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The state table's name.
    pub table: String,
    /// How far clocks may differ.
    pub margin: SignedDuration,
    /// The repository that previews are made of.
    pub repository: String,
    /// Where CodeCommit's events come from.
    pub home: Home,
    /// Where the webhook's secret is kept; without one, none is accepted.
    pub webhook: Option<SecretSource>,
    /// What previews may do.
    pub previews: Previews,
    /// This function.
    pub function: FunctionName,
}

impl Settings {
    /// Reads them.
    pub fn read(environment: &Environment<'_>) -> Result<Self, InvalidVariable> {
        let own: StackArn = environment.parsed("OWN_STACK")?;
        let service = environment.service("SERVICE")?;
        let provider: Provider = environment.parsed("PROVIDER")?;
        let repository = environment.text("REPOSITORY")?;
        let is_github = provider == Provider::GitHub;
        let secret = environment.unseen::<SecretSource>("WEBHOOK_SECRET")?;
        let home = Home { place: Place::of(&own, &service), repository: (!is_github).then(|| repository.clone()) };
        Ok(Self {
            table: environment.text("STATE_TABLE")?,
            margin: leasing::margin(environment)?,
            repository,
            home,
            webhook: secret.filter(|_| is_github),
            previews: previews(environment, service)?,
            function: environment.parsed("AWS_LAMBDA_FUNCTION_NAME")?,
        })
    }
}

fn previews(environment: &Environment<'_>, service: String) -> Result<Previews, InvalidVariable> {
    let all = environment.parsed("QUOTA")?;
    Ok(Previews {
        service,
        pipeline: environment.text("PIPELINE")?,
        ttl: environment.parsed::<Lasting>("TTL")?.0,
        quota: Quota { all, author: environment.parsed("QUOTA_PER_AUTHOR")? },
        drafts: environment.parsed_or("PREVIEW_DRAFTS", false)?,
    })
}

/// Where pull requests are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Provider {
    CodeCommit,
    GitHub,
}

impl FromStr for Provider {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "CodeCommit" => Ok(Self::CodeCommit),
            "GitHub" => Ok(Self::GitHub),
            _ => Err("a provider is CodeCommit or GitHub"),
        }
    }
}

/// How long a preview lasts, as a time with its unit.
struct Lasting(Ttl);

impl FromStr for Lasting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let time: SignedDuration = text.parse().map_err(|error: jiff::Error| error.to_string())?;
        let ttl = Ttl::try_from(i128::from(time.as_secs())).map_err(|error| error.to_string())?;
        Ok(Self(ttl))
    }
}
