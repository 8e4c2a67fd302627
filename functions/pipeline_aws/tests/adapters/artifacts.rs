//! The artifacts of a job.

#![expect(clippy::unwrap_used, reason = "a test that cannot prepare its world has failed")]

use std::collections::BTreeSet;

use pipeline_aws::{
    event::{ArtifactAccess, read},
    s3::Artifacts,
};
use pipeline_core::{
    configure::perform::{Files, ReadArtifacts, WriteArtifacts},
    digest::ReadBuild,
    job::Job,
};
use serde_json::{json, value::to_raw_value};

use crate::canned::{Canned, run};

const ACCOUNT: &str = "111122223333";

fn job() -> (Job, ArtifactAccess) {
    let artifact = json!({"name": "Built", "revision": null,
        "location": {"type": "S3", "s3Location": {"bucketName": "b", "objectKey": "k"}}});
    let event = json!({"CodePipeline.job": {
        "id": "11111111-abcd-1111-abcd-111111abcdef",
        "accountId": ACCOUNT,
        "data": {
            "actionConfiguration": {"configuration": {"FunctionName": "f"}},
            "inputArtifacts": [artifact],
            "artifactCredentials": {"accessKeyId": "of-the-job", "secretAccessKey": "s", "sessionToken": "t"},
        },
    }});
    read(&to_raw_value(&event).unwrap(), ACCOUNT).unwrap().job.unwrap()
}

/// Whose bucket it is S3 checks, whatever the event says: a forged one could name another account's.
#[test]
fn i26_artifacts_are_read_and_written_with_the_jobs_credentials_and_only_in_our_account() {
    let (job, access) = job();
    let canned = Canned::new([(404, String::new()), (404, String::new()), (200, String::new())]);
    let artifacts = Artifacts::new(&canned.config(), &access);
    assert!(run(artifacts.files(&job.inputs[0], &BTreeSet::from(["app.yaml"]))).is_err());
    assert!(run(artifacts.build(&job.inputs[0])).is_err());
    run(artifacts.write(&job.inputs[0], &Files::new())).unwrap();
    let asked = canned.asked();
    assert_eq!(asked.iter().map(|asked| &asked.method[..]).collect::<Vec<_>>(), ["GET", "GET", "PUT"]);
    for asked in asked {
        assert_eq!(asked.header("x-amz-expected-bucket-owner"), Some(ACCOUNT), "{}", asked.method);
        assert_eq!(asked.header("x-amz-security-token"), Some("t"), "{}", asked.method);
        let signature = asked.header("authorization").unwrap();
        assert!(signature.contains("Credential=of-the-job/"), "{signature}");
    }
}
