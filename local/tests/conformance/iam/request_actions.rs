//! What a request is called in IAM, whatever the client says beside it.

use aws_config::SdkConfig;
use aws_sdk_lambda::error::ProvideErrorMetadata;
use aws_sdk_lambda::primitives::Blob;
use serde_json::{Value, json};

use super::world::{World, allow};

const DENIED: &str = "AccessDeniedException";
const MAPPING: &str = "5f2b7a0e-0000-4000-8000-000000000000";

/// What becomes of a request: the code of its error.
fn code<T, E: ProvideErrorMetadata>(answer: Result<T, E>) -> String {
    answer.err().map_or_else(|| "none".to_owned(), |error| error.code().unwrap_or("unknown").to_owned())
}

/// What of Lambda's operations `who` reaches; nothing of what they name exists.
async fn of_lambda(who: &SdkConfig) -> Vec<(&'static str, String)> {
    let lambda = aws_sdk_lambda::Client::new(who);
    let config = lambda.update_function_event_invoke_config().function_name("f").maximum_retry_attempts(0);
    let layer = lambda.delete_layer_version().layer_name("l").version_number(1);
    vec![
        ("stream", code(lambda.invoke_with_response_stream().function_name("f").payload(Blob::new("{}")).send().await)),
        ("mapping", code(lambda.delete_event_source_mapping().uuid(MAPPING).send().await)),
        ("layer", code(layer.send().await)),
        ("config", code(config.send().await)),
    ]
}

fn all(code: &str) -> Vec<(&'static str, String)> {
    ["stream", "mapping", "layer", "config"].map(|name| (name, code.to_owned())).to_vec()
}

/// What somebody reaches who may only list users, functions and metrics, and says that this is what they do.
async fn disguised(who: &SdkConfig) -> Vec<(&'static str, String)> {
    let lambda = aws_sdk_lambda::Client::new(who);
    let by_parameter = lambda.delete_function().function_name("f").customize().mutate_request(|request| {
        let uri = format!("{}?Action=ListFunctions", request.uri());
        request.set_uri(uri).unwrap();
    });
    let by_target = lambda.delete_function().function_name("f").customize().mutate_request(|request| {
        request.headers_mut().insert("x-amz-target", "AWSLambda.ListFunctions");
    });
    let iam = aws_sdk_iam::Client::new(who);
    let by_address = iam.delete_user().user_name("nobody").customize().mutate_request(|request| {
        let uri = format!("{}?Action=ListUsers", request.uri());
        request.set_uri(uri).unwrap();
    });
    let metrics = aws_sdk_cloudwatch::Client::new(who);
    let by_type = metrics.describe_alarms().customize().mutate_request(|request| {
        request.headers_mut().remove("smithy-protocol");
    });
    let beside_the_path = metrics.describe_alarms().customize().mutate_request(|request| {
        request.headers_mut().insert("x-amz-target", "Granite.ListMetrics");
    });
    vec![
        ("parameter", code(by_parameter.send().await)),
        ("target", code(by_target.send().await)),
        ("address", code(by_address.send().await)),
        ("cbor", code(metrics.describe_alarms().send().await)),
        ("type", code(by_type.send().await)),
        ("beside", code(beside_the_path.send().await)),
    ]
}

fn listing() -> Value {
    json!([allow(&json!(["iam:ListUsers", "lambda:ListFunctions", "cloudwatch:ListMetrics"]), &json!("*"))])
}

fn codes(answers: Vec<(&'static str, String)>) -> Vec<String> {
    answers.into_iter().map(|(name, code)| format!("{name} {code}")).collect()
}

#[tokio::test]
async fn without_the_patch_the_client_says_what_is_asked_or_nothing_is() {
    let world = World::without(&["request_actions"]).await;
    let who = world.somebody("lister", &listing()).await;
    let reached = of_lambda(&who).await;
    assert!(reached.iter().all(|(_, code)| code != DENIED), "nobody is asked: {reached:?}");
    let expected = [
        "parameter ResourceNotFoundException",
        "target ResourceNotFoundException",
        "address NoSuchEntity",
        "cbor none",
        "type none",
        // A 500: that body is no JSON.
        "beside unknown",
    ];
    assert_eq!(codes(disguised(&who).await), expected);
}

#[tokio::test]
async fn what_is_asked_is_what_the_request_does() {
    let world = World::start().await;
    let who = world.somebody("lister", &listing()).await;
    assert_eq!(of_lambda(&who).await, all(DENIED));
    let refused = [
        "parameter AccessDeniedException",
        "target AccessDeniedException",
        "address AccessDenied",
        "cbor AccessDeniedException",
        "type AccessDeniedException",
        "beside AccessDeniedException",
    ];
    assert_eq!(codes(disguised(&who).await), refused);
}

#[tokio::test]
async fn lambdas_operations_have_their_own_names() {
    let world = World::start().await;
    let actions = json!([
        "lambda:InvokeFunction",
        "lambda:DeleteEventSourceMapping",
        "lambda:DeleteLayerVersion",
        "lambda:UpdateFunctionEventInvokeConfig",
        "lambda:DeleteFunctionConcurrency",
        "lambda:PutFunctionEventInvokeConfig",
        "lambda:GetAlias",
        "lambda:DeleteFunctionUrlConfig",
    ]);
    let who = world.somebody("caller", &json!([allow(&actions, &json!("*"))])).await;
    let reached = of_lambda(&who).await;
    assert!(reached.iter().all(|(_, code)| code != DENIED), "{reached:?}");
    let lambda = aws_sdk_lambda::Client::new(&who);
    let others = [
        code(lambda.delete_function_concurrency().function_name("f").send().await),
        code(lambda.put_function_event_invoke_config().function_name("f").send().await),
        code(lambda.get_alias().function_name("f").name("a").send().await),
        code(lambda.delete_function_url_config().function_name("f").send().await),
    ];
    assert!(others.iter().all(|code| code != DENIED), "{others:?}");
    assert_eq!(code(lambda.put_function_concurrency().function_name("f").send().await), DENIED);
}

#[tokio::test]
async fn what_has_no_name_is_refused_and_what_cannot_be_read_is_about_anything() {
    let world = World::start().await;
    let everything = world.somebody("all", &super::world::everything()).await;
    let lambda = aws_sdk_lambda::Client::new(&everything);
    // A path that is nobody's, but which the emulator would serve.
    let nameless = lambda.delete_function_concurrency().function_name("f").customize().mutate_request(|request| {
        let uri = request.uri().replace("2017-10-31", "2016-01-01");
        request.set_uri(uri).unwrap();
    });
    let answer = nameless.send().await.unwrap_err();
    assert!(answer.message().unwrap().contains("cannot tell what DELETE /2016-01-01/"), "{answer:?}");

    let own = json!([allow(&json!("ssm:GetParameter"), &json!("arn:aws:ssm:us-east-1:000000000000:parameter/a"))]);
    let who = world.somebody("reader", &own).await;
    let unreadable = aws_sdk_ssm::Client::new(&who).get_parameter().name("/a").customize().mutate_request(|request| {
        let length = request.body().bytes().unwrap().len();
        *request.body_mut() = vec![0xff; length].into();
    });
    assert_eq!(code(unreadable.send().await), DENIED);
}
