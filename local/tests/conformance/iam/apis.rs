use serde_json::{Value, json};

use super::service_world::{World, arn, function, silent};
use crate::world::deploy_template;

/// A REST API and an HTTP API of one function, which lets both in.
async fn deploy(world: &World) -> [(String, String); 2] {
    let path = "lambda:path/2015-03-31/functions/${Function.Arn}/invocations";
    let uri = json!({ "Fn::Sub": format!("arn:aws:apigateway:us-east-1:{path}") });
    let rest = |kind: &str, properties: Value| resource(&format!("AWS::ApiGateway::{kind}"), &properties);
    let http = |kind: &str, properties: Value| resource(&format!("AWS::ApiGatewayV2::{kind}"), &properties);
    let mut deployment = rest("Deployment", json!({ "RestApiId": { "Ref": "Rest" }, "StageName": "live" }));
    deployment["DependsOn"] = json!("RestMethod");
    let resources = json!({
        "Silent": silent(), "Function": world.listener("behind"), "RestDeployment": deployment,
        "Rest": rest("RestApi", json!({ "Name": "rest" })),
        "RestResource": rest("Resource", json!({
            "RestApiId": { "Ref": "Rest" }, "PathPart": "time",
            "ParentId": { "Fn::GetAtt": ["Rest", "RootResourceId"] },
        })),
        "RestMethod": rest("Method", json!({
            "RestApiId": { "Ref": "Rest" }, "ResourceId": { "Ref": "RestResource" }, "HttpMethod": "GET",
            "AuthorizationType": "NONE",
            "Integration": { "Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "Uri": uri },
        })),
        "Http": http("Api", json!({ "Name": "http", "ProtocolType": "HTTP" })),
        "HttpIntegration": http("Integration", json!({
            "ApiId": { "Ref": "Http" }, "IntegrationType": "AWS_PROXY", "IntegrationUri": uri,
            "PayloadFormatVersion": "2.0",
        })),
        "HttpRoute": http("Route", json!({
            "ApiId": { "Ref": "Http" }, "RouteKey": "GET /time",
            "Target": { "Fn::Sub": "integrations/${HttpIntegration}" },
        })),
        "HttpStage": http("Stage", json!({ "ApiId": { "Ref": "Http" }, "StageName": "live", "AutoDeploy": true })),
    });
    let outputs = json!({ "Rest": { "Value": { "Ref": "Rest" } }, "Http": { "Value": { "Ref": "Http" } } });
    let template = json!({ "Resources": resources, "Outputs": outputs });
    let stack = deploy_template(&world.cloud, "apis", &template).await.unwrap();
    ["Rest", "Http"].map(|api| {
        let id = &stack.outputs[api];
        (format!("{}/_aws/execute-api/{id}/live/time", world.cloud.endpoint()), id.clone())
    })
}

fn resource(kind: &str, properties: &Value) -> Value {
    json!({ "Type": kind, "Properties": properties })
}

async fn get(url: &str) -> u16 {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    client.get(url).send().await.unwrap().status().as_u16()
}

/// Lets an API in whose requests look so.
async fn let_in(world: &World, function: &str, statement: &str, source: &str) {
    let permission = world.lambda().add_permission().function_name(function).statement_id(statement);
    let permission = permission.action("lambda:InvokeFunction").principal("apigateway.amazonaws.com");
    permission.source_arn(arn("execute-api", source)).send().await.unwrap();
}

pub(super) async fn every_function_answers(world: &World) {
    for (url, _) in deploy(world).await {
        assert_eq!(get(&url).await, 200, "{url}");
        world.heard(1).await;
    }
}

#[tokio::test]
async fn an_api_calls_a_function_whose_policy_lets_it_in() {
    let world = World::start(&[]).await;
    for (place, (url, id)) in deploy(&world).await.into_iter().enumerate() {
        assert_eq!(get(&url).await, 500, "{url}");
        let_in(&world, "behind", &format!("other{place}"), &format!("{id}/*/POST/time")).await;
        assert_eq!(get(&url).await, 500, "{url}");
        let_in(&world, "behind", &format!("this{place}"), &format!("{id}/*/GET/time")).await;
        assert_eq!(get(&url).await, 200, "{url}");
        assert_eq!(world.heard(1).await, ["behind"]);
    }
}

/// Lets every request pass.
const GUARD: &str = "
def handler(event, context):
    statement = {'Effect': 'Allow', 'Action': 'execute-api:Invoke', 'Resource': '*'}
    return {'principalId': 'somebody', 'policyDocument': {'Version': '2012-10-17', 'Statement': [statement]}}
";

/// A REST API that asks a function who may call it; its id and the authorizer's.
async fn deploy_guarded(world: &World) -> (String, String) {
    let rest = |kind: &str, properties: Value| resource(&format!("AWS::ApiGateway::{kind}"), &properties);
    let path = "lambda:path/2015-03-31/functions/${Guard.Arn}/invocations";
    let mut deployment = rest("Deployment", json!({ "RestApiId": { "Ref": "Api" }, "StageName": "live" }));
    deployment["DependsOn"] = json!("Method");
    let resources = json!({
        "Silent": silent(), "Guard": function("guard", "Silent", GUARD, &json!({})), "Deployment": deployment,
        "Api": rest("RestApi", json!({ "Name": "guarded" })),
        "Authorizer": rest("Authorizer", json!({
            "RestApiId": { "Ref": "Api" }, "Name": "guard", "Type": "TOKEN", "AuthorizerResultTtlInSeconds": 0,
            "IdentitySource": "method.request.header.Authorization",
            "AuthorizerUri": { "Fn::Sub": format!("arn:aws:apigateway:us-east-1:{path}") },
        })),
        "Method": rest("Method", json!({
            "RestApiId": { "Ref": "Api" }, "ResourceId": { "Fn::GetAtt": ["Api", "RootResourceId"] },
            "HttpMethod": "GET", "AuthorizationType": "CUSTOM", "AuthorizerId": { "Ref": "Authorizer" },
            "Integration": {
                "Type": "MOCK", "RequestTemplates": { "application/json": "{\"statusCode\": 200}" },
                "IntegrationResponses": [{ "StatusCode": "200" }],
            },
            "MethodResponses": [{ "StatusCode": "200" }],
        })),
    });
    let outputs = json!({ "Api": { "Value": { "Ref": "Api" } }, "Authorizer": { "Value": { "Ref": "Authorizer" } } });
    let template = json!({ "Resources": resources, "Outputs": outputs });
    let stack = deploy_template(&world.cloud, "guarded", &template).await.unwrap();
    (stack.outputs["Api"].clone(), stack.outputs["Authorizer"].clone())
}

#[tokio::test]
async fn an_api_asks_a_function_whose_policy_lets_it_in_who_may_call() {
    let world = World::start(&[]).await;
    let (api, authorizer) = deploy_guarded(&world).await;
    let url = format!("{}/_aws/execute-api/{api}/live/", world.cloud.endpoint());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let get = async || client.get(&url).header("authorization", "token").send().await.unwrap().status().as_u16();
    assert_eq!(get().await, 500);
    let_in(&world, "guard", "this", &format!("{api}/authorizers/{authorizer}")).await;
    assert_eq!(get().await, 200);
}
