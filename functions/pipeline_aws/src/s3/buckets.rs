//! Buckets of stacks that are to be deleted.

use aws_sdk_s3::{
    Client,
    config::Builder,
    error::ProvideErrorMetadata,
    operation::{delete_objects::DeleteObjectsOutput, list_object_versions::ListObjectVersionsOutput},
    types::{Delete, ObjectIdentifier},
};
use aws_types::SdkConfig;
use pipeline_core::{
    ports::PortError,
    sweep::ports::{EmptyBuckets, ReadBuckets},
};

use crate::{client, error::port_error};

/// The tag by which CloudFormation says whose a bucket is; nobody else can set it.
const OWNER: &str = "aws:cloudformation:stack-id";

/// The buckets of one account.
#[derive(Debug, Clone)]
pub struct Buckets {
    client: Client,
    account: String,
}

impl Buckets {
    /// The buckets of `account`, each call attempted once: sweep's next run tries again.
    pub fn new(config: &SdkConfig, account: &str) -> Self {
        let config = Builder::from(&client::once(config)).force_path_style(true).build();
        Self { client: Client::from_conf(config), account: account.to_owned() }
    }

    async fn page(&self, bucket: &str) -> Result<ListObjectVersionsOutput, PortError> {
        let request = self.client.list_object_versions().bucket(bucket).expected_bucket_owner(&self.account);
        request.send().await.map_err(|error| port_error(&format!("list the objects of bucket {bucket}"), &error))
    }

    async fn delete(&self, bucket: &str, objects: Vec<ObjectIdentifier>) -> Result<(), PortError> {
        let operation = format!("empty bucket {bucket}");
        let failed = |detail: String| PortError::Unavailable { operation: operation.clone(), detail };
        let delete = Delete::builder().set_objects(Some(objects)).quiet(true).build();
        let delete = delete.map_err(|error| failed(error.to_string()))?;
        let request = self.client.delete_objects().bucket(bucket).expected_bucket_owner(&self.account);
        let answer = request.delete(delete).send().await.map_err(|error| port_error(&operation, &error))?;
        first_failure(&answer).map_or(Ok(()), |detail| Err(failed(detail)))
    }
}

impl ReadBuckets for Buckets {
    async fn owner(&self, bucket: &str) -> Result<Option<String>, PortError> {
        let request = self.client.get_bucket_tagging().bucket(bucket).expected_bucket_owner(&self.account);
        match request.send().await {
            Ok(answer) => {
                let owner = answer.tag_set().iter().find(|tag| tag.key() == OWNER);
                Ok(owner.map(|tag| tag.value().to_owned()))
            }
            Err(error) => match error.as_service_error().and_then(ProvideErrorMetadata::code) {
                Some("NoSuchTagSet" | "NoSuchBucket") => Ok(None),
                _ => Err(port_error(&format!("read the tags of bucket {bucket}"), &error)),
            },
        }
    }
}

impl EmptyBuckets for Buckets {
    async fn empty(&self, bucket: &str) -> Result<bool, PortError> {
        let page = self.page(bucket).await?;
        let objects = objects(&page).map_err(|detail| PortError::Unavailable {
            operation: format!("list the objects of bucket {bucket}"),
            detail: detail.to_string(),
        })?;
        if !objects.is_empty() {
            self.delete(bucket, objects).await?;
        }
        Ok(page.is_truncated() == Some(false))
    }
}

/// The versions and the delete markers of a page: as many as one request may delete.
fn objects(page: &ListObjectVersionsOutput) -> Result<Vec<ObjectIdentifier>, impl std::error::Error + use<>> {
    let versions = page.versions().iter().map(|object| (object.key(), object.version_id()));
    let markers = page.delete_markers().iter().map(|object| (object.key(), object.version_id()));
    let identify = |(key, version): (Option<&str>, Option<&str>)| {
        ObjectIdentifier::builder().set_key(key.map(str::to_owned)).set_version_id(version.map(str::to_owned)).build()
    };
    versions.chain(markers).map(identify).collect()
}

/// S3 answers with success although it kept some.
fn first_failure(answer: &DeleteObjectsOutput) -> Option<String> {
    let failures = answer.errors();
    let first = failures.first()?;
    let told = |text: Option<&str>| text.unwrap_or("(nothing)").to_owned();
    let (key, code, message) = (told(first.key()), told(first.code()), told(first.message()));
    Some(format!("{} objects stay, such as {key}: {code}: {message}", failures.len()))
}
