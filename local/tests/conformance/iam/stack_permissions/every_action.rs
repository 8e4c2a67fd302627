//! What the types that services are made of take, from AWS's published resource schemas: with exactly these permissions
//! a stack is made, changed and deleted, and with any one of them less it is not.

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::LayerVersionContentInput;
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use futures_util::StreamExt as _;
use serde_json::{Value, json};

use crate::iam::world::{CLOUDFORMATION, World, everything};

/// By where they are: `STACK` is a stack's name.
const PERMISSIONS: [(&[&str], &[&str]); 9] = [
    (
        &["apigateway:DELETE", "apigateway:GET", "apigateway:PATCH", "apigateway:POST", "apigateway:PUT"],
        &[
            "arn:aws:apigateway:us-east-1::/restapis",
            "arn:aws:apigateway:us-east-1::/restapis/*",
            "arn:aws:apigateway:us-east-1::/tags/*",
        ],
    ),
    (
        &[
            "iam:AttachRolePolicy",
            "iam:CreateRole",
            "iam:DeleteRole",
            "iam:DeleteRolePolicy",
            "iam:DetachRolePolicy",
            "iam:GetRole",
            "iam:GetRolePolicy",
            "iam:ListAttachedRolePolicies",
            "iam:ListRolePolicies",
            "iam:ListRoleTags",
            "iam:PassRole",
            "iam:PutRolePermissionsBoundary",
            "iam:PutRolePolicy",
            "iam:TagRole",
            "iam:UntagRole",
            "iam:UpdateAssumeRolePolicy",
            "iam:UpdateRole",
            "iam:UpdateRoleDescription",
        ],
        &["arn:aws:iam::000000000000:role/STACK-*"],
    ),
    (
        &[
            "lambda:AddPermission",
            "lambda:CreateAlias",
            "lambda:CreateFunction",
            "lambda:CreateFunctionUrlConfig",
            "lambda:DeleteAlias",
            "lambda:DeleteFunction",
            "lambda:DeleteFunctionConcurrency",
            "lambda:DeleteFunctionEventInvokeConfig",
            "lambda:DeleteFunctionUrlConfig",
            "lambda:GetAlias",
            "lambda:GetFunction",
            "lambda:GetFunctionCodeSigningConfig",
            "lambda:GetFunctionConfiguration",
            "lambda:GetFunctionEventInvokeConfig",
            "lambda:GetFunctionRecursionConfig",
            "lambda:GetFunctionScalingConfig",
            "lambda:GetFunctionUrlConfig",
            "lambda:GetPolicy",
            "lambda:GetProvisionedConcurrencyConfig",
            "lambda:GetRuntimeManagementConfig",
            "lambda:ListTags",
            "lambda:ListVersionsByFunction",
            "lambda:PublishVersion",
            "lambda:PutFunctionConcurrency",
            "lambda:PutFunctionEventInvokeConfig",
            "lambda:RemovePermission",
            "lambda:TagResource",
            "lambda:UntagResource",
            "lambda:UpdateAlias",
            "lambda:UpdateFunctionCode",
            "lambda:UpdateFunctionConfiguration",
            "lambda:UpdateFunctionEventInvokeConfig",
            "lambda:UpdateFunctionUrlConfig",
        ],
        &["arn:aws:lambda:us-east-1:000000000000:function:STACK-*"],
    ),
    (&["lambda:GetLayerVersion"], &["arn:aws:lambda:us-east-1:000000000000:layer:shared:*"]),
    (&["logs:DescribeLogGroups"], &["*"]),
    (
        &[
            "logs:CreateLogGroup",
            "logs:DeleteLogGroup",
            "logs:DeleteRetentionPolicy",
            "logs:GetDataProtectionPolicy",
            "logs:PutRetentionPolicy",
        ],
        &["arn:aws:logs:us-east-1:000000000000:log-group:STACK-*:*"],
    ),
    (
        &["logs:ListTagsForResource", "logs:TagResource", "logs:UntagResource"],
        &["arn:aws:logs:us-east-1:000000000000:log-group:STACK-*"],
    ),
    (&["s3:GetObject"], &["arn:aws:s3:::packages/*"]),
    (&["s3:GetObjectVersion"], &["arn:aws:s3:::packages/*"]),
];
const AT_ONCE: usize = 8;

/// A statement for each permission: an action on a resource.
fn permissions(stack: &str) -> Vec<(String, Value)> {
    let mut each = Vec::new();
    for (actions, resources) in PERMISSIONS {
        let resources = resources.iter().map(|resource| resource.replace("STACK", stack)).collect::<Vec<_>>();
        for action in actions {
            let statement = json!({ "Effect": "Allow", "Action": action, "Resource": resources });
            each.push(((*action).to_owned(), statement));
        }
    }
    each
}

/// What the stacks are made of.
struct Parts {
    layer: String,
    code_version: String,
}

impl Parts {
    async fn upload(world: &World) -> Self {
        let s3 = aws_sdk_s3::Client::new(&world.sdk);
        s3.create_bucket().bucket("packages").send().await.unwrap();
        let enabled = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        s3.put_bucket_versioning().bucket("packages").versioning_configuration(enabled).send().await.unwrap();
        let code = code();
        let object = s3.put_object().bucket("packages").key("code.zip").body(code.clone().into()).send().await.unwrap();
        let content = LayerVersionContentInput::builder().zip_file(Blob::new(code)).build();
        let lambda = aws_sdk_lambda::Client::new(&world.sdk);
        let layer = lambda.publish_layer_version().layer_name("shared").content(content).send().await.unwrap();
        Self { layer: layer.layer_version_arn.unwrap(), code_version: object.version_id.unwrap() }
    }

    /// The same resources, each with everything that a template may say of it; `changed` is what becomes of them.
    fn template(&self, changed: bool) -> Value {
        let (role, role_tags) = (role(changed), tags(changed));
        let function = json!({ "Ref": "Function" });
        let api = json!({ "Ref": "Api" });
        let text = if changed { "after" } else { "before" };
        let auth = if changed { "AWS_IAM" } else { "NONE" };
        json!({ "Resources": {
            "Role": part("AWS::IAM::Role", role, &json!({ "Tags": role_tags })),
            "Function": part("AWS::Lambda::Function", self.function(changed), &json!({ "Tags": tags(changed) })),
            "Version": part("AWS::Lambda::Version", json!({ "FunctionName": function }), &json!({})),
            "Alias": part("AWS::Lambda::Alias", json!({ "FunctionName": function, "Description": text, "Name": "live",
                "FunctionVersion": { "Fn::GetAtt": ["Version", "Version"] } }), &json!({})),
            "Url": part("AWS::Lambda::Url", json!({ "AuthType": auth,
                "TargetFunctionArn": { "Fn::GetAtt": ["Function", "Arn"] } }), &json!({})),
            "Permission": part("AWS::Lambda::Permission", json!({ "FunctionName": function, "Principal": "*",
                "Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": auth }), &json!({})),
            "Settings": part("AWS::Lambda::EventInvokeConfig", json!({ "FunctionName": function,
                "Qualifier": "$LATEST", "MaximumRetryAttempts": u8::from(changed) }), &json!({})),
            "Api": part("AWS::ApiGateway::RestApi", json!({ "Name": { "Ref": "AWS::StackName" },
                "Description": text }), &json!({ "Tags": tags(changed) })),
            "Path": part("AWS::ApiGateway::Resource", json!({ "RestApiId": api, "PathPart": "path",
                "ParentId": { "Fn::GetAtt": ["Api", "RootResourceId"] } }), &json!({})),
            "Get": part("AWS::ApiGateway::Method", json!({ "RestApiId": api, "ResourceId": { "Ref": "Path" },
                "HttpMethod": "GET", "AuthorizationType": "NONE", "Integration": { "Type": "MOCK" } }), &json!({})),
            "Deployment": { "Type": "AWS::ApiGateway::Deployment", "DependsOn": "Get",
                "Properties": { "RestApiId": api, "Description": text } },
            "Stage": part("AWS::ApiGateway::Stage", json!({ "RestApiId": api, "StageName": "live",
                "DeploymentId": { "Ref": "Deployment" }, "Description": text }), &json!({ "Tags": tags(changed) })),
            "Logs": logs("logs", !changed),
            "OtherLogs": logs("others", changed),
        } })
    }

    fn function(&self, changed: bool) -> Value {
        let mut function = json!({
            "Runtime": "python3.12", "Handler": "index.handler", "Role": { "Fn::GetAtt": ["Role", "Arn"] },
            "Layers": [self.layer], "MemorySize": if changed { 256 } else { 128 },
            "Code": { "S3Bucket": "packages", "S3Key": "code.zip" },
        });
        if changed {
            function["Code"]["S3ObjectVersion"] = json!(self.code_version);
        } else {
            function["ReservedConcurrentExecutions"] = json!(1);
        }
        function
    }
}

fn role(changed: bool) -> Value {
    let policy = |name: &str| format!("arn:aws:iam::aws:policy/{name}");
    let other = if changed { "service-role/AWSLambdaBasicExecutionRole" } else { "AWSXRayDaemonWriteAccess" };
    json!({
        "AssumeRolePolicyDocument": { "Version": "2012-10-17", "Statement": [
            { "Sid": if changed { "After" } else { "Before" }, "Effect": "Allow", "Action": "sts:AssumeRole",
              "Principal": { "Service": "lambda.amazonaws.com" } },
        ] },
        "Description": if changed { "after" } else { "before" },
        "MaxSessionDuration": if changed { 7200 } else { 3600 },
        "ManagedPolicyArns": [policy(other)],
        "PermissionsBoundary": policy(if changed { "AdministratorAccess" } else { "PowerUserAccess" }),
        "Policies": [{ "PolicyName": if changed { "after" } else { "before" },
            "PolicyDocument": { "Version": "2012-10-17", "Statement": everything() } }],
    })
}

fn logs(name: &str, is_kept_for_a_week: bool) -> Value {
    let mut properties = json!({ "LogGroupName": { "Fn::Sub": format!("${{AWS::StackName}}-{name}") } });
    if is_kept_for_a_week {
        properties["RetentionInDays"] = json!(7);
    }
    json!({ "Type": "AWS::Logs::LogGroup", "Properties": properties })
}

fn part(kind: &str, mut properties: Value, more: &Value) -> Value {
    properties.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "Type": kind, "Properties": properties })
}

fn tags(changed: bool) -> Value {
    json!([{ "Key": "team", "Value": if changed { "moon" } else { "sun" } }])
}

fn code() -> Vec<u8> {
    use std::io::Write as _;

    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("index.py", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(b"def handler(event, context): return 1").unwrap();
    zip.finish().unwrap().into_inner()
}

/// Makes, changes and deletes a stack as a role of its own with these permissions; what it was refused, if anything.
async fn live(world: &World, parts: &Parts, name: &str, statements: &[Value]) -> Option<String> {
    let role = world.role(&format!("{name}-deploy"), CLOUDFORMATION, &json!(statements)).await;
    let made = world.create(&role, name, &parts.template(false)).await.unwrap();
    if made.status != "CREATE_COMPLETE" {
        return Some(made.reasons);
    }
    let changed = world.update(&made.id, &parts.template(true)).await;
    // A predecessor that cannot be deleted is left behind, and the update is complete.
    if changed.status != "UPDATE_COMPLETE" || changed.reasons.contains("is not authorized") {
        return Some(changed.reasons);
    }
    let deleted = world.delete(&made.id).await;
    (deleted.status != "DELETE_COMPLETE").then_some(deleted.reasons)
}

#[tokio::test]
async fn a_stack_takes_these_permissions_and_every_one_of_them() {
    let world = World::start().await;
    let parts = Parts::upload(&world).await;
    let statements = |name: &str| permissions(name).into_iter().map(|(_, statement)| statement).collect::<Vec<_>>();
    assert_eq!(live(&world, &parts, "all", &statements("all")).await, None);

    let count = permissions("").len();
    let (world, parts) = (&world, &parts);
    let without = |place: usize| async move {
        let name = format!("less-{place}");
        let mut left = permissions(&name);
        let (action, _) = left.remove(place);
        let left: Vec<_> = left.into_iter().map(|(_, statement)| statement).collect();
        let refused = live(world, parts, &name, &left).await.unwrap_or_default();
        let expected = format!("is not authorized to perform: {action} on resource");
        (!refused.contains(&expected)).then(|| format!("{action}: {refused}"))
    };
    let outcomes = futures_util::stream::iter(0..count).map(without).buffer_unordered(AT_ONCE);
    let unneeded: Vec<String> = outcomes.filter_map(|outcome| async { outcome }).collect().await;
    assert!(unneeded.is_empty(), "not asked for:\n{}", unneeded.join("\n"));
}
