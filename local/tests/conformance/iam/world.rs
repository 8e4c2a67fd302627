use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_cloudformation::error::ProvideErrorMetadata as _;
use aws_sdk_cloudformation::types::{Capability, Tag};
use flowgate::cloud::authority::{Iam, Role};
use flowgate::cloud::{Cloud, Options, stack_wait};
use serde_json::{Value, json};

use crate::world::options;

pub(super) const CLOUDFORMATION: &str = "cloudformation.amazonaws.com";

/// A cloud where IAM is enforced, as its root. The refusals are AWS's messages.
pub(super) struct World {
    pub(super) cloud: Cloud,
    pub(super) sdk: SdkConfig,
}

/// What becomes of a stack.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) id: String,
    pub(super) status: String,
    /// The reasons of all events so far.
    pub(super) reasons: String,
}

impl World {
    pub(super) async fn start() -> Self {
        Self::without(&[]).await
    }

    pub(super) async fn without(patches: &[&str]) -> Self {
        let without_patches = patches.iter().map(|&patch| patch.to_owned()).collect();
        let cloud = Cloud::start(&Options { iam: Iam::Enforce, without_patches, ..options() }).await.unwrap();
        let sdk = cloud.sdk_config();
        Self { cloud, sdk }
    }

    /// Makes a role that this service can assume; its ARN.
    pub(super) async fn role(&self, name: &str, service: &str, statements: &Value) -> String {
        let trust = json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Principal": { "Service": service }, "Action": "sts:AssumeRole" },
        ] });
        let iam = aws_sdk_iam::Client::new(&self.sdk);
        let request = iam.create_role().role_name(name).assume_role_policy_document(trust.to_string());
        request.send().await.unwrap();
        self.allow(name, statements).await;
        format!("arn:aws:iam::000000000000:role/{name}")
    }

    /// What a role may do from now on, and nothing else.
    pub(super) async fn allow(&self, role: &str, statements: &Value) {
        let policy = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
        let iam = aws_sdk_iam::Client::new(&self.sdk);
        let request = iam.put_role_policy().role_name(role).policy_name("only").policy_document(policy);
        request.send().await.unwrap();
    }

    /// Somebody who works as a new role.
    pub(super) async fn somebody(&self, name: &str, statements: &Value) -> SdkConfig {
        self.somebody_within(name, statements, None).await
    }

    /// Somebody who works as a new role, in a session that may do no more than `policy` allows.
    pub(super) async fn somebody_within(&self, name: &str, statements: &Value, policy: Option<Value>) -> SdkConfig {
        let arn = self.role(name, "lambda.amazonaws.com", statements).await;
        let source = "arn:aws:lambda:us-east-1:000000000000:function:f";
        let role = Role { arn: &arn, service: "lambda.amazonaws.com", source, session: "somebody", policy };
        let session = self.cloud.authority().assume(&role).await.unwrap();
        let credentials: &Credentials = session.credentials();
        let provider = SharedCredentialsProvider::new(credentials.clone());
        self.sdk.to_builder().credentials_provider(provider).build()
    }

    pub(super) async fn create(&self, role: &str, name: &str, template: &Value) -> Result<Outcome, String> {
        self.create_by(&self.sdk, Some(role), name, template).await
    }

    pub(super) async fn create_by(
        &self,
        who: &SdkConfig,
        role: Option<&str>,
        name: &str,
        template: &Value,
    ) -> Result<Outcome, String> {
        let request = aws_sdk_cloudformation::Client::new(who).create_stack().stack_name(name);
        let request = request.template_body(template.to_string()).set_role_arn(role.map(str::to_owned));
        let request = request.set_capabilities(Some(capabilities())).tags(tag("release", "1"));
        let answer = request.send().await.map_err(|error| error.message().unwrap().to_owned())?;
        Ok(self.outcome(&answer.stack_id.unwrap()).await)
    }

    /// As the role that the stack has.
    pub(super) async fn update(&self, id: &str, template: &Value) -> Outcome {
        let client = aws_sdk_cloudformation::Client::new(&self.sdk);
        let request = client.update_stack().stack_name(id).template_body(template.to_string());
        let request = request.set_capabilities(Some(capabilities())).tags(tag("release", "2"));
        request.send().await.unwrap();
        self.outcome(id).await
    }

    /// As the role that the stack has.
    pub(super) async fn delete(&self, id: &str) -> Outcome {
        self.delete_as(None, id).await
    }

    pub(super) async fn delete_as(&self, role: Option<&str>, id: &str) -> Outcome {
        let request = aws_sdk_cloudformation::Client::new(&self.sdk).delete_stack().stack_name(id);
        request.set_role_arn(role.map(str::to_owned)).send().await.unwrap();
        self.outcome(id).await
    }

    /// What becomes of a stack that is being changed.
    pub(super) async fn outcome(&self, id: &str) -> Outcome {
        let client = aws_sdk_cloudformation::Client::new(&self.sdk);
        let status = stack_wait::settled(&client, id).await.unwrap().unwrap().status;
        let events = client.describe_stack_events().stack_name(id).send().await.unwrap().stack_events.unwrap();
        let reasons: Vec<&str> = events.iter().filter_map(|event| event.resource_status_reason()).collect();
        Outcome { id: id.to_owned(), status, reasons: reasons.join("\n") }
    }
}

pub(super) fn allow(actions: &Value, resources: &Value) -> Value {
    json!({ "Effect": "Allow", "Action": actions, "Resource": resources })
}

pub(super) fn everything() -> Value {
    json!([allow(&json!("*"), &json!("*"))])
}

/// A log group of this name.
pub(super) fn log_group(name: &str) -> Value {
    json!({ "Type": "AWS::Logs::LogGroup", "Properties": { "LogGroupName": name } })
}

pub(super) fn template(resources: &Value) -> Value {
    json!({ "Resources": resources })
}

fn capabilities() -> Vec<Capability> {
    vec![Capability::CapabilityNamedIam, Capability::CapabilityAutoExpand]
}

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build()
}
