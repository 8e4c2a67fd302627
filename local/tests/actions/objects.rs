//! Objects in S3 as sources.

use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use flowgate::cloud::client::ACCOUNT;
use flowgate::pipeline::action::{Request, Roles};
use flowgate::pipeline::engine::SourceRevision;

use crate::enforced;
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

fn given(kind: &str, value: &str) -> SourceRevision {
    SourceRevision { action_name: "act".into(), revision_type: kind.into(), revision_value: value.into() }
}

#[tokio::test]
async fn an_execution_may_be_started_with_another_key_and_with_an_older_version() {
    let world = World::new().await;
    s3(&world).create_bucket().bucket(BUCKET).send().await.unwrap();
    version(&world).await;
    let first = upload(&world, "app.zip", "one").await;
    upload(&world, "app.zip", "two").await;
    let older = upload(&world, "other.zip", "other").await;
    let other = upload(&world, "other.zip", "another").await;
    let (key, newest) = (given("S3_OBJECT_KEY", "other.zip"), "another");
    for (revisions, key, version, content) in [
        (vec![given("S3_OBJECT_VERSION_ID", &first)], "app.zip", &first, "one"),
        (vec![key.clone()], "other.zip", &other, newest),
        (vec![given("S3_OBJECT_VERSION_ID", &older), key.clone()], "other.zip", &older, "other"),
    ] {
        let mut request = source("app.zip");
        request.source_revisions = revisions;
        let success = world.run(&request).await.unwrap();
        let says = (success.revision.as_ref(), success.variables["ObjectKey"].as_str());
        assert_eq!((says, &success.variables["VersionId"]), ((Some(version), key), version));
        assert_eq!(world.object("p/Source").await, content.as_bytes());
    }
    let mut request = source("app.zip");
    request.source_revisions = vec![given("S3_OBJECT_VERSION_ID", &other)];
    let refusal = world.refusal(&request).await;
    let says = format!("RevisionUnavailable: s3://sources/app.zip in version {other} cannot be read: ");
    assert!(refusal.starts_with(&says), "{refusal}");
    world.cloud.stop().await.unwrap();
}

#[tokio::test]
async fn where_iam_is_enforced_it_needs_each_of_its_permissions() {
    let world = enforced::world().await;
    let pipeline = enforced::role(&world, "pipeline", enforced::service("codepipeline")).await;
    assert_eq!(pipeline, format!("arn:aws:iam::{ACCOUNT}:role/pipeline"));
    s3(&world).create_bucket().bucket(BUCKET).send().await.unwrap();
    version(&world).await;
    let newest = upload(&world, "app.zip", "one").await;
    let (bucket, object) = (format!("arn:aws:s3:::{BUCKET}"), format!("arn:aws:s3:::{BUCKET}/app.zip"));
    let mut request = source("app.zip");
    request.roles = Roles { pipeline, own: None };
    let all = [
        ("s3:GetBucketVersioning", bucket),
        ("s3:GetObjectVersion", object.clone()),
        ("s3:PutObject", enforced::objects("p/Source")),
    ];
    // One that is told the version does not ask for the newest.
    let mut told = request.clone();
    told.source_revisions = vec![given("S3_OBJECT_VERSION_ID", &newest)];
    enforced::needs_each(&world, "pipeline", &told, &all).await;
    assert_eq!(world.run(&told).await.unwrap().revision.as_ref(), Some(&newest));

    let refusal = world.refusal(&request).await;
    assert!(refusal.starts_with("PermissionError: s3://sources/app.zip cannot be read: "), "{refusal}");
    let head = [("s3:GetObject", object)];
    enforced::allow(&world, "pipeline", all.iter().chain(&head)).await;
    assert_eq!(world.run(&request).await.unwrap().revision, Some(newest));
    world.cloud.stop().await.unwrap();
}
