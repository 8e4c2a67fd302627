//! Artifacts: zips that actions hand to one another.

use std::{
    borrow::Cow,
    collections::BTreeSet,
    io::{Cursor, Read, Write},
};

use aws_credential_types::Credentials;
use aws_sdk_s3::{
    Client, config::Builder, error::ProvideErrorMetadata, primitives::ByteStream, types::ServerSideEncryption,
};
use aws_types::SdkConfig;
use bytes::Bytes;
use pipeline_core::{
    configure::perform::{Files, ReadArtifacts, WriteArtifacts},
    digest::{Build, ReadBuild, may_be_template},
    ids::Digest,
    job::Artifact,
    ports::PortError,
    start_tests::{
        ports::{ReadTestFile, WriteReports},
        report::TestReport,
    },
};
use secrecy::ExposeSecret;
use zip::{ZipArchive, ZipWriter, result::ZipError, write::SimpleFileOptions};

use crate::{
    error::{Whose, port_error_with},
    event::ArtifactAccess,
    junit::junit,
    s3::unread,
};

/// Artifacts, as one job or our own role may reach them.
#[derive(Clone)]
pub struct Artifacts {
    client: Client,
    /// The account that the buckets must be of, where it is known.
    owner: Option<String>,
    key: Option<String>,
}

/// The largest artifact that is read, in bytes: it is held in memory.
const LARGEST_ARTIFACT: i64 = 64 << 20;

/// The largest file that is read from an artifact; a packaged template is at most 1 MB.
const LARGEST: u64 = 8 << 20;

/// The most that is kept of one artifact, unpacked, in bytes.
const LARGEST_SUM: u64 = 32 << 20;

impl Artifacts {
    /// The artifacts of one job, reached with its credentials over the HTTP client of `config`.
    pub fn new(config: &SdkConfig, ArtifactAccess { credentials, owner, key }: &ArtifactAccess) -> Self {
        let credentials = Credentials::new(
            credentials.access_key_id.expose_secret(),
            credentials.secret_access_key.expose_secret(),
            credentials
                .session_token
                .as_ref()
                .map(ExposeSecret::expose_secret)
                .filter(|t| !t.is_empty())
                .map(str::to_owned),
            None,
            "job",
        );
        // Bucket names in the path work for every bucket, also where a host cannot carry them.
        let config = Builder::from(config).credentials_provider(credentials).force_path_style(true).build();
        Self { client: Client::from_conf(config), owner: Some(owner.clone()), key: key.clone() }
    }

    /// The artifacts that our own role may read.
    pub fn ours(config: &SdkConfig) -> Self {
        Self { client: super::client(config), owner: None, key: None }
    }

    fn whose(&self) -> Whose {
        if self.owner.is_some() { Whose::Job } else { Whose::Ours }
    }

    /// The artifact's zip, whole.
    async fn zip(&self, artifact: &Artifact) -> Result<Bytes, PortError> {
        let operation = format!("read artifact {}", artifact.name);
        let request = self.client.get_object().bucket(&artifact.bucket).key(&artifact.key);
        let answer = request.set_expected_bucket_owner(self.owner.clone()).send().await;
        let answer = answer.map_err(|error| unread(self.whose(), &format!("artifact {}", artifact.name), &error))?;
        if answer.content_length().is_some_and(|length| length > LARGEST_ARTIFACT) {
            let why = format!("it is larger than {LARGEST_ARTIFACT} bytes; leave only what the pipeline reads in it");
            return Err(unusable(artifact, why));
        }
        let zip = answer.body.collect().await;
        Ok(zip.map_err(|error| PortError::Unavailable { operation, detail: error.to_string() })?.into_bytes())
    }
}

type Archive = ZipArchive<Cursor<Bytes>>;

fn open(artifact: &Artifact, zip: Bytes) -> Result<Archive, PortError> {
    ZipArchive::new(Cursor::new(zip)).map_err(|error| unusable(artifact, error.to_string()))
}

fn unusable(artifact: &Artifact, why: String) -> PortError {
    PortError::Unusable { what: format!("artifact {}", artifact.name), why }
}

impl ReadArtifacts for Artifacts {
    async fn files(&self, artifact: &Artifact, paths: &BTreeSet<&str>) -> Result<Files, PortError> {
        let mut archive = open(artifact, self.zip(artifact).await?)?;
        unpack(artifact, &mut archive, paths.iter().copied())
    }
}

impl ReadBuild for Artifacts {
    async fn build(&self, artifact: &Artifact) -> Result<Build, PortError> {
        let zip = self.zip(artifact).await?;
        let sha256 = Digest::of(&zip);
        let mut archive = open(artifact, zip)?;
        let paths: Result<Vec<String>, _> = archive.file_names().map(|path| path.map(Cow::into_owned)).collect();
        let paths = paths.map_err(|error| unusable(artifact, error.to_string()))?;
        let templates = paths.iter().map(String::as_str).filter(|path| may_be_template(path));
        Ok(Build { sha256, files: unpack(artifact, &mut archive, templates)? })
    }
}

/// The named files, which a small zip can hold far larger than itself.
fn unpack<'p>(
    artifact: &Artifact,
    archive: &mut Archive,
    paths: impl Iterator<Item = &'p str>,
) -> Result<Files, PortError> {
    let mut files = Files::new();
    let mut room = LARGEST_SUM;
    for path in paths {
        let bytes = file(archive, path, room.min(LARGEST)).map_err(|error| match error {
            Unread::Zip(ZipError::FileNotFound) => {
                PortError::NotFound { what: format!("file {path} of artifact {}", artifact.name) }
            }
            Unread::Zip(other) => unusable(artifact, format!("{path}: {other}")),
            Unread::TooLarge => {
                let why = format!("larger than {LARGEST} bytes, or than {LARGEST_SUM} with the files before it");
                unusable(artifact, format!("{path}: {why}"))
            }
        })?;
        room -= bytes.len() as u64;
        files.insert(path.to_owned(), bytes);
    }
    Ok(files)
}

/// Why a file was not read.
enum Unread {
    Zip(ZipError),
    TooLarge,
}

fn file(archive: &mut Archive, path: &str, most: u64) -> Result<Vec<u8>, Unread> {
    let entry = archive.by_name(path).map_err(Unread::Zip)?;
    let mut bytes = Vec::new();
    entry.take(most + 1).read_to_end(&mut bytes).map_err(|error| Unread::Zip(error.into()))?;
    if bytes.len() as u64 > most { Err(Unread::TooLarge) } else { Ok(bytes) }
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
        let request = request.set_expected_bucket_owner(self.owner.clone()).body(ByteStream::from(zip));
        request.send().await.map_err(|error| match error.as_service_error().and_then(ProvideErrorMetadata::code) {
            Some("NoSuchBucket") => PortError::NotFound { what: format!("the bucket of artifact {}", artifact.name) },
            _ => port_error_with(self.whose(), &operation, &error),
        })?;
        Ok(())
    }
}

const TEST_FILE: &str = "tests.yaml";

/// The largest `tests.yaml`, in bytes: far more than a run's most tests need.
const LARGEST_TEST_FILE: u64 = 1 << 20;

impl ReadTestFile for Artifacts {
    async fn test_file(&self, artifact: &Artifact) -> Result<Option<Vec<u8>>, PortError> {
        let mut archive = open(artifact, self.zip(artifact).await?)?;
        match file(&mut archive, TEST_FILE, LARGEST_TEST_FILE) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(Unread::Zip(ZipError::FileNotFound)) => Ok(None),
            Err(Unread::Zip(other)) => Err(unusable(artifact, format!("{TEST_FILE}: {other}"))),
            Err(Unread::TooLarge) => {
                Err(unusable(artifact, format!("{TEST_FILE}: larger than {LARGEST_TEST_FILE} bytes")))
            }
        }
    }
}

const REPORT: &str = "junit.xml";

impl WriteReports for Artifacts {
    async fn write_report(&self, artifact: &Artifact, report: &TestReport) -> Result<(), PortError> {
        let rendered = junit(report).map_err(|error| unusable(artifact, format!("{REPORT}: {error}")))?;
        self.write(artifact, &Files::from([(REPORT.to_owned(), rendered)])).await
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_unpacks_to_more_than_fits_is_refused() {
        let artifact = Artifact { name: "Build".into(), revision: None, bucket: "b".into(), key: "k".into() };
        let whole: Files = (0..5).map(|number| (format!("{number}.yaml"), vec![b' '; 7 << 20])).collect();
        let zip = Bytes::from(archive(&whole).unwrap());
        assert!(zip.len() < 1 << 20);
        let kept = |paths: &[&str]| {
            let mut archive = open(&artifact, zip.clone()).unwrap();
            unpack(&artifact, &mut archive, paths.iter().copied()).map(|files| files.len())
        };
        assert_eq!(kept(&["0.yaml", "1.yaml", "2.yaml", "3.yaml"]), Ok(4));
        let refused = kept(&["0.yaml", "1.yaml", "2.yaml", "3.yaml", "4.yaml"]).unwrap_err();
        assert!(matches!(refused, PortError::Unusable { .. }) && refused.to_string().contains("4.yaml"), "{refused}");
        assert!(matches!(kept(&["5.yaml"]), Err(PortError::NotFound { .. })));
    }
}
