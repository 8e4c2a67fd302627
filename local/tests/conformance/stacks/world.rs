use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::error::ProvideErrorMetadata as _;
use aws_sdk_cloudformation::types::{Capability, Stack, StackEvent, StackResourceSummary, Tag};
use flowgate::cloud::Cloud;
use flowgate::cloud::stack_wait;
use serde_json::{Value, json};

/// A cloud and the calls that these tests make again and again. The refusals are CloudFormation's messages.
pub(super) struct World {
    pub(super) cloud: Cloud,
    pub(super) client: Client,
    pub(super) s3: aws_sdk_s3::Client,
}

impl World {
    pub(super) fn new(cloud: Cloud) -> Self {
        let (client, s3) = (Client::new(&cloud.sdk_config()), aws_sdk_s3::Client::new(&cloud.sdk_config()));
        Self { cloud, client, s3 }
    }

    pub(super) async fn start() -> Self {
        Self::new(crate::world::cloud().await)
    }

    /// Gives the ARN, without waiting.
    pub(super) async fn begin(&self, name: &str, template: &Value) -> Result<String, String> {
        self.begin_as(None, name, template).await
    }

    pub(super) async fn begin_as(&self, role: Option<&str>, name: &str, template: &Value) -> Result<String, String> {
        let tag = Tag::builder().key("flowgate:ephemeral").value("true").build();
        let request = self.client.create_stack().stack_name(name).template_body(template.to_string()).tags(tag);
        let request = request.capabilities(Capability::CapabilityNamedIam).set_role_arn(role.map(str::to_owned));
        let answer = request.send().await.map_err(|error| error.message().unwrap().to_owned())?;
        Ok(answer.stack_id.unwrap())
    }

    /// Gives the ARN of what was made.
    pub(super) async fn create(&self, name: &str, template: &Value) -> String {
        let id = self.begin(name, template).await.unwrap();
        assert_eq!(self.settled(&id).await, "CREATE_COMPLETE");
        id
    }

    pub(super) async fn update(&self, id: &str, template: &Value) {
        self.client.update_stack().stack_name(id).template_body(template.to_string()).send().await.unwrap();
    }

    /// Asks for the deletion, for the first time, and gives the status that it ends in.
    pub(super) async fn delete(&self, id: &str) -> Result<String, String> {
        self.begin_delete(id, &uuid::Uuid::new_v4().to_string()).await?;
        Ok(self.settled(id).await)
    }

    pub(super) async fn begin_delete(&self, id: &str, token: &str) -> Result<(), String> {
        let request = self.client.delete_stack().stack_name(id).client_request_token(token);
        request.send().await.map(|_| ()).map_err(|error| error.message().unwrap().to_owned())
    }

    /// The status at rest.
    pub(super) async fn settled(&self, id: &str) -> String {
        stack_wait::settled(&self.client, id).await.unwrap().unwrap().status
    }

    pub(super) async fn describe(&self, id: &str) -> Result<Stack, String> {
        let answer = self.client.describe_stacks().stack_name(id).send().await;
        let mut stacks = answer.map_err(|error| error.message().unwrap().to_owned())?.stacks.unwrap();
        assert_eq!(stacks.len(), 1);
        Ok(stacks.remove(0))
    }

    pub(super) async fn status(&self, id: &str) -> String {
        self.describe(id).await.unwrap().stack_status.unwrap().as_str().to_owned()
    }

    pub(super) async fn resources(&self, id: &str) -> Vec<StackResourceSummary> {
        let answer = self.client.list_stack_resources().stack_name(id).send().await.unwrap();
        answer.stack_resource_summaries.unwrap()
    }

    /// The newest first.
    pub(super) async fn events(&self, id: &str) -> Vec<StackEvent> {
        self.client.describe_stack_events().stack_name(id).send().await.unwrap().stack_events.unwrap()
    }

    pub(super) async fn put(&self, bucket: &str, key: &str, content: String) {
        self.s3.put_object().bucket(bucket).key(key).body(content.into_bytes().into()).send().await.unwrap();
    }

    /// Ends the wait of a stack made of [`waiting`].
    pub(super) async fn signal(&self, id: &str) {
        let handle = self
            .resources(id)
            .await
            .into_iter()
            .find(|resource| resource.resource_type() == Some("AWS::CloudFormation::WaitConditionHandle"));
        let url = handle.unwrap().physical_resource_id.unwrap();
        let signal = json!({ "Status": "SUCCESS", "UniqueId": "1", "Data": "", "Reason": "" }).to_string();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        http.put(url).body(signal).send().await.unwrap().error_for_status().unwrap();
    }

    /// Waits until a stack made of [`waiting`] waits.
    pub(super) async fn until_it_waits(&self, id: &str) {
        while !self.resources(id).await.iter().any(|resource| resource.logical_resource_id() == Some("Handle")) {
            tokio::task::yield_now().await;
        }
    }
}

/// A template with one small resource, which changes with `value`.
pub(super) fn small(value: &Value) -> Value {
    json!({ "Resources": { "Parameter": parameter(value) } })
}

pub(super) fn parameter(value: &Value) -> Value {
    json!({ "Type": "AWS::SSM::Parameter", "Properties": { "Type": "String", "Value": value } })
}

/// Takes until it gets its signal, and makes something more then.
pub(super) fn waiting() -> Value {
    json!({ "Resources": {
        "Handle": { "Type": "AWS::CloudFormation::WaitConditionHandle" },
        "Wait": {
            "Type": "AWS::CloudFormation::WaitCondition",
            "Properties": { "Handle": { "Ref": "Handle" }, "Timeout": "600" },
        },
        "Late": {
            "Type": "AWS::SSM::Parameter", "DependsOn": "Wait",
            "Properties": { "Name": "late", "Type": "String", "Value": "late" },
        },
    } })
}
