//! CodeBuild actions: the project's buildspec, run for real on this machine.

mod artifacts;
mod cloud_log;
mod environment;
mod execute;
mod log;
mod project;
mod shell;
mod workspace;

use jiff::Timestamp;
use uuid::Uuid;

use super::acting::{self, Acting};
use super::{Context, Observer, config, store};
use crate::buildspec::Files;
use crate::cloud::authority::{Refused, Role};
use crate::cloud::client::REGION;
use crate::pipeline::action::{Artifact, Failure, Progress, Request, Success};
pub use artifacts::Packed;
use cloud_log::CloudLog;
use environment::Identity;
pub use execute::{Built, Job, execute};
use project::Project;
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
    #[error("build {id} of project {project} failed: {source}")]
    Build {
        /// Its id.
        id: String,
        /// The project.
        project: String,
        /// Why.
        source: Box<execute::Error>,
    },
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
    /// An output artifact cannot be made.
    #[error("output artifact {name} of build {id}: {source}")]
    Artifact {
        /// Its name.
        name: String,
        /// The build.
        id: String,
        /// Why.
        source: artifacts::Error,
    },
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let (code, id) = match &error {
            Error::Refused(refused) => return acting::refusal(refused),
            Error::Store(denial) if denial.is_denial() => return super::denied(error),
            Error::Log { .. } => return super::denied(error),
            Error::Role { id, role, source } => {
                return Self { external_execution_id: Some(id.clone()), ..unassumed(id, role, source) };
            }
            Error::Build { id, .. } | Error::Artifact { id, .. } => ("JobFailed", Some(id.clone())),
            Error::Store(store::Error::Store { .. }) => ("JobFailed", None),
            _ => ("ConfigurationError", None),
        };
        Self { external_execution_id: id, ..super::failed(code, error.to_string()) }
    }
}

fn unassumed(id: &str, role: &str, refused: &Refused) -> Failure {
    let remedy = format!("let the trust policy of {role} allow {CODEBUILD} to assume it for this project");
    acting::failure(refused, |why| {
        super::failed(super::PERMISSION_ERROR, format!("build {id} cannot work: {why}; {remedy}"))
    })
}

pub(super) async fn run(acting: &Acting, request: &Request, observer: &dyn Observer) -> Result<Success, Error> {
    let name = config::required(request, "ProjectName")?;
    for name in request.inputs.iter().map(|artifact| artifact.name.as_str()).chain([name]) {
        check_name(name)?;
    }
    if let Some(batch) = config::optional(request, "BatchEnabled").filter(|value| *value != "false") {
        return Err(config::unsupported(request, "BatchEnabled", batch, "").into());
    }
    let arn = format!("arn:aws:codebuild:{REGION}:{}:project/{name}", acting.account);
    acting.session.may("codebuild:StartBuild", &arn, &[]).await?;
    // As CodeBuild reads its own.
    let project = project::read(acting.authority.root(), name).await?;
    let uuid = Uuid::new_v4().to_string();
    let id = format!("{name}:{uuid}");
    observer.progress(Progress { external_execution_id: Some(id.clone()), ..Progress::default() });
    acting.session.may("codebuild:BatchGetBuilds", &arn, &[]).await?;
    let builder = builder(acting, &project, &id, &uuid).await?;
    let unwritten = |reason| Error::Log { id: id.clone(), reason };
    let (log, lines) = CloudLog::new(observer, &builder.sdk, name, &uuid).await.map_err(unwritten)?;
    let building = async {
        let job = job(&builder, request, name, project, &uuid).await?;
        build(&builder, request, name, &id, job, log).await
    };
    let (built, written) = tokio::join!(building, lines.run());
    let built = built?;
    written.map_err(unwritten)?;
    Ok(Success {
        summary: Some(format!("Build {id} succeeded.")),
        external_execution_id: Some(id),
        variables: built.exported,
        revision: None,
    })
}

/// Who builds: CodeBuild, as the project's role.
async fn builder(context: &Context, project: &Project, id: &str, uuid: &str) -> Result<Acting, Error> {
    let session = format!("AWSCodeBuild-{uuid}");
    let (arn, source) = (&project.role, &project.arn);
    let role = Role { arn, service: CODEBUILD, source, session: &session, policy: None };
    let failed = |source| Error::Role { id: id.to_owned(), role: arn.clone(), source };
    context.authority.assume(&role).await.map(|session| context.with(session)).map_err(failed)
}

/// The build itself. Its log is whole when this ends.
async fn build(
    context: &Context,
    request: &Request,
    name: &str,
    id: &str,
    job: Job,
    log: CloudLog<'_>,
) -> Result<Built, Error> {
    let failed = |source| Error::Build { id: id.to_owned(), project: name.to_owned(), source: Box::new(source) };
    let built = execute(&context.supervisor, job, &log).await.map_err(failed)?;
    upload(context, request, &built, id, &log).await?;
    Ok(built)
}

async fn job(builder: &Acting, request: &Request, name: &str, project: Project, uuid: &str) -> Result<Job, Error> {
    let now = Timestamp::now();
    let inputs = inputs(request)?;
    let region = builder.sdk.region().map(ToString::to_string).unwrap_or_default();
    let identity = Identity { request, project_name: name, project: &project, uuid, region: &region, started: now };
    let of_codebuild = environment::of_codebuild(&identity, inputs[0]);
    let mut base = environment::from_host(crate::supervise::environment());
    base.extend(builder.child_env.clone());
    base.extend(environment::keys(builder.session.credentials()));
    let mut zips = Vec::new();
    for artifact in inputs {
        zips.push(Input { name: artifact.name.clone(), zip: store::get(builder, artifact).await? });
    }
    let mut overrides = project.variables;
    overrides.extend(project::action_variables(request)?);
    overrides.extend(of_codebuild);
    Ok(Job {
        root: builder.builds.join(name),
        inputs: zips,
        buildspec: project.buildspec,
        base,
        overrides,
        timeout: project.timeout,
        now,
    })
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

async fn upload(
    context: &Context,
    request: &Request,
    built: &Built,
    id: &str,
    observer: &dyn Observer,
) -> Result<(), Error> {
    for artifact in &request.outputs {
        let name = || artifact.name.clone();
        let files = files_of(built, artifact, request.outputs.len()).ok_or_else(|| Error::NoArtifact(name()))?;
        let packed = built.pack(files).map_err(|source| Error::Artifact { name: name(), id: id.to_owned(), source })?;
        for pattern in &packed.unmatched {
            observer.line(&format!("Skipping invalid file path {pattern}"));
        }
        observer.line(&format!("Uploading artifact {}: {} files", artifact.name, packed.files));
        store::put(context, artifact, packed.zip).await?;
    }
    Ok(())
}

/// A single output is the primary artifact; several are the secondary artifacts of the same names.
fn files_of<'a>(built: &'a Built, artifact: &Artifact, outputs: usize) -> Option<&'a Files> {
    let secondary = built.spec.secondary_artifacts.get(&artifact.name);
    if outputs == 1 { built.spec.artifacts.as_ref().or(secondary) } else { secondary }
}

fn check_name(name: &str) -> Result<(), Error> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !name.is_empty() && name.chars().all(allowed) { Ok(()) } else { Err(Error::Name(name.to_owned())) }
}
