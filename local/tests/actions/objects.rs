//! Objects in S3 as sources.

use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use flowgate::pipeline::action::Request;

use crate::world::{World, request};

const BUCKET: &str = "sources";

fn s3(world: &World) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::config::Builder::from(&world.context.sdk).force_path_style(true).build();
    aws_sdk_s3::Client::from_conf(config)
}

async fn version(world: &World) {
    let enabled = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    s3(world).put_bucket_versioning().bucket(BUCKET).versioning_configuration(enabled).send().await.unwrap();
}

async fn upload(world: &World, key: &str, content: &str) -> String {
    let put = s3(world).put_object().bucket(BUCKET).key(key).body(content.as_bytes().to_vec().into());
    put.send().await.unwrap().version_id.unwrap_or_default()
}

fn source(key: &str) -> Request {
    request("Source", "S3", &[("S3Bucket", BUCKET), ("S3ObjectKey", key)], &[], &["Source"])
}

#[tokio::test]
async fn the_newest_version_of_an_object_is_the_artifact_as_it_is() {
    let world = World::new().await;
    let refusal = world.refusal(&source("app.zip")).await;
    assert!(refusal.starts_with("RevisionUnavailable: s3://sources cannot be read: "), "{refusal}");
    s3(&world).create_bucket().bucket(BUCKET).send().await.unwrap();
    upload(&world, "old.zip", "older than versions").await;
    let refusal = world.refusal(&source("app.zip")).await;
    assert!(refusal.starts_with("ConfigurationError: bucket sources does not have versioning enabled"), "{refusal}");
    version(&world).await;
    let refusal = world.refusal(&source("app.zip")).await;
    assert_eq!(refusal, "RevisionUnavailable: s3://sources/app.zip does not exist: upload it");
    let refusal = world.refusal(&source("old.zip")).await;
    assert!(refusal.starts_with("RevisionUnavailable: s3://sources/old.zip has no version"), "{refusal}");

    let first = upload(&world, "app.zip", "one").await;
    let second = upload(&world, "app.zip", "two").await;
    assert_ne!(first, second);
    let success = world.run(&source("app.zip")).await.unwrap();
    assert_eq!(success.revision.as_ref(), Some(&second));
    assert_eq!(success.summary, Some(format!("Amazon S3 version id: {second}")));
    let variables: Vec<_> = success.variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    // The MD5 of `two`.
    let etag = "b8a9f715dbb64fd5c56e7783c6820a61";
    let expected = [("BucketName", BUCKET), ("ETag", etag), ("ObjectKey", "app.zip"), ("VersionId", &second)];
    assert_eq!(variables, expected);
    assert_eq!(world.object("p/Source").await, b"two");

    for key in ["S3Bucket", "S3ObjectKey"] {
        let mut incomplete = source("app.zip");
        incomplete.configuration.remove(key);
        let refusal = world.refusal(&incomplete).await;
        assert_eq!(refusal, format!("ConfigurationError: action act needs {key} in its configuration"));
    }
    world.cloud.stop().await.unwrap();
}
