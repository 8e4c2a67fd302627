//! The artifacts of a job, in S3, read and written with the job's own credentials.

use std::{
    collections::BTreeSet,
    io::{Cursor, Read, Write},
};

use aws_credential_types::Credentials;
use aws_sdk_s3::{
    Client, config::Builder, error::SdkError, operation::get_object::GetObjectError, primitives::ByteStream,
    types::ServerSideEncryption,
};
use aws_types::SdkConfig;
use pipeline_core::{
    configure::perform::{Files, ReadArtifacts, WriteArtifacts},
    job::Artifact,
    ports::PortError,
};
use zip::{ZipArchive, ZipWriter, result::ZipError, write::SimpleFileOptions};

use crate::{error::port_error, event::ArtifactAccess};

/// The artifacts of one job.
#[derive(Debug, Clone)]
pub struct Artifacts {
    client: Client,
    key: Option<String>,
}

/// The largest artifact that is read, in bytes: it is held in memory.
const LARGEST_ARTIFACT: i64 = 64 << 20;

/// The largest file that is read from an artifact; a packaged template is at most 1 MB.
const LARGEST: u64 = 8 << 20;

impl Artifacts {
    /// A client with the job's credentials; it shares the HTTP client of `config`.
    pub fn new(config: &SdkConfig, ArtifactAccess { credentials, key }: &ArtifactAccess) -> Self {
        let credentials = Credentials::new(
            credentials.access_key_id.expose(),
            credentials.secret_access_key.expose(),
            credentials.session_token.as_ref().map(|token| token.expose().to_owned()).filter(|token| !token.is_empty()),
            None,
            "job",
        );
        // Bucket names in the path work for every bucket, also where a host cannot carry them.
        let config = Builder::from(config).credentials_provider(credentials).force_path_style(true).build();
        Self { client: Client::from_conf(config), key: key.clone() }
    }
}

impl ReadArtifacts for Artifacts {
    async fn files(&self, artifact: &Artifact, paths: &BTreeSet<&str>) -> Result<Files, PortError> {
        let operation = format!("read artifact {}", artifact.name);
        let request = self.client.get_object().bucket(&artifact.bucket).key(&artifact.key);
        let answer = request.send().await.map_err(|error| match &error {
            SdkError::ServiceError(refused) if matches!(refused.err(), GetObjectError::NoSuchKey(_)) => {
                PortError::NotFound { what: format!("artifact {}", artifact.name) }
            }
            _ => port_error(&operation, &error),
        })?;
        let unusable = |why: String| PortError::Unusable { what: format!("artifact {}", artifact.name), why };
        if answer.content_length().is_some_and(|length| length > LARGEST_ARTIFACT) {
            return Err(unusable(format!(
                "it is larger than {LARGEST_ARTIFACT} bytes; leave only the templates in it"
            )));
        }
        let zip = answer.body.collect().await;
        let zip = zip.map_err(|error| PortError::Unavailable { operation, detail: error.to_string() })?.into_bytes();
        let mut archive = ZipArchive::new(Cursor::new(zip)).map_err(|error| unusable(error.to_string()))?;
        let mut files = Files::new();
        for path in paths {
            let bytes = file(&mut archive, path).map_err(|error| match error {
                ZipError::FileNotFound => {
                    PortError::NotFound { what: format!("file {path} of artifact {}", artifact.name) }
                }
                other => unusable(format!("{path}: {other}")),
            })?;
            files.insert((*path).to_owned(), bytes);
        }
        Ok(files)
    }
}

fn file(archive: &mut ZipArchive<Cursor<impl AsRef<[u8]>>>, path: &str) -> Result<Vec<u8>, ZipError> {
    let entry = archive.by_name(path)?;
    let mut bytes = Vec::new();
    entry.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(ZipError::InvalidArchive(format!("larger than {LARGEST} bytes").into()));
    }
    Ok(bytes)
}

impl WriteArtifacts for Artifacts {
    async fn write(&self, artifact: &Artifact, files: &Files) -> Result<(), PortError> {
        let operation = format!("write artifact {}", artifact.name);
        let zip = archive(files)
            .map_err(|error| PortError::Unavailable { operation: operation.clone(), detail: error.to_string() })?;
        let mut request = self.client.put_object().bucket(&artifact.bucket).key(&artifact.key);
        if let Some(key) = &self.key {
            request = request.server_side_encryption(ServerSideEncryption::AwsKms).ssekms_key_id(key);
        }
        let request = request.body(ByteStream::from(zip));
        request.send().await.map_err(|error| port_error(&operation, &error))?;
        Ok(())
    }
}

fn archive(files: &Files) -> Result<Vec<u8>, ZipError> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in files {
        zip.start_file(path, SimpleFileOptions::default())?;
        zip.write_all(bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}
