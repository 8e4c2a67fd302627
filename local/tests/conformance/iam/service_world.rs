use aws_sdk_cloudwatch::types::Metric;
use aws_sdk_cloudwatchlogs::error::ProvideErrorMetadata as _;
use flowgate::cloud::authority::Iam;
use flowgate::cloud::{Cloud, Options};
use serde_json::{Value, json};

use crate::codepipeline::Runner;
use crate::world::{deploy_template, options};

/// A cloud that enforces permissions, and functions that tell what they hear.
pub(super) struct World {
    pub(super) cloud: Cloud,
    pub(super) runner: Runner,
    url: String,
}

impl World {
    pub(super) async fn start(without: &[&str]) -> Self {
        let runner = Runner::default();
        let url = runner.serve().await;
        let without_patches = without.iter().map(|&patch| patch.to_owned()).collect();
        let options = Options { runner_url: Some(url.clone()), without_patches, iam: Iam::Enforce, ..options() };
        Self { cloud: Cloud::start(&options).await.unwrap(), runner, url }
    }

    pub(super) async fn deploy(&self, stack: &str, resources: Value) {
        deploy_template(&self.cloud, stack, &json!({ "Resources": resources })).await.unwrap();
    }

    /// A function that passes on what it hears. Its role, the resource `Silent`, need not be allowed anything.
    pub(super) fn listener(&self, name: &str) -> Value {
        let code = "
import json, os, urllib.request
def handler(event, context):
    body = json.dumps({'function': context.function_name, 'event': event}).encode()
    headers = {'x-amz-target': 'CodePipeline_20150709.Heard', 'authorization': 'Credential=function/'}
    urllib.request.urlopen(urllib.request.Request(os.environ['LISTENER'], body, headers)).read()
    return {'statusCode': 200, 'body': 'heard'}
";
        let environment = json!({ "Variables": { "LISTENER": self.url } });
        function(name, "Silent", code, &environment)
    }

    /// The functions that hear the next so many things, by name.
    pub(super) async fn heard(&self, count: usize) -> Vec<String> {
        let calls = self.runner.calls(count).await;
        let mut heard: Vec<_> =
            calls.iter().map(|call| call.request["function"].as_str().unwrap().to_owned()).collect();
        heard.sort();
        heard
    }

    /// For which value of the metric's dimension something was counted, as AWS counts what it dropped.
    pub(super) async fn counted(&self, namespace: &str, metric: &str) -> Vec<String> {
        let client = aws_sdk_cloudwatch::Client::new(&self.cloud.sdk_config());
        let answer = client.list_metrics().namespace(namespace).metric_name(metric).send().await.unwrap();
        let dimensions = answer.metrics().iter().flat_map(Metric::dimensions);
        let mut values: Vec<_> = dimensions.map(|dimension| dimension.value().unwrap().to_owned()).collect();
        values.sort();
        values
    }

    pub(super) fn lambda(&self) -> aws_sdk_lambda::Client {
        aws_sdk_lambda::Client::new(&self.cloud.sdk_config())
    }

    /// How many lines a function's log has.
    pub(super) async fn lines(&self, function: &str) -> usize {
        let client = aws_sdk_cloudwatchlogs::Client::new(&self.cloud.sdk_config());
        let answer = client.filter_log_events().log_group_name(format!("/aws/lambda/{function}")).send().await;
        match answer {
            Ok(answer) => answer.events().len(),
            Err(error) => {
                assert_eq!(error.code(), Some("ResourceNotFoundException"));
                0
            }
        }
    }
}

pub(super) fn function(name: &str, role: &str, code: &str, environment: &Value) -> Value {
    json!({ "Type": "AWS::Lambda::Function", "Properties": {
        "FunctionName": name, "Runtime": "python3.12", "Handler": "index.handler",
        "Role": { "Fn::GetAtt": [role, "Arn"] }, "Code": { "ZipFile": code }, "Environment": environment,
    } })
}

/// A role that a service may assume for a source, and what it may do to what.
pub(super) fn role(service: &str, source: &str, allowed: Option<(&[&str], &str)>) -> Value {
    let document = |statement: Value| json!({ "Version": "2012-10-17", "Statement": [statement] });
    let policy = |(actions, resource)| {
        let statement = json!({ "Sid": "Do", "Effect": "Allow", "Action": actions, "Resource": resource });
        json!({ "PolicyName": "Do", "PolicyDocument": document(statement) })
    };
    let trust = json!({
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "Service": service },
        "Condition": {
            "StringEquals": { "aws:SourceAccount": "000000000000" }, "ArnLike": { "aws:SourceArn": source },
        },
    });
    json!({ "Type": "AWS::IAM::Role", "Properties": {
        "AssumeRolePolicyDocument": document(trust), "Policies": allowed.map(policy).into_iter().collect::<Vec<_>>(),
    } })
}

/// The role of functions that write no logs.
pub(super) fn silent() -> Value {
    role("lambda.amazonaws.com", "*", None)
}

pub(super) fn arn(service: &str, rest: &str) -> String {
    format!("arn:aws:{service}:us-east-1:000000000000:{rest}")
}
