//! Local clouds for tests, and the few calls that tests make again and again.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_cloudformation::types::Capability;
use aws_sdk_lambda::primitives::Blob;
use flowgate::cloud::stack_wait::Stack;
use flowgate::cloud::stacks::{DeployError, Deployment, Template, deploy};
use flowgate::cloud::{Cloud, Options};
use flowgate::supervise::Supervisor;
use serde_json::Value;

/// Options whose installed programs all tests share.
pub(crate) fn options() -> Options {
    let state = std::env::var_os("FLOWGATE_STATE");
    let state = state.map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("state"), PathBuf::from);
    Options {
        state: Some(state),
        port: None,
        runner_url: None,
        supervisor: Supervisor::new(env!("CARGO_BIN_EXE_flowgate")),
        progress: Arc::new(|line| eprintln!("{line}")),
        without_patches: Vec::new(),
        lambda_minute: Some(Duration::from_secs(1)),
        iam: flowgate::cloud::authority::Iam::Off,
        keep: None,
    }
}

pub(crate) async fn cloud() -> Cloud {
    Cloud::start(&options()).await.unwrap()
}

pub(crate) async fn cloud_without(patch: &str) -> Cloud {
    cloud_without_all(&[patch]).await
}

pub(crate) async fn cloud_without_all(patches: &[&str]) -> Cloud {
    let without_patches = patches.iter().map(|&patch| patch.to_owned()).collect();
    Cloud::start(&Options { without_patches, ..options() }).await.unwrap()
}

pub(crate) async fn deploy_template(cloud: &Cloud, stack: &str, template: &Value) -> Result<Stack, DeployError> {
    deploy_text(cloud, stack, &template.to_string()).await
}

pub(crate) async fn deploy_text(cloud: &Cloud, stack: &str, template: &str) -> Result<Stack, DeployError> {
    let client = aws_sdk_cloudformation::Client::new(&cloud.sdk_config());
    let capabilities = vec![Capability::CapabilityIam, Capability::CapabilityAutoExpand];
    let template = Template::Body(template);
    deploy(&client, &Deployment { stack, template, capabilities, ..Deployment::default() }).await
}

/// Calls a function; its own failure is the `Err`.
pub(crate) async fn invoke(cloud: &Cloud, function: &str, payload: &Value) -> Result<Value, Value> {
    let client = aws_sdk_lambda::Client::new(&cloud.sdk_config());
    let payload = Blob::new(payload.to_string());
    let answer = client.invoke().function_name(function).payload(payload).send().await.unwrap();
    let value = serde_json::from_slice(answer.payload.unwrap().as_ref()).unwrap();
    if answer.function_error.is_some() { Err(value) } else { Ok(value) }
}
