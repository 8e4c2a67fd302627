use std::path::PathBuf;

use aws_sdk_cloudformation::types::{Capability, StackEvent};
use flowgate::cloud::home::Home;
use flowgate::cloud::stack_wait;
use flowgate::cloud::{Cloud, Keep, Options, StartError, StopError};
use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::world::options;

/// Where a cloud is kept.
pub(super) struct Kept {
    state: TempDir,
}

/// A cloud that is kept, while it runs.
pub(super) struct Running {
    pub(super) cloud: Cloud,
    home: Home,
}

impl Kept {
    pub(super) fn new() -> Self {
        Self { state: tempfile::tempdir().unwrap() }
    }

    pub(super) async fn start(&self) -> Running {
        self.start_with(options()).await.unwrap()
    }

    pub(super) async fn start_with(&self, options: Options) -> Result<Running, StartError> {
        let mut home = Home::open(self.state.path(), "test").await.unwrap();
        let keep = Some(Keep { directory: home.emulator(), port: home.last_port() });
        let cloud = Cloud::start(&Options { keep, ..options }).await?;
        home.serves(cloud.port().unwrap()).unwrap();
        Ok(Running { cloud, home })
    }

    /// What is saved of it.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.state.path().join("up/test/kept/cloud").join(name)
    }
}

impl Running {
    /// As Ctrl-C does.
    pub(super) async fn stop(self) {
        self.try_stop().await.unwrap();
    }

    pub(super) async fn try_stop(self) -> Result<(), StopError> {
        let stopped = self.cloud.stop().await;
        drop(self.home);
        stopped
    }

    /// As `kill -9` does: nobody saves anything.
    pub(super) fn kill(self) {
        drop(self.cloud);
        drop(self.home);
    }

    /// Waits until what was there at `since` is saved.
    pub(super) async fn until_saved(&self, since: Timestamp) {
        let file = self.home.emulator().join("state");
        let saved = || Timestamp::try_from(file.metadata().ok()?.modified().ok()?).ok();
        while saved().is_none_or(|saved| saved <= since) {
            tokio::task::yield_now().await;
        }
    }

    /// What belongs to the cloud, and is no affair of the emulator's.
    pub(super) fn kept(&self) -> PathBuf {
        self.home.kept()
    }

    pub(super) async fn save(&self) {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("{}/_flowgate/save", self.cloud.endpoint());
        http.post(url).send().await.unwrap().error_for_status().unwrap();
    }
}

/// CloudFormation, by the id of a stack.
pub(super) struct Stacks(aws_sdk_cloudformation::Client);

impl Stacks {
    pub(super) fn of(cloud: &Cloud) -> Self {
        Self(aws_sdk_cloudformation::Client::new(&cloud.sdk_config()))
    }

    /// Gives the id, without waiting.
    pub(super) async fn begin(&self, name: &str, template: &Value) -> String {
        let request = self.0.create_stack().stack_name(name).template_body(template.to_string());
        request.capabilities(Capability::CapabilityIam).send().await.unwrap().stack_id.unwrap()
    }

    /// The status at rest.
    pub(super) async fn settled(&self, id: &str) -> String {
        stack_wait::settled(&self.0, id).await.unwrap().unwrap().status
    }

    pub(super) async fn delete(&self, id: &str) -> String {
        self.0.delete_stack().stack_name(id).send().await.unwrap();
        self.settled(id).await
    }

    /// The newest first.
    pub(super) async fn events(&self, id: &str) -> Vec<StackEvent> {
        self.0.describe_stack_events().stack_name(id).send().await.unwrap().stack_events.unwrap()
    }

    /// Waits until a stack of [`waiting`] waits.
    pub(super) async fn until_it_waits(&self, id: &str) {
        let is_made = async || {
            let resources = self.0.list_stack_resources().stack_name(id).send().await.unwrap().stack_resource_summaries;
            resources.unwrap().iter().any(|resource| resource.logical_resource_id() == Some("Handle"))
        };
        while !is_made().await {
            tokio::task::yield_now().await;
        }
    }
}

/// A template that takes until somebody gives it a signal.
pub(super) fn waiting() -> Value {
    json!({ "Resources": {
        "Handle": { "Type": "AWS::CloudFormation::WaitConditionHandle" },
        "Wait": {
            "Type": "AWS::CloudFormation::WaitCondition",
            "Properties": { "Handle": { "Ref": "Handle" }, "Timeout": "600" },
        },
    } })
}
