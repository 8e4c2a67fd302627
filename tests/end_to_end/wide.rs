//! A service with everything that the deploy roles are meant for: made, changed and deleted as each of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use aws_sdk_cloudformation::Client as CloudFormation;
use aws_sdk_cloudformation::types::Capability;
use aws_sdk_lambda::Client as Lambda;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{FunctionConfiguration, LayerVersionContentInput};
use aws_sdk_ssm::Client as Parameters;
use aws_sdk_ssm::types::ParameterType;
use flowgate::cloud::client::ACCOUNT;
use flowgate::cloud::stack_wait;
use flowgate::cloud::stacks::{self, Deployment, Template};
use serde_json::{Value, json};

use crate::up::Up;
use crate::world::fixture;

/// A boundary that is there in every account.
const BOUNDARY: &str = "arn:aws:iam::aws:policy/PowerUserAccess";
const STAGES: [&str; 4] = ["tests", "beta", "gamma", "prod"];

/// A stage's API.
const API: &str = r#"{"Resources": {"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "greetings"}}}, "Outputs": {
    "Api": {"Value": {"Ref": "Api"}}, "Root": {"Value": {"Fn::GetAtt": ["Api", "RootResourceId"]}}}}"#;

/// The service, on a cloud that stays up.
struct Wide {
    up: Up,
    service: PathBuf,
    stacks: CloudFormation,
    layer: String,
}

/// One cloud for both, since starting one is most of the work.
#[tokio::test]
async fn the_stages_of_a_service_with_everything_are_made_changed_and_deleted_as_their_roles() {
    let wide = Wide::new().await;
    wide.release(&[]).await;
    assert_eq!(wide.greeter("wide-prod").await.timeout(), Some(30));
    wide.release(&[("Changed", "yes"), ("Boundary", BOUNDARY)]).await;
    for stage in ["beta", "gamma", "prod"] {
        assert_eq!(wide.greeter(&format!("wide-{stage}")).await.timeout(), Some(20), "{stage}");
    }
    for stage in STAGES.iter().rev() {
        wide.delete(&format!("wide-{stage}")).await;
    }
    let [deploy, prod] = [wide.deploys("DeployRole").await, wide.deploys("ProdDeployRole").await];
    wide.no_api_of_a_stage(&deploy, "wide-gamma", "wide-prod").await;
    wide.no_api_of_a_stage(&prod, "wide-prod", "wide-beta").await;
    wide.only_roles_within_the_boundary().await;
}

#[tokio::test]
async fn a_stack_of_a_pull_request_or_a_developer_is_made_changed_and_deleted_as_the_preview_role() {
    let wide = Wide::new().await;
    // Its pipeline ends at once, and is not what this is about.
    fs::write(wide.service.join("buildspec.yml"), "version: 0.2\nphases: {build: {commands: [exit 1]}}\n").unwrap();
    wide.up.push(&wide.service).await;
    let role = wide.output("wide-flowgate", "PreviewDeployRole").await;
    for stack in ["wide-dev-ada", "wide-pr-7"] {
        wide.deploy(stack, &role, &[]).await;
        wide.deploy(stack, &role, &[("Changed", "yes"), ("Boundary", BOUNDARY)]).await;
        assert_eq!(wide.greeter(stack).await.timeout(), Some(20), "{stack}");
        wide.delete(stack).await;
    }
    wide.no_api_of_a_stage(&role, "wide-dev-eve", "wide-beta").await;
}

impl Wide {
    async fn new() -> Self {
        let up = Up::new().await;
        let layer = layer(&up).await;
        Self { service: up.service("wide", "wide"), stacks: CloudFormation::new(&up.sdk()), layer, up }
    }

    /// Takes the service to Prod, with these parameters in every stage.
    async fn release(&self, parameters: &[(&str, &str)]) {
        let ended = self.push(parameters, &[]).await;
        assert_eq!(ended["status"], "Succeeded", "{ended}");
    }

    async fn push(&self, parameters: &[(&str, &str)], of_flowgate: &[&str]) -> Value {
        self.configure(parameters).await;
        fs::write(self.service.join("parameters.json"), json!(parameters).to_string()).unwrap();
        let commit = self.up.push_with(&self.service, of_flowgate).await;
        tokio::select! {
            () = self.up.approve("wide", &commit) => self.up.until_ended("wide", &commit).await,
            ended = self.up.until_ended("wide", &commit) => ended,
        }
    }

    async fn configure(&self, parameters: &[(&str, &str)]) {
        let profile: BTreeMap<_, _> =
            parameters.iter().copied().chain([("Layer", &*self.layer), ("Packages", "yes")]).collect();
        for stage in STAGES {
            let put = Parameters::new(&self.up.sdk()).put_parameter().name(format!("/flowgate/wide/{stage}"));
            let put = put.value(json!(profile).to_string()).r#type(ParameterType::String).overwrite(true);
            put.send().await.unwrap();
        }
    }

    /// With a boundary for what the service's stacks make, a role without it is refused, whoever approves.
    async fn only_roles_within_the_boundary(&self) {
        let boundary = format!("AppBoundary={BOUNDARY}");
        let refused = self.push(&[], &[&boundary]).await;
        assert_eq!(refused["status"], "Failed", "{refused}");
        let failed = stack_wait::failed_resources(&self.stacks, "wide-tests").await.unwrap();
        let (role, why) = (&failed[0].logical_id, &failed[0].reason);
        assert!(role == "GreetedRole" && why.contains("is not authorized to perform: iam:CreateRole"), "{failed:?}");
        self.delete("wide-tests").await;
        let released = self.push(&[("Boundary", BOUNDARY)], &[&boundary]).await;
        assert_eq!(released["status"], "Succeeded", "{released}");
    }

    /// APIs have no names, so it is by the tags of CloudFormation that no role which deploys a stack reaches into the API of
    /// another's.
    async fn no_api_of_a_stage(&self, role: &str, stack: &str, other: &str) {
        let owner = Deployment { stack: other, template: Template::Body(API), ..Deployment::default() };
        let api = stacks::deploy(&self.stacks, &owner).await.unwrap().outputs;
        let path = json!({"RestApiId": api["Api"], "ParentId": api["Root"], "PathPart": "intruder"});
        let template =
            json!({"Resources": {"Path": {"Type": "AWS::ApiGateway::Resource", "Properties": path}}}).to_string();
        let template = Template::Body(&template);
        let intruder = Deployment { stack, template, role: Some(role), ..Deployment::default() };
        let refused = stacks::deploy(&self.stacks, &intruder).await.unwrap_err().to_string();
        assert!(refused.contains("apigateway:POST") && refused.contains("explicit deny"), "{stack}: {refused}");
        self.delete(stack).await;
        self.delete(other).await;
    }

    /// The ARN of a role of its Flowgate stack.
    async fn deploys(&self, role: &str) -> String {
        format!("arn:aws:iam::{ACCOUNT}:role/{}", self.output("wide-flowgate", role).await)
    }

    /// As a developer does.
    async fn deploy(&self, stack: &str, role: &str, parameters: &[(&str, &str)]) {
        let template = fs::read_to_string(fixture("wide").join("app-sam.yaml")).unwrap();
        let parameters = parameters.iter().copied().chain([("Layer", &*self.layer)]);
        let deployment = Deployment {
            stack,
            template: Template::Body(&template),
            parameters: parameters.map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
            capabilities: vec![Capability::CapabilityIam, Capability::CapabilityAutoExpand],
            role: Some(role),
            ..Deployment::default()
        };
        stacks::deploy(&self.stacks, &deployment).await.unwrap();
    }

    async fn delete(&self, stack: &str) {
        let found = stack_wait::find(&self.stacks, stack).await.unwrap().expect(stack);
        self.stacks.delete_stack().stack_name(&found.id).send().await.unwrap();
        let end = stack_wait::settled(&self.stacks, &found.id).await.unwrap().expect(stack);
        assert_eq!(end.status, "DELETE_COMPLETE", "{stack}: {end:?}");
    }

    async fn output(&self, stack: &str, key: &str) -> String {
        stack_wait::find(&self.stacks, stack).await.unwrap().expect(stack).outputs[key].clone()
    }

    async fn greeter(&self, stack: &str) -> FunctionConfiguration {
        let resources = self.stacks.describe_stack_resource().stack_name(stack).logical_resource_id("Greeter");
        let resource = resources.send().await.unwrap().stack_resource_detail.unwrap();
        let lambda = Lambda::new(&self.up.sdk());
        let function = lambda.get_function().function_name(resource.physical_resource_id().unwrap()).send().await;
        function.unwrap().configuration.unwrap()
    }
}

/// A layer as others publish them.
async fn layer(up: &Up) -> String {
    let dir = tempfile::tempdir().unwrap();
    let content = LayerVersionContentInput::builder().zip_file(Blob::new(zipped(dir.path()))).build();
    let publish = Lambda::new(&up.sdk()).publish_layer_version().layer_name("greetings").content(content);
    publish.send().await.unwrap().layer_version_arn.unwrap()
}

fn zipped(dir: &Path) -> Vec<u8> {
    use std::io::Write as _;

    let path = dir.join("layer.zip");
    let mut zip = zip::ZipWriter::new(fs::File::create(&path).unwrap());
    zip.start_file("python/greeting.py", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(b"GREETING = 'hello'\n").unwrap();
    zip.finish().unwrap();
    fs::read(path).unwrap()
}
