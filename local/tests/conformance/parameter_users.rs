use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_ssm::Client;
use aws_sdk_ssm::error::ProvideErrorMetadata as _;
use aws_sdk_ssm::types::{ParameterStringFilter, ParameterType};
use flowgate::cloud::authority::{Iam, Role};
use flowgate::cloud::{Cloud, Options};
use flowgate::identity::{APPROVER, AUTHOR, Identity};
use serde_json::{Value, json};

use crate::world::{deploy_template, options};

const ROOT: &str = "arn:aws:iam::000000000000:root";

async fn start(iam: Iam, without: &[&str]) -> Cloud {
    let without_patches = without.iter().map(|&patch| patch.to_owned()).collect();
    Cloud::start(&Options { iam, without_patches, ..options() }).await.unwrap()
}

/// As this person.
fn client(cloud: &Cloud, who: Identity) -> Client {
    let credentials = Credentials::new(who.access_key, who.secret_key(), None, None, "test");
    let provider = SharedCredentialsProvider::new(credentials);
    Client::new(&cloud.sdk_config().to_builder().credentials_provider(provider).build())
}

async fn put(client: &Client, name: &str, value: &str) -> Result<(), String> {
    let request = client.put_parameter().name(name).value(value).r#type(ParameterType::String).overwrite(true);
    request.send().await.map(|_| ()).map_err(|error| error.code().unwrap().to_owned())
}

/// Who made each version, the oldest first.
async fn makers(cloud: &Cloud, name: &str) -> Vec<String> {
    let client = Client::new(&cloud.sdk_config());
    let history = client.get_parameter_history().name(name).send().await.unwrap().parameters.unwrap();
    let versions: Vec<_> = history.iter().map(|version| version.version).collect();
    assert_eq!(versions, (1..).take(history.len()).collect::<Vec<_>>());
    history.into_iter().map(|version| version.last_modified_user.unwrap()).collect()
}

async fn latest(cloud: &Cloud, name: &str) -> String {
    let filter = ParameterStringFilter::builder().key("Name").values(name).build().unwrap();
    let request = Client::new(&cloud.sdk_config()).describe_parameters().parameter_filters(filter);
    request.send().await.unwrap().parameters.unwrap().remove(0).last_modified_user.unwrap()
}

/// Makes a role that a function and CloudFormation can work as, and that may do this; its ARN.
async fn deploy_role(cloud: &Cloud, actions: &Value, resource: &str) -> String {
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": { "Service": ["lambda.amazonaws.com", "cloudformation.amazonaws.com"] },
    }] });
    let policy = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": actions, "Resource": resource },
    ] });
    let role = json!({ "Type": "AWS::IAM::Role", "Properties": {
        "AssumeRolePolicyDocument": trust, "Policies": [{ "PolicyName": "only", "PolicyDocument": policy }],
    } });
    let outputs = json!({ "Role": { "Value": { "Fn::GetAtt": ["Role", "Arn"] } } });
    let template = json!({ "Resources": { "Role": role }, "Outputs": outputs });
    deploy_template(cloud, "role", &template).await.unwrap().outputs.remove("Role").unwrap()
}

/// The ARN of a session of the role.
fn session_of(role: &str, session: &str) -> String {
    format!("{}/{session}", role.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/"))
}

/// A template with a parameter of this value.
fn made(value: &str) -> String {
    let parameter =
        json!({ "Type": "AWS::SSM::Parameter", "Properties": { "Name": "made", "Type": "String", "Value": value } });
    json!({ "Resources": { "Parameter": parameter } }).to_string()
}

/// Makes a parameter in a stack, or changes it: as this person, with this role if there is one.
async fn deploy_as(cloud: &Cloud, who: Identity, value: &str, role: Option<&str>) {
    let credentials = Credentials::new(who.access_key, who.secret_key(), None, None, "test");
    let provider = SharedCredentialsProvider::new(credentials);
    let client =
        aws_sdk_cloudformation::Client::new(&cloud.sdk_config().to_builder().credentials_provider(provider).build());
    let body = made(value);
    if client.describe_stacks().stack_name("made").send().await.is_ok() {
        let request = client.update_stack().stack_name("made").template_body(body);
        request.set_role_arn(role.map(str::to_owned)).send().await.unwrap();
    } else {
        client.create_stack().stack_name("made").template_body(body).send().await.unwrap();
    }
    let stack = flowgate::cloud::stack_wait::settled(&client, "made").await.unwrap().unwrap();
    assert!(["CREATE_COMPLETE", "UPDATE_COMPLETE"].contains(&stack.status.as_str()), "{stack:?}");
}

#[tokio::test]
async fn without_the_patch_root_has_made_everything() {
    let cloud = start(Iam::Off, &["parameter_users"]).await;
    put(&client(&cloud, AUTHOR), "/name", "1").await.unwrap();
    assert_eq!(makers(&cloud, "/name").await, [ROOT]);
    assert_eq!(latest(&cloud, "/name").await, ROOT);
}

#[tokio::test]
async fn each_version_is_of_whoever_made_it() {
    for iam in [Iam::Off, Iam::Enforce] {
        let cloud = start(iam, &[]).await;
        put(&client(&cloud, AUTHOR), "/name", "1").await.unwrap();
        put(&client(&cloud, APPROVER), "/name", "2").await.unwrap();
        assert_eq!(latest(&cloud, "/name").await, APPROVER.arn);
        put(&Client::new(&cloud.sdk_config()), "/name", "3").await.unwrap();
        assert_eq!(latest(&cloud, "/name").await, ROOT);
        assert_eq!(makers(&cloud, "/name").await, [AUTHOR.arn, APPROVER.arn, ROOT]);
        let arn = "arn:aws:ssm:us-east-1:000000000000:parameter/name";
        assert_eq!(makers(&cloud, arn).await.len(), 3);
    }
}

#[tokio::test]
async fn what_a_stack_makes_is_of_whoever_asked_or_of_its_role() {
    for iam in [Iam::Off, Iam::Enforce] {
        let cloud = start(iam, &[]).await;
        let role = deploy_role(&cloud, &json!("ssm:*"), "*").await;
        deploy_as(&cloud, AUTHOR, "1", None).await;
        deploy_as(&cloud, APPROVER, "2", None).await;
        deploy_as(&cloud, AUTHOR, "3", Some(&role)).await;
        let role = session_of(&role, "AWSCloudFormation");
        assert_eq!(makers(&cloud, "made").await, [AUTHOR.arn, APPROVER.arn, &role]);
    }
}

#[tokio::test]
async fn who_works_as_a_role_changes_what_the_role_may_and_is_known_by_the_session() {
    let cloud = start(Iam::Enforce, &[]).await;
    let own = "arn:aws:ssm:us-east-1:000000000000:parameter/own/*";
    let arn = deploy_role(&cloud, &json!(["ssm:PutParameter", "ssm:GetParameterHistory"]), own).await;
    let role = Role { arn: &arn, service: "lambda.amazonaws.com", source: "a", session: "works", policy: None };
    let session = Client::new(&cloud.authority().assume(&role).await.unwrap().sdk);
    put(&session, "/own/name", "1").await.unwrap();
    assert_eq!(makers(&cloud, "/own/name").await, [session_of(&arn, "works")]);
    session.get_parameter_history().name("/own/name").send().await.unwrap();

    assert_eq!(put(&session, "/other/name", "1").await, Err("AccessDeniedException".to_owned()));
    put(&client(&cloud, AUTHOR), "/other/name", "1").await.unwrap();
    session.get_parameter_history().name("/other/name").send().await.unwrap_err();
    for (name, is_own) in [("own", true), ("other", false)] {
        let arn = format!("arn:aws:ssm:us-east-1:000000000000:parameter/{name}/name");
        assert_eq!(session.get_parameter_history().name(arn).send().await.is_ok(), is_own);
    }
}

#[tokio::test]
async fn the_history_has_pages() {
    let cloud = start(Iam::Off, &[]).await;
    let client = Client::new(&cloud.sdk_config());
    for value in ["1", "2", "3"] {
        put(&client, "/name", value).await.unwrap();
    }
    let mut pages = client.get_parameter_history().name("/name").max_results(2).into_paginator().send();
    let mut values: Vec<Vec<String>> = Vec::new();
    while let Some(page) = pages.next().await {
        values.push(page.unwrap().parameters.unwrap().into_iter().map(|version| version.value.unwrap()).collect());
    }
    assert_eq!(values, [vec!["1".to_owned(), "2".to_owned()], vec!["3".to_owned()]]);

    let none = client.get_parameter_history().name("/name").next_token("no-token").send().await.unwrap_err();
    assert_eq!(none.code(), Some("InvalidNextToken"));
    let many = client.get_parameter_history().name("/name").max_results(51).send().await.unwrap_err();
    assert_eq!(many.code(), Some("ValidationException"));
}
