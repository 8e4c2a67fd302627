//! The job event's way in: the job id first, from whatever can be read, and then the rest.

use pipeline_core::{
    ids::JobId,
    job::{Artifact, Job, MalformedJob},
    text,
};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::value::RawValue;

/// Why there is no job to settle: nothing can be reported, so this is only logged. It repeats nothing of the event
/// (I26).
#[derive(Debug, thiserror::Error)]
pub enum NotAJob {
    /// The event is not one of CodePipeline's.
    #[error("the event holds no CodePipeline.job")]
    Foreign,
    /// The job's id is missing, or there are two.
    #[error("the job does not have one id")]
    NoId,
    /// The job's id is not one.
    #[error("the job's id is no UUID")]
    BadId,
}

/// A job event, as far as it could be read.
#[derive(Debug)]
pub struct Delivery {
    /// The id, which is enough to settle the job.
    pub id: JobId,
    /// The job with the access to its artifacts, or what is wrong with it.
    pub job: Result<(Job, ArtifactAccess), MalformedJob>,
}

/// Reads an event that was sent to a function of `account`.
pub fn read(event: &RawValue, account: &str) -> Result<Delivery, NotAJob> {
    let (id, body) = identify(event)?;
    let job = serde_path_to_error::deserialize::<_, Wire>(&mut serde_json::Deserializer::from_str(body.get()))
        .map_err(|error| MalformedJob(complaint(&error)))
        .and_then(|wire| job(id.clone(), wire, account));
    Ok(Delivery { id, job })
}

/// Where in the job it is, by the names that we know, and what is wrong there.
fn complaint(error: &serde_path_to_error::Error<serde_json::Error>) -> String {
    let words = text::complaint(error.inner());
    match error.path().to_string().as_str() {
        "." | "?" => words,
        path => format!("{path}: {words}"),
    }
}

/// Whether an event is meant as a job, however broken it is.
pub(crate) fn is_job(event: &RawValue) -> bool {
    // A struct could be read from a list, too.
    event.get().trim_start().starts_with('{') && serde_json::from_str::<Outer<'_>>(event.get()).is_ok()
}

/// The id of the job that an event is about.
pub(crate) fn job_id(event: &RawValue) -> Result<JobId, NotAJob> {
    identify(event).map(|(id, _)| id)
}

fn identify(event: &RawValue) -> Result<(JobId, &RawValue), NotAJob> {
    let outer: Outer<'_> = serde_json::from_str(event.get()).map_err(|_| NotAJob::Foreign)?;
    let id: IdOnly = serde_json::from_str(outer.job.get()).map_err(|_| NotAJob::NoId)?;
    Ok((id.id.parse().map_err(|_| NotAJob::BadId)?, outer.job))
}

fn job(id: JobId, wire: Wire, account: &str) -> Result<(Job, ArtifactAccess), MalformedJob> {
    if !is_account(&wire.account_id) {
        return Err(MalformedJob("its accountId is not 12 digits".into()));
    }
    if wire.account_id != account {
        return Err(MalformedJob(format!("it is of account {}, and this function of {account}", wire.account_id)));
    }
    let data = wire.data;
    // I26: serde's message would repeat what it found instead.
    let credentials = serde_json::from_str(data.artifact_credentials.get())
        .map_err(|_| MalformedJob("its artifactCredentials are not what CodePipeline documents".into()))?;
    let job = Job {
        id,
        account: wire.account_id,
        user_parameters: data.action_configuration.configuration.user_parameters,
        inputs: data.input_artifacts.into_iter().flatten().map(artifact).collect(),
        outputs: data.output_artifacts.into_iter().flatten().map(artifact).collect(),
        continuation: data.continuation_token,
    };
    let access = ArtifactAccess {
        credentials,
        owner: account.to_owned(),
        key: data.encryption_key.map(|EncryptionKey { id }| id),
    };
    Ok((job, access))
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn artifact(wire: WireArtifact) -> Artifact {
    let S3Location { bucket_name, object_key } = wire.location.s3_location;
    Artifact { name: wire.name, revision: wire.revision, bucket: bucket_name, key: object_key }
}

// Borrowed and ignored values are skipped without recursion, so nesting cannot hide the id.
#[derive(Deserialize)]
struct Outer<'a> {
    #[serde(rename = "CodePipeline.job", borrow)]
    job: &'a RawValue,
}

#[derive(Deserialize)]
struct IdOnly {
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    account_id: String,
    data: Data,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    action_configuration: ActionConfiguration,
    input_artifacts: Option<Vec<WireArtifact>>,
    output_artifacts: Option<Vec<WireArtifact>>,
    artifact_credentials: Box<RawValue>,
    continuation_token: Option<String>,
    encryption_key: Option<EncryptionKey>,
}

#[derive(Deserialize)]
struct EncryptionKey {
    id: String,
}

#[derive(Deserialize)]
struct ActionConfiguration {
    configuration: Configuration,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Configuration {
    user_parameters: Option<String>,
}

#[derive(Deserialize)]
struct WireArtifact {
    name: String,
    revision: Option<String>,
    location: Location,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    s3_location: S3Location,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct S3Location {
    bucket_name: String,
    object_key: String,
}

/// How a job reaches its artifacts. Its credentials print nothing of themselves (I26).
///
/// ```compile_fail
/// fn print(access: &pipeline_aws::event::ArtifactAccess) -> String {
///     access.to_string()
/// }
/// ```
#[derive(Debug, Clone)]
pub struct ArtifactAccess {
    pub(crate) credentials: ArtifactCredentials,
    /// The account whose buckets they are, and no other's.
    pub(crate) owner: String,
    /// The KMS key that new artifacts are encrypted with, where the pipeline names one.
    pub(crate) key: Option<String>,
}

/// The credentials that a job carries for its artifacts.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ArtifactCredentials {
    pub(crate) access_key_id: SecretString,
    pub(crate) secret_access_key: SecretString,
    pub(crate) session_token: Option<SecretString>,
}
