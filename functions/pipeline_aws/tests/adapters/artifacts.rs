//! The artifacts of a job.

#![expect(clippy::unwrap_used, reason = "a test that cannot prepare its world has failed")]

use std::{
    collections::BTreeSet,
    io::{Cursor, Read, Write},
};

use pipeline_aws::{
    event::{ArtifactAccess, read},
    s3::Artifacts,
};
use pipeline_core::{
    configure::perform::{Files, ReadArtifacts, WriteArtifacts},
    digest::ReadBuild,
    ids::Nonce,
    job::Job,
    ports::PortError,
    start_tests::{
        ports::{ReadTestFile, WriteReports},
        report::TestReport,
    },
};
use serde_json::{json, value::to_raw_value};
use uuid::Uuid;
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

use crate::{
    canned::{Canned, run},
    server::{Server, answer, config, connected},
};

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

fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(vec![]));
    for (path, text) in files {
        zip.start_file(*path, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn the_test_file_is_in_the_artifact_or_it_is_not() {
    let (job, access) = job();
    let test_file = |status: u16, body: &[u8]| {
        let server = Server::new([answer(status, &[], body)]);
        let found = connected(Artifacts::new(&config(&server.address()), &access).test_file(&job.inputs[0]));
        assert_eq!(server.heard().len(), 1);
        found
    };
    let with = zip(&[("other.yaml", "b"), ("tests.yaml", "a: 1"), ("sub/tests.yaml", "c")]);
    assert_eq!(test_file(200, &with), Ok(Some(b"a: 1".to_vec())));
    assert_eq!(test_file(200, &zip(&[("other.yaml", "b"), ("sub/tests.yaml", "c")])), Ok(None));
    assert!(matches!(test_file(200, b"no zip"), Err(PortError::Unusable { .. })));
    let large = "x".repeat((1 << 20) + 1);
    assert_eq!(test_file(200, &zip(&[("tests.yaml", &large[1..])])), Ok(Some(large[1..].into())));
    let refused = test_file(200, &zip(&[("tests.yaml", &large)])).unwrap_err();
    assert_eq!(refused.to_string(), "artifact Built cannot be used: tests.yaml: larger than 1048576 bytes");
    assert!(matches!(test_file(404, b"<Error><Code>NoSuchKey</Code></Error>"), Err(PortError::NotFound { .. })));
}

#[test]
fn a_report_is_a_zip_with_one_file() {
    let (job, access) = job();
    let report = TestReport {
        stage: "Beta".into(),
        stack: "time-service-beta".parse().unwrap(),
        run: Nonce::from_random(Uuid::nil()),
        began: "2026-11-21T12:00:00Z".parse().unwrap(),
        cases: vec![],
        fixtures: vec![],
    };
    let server = Server::new([answer(200, &[], "")]);
    let artifacts = Artifacts::new(&config(&server.address()), &access);
    assert_eq!(connected(artifacts.write_report(&job.inputs[0], &report)), Ok(()));
    let [heard] = server.heard().try_into().unwrap();
    assert!(heard.line.starts_with("PUT /b/k"), "{}", heard.line);
    let mut written = ZipArchive::new(Cursor::new(heard.body)).unwrap();
    let mut text = String::new();
    written.by_name("junit.xml").unwrap().read_to_string(&mut text).unwrap();
    assert_eq!((written.len(), text.contains(r#"<testsuite name="Beta (time-service-beta)""#)), (1, true), "{text}");
}

#[test]
fn a_bucket_that_is_missing_stays_so() {
    let (job, access) = job();
    let canned = Canned::new([(404, "<Error><Code>NoSuchBucket</Code></Error>".to_owned())]);
    let artifacts = Artifacts::new(&canned.config(), &access);
    let told = run(artifacts.write(&job.inputs[0], &Files::new())).unwrap_err();
    assert_eq!(told.to_string(), "the bucket of artifact Built does not exist");
}

#[test]
fn expired_credentials_are_named_as_the_jobs_and_tell_what_to_do() {
    let (job, access) = job();
    for code in ["ExpiredToken", "InvalidToken", "TokenRefreshRequired"] {
        let error = format!("<Error><Code>{code}</Code><Message>The provided token has expired.</Message></Error>");
        let canned = Canned::new([(400, error.clone()), (400, error)]);
        let artifacts = Artifacts::new(&canned.config(), &access);
        let told = [
            run(artifacts.test_file(&job.inputs[0])).map(drop).unwrap_err(),
            run(artifacts.write(&job.inputs[0], &Files::new())).unwrap_err(),
        ];
        for told in told {
            assert!(matches!(told, PortError::Denied { .. }), "{told}");
            let words = format!(
                " artifact Built: the job's artifact credentials have expired or are not valid; a retry of the stage brings \
                 new ones ({code}: The provided token has expired.)"
            );
            assert!(told.to_string().ends_with(&words), "{told}");
        }
    }
}
