use flowgate::cloud::Cloud;
use serde_json::{Value, json};

use super::world::Detector;
use crate::world::{cloud, deploy_template};

fn policy(action: &str) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": action, "Resource": "*" }] })
}

fn role() -> Value {
    let trust = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "Service": "lambda.amazonaws.com" }, "Action": "sts:AssumeRole" },
    ] });
    json!({ "Type": "AWS::IAM::Role", "Properties": {
        "AssumeRolePolicyDocument": trust,
        "ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
        "Policies": [
            { "PolicyName": "first", "PolicyDocument": policy("s3:GetObject") },
            { "PolicyName": "second", "PolicyDocument": policy("s3:PutObject") },
        ],
    } })
}

fn functions() -> Value {
    json!({
        "Function": { "Type": "AWS::Lambda::Function", "Properties": {
            "FunctionName": "function", "Role": { "Fn::GetAtt": ["Role", "Arn"] }, "Runtime": "python3.12",
            "Handler": "index.handler", "Code": { "ZipFile": "def handler(event, context): pass" },
            "MemorySize": "256", "Timeout": 5, "Environment": { "Variables": { "KEPT": "1", "GONE": "1" } },
            "LoggingConfig": { "LogFormat": "JSON" },
        } },
        "Version": { "Type": "AWS::Lambda::Version", "Properties": { "FunctionName": { "Ref": "Function" } } },
        "Alias": { "Type": "AWS::Lambda::Alias", "Properties": {
            "Name": "live", "FunctionName": { "Ref": "Function" },
            "FunctionVersion": { "Fn::GetAtt": ["Version", "Version"] },
        } },
        // Nothing is said of these functions' sizes, so nobody minds them.
        "Plain": { "Type": "AWS::Lambda::Function", "Properties": {
            "FunctionName": "plain", "Role": { "Fn::GetAtt": ["Role", "Arn"] }, "Runtime": "python3.12",
            "Handler": "index.handler", "Code": { "ZipFile": "def handler(event, context): pass" },
        } },
    })
}

fn api() -> Value {
    let root = json!({ "Fn::GetAtt": ["Api", "RootResourceId"] });
    json!({
        "Api": { "Type": "AWS::ApiGateway::RestApi", "Properties": {
            "Name": "api", "Description": "before", "EndpointConfiguration": { "Types": ["REGIONAL"] },
        } },
        "Method": { "Type": "AWS::ApiGateway::Method", "Properties": {
            "RestApiId": { "Ref": "Api" }, "ResourceId": root, "HttpMethod": "GET", "AuthorizationType": "NONE",
            "Integration": { "Type": "MOCK" },
        } },
        "Deployment": { "Type": "AWS::ApiGateway::Deployment", "DependsOn": "Method",
            "Properties": { "RestApiId": { "Ref": "Api" } } },
        "Stage": { "Type": "AWS::ApiGateway::Stage", "Properties": {
            "RestApiId": { "Ref": "Api" }, "DeploymentId": { "Ref": "Deployment" }, "StageName": "live",
            "Variables": { "name": "before" },
            "MethodSettings": [{ "ResourcePath": "/*", "HttpMethod": "*", "ThrottlingRateLimit": 5 }],
        } },
    })
}

fn stores() -> Value {
    let key = json!([{ "AttributeName": "pk", "KeyType": "HASH" }]);
    json!({
        "Logs": { "Type": "AWS::Logs::LogGroup", "Properties": { "LogGroupName": "logs", "RetentionInDays": 7 } },
        "Bucket": { "Type": "AWS::S3::Bucket", "Properties": {
            "BucketName": "bucket", "VersioningConfiguration": { "Status": "Enabled" },
            "Tags": [{ "Key": "team", "Value": "sun" }],
            "PublicAccessBlockConfiguration": { "BlockPublicAcls": true, "IgnorePublicAcls": "true" },
        } },
        "Unversioned": { "Type": "AWS::S3::Bucket",
            "Properties": { "BucketName": "unversioned", "VersioningConfiguration": { "Status": "Suspended" } } },
        "Table": { "Type": "AWS::DynamoDB::Table", "Properties": {
            "TableName": "table", "KeySchema": key, "DeletionProtectionEnabled": true,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
        } },
        "Topic": { "Type": "AWS::SNS::Topic", "Properties": { "TopicName": "topic", "DisplayName": "before" } },
        "Queue": { "Type": "AWS::SQS::Queue", "Properties": { "QueueName": "queue", "VisibilityTimeout": 60 } },
    })
}

/// Makes a stack of everything that is looked at; what its role and its API are called.
async fn deploy(cloud: &Cloud) -> [String; 2] {
    let mut resources = json!({ "Role": role() });
    for part in [functions(), api(), stores()] {
        resources.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
    }
    let outputs = json!({ "Role": { "Value": { "Ref": "Role" } }, "Api": { "Value": { "Ref": "Api" } } });
    let template = json!({ "Resources": resources, "Outputs": outputs });
    let outputs = deploy_template(cloud, "app", &template).await.unwrap().outputs;
    ["Role", "Api"].map(|name| outputs[name].clone())
}

async fn change_role(cloud: &Cloud, role: &str) {
    let iam = aws_sdk_iam::Client::new(&cloud.sdk_config());
    for (name, action) in [("second", "s3:*"), ("third", "*")] {
        let request = iam.put_role_policy().role_name(role).policy_name(name);
        request.policy_document(policy(action).to_string()).send().await.unwrap();
    }
    let request = iam.detach_role_policy().role_name(role).policy_arn("arn:aws:iam::aws:policy/ReadOnlyAccess");
    request.send().await.unwrap();
}

async fn change_functions(cloud: &Cloud) {
    let lambda = aws_sdk_lambda::Client::new(&cloud.sdk_config());
    let environment = aws_sdk_lambda::types::Environment::builder().variables("KEPT", "2").variables("NEW", "1");
    let request = lambda.update_function_configuration().function_name("function").memory_size(512);
    request.environment(environment.build()).send().await.unwrap();
    lambda.update_function_configuration().function_name("plain").memory_size(512).send().await.unwrap();
    let request = lambda.update_alias().function_name("function").name("live");
    request.function_version("$LATEST").send().await.unwrap();
}

async fn change_api(cloud: &Cloud, api: &str) {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    for (place, path, value) in [
        ("", "/description", "after"),
        ("/stages/live", "/variables/name", "after"),
        ("/stages/live", "/*/*/throttling/rateLimit", "7"),
    ] {
        let url = format!("{}/restapis/{api}{place}", cloud.endpoint());
        let body = json!({ "patchOperations": [{ "op": "replace", "path": path, "value": value }] });
        let scope = "Credential=test/20260101/us-east-1/apigateway/aws4_request, SignedHeaders=host, Signature=s";
        let request = http.patch(url).header("authorization", format!("AWS4-HMAC-SHA256 {scope}")).json(&body);
        request.send().await.unwrap().error_for_status().unwrap();
    }
}

async fn change_stores(cloud: &Cloud) {
    let sdk = cloud.sdk_config();
    let logs = aws_sdk_cloudwatchlogs::Client::new(&sdk);
    logs.delete_retention_policy().log_group_name("logs").send().await.unwrap();
    let s3 = aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(&sdk).force_path_style(true).build());
    s3.delete_bucket_tagging().bucket("bucket").send().await.unwrap();
    s3.delete_public_access_block().bucket("bucket").send().await.unwrap();
    let table = aws_sdk_dynamodb::Client::new(&sdk).update_table().table_name("table");
    table.deletion_protection_enabled(false).send().await.unwrap();
    let request = aws_sdk_sns::Client::new(&sdk).set_topic_attributes();
    let request = request.topic_arn("arn:aws:sns:us-east-1:000000000000:topic").attribute_name("DisplayName");
    request.attribute_value("after").send().await.unwrap();
}

pub(super) async fn nobody_looks_at_policies_apis_and_aliases(cloud: &Cloud, detector: &Detector) {
    let [role, api] = deploy(cloud).await;
    change_role(cloud, &role).await;
    change_functions(cloud).await;
    change_api(cloud, &api).await;
    change_stores(cloud).await;
    detector.detect("app").await;
    let drifted = detector.drifted("app").await;
    for unseen in ["Role", "Alias", "Api", "Stage", "Bucket"] {
        assert!(!drifted.contains_key(unseen), "{drifted:?}");
    }
    assert!(drifted.contains_key("Unversioned"), "{drifted:?}");
}

#[tokio::test]
async fn what_nobody_has_touched_is_as_the_template_says() {
    let cloud = cloud().await;
    deploy(&cloud).await;
    let detector = Detector::of(&cloud.sdk_config());
    let found = detector.detect("app").await;
    assert_eq!(found.drifted_stack_resource_count, Some(0), "{:?}", detector.drifted("app").await);
    assert_eq!(detector.drifts("app").await.len(), 12);
}

#[tokio::test]
async fn each_property_that_the_template_names_is_looked_at_and_no_other() {
    let cloud = cloud().await;
    let [role, api] = deploy(&cloud).await;
    change_role(&cloud, &role).await;
    change_functions(&cloud).await;
    change_api(&cloud, &api).await;
    change_stores(&cloud).await;

    let detector = Detector::of(&cloud.sdk_config());
    detector.detect("app").await;
    let third = json!({ "PolicyDocument": policy("*"), "PolicyName": "third" }).to_string();
    let third = third.replace("\":", "\": ").replace(",\"", ", \"");
    let expected = json!({
        "Alias": ["/FunctionVersion NOT_EQUAL 1 $LATEST"],
        "Api": ["/Description NOT_EQUAL before after"],
        "Bucket": [
            "/PublicAccessBlockConfiguration/BlockPublicAcls REMOVE true null",
            "/PublicAccessBlockConfiguration/IgnorePublicAcls REMOVE true null",
            "/Tags/0 REMOVE {\"Key\": \"team\", \"Value\": \"sun\"} null",
        ],
        "Function": [
            "/Environment/Variables/GONE REMOVE 1 null", "/Environment/Variables/KEPT NOT_EQUAL 1 2",
            "/Environment/Variables/NEW ADD null 1", "/MemorySize NOT_EQUAL 256 512",
        ],
        "Logs": ["/RetentionInDays REMOVE 7 null"],
        "Role": [
            "/ManagedPolicyArns/0 REMOVE arn:aws:iam::aws:policy/ReadOnlyAccess null",
            "/Policies/1/PolicyDocument/Statement/0/Action NOT_EQUAL s3:PutObject s3:*",
            format!("/Policies/2 ADD null {third}"),
        ],
        "Stage": ["/MethodSettings/0/ThrottlingRateLimit NOT_EQUAL 5 7", "/Variables/name NOT_EQUAL before after"],
        "Table": ["/DeletionProtectionEnabled NOT_EQUAL true false"],
        "Topic": ["/DisplayName NOT_EQUAL before after"],
    });
    assert_eq!(json!(detector.drifted("app").await), expected);
}
