//! What becomes of a stack whose role may not.

use serde_json::{Value, json};

use crate::iam::world::{CLOUDFORMATION, World, allow, everything, log_group, template};

fn logs() -> Value {
    template(&json!({ "Logs": log_group("logs") }))
}

#[tokio::test]
async fn without_the_patch_a_role_that_may_nothing_makes_everything() {
    let world = World::without(&["stack_permissions"]).await;
    let role = world.role("none", "lambda.amazonaws.com", &nothing()).await;
    let stack = world.create(&role, "app", &logs()).await.unwrap();
    assert_eq!(stack.status, "CREATE_COMPLETE");
    assert_eq!(world.delete(&stack.id).await.status, "DELETE_COMPLETE");
}

fn nothing() -> Value {
    json!([allow(&json!("sts:GetCallerIdentity"), &json!("*"))])
}

/// All on one cloud: each has names of its own.
#[tokio::test]
async fn a_stack_may_do_what_its_role_may() {
    let world = World::start().await;
    tokio::join!(
        the_role_must_trust_cloudformation(&world),
        a_transform_takes_a_permission(&world),
        what_is_denied_fails_and_is_rolled_back(&world),
        what_cannot_be_deleted_stays(&world),
        without_a_role_a_stack_is_its_makers(&world),
        other_types_take_the_whole_service(&world),
        a_custom_resource_is_a_call(&world),
        a_role_is_made_within_its_boundary(&world),
        an_api_is_changed_by_its_tags(&world),
        a_function_of_another_account_is_none_of_ours(&world),
    );
}

async fn the_role_must_trust_cloudformation(world: &World) {
    let role = world.role("trusting", "lambda.amazonaws.com", &everything()).await;
    let refusal = world.create(&role, "trust", &logs()).await.unwrap_err();
    assert_eq!(refusal, format!("Role {role} is invalid or cannot be assumed"));
}

async fn a_transform_takes_a_permission(world: &World) {
    let serverless =
        json!({ "Transform": "AWS::Serverless-2016-10-31", "Resources": { "Logs": log_group("transformed") } });
    let role = world.role("transforming", CLOUDFORMATION, &json!([allow(&json!("logs:*"), &json!("*"))])).await;
    let refusal = world.create(&role, "transform", &serverless).await.unwrap_err();
    let transform = "arn:aws:cloudformation:us-east-1:aws:transform/Serverless-2016-10-31";
    let expected = format!(
        "User: arn:aws:sts::000000000000:assumed-role/transforming/AWSCloudFormation is not authorized to perform: \
         cloudformation:CreateChangeSet on resource: {transform} because "
    );
    assert!(refusal.starts_with(&expected), "{refusal}");

    let both = json!([
        allow(&json!("logs:*"), &json!("*")),
        allow(&json!("cloudformation:CreateChangeSet"), &json!(transform))
    ]);
    world.allow("transforming", &both).await;
    assert_eq!(world.create(&role, "transform", &serverless).await.unwrap().status, "CREATE_COMPLETE");
}

async fn what_is_denied_fails_and_is_rolled_back(world: &World) {
    let statements = json!([
        allow(&json!("logs:*"), &json!("*")),
        { "Effect": "Deny", "Action": "logs:CreateLogGroup", "Resource": "arn:aws:logs:*:*:log-group:denied:*" },
    ]);
    let role = world.role("halfway", CLOUDFORMATION, &statements).await;
    let both = json!({ "First": log_group("allowed"), "Second": log_group("denied") });
    let both = template(&json!({ "First": both["First"], "Second": dependent(&both["Second"], "First") }));
    let stack = world.create(&role, "halfway", &both).await.unwrap();
    assert_eq!(stack.status, "ROLLBACK_COMPLETE", "{stack:?}");
    let expected = "Resource handler returned message: \"User: \
                    arn:aws:sts::000000000000:assumed-role/halfway/AWSCloudFormation \
                    is not authorized to perform: logs:CreateLogGroup on resource: \
                    arn:aws:logs:us-east-1:000000000000:log-group:denied:log-stream: with an explicit deny";
    assert!(stack.reasons.contains(expected) && stack.reasons.contains("HandlerErrorCode: AccessDenied"), "{stack:?}");
}

/// In a rollback, and in a deletion until it is allowed.
async fn what_cannot_be_deleted_stays(world: &World) {
    let statements = json!([
        allow(&json!("logs:*"), &json!("*")),
        { "Effect": "Deny", "Action": "logs:DeleteLogGroup", "Resource": "*" },
        { "Effect": "Deny", "Action": "logs:CreateLogGroup", "Resource": "arn:aws:logs:*:*:log-group:never:*" },
    ]);
    let role = world.role("keeping", CLOUDFORMATION, &statements).await;
    let never = dependent(&log_group("never"), "First");
    let both = template(&json!({ "First": log_group("left"), "Second": never }));
    assert_eq!(world.create(&role, "left", &both).await.unwrap().status, "ROLLBACK_FAILED");

    let stack = world.create(&role, "kept", &template(&json!({ "Logs": log_group("kept") }))).await.unwrap();
    let stack = world.delete(&stack.id).await;
    assert_eq!(stack.status, "DELETE_FAILED");
    assert!(stack.reasons.contains("is not authorized to perform: logs:DeleteLogGroup"), "{stack:?}");
    world.allow("keeping", &everything()).await;
    assert_eq!(world.delete(&stack.id).await.status, "DELETE_COMPLETE");
}

async fn without_a_role_a_stack_is_its_makers(world: &World) {
    let logs = |name: &str| template(&json!({ "Logs": log_group(name) }));
    let stacks = allow(&json!("cloudformation:*"), &json!("*"));
    let weak = world.somebody("weak", &json!([stacks])).await;
    let stack = world.create_by(&weak, None, "weak", &logs("weak")).await.unwrap();
    let expected = "assumed-role/weak/somebody is not authorized to perform: logs:DescribeLogGroups";
    assert!(stack.status == "ROLLBACK_COMPLETE" && stack.reasons.contains(expected), "{stack:?}");

    let both = json!([stacks, allow(&json!("logs:*"), &json!("*"))]);
    let able = world.somebody("able", &both).await;
    assert_eq!(world.create_by(&able, None, "able", &logs("able")).await.unwrap().status, "CREATE_COMPLETE");

    let policy = json!({ "Version": "2012-10-17", "Statement": [stacks] });
    let narrow = world.somebody_within("narrow", &both, Some(policy)).await;
    let stack = world.create_by(&narrow, None, "narrow", &logs("narrow")).await.unwrap();
    assert!(stack.status == "ROLLBACK_COMPLETE" && stack.reasons.contains("logs:DescribeLogGroups"), "{stack:?}");
}

async fn other_types_take_the_whole_service(world: &World) {
    let topic = template(&json!({ "Topic": { "Type": "AWS::SNS::Topic" } }));
    let role = world.role("topics", CLOUDFORMATION, &json!([allow(&json!("sns:CreateTopic"), &json!("*"))])).await;
    let stack = world.create(&role, "topic", &topic).await.unwrap();
    let expected = "the local cloud does not know which permissions AWS::SNS::Topic needs: it makes, changes and \
                    deletes one \
                    only as a role that may do sns:* on *";
    assert!(stack.status == "ROLLBACK_COMPLETE" && stack.reasons.contains(expected), "{stack:?}");

    world.allow("topics", &json!([allow(&json!("sns:*"), &json!("*"))])).await;
    assert_eq!(world.create(&role, "topics", &topic).await.unwrap().status, "CREATE_COMPLETE");
}

async fn a_custom_resource_is_a_call(world: &World) {
    let role = world.role("calling", CLOUDFORMATION, &nothing()).await;
    let provider = "arn:aws:lambda:us-east-1:000000000000:function:provider";
    let custom = json!({ "Custom": { "Type": "Custom::Thing", "Properties": { "ServiceToken": provider } } });
    let stack = world.create(&role, "custom", &template(&custom)).await.unwrap();
    let expected = format!("is not authorized to perform: lambda:InvokeFunction on resource: {provider}");
    assert!(stack.status == "ROLLBACK_COMPLETE" && stack.reasons.contains(&expected), "{stack:?}");
}

async fn a_role_is_made_within_its_boundary(world: &World) {
    let boundary = "arn:aws:iam::aws:policy/PowerUserAccess";
    let rights =
        json!(["iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"]);
    let others =
        json!(["iam:DeleteRole", "iam:DeleteRolePolicy", "iam:Detach*", "iam:Get*", "iam:List*", "iam:*tagRole"]);
    let statements = json!([
        allow(&others, &json!("*")),
        { "Effect": "Allow", "Action": rights, "Resource": "*",
          "Condition": { "StringEquals": { "iam:PermissionsBoundary": boundary } } },
    ]);
    let deploy = world.role("bounded", CLOUDFORMATION, &statements).await;
    let bounded = |boundary: Option<&str>| {
        let mut role = json!({
            "AssumeRolePolicyDocument": { "Version": "2012-10-17", "Statement": [
                { "Effect": "Allow", "Principal": { "Service": "lambda.amazonaws.com" }, "Action": "sts:AssumeRole" },
            ] },
            "ManagedPolicyArns": ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"],
            "Policies": [
                { "PolicyName": "p", "PolicyDocument": { "Version": "2012-10-17", "Statement": everything() } },
            ],
        });
        if let Some(boundary) = boundary {
            role["PermissionsBoundary"] = json!(boundary);
        }
        template(&json!({ "Role": { "Type": "AWS::IAM::Role", "Properties": role } }))
    };
    for (name, other) in [("unbound", None), ("elsewhere", Some("arn:aws:iam::aws:policy/AdministratorAccess"))] {
        let stack = world.create(&deploy, name, &bounded(other)).await.unwrap();
        assert!(stack.reasons.contains("is not authorized to perform: iam:CreateRole"), "{stack:?}");
    }
    let stack = world.create(&deploy, "within", &bounded(Some(boundary))).await.unwrap();
    assert_eq!(stack.status, "CREATE_COMPLETE", "{stack:?}");
    let stack = world.update(&stack.id, &bounded(None)).await;
    assert_eq!(stack.status, "UPDATE_ROLLBACK_COMPLETE");
    assert!(stack.reasons.contains("is not authorized to perform: iam:DeleteRolePermissionsBoundary"), "{stack:?}");
}

/// The tags with the stack's name, which whatever is part of an API has too.
async fn an_api_is_changed_by_its_tags(world: &World) {
    let statements = json!([
        allow(&json!("apigateway:*"), &json!("*")),
        { "Effect": "Deny", "Action": ["apigateway:DELETE", "apigateway:PATCH", "apigateway:POST", "apigateway:PUT"],
          "Resource": "arn:aws:apigateway:us-east-1::/*",
          "Condition": {
              "Null": { "aws:ResourceTag/aws:cloudformation:stack-name": "false" },
              "StringNotLike": { "aws:ResourceTag/aws:cloudformation:stack-name": "api-mine*" },
          } },
    ]);
    let role = world.role("apis", CLOUDFORMATION, &statements).await;
    let api = |name: &str| json!({ "Type": "AWS::ApiGateway::RestApi", "Properties": { "Name": name } });
    let resource = |id: &Value, root: &Value| {
        let properties = json!({ "RestApiId": id, "ParentId": root, "PathPart": "x" });
        json!({ "Type": "AWS::ApiGateway::Resource", "Properties": properties })
    };
    let own = resource(&json!({ "Ref": "Api" }), &json!({ "Fn::GetAtt": ["Api", "RootResourceId"] }));
    let mine = world.create(&role, "api-mine", &template(&json!({ "Api": api("mine"), "Path": own }))).await.unwrap();
    assert_eq!(mine.status, "CREATE_COMPLETE", "{mine:?}");
    assert_eq!(world.delete(&mine.id).await.status, "DELETE_COMPLETE");

    let outputs = json!({
        "Id": { "Value": { "Ref": "Api" }, "Export": { "Name": "id" } },
        "Root": { "Value": { "Fn::GetAtt": ["Api", "RootResourceId"] }, "Export": { "Name": "root" } },
    });
    let admin = world.role("api-admin", CLOUDFORMATION, &everything()).await;
    let theirs = json!({ "Resources": { "Api": api("theirs") }, "Outputs": outputs });
    world.create(&admin, "api-theirs", &theirs).await.unwrap();
    let foreign = resource(&json!({ "Fn::ImportValue": "id" }), &json!({ "Fn::ImportValue": "root" }));
    let stack = world.create(&role, "api-mine-too", &template(&json!({ "Path": foreign }))).await.unwrap();
    assert!(stack.status == "ROLLBACK_COMPLETE" && stack.reasons.contains("with an explicit deny"), "{stack:?}");
}

async fn a_function_of_another_account_is_none_of_ours(world: &World) {
    let ours = json!("arn:aws:lambda:us-east-1:000000000000:function:*");
    let role = world.role("ours", CLOUDFORMATION, &json!([allow(&json!("lambda:*"), &ours)])).await;
    let theirs = "arn:aws:lambda:us-east-1:111111111111:function:f";
    let properties = json!({ "FunctionName": theirs, "Principal": "*", "Action": "lambda:InvokeFunction" });
    let permission = json!({ "Permission": { "Type": "AWS::Lambda::Permission", "Properties": properties } });
    let stack = world.create(&role, "theirs", &template(&permission)).await.unwrap();
    let expected = format!("is not authorized to perform: lambda:AddPermission on resource: {theirs} ");
    assert!(stack.status == "ROLLBACK_COMPLETE" && stack.reasons.contains(&expected), "{stack:?}");
}

fn dependent(resource: &Value, on: &str) -> Value {
    let mut resource = resource.clone();
    resource["DependsOn"] = json!(on);
    resource
}
