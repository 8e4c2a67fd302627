//! The stage: an app stack, and a test stack whose functions do as the desk tells them.

use std::io::{Cursor, Write as _};

use aws_config::SdkConfig;
use aws_sdk_cloudformation::types::Capability;
use aws_sdk_s3::primitives::ByteStream;
use flowgate::cloud::client::ACCOUNT;
use flowgate::cloud::stacks::{Deployment, Template, deploy};
use serde_json::{Map, Value, json};
use zip::write::{SimpleFileOptions, ZipWriter};

use crate::world::SERVICE;

/// Where packages and artifacts are.
pub(super) const BUCKET: &str = "shop-artifacts";
pub(super) const BOOTSTRAP: &str = include_str!("functions/bootstrap");
pub(super) const PYTHON: &str = include_str!("functions/index.py");
pub(super) const NODE: &str = include_str!("functions/index.js");

/// A stack of the service.
pub(super) fn stack(of: &str) -> String {
    format!("{SERVICE}-{of}")
}

/// A zip of these files, which may be run.
pub(super) fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in files {
        zip.start_file(*path, SimpleFileOptions::default().unix_permissions(0o755)).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

pub(super) async fn put(config: &SdkConfig, key: &str, bytes: Vec<u8>) {
    let s3 = aws_sdk_s3::Client::new(config);
    s3.put_object().bucket(BUCKET).key(key).body(ByteStream::from(bytes)).send().await.unwrap();
}

/// Makes or changes a stack of the service.
pub(super) async fn make(config: &SdkConfig, of: &str, resources: Value, outputs: &[(String, Value)]) {
    let outputs: Map<_, _> = outputs.iter().map(|(key, value)| (key.clone(), json!({"Value": value}))).collect();
    let template = json!({"Resources": resources, "Outputs": outputs}).to_string();
    let client = aws_sdk_cloudformation::Client::new(config);
    let (stack, template) = (&stack(of), Template::Body(&template));
    let capabilities = vec![Capability::CapabilityIam];
    deploy(&client, &Deployment { stack, template, capabilities, ..Deployment::default() }).await.unwrap();
}

/// What `brief` functions may take, in seconds: a function starts within it on a busy machine, too.
pub(super) const BRIEF: u8 = 5;

/// The test stack's functions, by the ends of their names: `probe`, in a runtime of its own, and `alone`, which is the same;
/// `python`; `node`; and `brief` ones, which may take [`BRIEF`] seconds.
pub(super) fn functions(desk: &str) -> Value {
    let own = json!({"Runtime": "provided.al2023", "Handler": "bootstrap", "Code": {"S3Bucket": BUCKET, "S3Key": "bootstrap.zip"}});
    let python = json!({"Runtime": "python3.12", "Handler": "index.handler", "Code": {"ZipFile": PYTHON}});
    let node = json!({"Runtime": "nodejs22.x", "Handler": "index.handler", "Code": {"ZipFile": NODE}});
    let brief = |of: &Value| with(of, &json!({"Timeout": BRIEF}));
    let all = [
        ("Probe", own.clone()),
        ("Python", python.clone()),
        ("Node", node),
        ("Brief", brief(&own)),
        ("BriefPython", brief(&python)),
        ("Alone", own),
    ];
    let resources = all.map(|(name, properties)| (name.to_owned(), function(name, &properties, desk)));
    resources.into_iter().chain([("Role".to_owned(), role())]).collect::<Map<_, _>>().into()
}

/// A function of the test stack.
pub(super) fn name(of: &str) -> String {
    format!("{SERVICE}-tests-{}", of.to_lowercase())
}

fn function(name: &str, properties: &Value, desk: &str) -> Value {
    let usual = json!({
        "FunctionName": self::name(name), "Role": {"Fn::GetAtt": ["Role", "Arn"]}, "Timeout": 120,
        "Environment": {"Variables": {"DESK": desk}},
    });
    json!({"Type": "AWS::Lambda::Function", "Properties": with(&usual, properties)})
}

fn with(base: &Value, more: &Value) -> Value {
    let entries = |value: &Value| value.as_object().unwrap().clone();
    entries(base).into_iter().chain(entries(more)).collect::<Map<_, _>>().into()
}

/// What tests may do: write their log, and settle a job, as those of the AWS sample do.
fn role() -> Value {
    let logs = format!("arn:aws:logs:*:{ACCOUNT}:*");
    json!({"Type": "AWS::IAM::Role", "Properties": {
        "AssumeRolePolicyDocument": trusting("lambda.amazonaws.com"),
        "Policies": [{"PolicyName": "Tests", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "logs:*", "Resource": logs},
            {"Effect": "Allow", "Action": ["codepipeline:PutJobSuccessResult", "codepipeline:PutJobFailureResult"], "Resource": "*"},
        ]}}],
    }})
}

pub(super) fn trusting(service: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"},
    ]})
}
