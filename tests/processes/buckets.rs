//! Stacks with a bucket that is not empty: CloudFormation cannot delete those.

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ObjectVersion;
use serde_json::{Value, json};

use crate::function::Function;
use crate::people::Deployed;
use crate::world::World;

impl World {
    /// Claims, deploys and binds a preview with such a bucket and a role, and gives the bucket's name too.
    pub(crate) async fn with_full_bucket(&self, lease: &Function, stack: &str, claimed: Value) -> (Deployed, String) {
        let bucket = format!("{stack}-bucket");
        let template = json!({"Resources": {"Role": role(), "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {
            "BucketName": bucket, "VersioningConfiguration": {"Status": "Enabled"},
        }}}});
        let deployed = self.deployed(lease, stack, claimed, |preview| preview.template = template).await;
        for body in ["one", "two"] {
            let request = self.s3().put_object().bucket(&bucket).key("kept");
            request.body(ByteStream::from_static(body.as_bytes())).send().await.unwrap();
        }
        (deployed, bucket)
    }

    /// What is in a bucket.
    pub(crate) async fn versions(&self, bucket: &str) -> Vec<ObjectVersion> {
        self.s3().list_object_versions().bucket(bucket).send().await.unwrap().versions.unwrap_or_default()
    }

    /// Empties it, as a person does.
    pub(crate) async fn empty(&self, bucket: &str) {
        for version in self.versions(bucket).await {
            let request = self.s3().delete_object().bucket(bucket).key(version.key().unwrap());
            request.version_id(version.version_id().unwrap()).send().await.unwrap();
        }
    }

    fn s3(&self) -> Client {
        Client::new(&self.sdk())
    }
}

/// A role that trusts nobody but functions.
pub(crate) fn role() -> Value {
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"},
    }]});
    json!({"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust}})
}
