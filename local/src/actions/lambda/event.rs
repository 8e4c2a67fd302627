//! The documented job event. It holds credentials, so nothing here can be printed.

use aws_credential_types::Credentials;
use serde_json::{Value, json};

use super::Work;
use crate::actions::jobs::JobId;
use crate::pipeline::action::Artifact;

/// The event as bytes.
pub(super) fn job_event(
    job: &JobId,
    account: &str,
    credentials: &Credentials,
    work: &Work<'_>,
    continuation_token: Option<&str>,
) -> Vec<u8> {
    let mut data = json!({
        "actionConfiguration": {"configuration": work.configuration},
        "inputArtifacts": artifacts(work.inputs),
        "outputArtifacts": artifacts(work.outputs),
        "artifactCredentials": {
            "accessKeyId": credentials.access_key_id(),
            "secretAccessKey": credentials.secret_access_key(),
            "sessionToken": credentials.session_token().unwrap_or_default(),
        },
    });
    if let Some(token) = continuation_token {
        data["continuationToken"] = json!(token);
    }
    json!({"CodePipeline.job": {"id": job, "accountId": account, "data": data}}).to_string().into_bytes()
}

fn artifacts(artifacts: &[Artifact]) -> Value {
    artifacts.iter().map(artifact).collect()
}

fn artifact(artifact: &Artifact) -> Value {
    let location = &artifact.location;
    json!({
        "name": artifact.name,
        "revision": artifact.revision,
        "location": {"type": "S3", "s3Location": {"bucketName": location.bucket, "objectKey": location.key}},
    })
}
