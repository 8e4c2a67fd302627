//! A version of an object in S3. What it holds is the artifact, as it is.

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::head_object::HeadObjectError;
use aws_sdk_s3::types::BucketVersioningStatus;

use super::only_output;
use crate::actions::acting::Acting;
use crate::actions::{config, store};
use crate::pipeline::action::{Request, Success};

/// What a role gets that may not.
const FORBIDDEN: u16 = 403;

/// Why an object cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Without versions there is nothing to tell one revision from another by.
    #[error("bucket {0} does not have versioning enabled: enable it, and upload the object again")]
    Unversioned(String),
    /// There is no such object.
    #[error("s3://{0} does not exist: upload it")]
    Missing(String),
    /// S3 says no.
    #[error("s3://{place} cannot be read: {reason}")]
    Unreadable {
        /// The bucket, or the object with its version.
        place: String,
        /// What S3 says.
        reason: store::Reason,
    },
    /// The object is older than the bucket's versioning.
    #[error("s3://{0} has no version: upload it again")]
    NoVersion(String),
    /// The object's content broke off.
    #[error("s3://{place} broke off: {reason}")]
    BrokeOff {
        /// The object.
        place: String,
        /// How.
        reason: String,
    },
}

impl Error {
    /// Whether the role may not.
    pub(super) fn is_denial(&self) -> bool {
        matches!(self, Self::Unreadable { reason, .. } if reason.denied)
    }
}

/// An object, and which version of it: the newest unless one is named.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted<'a> {
    bucket: &'a str,
    key: &'a str,
    version: Option<&'a str>,
}

/// A version that was read.
struct Found {
    etag: String,
    version: String,
    content: Vec<u8>,
}

pub(super) async fn run(acting: &Acting, request: &Request) -> Result<Success, super::Error> {
    let wanted = wanted(request)?;
    let output = only_output(request)?;
    let client = store::client(acting);
    let found = wanted.find(&client).await?;
    store::put(acting, output, found.content).await?;
    let variables = [
        ("BucketName", wanted.bucket.to_owned()),
        ("ETag", found.etag),
        ("ObjectKey", wanted.key.to_owned()),
        ("VersionId", found.version.clone()),
    ];
    Ok(Success {
        summary: Some(format!("Amazon S3 version id: {}", found.version)),
        external_execution_id: Some(found.version.clone()),
        revision: Some(found.version),
        variables: variables.map(|(name, value)| (name.to_owned(), value)).into(),
    })
}

/// The newest version of an object, where there is one.
pub(super) async fn newest(acting: &Acting, bucket: &str, key: &str) -> Option<String> {
    Wanted { bucket, key, version: None }.newest(&store::client(acting)).await.ok()
}

/// The configured object, or what the execution was started with of another key and a version.
fn wanted(request: &Request) -> Result<Wanted<'_>, config::Error> {
    let (bucket, configured) = (config::required(request, "S3Bucket")?, config::required(request, "S3ObjectKey")?);
    let given = |kind: &str| {
        let revision = request.source_revisions.iter().find(|revision| revision.revision_type == kind)?;
        Some(revision.revision_value.as_str())
    };
    let key = given("S3_OBJECT_KEY").unwrap_or(configured);
    Ok(Wanted { bucket, key, version: given("S3_OBJECT_VERSION_ID") })
}

impl Wanted<'_> {
    async fn find(&self, client: &Client) -> Result<Found, Error> {
        self.check_versioning(client).await?;
        let version = match self.version {
            Some(version) => version.to_owned(),
            None => self.newest(client).await?,
        };
        // By its version, so that what is written now does not come between.
        let object = client.get_object().bucket(self.bucket).key(self.key).version_id(&version).send().await;
        let place = || format!("{} in version {version}", self.place());
        let object = object.map_err(|error| Error::Unreadable { place: place(), reason: store::reason(&error) })?;
        let etag = object.e_tag.unwrap_or_default().trim_matches('"').to_owned();
        let content = object.body.collect().await;
        let content = content.map_err(|error| Error::BrokeOff { place: place(), reason: error.to_string() })?.to_vec();
        Ok(Found { etag, version, content })
    }

    async fn check_versioning(&self, client: &Client) -> Result<(), Error> {
        let asked = client.get_bucket_versioning().bucket(self.bucket).send().await;
        let unreadable = |reason| Error::Unreadable { place: self.bucket.to_owned(), reason };
        match asked.map_err(|error| unreadable(store::reason(&error)))?.status {
            Some(BucketVersioningStatus::Enabled) => Ok(()),
            _ => Err(Error::Unversioned(self.bucket.to_owned())),
        }
    }

    async fn newest(&self, client: &Client) -> Result<String, Error> {
        let head = client.head_object().bucket(self.bucket).key(self.key).send().await;
        let head = head.map_err(|error| {
            let place = self.place();
            // Its answer has no body that could say so.
            if error.as_service_error().is_some_and(HeadObjectError::is_not_found) {
                return Error::Missing(place);
            }
            if error.raw_response().is_some_and(|answer| answer.status().as_u16() == FORBIDDEN) {
                return Error::Unreadable { place, reason: store::Reason::denial("the role may not s3:GetObject it") };
            }
            Error::Unreadable { place, reason: store::reason(&error) }
        })?;
        // What was there before the bucket had versions is the version `null`.
        head.version_id.filter(|version| version != "null").ok_or_else(|| Error::NoVersion(self.place()))
    }

    fn place(&self) -> String {
        format!("{}/{}", self.bucket, self.key)
    }
}
