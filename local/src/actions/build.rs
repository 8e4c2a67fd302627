//! CodeBuild actions: the project's buildspec, run for real on this machine.

mod artifacts;
mod buildspec_file;
mod cloud_log;
mod environment;
mod error;
mod execute;
mod lines;
mod log;
mod mask;
mod process;
mod project;
mod removal;
mod shell;
mod upload;
mod vault;
mod workspace;

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::acting::{self, Acting};
use super::{Context, Observer, config, store};
use crate::cloud::authority::{Refused, Role};
use crate::cloud::client::REGION;
use crate::pipeline::action::{Artifact, Failure, Location, Progress, Request, Success};
use crate::pipeline::values::is_project_name;
pub use artifacts::Packed;
pub use buildspec_file::Place;
use cloud_log::CloudLog;
use environment::Identity;
pub use error::{Error as BuildError, Terminated};
pub use execute::{Built, Job, execute};
use project::Project;
use vault::Stores;
pub use vault::{Refused as NoValue, Vault};
pub use workspace::Input;

/// CodeBuild's principal.
const CODEBUILD: &str = "codebuild.amazonaws.com";

/// Why a build action failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its configuration is wrong.
    #[error(transparent)]
    Configuration(#[from] config::Error),
    /// Its project cannot be built.
    #[error(transparent)]
    Project(#[from] project::Error),
    /// A name cannot be a directory's.
    #[error("{0:?} is no name of a project or an artifact: use letters, digits, `-` and `_`")]
    Name(String),
    /// It has no input, or several and does not say which is the source.
    #[error("action {0} needs an input artifact, and PrimarySource when there are several")]
    Inputs(String),
    /// An artifact cannot be read or written.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The build failed.
    #[error("{how}, Message: {0}", how = .0.terminated())]
    Build(Box<BuildError>),
    /// The pipeline's role may not build.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// CodeBuild cannot work as the project's role.
    #[error("build {id} has no role to work as: {source}")]
    Role {
        /// The build.
        id: String,
        /// The role.
        role: String,
        /// What IAM says.
        source: Refused,
    },
    /// The project's role may not write the log.
    #[error("the log of build {id} cannot be written: {reason}")]
    Log {
        /// The build.
        id: String,
        /// What the service says.
        reason: store::Reason,
    },
    /// The buildspec does not say what goes into an output artifact.
    #[error(
        "output artifact {0} is not in the buildspec: add artifacts.files, or secondary-artifacts.{0} when there are several"
    )]
    NoArtifact(String),
}

impl From<BuildError> for Error {
    fn from(error: BuildError) -> Self {
        Self::Build(Box::new(error))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match &error {
            Error::Refused(refused) => acting::refusal(refused),
            Error::Store(denial) if denial.is_denial() => super::denied(error),
            Error::Build(build) if build.is_denial() => super::denied(error),
            Error::Log { .. } => super::denied(error),
            Error::Role { id, role, source } => unassumed(id, role, source),
            Error::Build(_) | Error::Store(store::Error::Store { .. }) => super::failed("JobFailed", error.to_string()),
            _ => super::failed("ConfigurationError", error.to_string()),
        }
    }
}

fn unassumed(id: &str, role: &str, refused: &Refused) -> Failure {
    let remedy = format!("let the trust policy of {role} allow {CODEBUILD} to assume it for this project");
    acting::failure(refused, |why| {
        super::failed(super::PERMISSION_ERROR, format!("build {id} cannot work: {why}; {remedy}"))
    })
}

pub(super) async fn run(acting: &Acting, request: &Request, observer: &dyn Observer) -> Result<Success, Failure> {
    let name = config::required(request, "ProjectName").map_err(Error::from)?;
    let project = admitted(acting, request, name).await?;
    let uuid = Uuid::new_v4().to_string();
    let id = format!("{name}:{uuid}");
    observer.progress(Progress { external_execution_id: Some(id.clone()), ..Progress::default() });
    let identity = Identity { request, project_name: name, project: &project, uuid: &uuid, started: Timestamp::now() };
    match Box::pin(started(acting, &identity, &id, observer)).await {
        Ok(variables) => Ok(Success {
            summary: Some(format!("Build {id} succeeded.")),
            external_execution_id: Some(id),
            variables,
            revision: None,
        }),
        Err(error) => Err(Failure { external_execution_id: Some(id), ..error.into() }),
    }
}

/// The project, when there is one and the pipeline's role may build it.
async fn admitted(acting: &Acting, request: &Request, name: &str) -> Result<Project, Error> {
    for name in request.inputs.iter().map(|artifact| artifact.name.as_str()).chain([name]) {
        check_name(name)?;
    }
    if let Some(batch) = config::optional(request, "BatchEnabled").filter(|value| *value != "false") {
        return Err(config::unsupported(request, "BatchEnabled", batch, ", builds run one by one").into());
    }
    let arn = format!("arn:aws:codebuild:{REGION}:{}:project/{name}", acting.account);
    acting.session.may("codebuild:StartBuild", &arn, &[]).await?;
    // As CodeBuild reads its own.
    let project = project::read(acting.authority.root(), name).await?;
    acting.session.may("codebuild:BatchGetBuilds", &arn, &[]).await?;
    Ok(project)
}

/// The build, and what it exports. Its log is whole when this ends.
async fn started(
    acting: &Acting,
    identity: &Identity<'_>,
    id: &str,
    observer: &dyn Observer,
) -> Result<BTreeMap<String, String>, Error> {
    let builder = builder(acting, identity.project, id, identity.uuid).await?;
    let unwritten = |reason| Error::Log { id: id.to_owned(), reason };
    let place = identity.project.log_of(identity.uuid);
    let (log, lines) = CloudLog::new(observer, &builder.sdk, place).await.map_err(unwritten)?;
    let building = build(&builder, identity, log);
    let (built, written) = tokio::join!(building, lines.run());
    let built = built?;
    written.map_err(unwritten)?;
    Ok(built)
}

/// Who builds: CodeBuild, as the project's role.
async fn builder(context: &Context, project: &Project, id: &str, uuid: &str) -> Result<Acting, Error> {
    let session = format!("AWSCodeBuild-{uuid}");
    let (arn, source) = (&project.role, &project.arn);
    let role = Role { arn, service: CODEBUILD, source, session: &session, policy: None };
    let failed = |source| Error::Role { id: id.to_owned(), role: arn.clone(), source };
    context.authority.assume(&role).await.map(|session| context.with(session)).map_err(failed)
}

/// The build itself. The log is dropped at its end.
async fn build(
    builder: &Acting,
    identity: &Identity<'_>,
    log: CloudLog<'_>,
) -> Result<BTreeMap<String, String>, Error> {
    let job = job(builder, identity).await?;
    let vault = Stores::new(&builder.sdk);
    let mut built = execute(&builder.supervisor, job, &vault, &log).await?;
    let uploaded = upload::upload(builder, identity.request, &built, &log).await;
    // What failed first is what failed the build.
    match built.failed.take() {
        Some(failed) => Err(failed.into()),
        None => uploaded.map(|()| built.exported),
    }
}

async fn job(builder: &Acting, identity: &Identity<'_>) -> Result<Job, Error> {
    let Identity { request, project_name, project, started, .. } = *identity;
    let inputs = inputs(request)?;
    let mut base = environment::from_host(crate::supervise::environment());
    base.extend(builder.child_env.clone());
    base.extend(environment::keys(builder.session.credentials()));
    base.extend(environment::region(builder.sdk.region().map_or("", AsRef::as_ref)));
    let mut zips = Vec::new();
    for artifact in &inputs {
        zips.push(Input { name: artifact.name.clone(), zip: store::get(builder, artifact).await? });
    }
    let mut overrides = project.variables.clone();
    overrides.extend(project::action_variables(request)?);
    Ok(Job {
        root: builder.builds.join(project_name),
        inputs: zips,
        buildspec: buildspec(builder, project.buildspec.as_deref()).await?,
        base,
        overrides,
        fixed: environment::of_codebuild(identity, &inputs),
        secrets: environment::hidden(builder.session.credentials()),
        notes: project.notes.clone(),
        timeout: project.timeout,
        queued_timeout: project.queued_timeout,
        now: started,
    })
}

/// Where the buildspec is, once an object has been fetched as the project's role.
async fn buildspec(builder: &Context, set: Option<&str>) -> Result<Place, Error> {
    let Place::Object { bucket, key } = Place::of(set) else { return Ok(Place::of(set)) };
    let location = Location { bucket, key };
    let origin = format!("s3://{}/{}", location.bucket, location.key);
    let artifact = Artifact { name: "of the buildspec".to_owned(), location, revision: None };
    Ok(Place::fetched(origin, store::get(builder, &artifact).await?)?)
}

/// The input artifacts, the source first.
fn inputs(request: &Request) -> Result<Vec<&Artifact>, Error> {
    let primary = match (config::optional(request, "PrimarySource"), request.inputs.as_slice()) {
        (Some(name), _) => store::input(request, name)?,
        (None, [only]) => only,
        (None, _) => return Err(Error::Inputs(request.action.clone())),
    };
    let others = request.inputs.iter().filter(|artifact| artifact.name != primary.name);
    Ok(std::iter::once(primary).chain(others).collect())
}

fn check_name(name: &str) -> Result<(), Error> {
    if is_project_name(name) { Ok(()) } else { Err(Error::Name(name.to_owned())) }
}
