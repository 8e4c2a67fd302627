//! What a CodeBuild action runs: the project as the local cloud knows it, and what the action adds.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_codebuild::Client;
use aws_sdk_codebuild::types::{self, EnvironmentVariableType, LogsConfigStatusType};

use super::cloud_log::Place;
use crate::actions::{config, store};
use crate::buildspec::{Secret, Value, machine};
use crate::pipeline::action::Request;
use crate::pipeline::values::{UnknownType, Variable, VariableError, VariableType, environment_variables};

/// CodeBuild's own limit for a build that sets none.
const TIMEOUT: Duration = Duration::from_hours(1);
/// CodeBuild's own limit for the time in the queue.
const QUEUED_TIMEOUT: Duration = Duration::from_hours(8);

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
    /// Its builds need another machine.
    #[error("codebuild project {name}: {refusal}")]
    Machine {
        /// Its name.
        name: String,
        /// What is wrong with its environment.
        refusal: String,
    },
    /// A variable comes from nowhere.
    #[error(transparent)]
    Variable(#[from] UnknownType),
}

/// A project as far as a build needs it.
#[derive(Debug)]
pub(super) struct Project {
    pub(super) arn: String,
    /// Whom its builds work as.
    pub(super) role: String,
    /// Inline text, a path or an object's ARN, when it sets one.
    pub(super) buildspec: Option<String>,
    pub(super) variables: BTreeMap<String, Value>,
    pub(super) image: String,
    pub(super) encryption_key: String,
    pub(super) timeout: Duration,
    /// How long a build may wait for others of the project.
    pub(super) queued_timeout: Duration,
    /// Where its builds' lines go in CloudWatch Logs; the stream's name still lacks the build.
    pub(super) log: Option<Place>,
    /// What it asks for that makes no difference here, for people to read.
    pub(super) notes: Vec<String>,
}

impl Project {
    /// Where the lines of one of its builds go.
    pub(super) fn log_of(&self, build: &str) -> Option<Place> {
        let place = self.log.clone()?;
        let stream = if place.stream.is_empty() { build.to_owned() } else { format!("{}/{build}", place.stream) };
        Some(Place { stream, ..place })
    }
}

pub(super) async fn read(sdk: &SdkConfig, name: &str) -> Result<Project, Error> {
    let answer = Client::new(sdk).batch_get_projects().names(name).send().await;
    let failed = |reason| Error::Call { name: name.to_owned(), reason };
    let projects = answer.map_err(|error| failed(store::reason(&error).to_string()))?.projects.unwrap_or_default();
    let project = projects.into_iter().next().ok_or_else(|| Error::Missing(name.to_owned()))?;
    of(name, project)
}

fn of(name: &str, project: types::Project) -> Result<Project, Error> {
    let environment = project.environment;
    let kind = environment.as_ref().map_or("", |environment| environment.r#type.as_str());
    if let Some(refusal) = machine::refusal(kind) {
        return Err(Error::Machine { name: name.to_owned(), refusal });
    }
    let image = environment.as_ref().map(|environment| environment.image.clone()).unwrap_or_default();
    let privileged = environment.as_ref().is_some_and(|environment| environment.privileged_mode == Some(true));
    let variables = environment.and_then(|environment| environment.environment_variables).unwrap_or_default();
    let logs = project.logs_config.as_ref();
    Ok(Project {
        arn: project.arn.unwrap_or_default(),
        role: project.service_role.unwrap_or_default(),
        buildspec: project.source.and_then(|source| source.buildspec).filter(|text| !text.trim().is_empty()),
        variables: variables.into_iter().map(variable).collect::<Result<_, _>>()?,
        log: log(name, logs.and_then(types::LogsConfig::cloud_watch_logs)),
        notes: notes(privileged, &image, logs.and_then(types::LogsConfig::s3_logs)),
        image,
        encryption_key: project.encryption_key.unwrap_or_default(),
        timeout: minutes(project.timeout_in_minutes, TIMEOUT),
        queued_timeout: minutes(project.queued_timeout_in_minutes, QUEUED_TIMEOUT),
    })
}

/// The project's own group, or CodeBuild's for it.
fn log(project: &str, config: Option<&types::CloudWatchLogsConfig>) -> Option<Place> {
    let disabled = config.is_some_and(|config| *config.status() == LogsConfigStatusType::Disabled);
    let set = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    let group = config.and_then(|config| set(config.group_name()));
    let stream = config.and_then(|config| set(config.stream_name())).unwrap_or_default();
    (!disabled).then(|| Place { group: group.unwrap_or_else(|| format!("/aws/codebuild/{project}")), stream })
}

fn notes(privileged: bool, image: &str, s3: Option<&types::S3LogsConfig>) -> Vec<String> {
    let privileged = privileged.then(|| {
        format!("privileged mode has no effect: image {image} is not run, commands run on this machine as you")
    });
    let s3 = s3.is_some_and(|config| *config.status() == LogsConfigStatusType::Enabled);
    privileged.into_iter().chain(s3.then(|| "the log is not written to s3 here".to_owned())).collect()
}

/// The variables that the action sets, which win over the project's.
pub(super) fn action_variables(request: &Request) -> Result<BTreeMap<String, Value>, Error> {
    let text = config::optional(request, "EnvironmentVariables").unwrap_or("[]");
    let variables = environment_variables(text).map_err(|error| match error {
        VariableError::Malformed(error) => config::malformed(request, "EnvironmentVariables", &error).into(),
        VariableError::Type(unknown) => Error::from(unknown),
    })?;
    Ok(variables.into_iter().map(|Variable { name, value, kind }| (name, valued(value, kind))).collect())
}

fn variable(variable: types::EnvironmentVariable) -> Result<(String, Value), Error> {
    let kind = variable.r#type.unwrap_or(EnvironmentVariableType::Plaintext);
    let kind = VariableType::named(kind.as_str(), &variable.name)?;
    Ok((variable.name, valued(variable.value, kind)))
}

fn valued(value: String, kind: VariableType) -> Value {
    match kind {
        VariableType::Plaintext => Value::Plain(value),
        VariableType::ParameterStore => Value::Parameter(value),
        VariableType::SecretsManager => Value::Secret(Secret::read(&value)),
    }
}

fn minutes(set: Option<i32>, default: Duration) -> Duration {
    set.and_then(|minutes| u64::try_from(minutes).ok())
        .filter(|minutes| *minutes > 0)
        .map_or(default, Duration::from_mins)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(config: Option<&types::CloudWatchLogsConfig>) -> String {
        match log("p", config) {
            Some(Place { group, stream }) => format!("{group} {stream}"),
            None => "none".to_owned(),
        }
    }

    #[test]
    fn the_log_goes_where_the_project_wants_it() {
        let config = |status| types::CloudWatchLogsConfig::builder().status(status);
        let enabled = || config(LogsConfigStatusType::Enabled);
        for (config, expected) in [
            (None, "/aws/codebuild/p "),
            (enabled().build().ok(), "/aws/codebuild/p "),
            (enabled().group_name("g").build().ok(), "g "),
            (enabled().group_name("g").stream_name("s").build().ok(), "g s"),
            (config(LogsConfigStatusType::Disabled).group_name("g").build().ok(), "none"),
        ] {
            assert_eq!(place(config.as_ref()), expected, "{config:?}");
        }
    }

    #[test]
    fn what_a_project_says_of_its_builds_is_read() {
        let environment = types::ProjectEnvironment::builder()
            .r#type(types::EnvironmentType::LinuxContainer)
            .compute_type(types::ComputeType::BuildGeneral1Small)
            .image("own:1")
            .privileged_mode(true);
        let variable = types::EnvironmentVariable::builder().name("A").value("a:k");
        let secret = variable.r#type(EnvironmentVariableType::SecretsManager).build().unwrap();
        let environment = environment.environment_variables(secret).build().unwrap();
        let builder = types::Project::builder().environment(environment).queued_timeout_in_minutes(5);
        let project = of("p", builder.build()).unwrap();
        assert_eq!((project.timeout, project.queued_timeout), (Duration::from_hours(1), Duration::from_mins(5)));
        let secret = Secret { id: "a".into(), key: Some("k".into()), stage: None, version: None };
        assert_eq!(project.variables["A"], Value::Secret(secret));
        let note = "privileged mode has no effect: image own:1 is not run, commands run on this machine as you";
        assert_eq!(project.notes, [note]);
        assert_eq!(project.log_of("b").unwrap().stream, "b");
    }

    #[test]
    fn a_project_that_needs_another_machine_is_refused_as_the_check_does() {
        for (kind, runs) in [
            (types::EnvironmentType::WindowsServer2022Container, false),
            (types::EnvironmentType::MacArm, false),
            (types::EnvironmentType::ArmContainer, true),
        ] {
            let environment = types::ProjectEnvironment::builder()
                .r#type(kind.clone())
                .compute_type(types::ComputeType::BuildGeneral1Small)
                .image("own:1");
            let project = of("p", types::Project::builder().environment(environment.build().unwrap()).build());
            let refusal = format!("codebuild project p: {kind} cannot run here; use a Linux environment");
            assert_eq!(project.err().map(|error| error.to_string()), (!runs).then_some(refusal));
        }
    }
}
