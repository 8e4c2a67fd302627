//! What a CodeBuild action runs: the project as the local cloud knows it, and what the action adds.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_codebuild::Client;
use aws_sdk_codebuild::types::{self, EnvironmentVariableType};
use serde::Deserialize;

use crate::actions::{config, store};
use crate::pipeline::action::Request;

/// CodeBuild's own limit for a build that sets none.
const TIMEOUT: Duration = Duration::from_hours(1);

/// Why a project cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration is wrong.
    #[error(transparent)]
    Configuration(#[from] config::Error),
    /// There is no such project.
    #[error("codebuild project {0} does not exist: deploy it, or correct ProjectName of the action")]
    Missing(String),
    /// It cannot be read.
    #[error("codebuild project {name} cannot be read: {reason}")]
    Call {
        /// Its name.
        name: String,
        /// What the service says.
        reason: String,
    },
    /// A variable comes from where local builds do not look.
    #[error("environment variable {name} is of type {kind}, which does not run here: make it PLAINTEXT")]
    Variable {
        /// Its name.
        name: String,
        /// Its type.
        kind: String,
    },
}

/// A project as far as a build needs it.
#[derive(Debug)]
pub(super) struct Project {
    pub(super) arn: String,
    /// Whom its builds work as.
    pub(super) role: String,
    /// Inline text or a path, when it sets one.
    pub(super) buildspec: Option<String>,
    pub(super) variables: BTreeMap<String, String>,
    pub(super) image: String,
    pub(super) encryption_key: String,
    pub(super) timeout: Duration,
}

/// One of the action's `EnvironmentVariables`.
#[derive(Deserialize)]
struct Variable {
    name: String,
    value: String,
    #[serde(default = "plaintext")]
    r#type: String,
}

pub(super) async fn read(sdk: &SdkConfig, name: &str) -> Result<Project, Error> {
    let answer = Client::new(sdk).batch_get_projects().names(name).send().await;
    let failed = |reason| Error::Call { name: name.to_owned(), reason };
    let projects = answer.map_err(|error| failed(store::reason(&error).to_string()))?.projects.unwrap_or_default();
    let project = projects.into_iter().next().ok_or_else(|| Error::Missing(name.to_owned()))?;
    let environment = project.environment;
    let image = environment.as_ref().map(|environment| environment.image.clone()).unwrap_or_default();
    let variables = environment.and_then(|environment| environment.environment_variables).unwrap_or_default();
    Ok(Project {
        arn: project.arn.unwrap_or_default(),
        role: project.service_role.unwrap_or_default(),
        buildspec: project.source.and_then(|source| source.buildspec).filter(|text| !text.trim().is_empty()),
        variables: variables.into_iter().map(plain).collect::<Result<_, _>>()?,
        image,
        encryption_key: project.encryption_key.unwrap_or_default(),
        timeout: timeout(project.timeout_in_minutes),
    })
}

/// The variables that the action sets, which win over the project's.
pub(super) fn action_variables(request: &Request) -> Result<BTreeMap<String, String>, Error> {
    let text = config::optional(request, "EnvironmentVariables").unwrap_or("[]");
    let variables: Vec<Variable> =
        serde_json::from_str(text).map_err(|error| config::malformed(request, "EnvironmentVariables", &error))?;
    let plain = |variable: Variable| match variable.r#type.as_str() {
        "PLAINTEXT" => Ok((variable.name, variable.value)),
        _ => Err(Error::Variable { name: variable.name, kind: variable.r#type }),
    };
    variables.into_iter().map(plain).collect()
}

fn plain(variable: types::EnvironmentVariable) -> Result<(String, String), Error> {
    match variable.r#type {
        None | Some(EnvironmentVariableType::Plaintext) => Ok((variable.name, variable.value)),
        Some(kind) => Err(Error::Variable { name: variable.name, kind: kind.as_str().to_owned() }),
    }
}

fn timeout(minutes: Option<i32>) -> Duration {
    minutes
        .and_then(|minutes| u64::try_from(minutes).ok())
        .filter(|minutes| *minutes > 0)
        .map_or(TIMEOUT, Duration::from_mins)
}

fn plaintext() -> String {
    "PLAINTEXT".to_owned()
}
