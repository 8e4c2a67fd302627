//! Flowgate's own stack, as far as leases, sweep, previews and `start_tests` need it: these resources of `template.yaml`, as users
//! get them.

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use aws_sdk_cloudformation::types::Capability;
use flowgate::cloud::client::{ACCOUNT, REGION};
use flowgate::cloud::stack_wait::Stack;
use flowgate::cloud::stacks::{Deployment, Template, deploy};
use serde_json::{Map, Value, json};

use crate::template::template;
use crate::world::{SERVICE, WEBHOOK_SECRET};

const RESOURCES: [&str; 11] = [
    "StateTable",
    "LeaseRole",
    "SweepRole",
    "StartTestsRole",
    "PreviewRole",
    "PreviewDeployRole",
    "PreviewPackageBucket",
    "NoticeTopic",
    "NoticeTopicPolicy",
    "NoticeSubscription",
    "DeletionSwitch",
];

/// Outputs of this stack, by name, and what they are of.
const OUTPUTS: [(&str, &str, Option<&str>); 7] = [
    ("Table", "StateTable", None),
    ("Topic", "NoticeTopic", None),
    ("lease", "LeaseRole", Some("Arn")),
    ("sweep", "SweepRole", Some("Arn")),
    ("start_tests", "StartTestsRole", Some("Arn")),
    ("preview", "PreviewRole", Some("Arn")),
    ("PreviewDeployRole", "PreviewDeployRole", Some("Arn")),
];

/// Makes it, by whoever has this configuration.
pub(crate) async fn own_stack(config: &SdkConfig) -> Stack {
    let policies = policies_of_previews(config).await;
    let parameters = [
        ("ServiceName", SERVICE),
        ("Provider", "GitHub"),
        ("RepositoryName", "ada/shop"),
        ("GitHubWebhookSecretParameter", WEBHOOK_SECRET),
        // I11: only who is subscribed can be told.
        ("NoticeEmail", "people@example.com"),
        ("PreviewPolicyArns", &policies),
    ];
    let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    make(config, &format!("{SERVICE}-flowgate"), &own_template(), parameters).await
}

async fn make(config: &SdkConfig, stack: &str, template: &Value, parameters: BTreeMap<String, String>) -> Stack {
    let client = aws_sdk_cloudformation::Client::new(config);
    let (template, capabilities) = (template.to_string(), vec![Capability::CapabilityIam]);
    let template = Template::Body(&template);
    deploy(&client, &Deployment { stack, template, parameters, capabilities, ..Deployment::default() }).await.unwrap()
}

fn own_template() -> Value {
    let whole = without_functions(template());
    let resources: Map<_, _> =
        RESOURCES.iter().map(|name| ((*name).to_owned(), whole["Resources"][name].clone())).collect();
    let outputs = OUTPUTS.iter().map(|(name, resource, attribute)| {
        let value = attribute.map_or_else(|| json!({"Ref": resource}), |name| json!({"Fn::GetAtt": [resource, name]}));
        ((*name).to_owned(), json!({"Value": value}))
    });
    json!({"Parameters": whole["Parameters"], "Conditions": whole["Conditions"], "Resources": resources,
        "Outputs": outputs.collect::<Map<_, _>>()})
}

/// The functions under test are no Lambda functions here; their ARNs are known all the same.
fn without_functions(template: Value) -> Value {
    let record = json!({"Fn::GetAtt": ["RecordFunction", "Arn"]});
    match template {
        value if value == record => {
            format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{SERVICE}-flowgate-record").into()
        }
        Value::Array(items) => items.into_iter().map(without_functions).collect(),
        Value::Object(entries) => {
            entries.into_iter().map(|(key, value)| (key, without_functions(value))).collect::<Map<_, _>>().into()
        }
        value => value,
    }
}

/// What previews of these tests have beyond functions, APIs, roles and logs, as a user would allow it. Of these services the
/// local cloud knows no finer permissions for CloudFormation.
async fn policies_of_previews(config: &SdkConfig) -> String {
    let statement = json!({"Effect": "Allow", "Action": ["cloudformation:*", "s3:*", "ssm:*"], "Resource": "*"});
    let policy = json!({"Type": "AWS::IAM::ManagedPolicy", "Properties": {
        "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
    }});
    let template = json!({"Resources": {"Policy": policy}, "Outputs": {"Arn": {"Value": {"Ref": "Policy"}}}});
    make(config, "policies", &template, BTreeMap::new()).await.outputs["Arn"].clone()
}
