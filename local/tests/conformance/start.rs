use std::net::TcpListener;
use std::time::Duration;

use flowgate::cloud::{Cloud, Options, StartError};
use serde_json::json;

use crate::world::{cloud, deploy_template, options};

#[tokio::test]
async fn a_busy_port_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let error = Cloud::start(&Options { port: Some(port), ..options() }).await.unwrap_err();
    assert!(matches!(error, StartError::Port { .. }));
    assert!(error.to_string().contains(&format!("port {port} on 127.0.0.1")), "{error}");
}

#[tokio::test]
async fn what_the_emulator_cannot_start_with_is_told_with_its_own_words() {
    let without_patches = vec!["no_such_patch".to_owned()];
    let error = Cloud::start(&Options { without_patches, ..options() }).await.unwrap_err().to_string();
    assert!(error.contains("FLOWGATE_WITHOUT_PATCH names unknown patches: no_such_patch"), "{error}");
}

#[tokio::test]
async fn it_reports_its_own_processor_time() {
    let cloud = cloud().await;
    let before = cloud.meter().read().await;
    deploy_template(&cloud, "app", &json!({ "Resources": { "T": { "Type": "AWS::SNS::Topic" } } })).await.unwrap();
    let after = cloud.meter().read().await;
    assert!(before > Duration::ZERO && after > before, "{before:?} {after:?}");
}

#[tokio::test]
async fn after_a_stop_nothing_answers_and_no_file_is_left() {
    let cloud = cloud().await;
    let (run_dir, endpoint) = (cloud.run_dir().to_owned(), cloud.endpoint().to_owned());
    assert!(run_dir.exists());
    cloud.stop().await.unwrap();
    assert!(!run_dir.exists());
    assert!(TcpListener::bind(endpoint.trim_start_matches("http://")).is_ok());
}

#[tokio::test]
async fn two_run_side_by_side() {
    let (one, two) = tokio::join!(cloud(), cloud());
    deploy_template(&one, "app", &json!({ "Resources": { "T": { "Type": "AWS::SNS::Topic" } } })).await.unwrap();
    let client = aws_sdk_cloudformation::Client::new(&two.sdk_config());
    assert_eq!(flowgate::cloud::stack_wait::find(&client, "app").await.unwrap(), None);
}

#[tokio::test]
async fn the_users_environment_does_not_reach_functions() {
    let cloud = cloud().await;
    let template = json!({ "Resources": { "F": { "Type": "AWS::Lambda::Function", "Properties": {
        "FunctionName": "environment", "Runtime": "python3.12", "Handler": "index.handler",
        "Role": "arn:aws:iam::000000000000:role/r",
        "Code": { "ZipFile": "import os\ndef handler(event, context):\n    return dict(os.environ)\n" },
    } } } });
    deploy_template(&cloud, "app", &template).await.unwrap();
    let environment = crate::world::invoke(&cloud, "environment", &json!({})).await.unwrap();
    let variables = environment.as_object().unwrap();
    assert_eq!(variables["AWS_ENDPOINT_URL"], cloud.endpoint());
    assert!(variables.contains_key("PATH") && !variables.contains_key("CARGO_MANIFEST_DIR"));
    assert!(!variables.keys().any(|name| name.starts_with("FLOWGATE_")), "{variables:?}");
}

#[tokio::test]
async fn a_build_finds_our_aws_first_and_its_own_python() {
    let cloud = cloud().await;
    let path = cloud.child_env()["PATH"].clone();
    let first = std::path::Path::new(path.split(':').next().unwrap());
    let programs: Vec<_> = std::fs::read_dir(first).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(programs, ["aws"]);
    let mut version = cloud.command("aws");
    version.arg("--version").stdout(std::process::Stdio::piped());
    let version = flowgate::supervise::Child::spawn(&mut version).unwrap().wait_with_output().await.unwrap();
    assert!(version.stdout.starts_with(b"aws-cli/1."), "{version:?}");
}
