//! Events with sentinels in every place where one could get to.

use flowgate::cloud::client::ACCOUNT;
use serde_json::{Value, json};

use crate::secrets::sentinels::{CONTINUATION, JOB_KEY, JOB_SECRET, JOB_TOKEN};

/// A role of another account.
pub(crate) const ROLE: &str = "arn:aws:iam::222222222222:role/shop-tests-runner";

pub(crate) const JOB: &str = "11111111-abcd-1111-abcd-111111abcdef";
const EXECUTION: &str = "22222222-abcd-2222-abcd-222222abcdef";

/// Those that continue jobs.
pub(crate) const WAITING: [&str; 2] = ["start_tests", "gate"];

/// What each function is asked by a pipeline.
pub(crate) fn user_parameters(function: &str) -> Value {
    match function {
        "configure" => {
            json!({"service": "shop", "execution": EXECUTION, "revision": "r", "stages": {"beta": "app.yaml"}})
        }
        "start_tests" => json!({"app_stack": "shop-beta", "test_stack": "shop-tests"}),
        "gate" => json!({
            "pipeline": "shop", "execution": EXECUTION, "approvals": ["Approve"], "people": "/flowgate/shop/people",
            "revision": "8f2c".repeat(10), "max_wait_minutes": 1, "repository": {"codecommit": "shop"}, "branch": "main",
            "overrides": "/flowgate/shop/overrides",
            "rules": {"approved": {"count": 1}, "pull_request": {}, "digest": {}, "no_drift": {"stack": "shop-prod"}},
        }),
        _ => json!({"operation": "bind", "stack": "shop-pr-1", "token": 1}),
    }
}

/// A job that a pipeline could send.
pub(crate) fn job(function: &str) -> Value {
    let artifact = |name: &str| {
        let location = json!({"type": "S3", "s3Location": {"bucketName": "shop-artifacts", "objectKey": name}});
        json!({"name": name, "revision": null, "location": location})
    };
    let mut event = json!({"CodePipeline.job": {"id": JOB, "accountId": ACCOUNT, "data": {
        "actionConfiguration": {"configuration": {
            "FunctionName": function, "UserParameters": user_parameters(function).to_string(),
        }},
        "inputArtifacts": [artifact("Built")],
        "outputArtifacts": [artifact("Configured")],
        "artifactCredentials": {
            "accessKeyId": JOB_KEY, "secretAccessKey": JOB_SECRET, "sessionToken": JOB_TOKEN, "expirationTime": 1_795_000_000_000_u64,
        },
    }}});
    // It never asks for one, and refuses to go on from what it did not say.
    if !WAITING.contains(&function) {
        continued(&mut event);
    }
    event
}

/// As a job that somebody continued.
pub(crate) fn continued(event: &mut Value) {
    event["CodePipeline.job"]["data"]["continuationToken"] = json!(CONTINUATION);
}

/// A job whose tests are in another account.
pub(crate) fn elsewhere() -> Value {
    let mut event = job("start_tests");
    let mut parameters = user_parameters("start_tests");
    parameters["role_arn"] = json!(ROLE);
    event["CodePipeline.job"]["data"]["actionConfiguration"]["configuration"]["UserParameters"] =
        json!(parameters.to_string());
    event
}

/// Jobs that are not as a job should be; that of another account among them.
pub(crate) fn spoilt_jobs(function: &str) -> Vec<String> {
    let with = |pointer: &str, value: Value| {
        let mut event = job(function);
        *event.pointer_mut(pointer).unwrap() = value;
        event.to_string()
    };
    let all = json!([JOB_KEY, JOB_SECRET, JOB_TOKEN]);
    let whole = job(function).to_string();
    let data = "/CodePipeline.job/data";
    let parameters = format!("{data}/actionConfiguration/configuration/UserParameters");
    let credentials = format!("{data}/artifactCredentials");
    let mut events = vec![
        with("/CodePipeline.job/accountId", json!("999999999999")),
        with(&parameters, all.clone()),
        whole.replace("\"accessKeyId\"", "\"secretAccessKey\""),
        whole.replace("\"artifactCredentials\"", &format!("\"artifactCredentials\":{all},\"artifactCredentials\"")),
        whole.replace("\"inputArtifacts\"", &format!("\"{JOB_SECRET}\":\"{JOB_TOKEN}\",\"inputArtifacts\"")),
        whole.replace("\"data\"", &format!("\"data\":{{\"x\":\"{JOB_TOKEN}\"}},\"data\"")),
        whole.replace("\"expirationTime\":1795000000000", &format!("\"x\":{}{}", "[".repeat(5000), "]".repeat(5000))),
        whole.replace("\"inputArtifacts\"", &format!("\"note\":\"{}\",\"inputArtifacts\"", JOB_TOKEN.repeat(15_000))),
    ];
    for sentinel in [JOB_KEY, JOB_SECRET, JOB_TOKEN] {
        for place in [
            "/CodePipeline.job",
            "/CodePipeline.job/id",
            "/CodePipeline.job/accountId",
            data,
            &format!("{data}/actionConfiguration"),
            &format!("{data}/inputArtifacts"),
            &format!("{data}/inputArtifacts/0"),
            &format!("{data}/inputArtifacts/0/location"),
            &format!("{data}/outputArtifacts/0/location/s3Location"),
            &credentials,
            &format!("{credentials}/accessKeyId"),
            &parameters,
        ] {
            for value in [json!(sentinel), json!([sentinel]), json!({sentinel: sentinel})] {
                // Where a text belongs and any is good, it is nothing that stands in the wrong place.
                let is_good = place.ends_with("/accessKeyId") && value.is_string();
                if !is_good {
                    events.push(with(place, value));
                }
            }
        }
        for text in misunderstood(function, sentinel) {
            events.push(with(&parameters, json!(text)));
        }
    }
    events
}

/// `UserParameters` with it in the wrong place, and direct requests like them.
pub(crate) fn misunderstood(function: &str, sentinel: &str) -> Vec<String> {
    let whole = user_parameters(function);
    let fields: Vec<String> = whole.as_object().unwrap().keys().cloned().collect();
    let mut texts = vec![
        format!("{sentinel}|{sentinel}|{sentinel}|"),
        format!("{{\"{sentinel}\": 1}}"),
        format!("{{\"x\": \"{sentinel}"),
        json!([sentinel]).to_string(),
    ];
    for field in fields {
        for value in [json!([[sentinel]]), json!({sentinel: [sentinel]}), json!({"/": sentinel})] {
            let mut spoilt = whole.clone();
            spoilt[&field] = value;
            texts.push(spoilt.to_string());
        }
        let mut more = whole.clone();
        more[format!("{field} {sentinel}")] = json!(sentinel);
        texts.push(more.to_string());
    }
    texts
}

/// What is no event, or none of this function's.
pub(crate) fn foreign(function: &str) -> Vec<String> {
    let whole = job(function).to_string();
    let mut events = vec![
        whole[..whole.len() - 40].to_owned(),
        format!("{whole}{JOB_TOKEN}"),
        json!([JOB_KEY, JOB_TOKEN]).to_string(),
        json!(JOB_SECRET).to_string(),
        json!({"mode": JOB_TOKEN}).to_string(),
        json!({JOB_TOKEN: JOB_SECRET}).to_string(),
        json!({"mode": "plan", "adopt": JOB_SECRET}).to_string(),
        json!({"source": JOB_SECRET, "detail-type": JOB_TOKEN, "detail": JOB_KEY}).to_string(),
    ];
    for (source, kind) in [
        ("aws.codepipeline", "CodePipeline Action Execution State Change"),
        ("aws.codecommit", "CodeCommit Repository State Change"),
    ] {
        let event = |detail: Value| json!({"source": source, "detail-type": kind, "detail": detail}).to_string();
        let built = |key: Value, value: Value| {
            event(json!({
                "execution-id": value, "action": JOB_TOKEN, "state": "SUCCEEDED", "type": {"category": "Build"},
                "output-artifacts": [{"name": "Built", "s3location": {"bucket": "shop-artifacts", "key": key}}],
                "event": "referenceUpdated", "repositoryName": "shop", "commitId": value, "callerUserArn": key,
            }))
        };
        events.extend([
            event(json!(JOB_TOKEN)),
            event(json!({"state": JOB_TOKEN, "event": JOB_SECRET, "repositoryName": JOB_KEY})),
            built(json!([JOB_TOKEN]), json!(EXECUTION)),
            built(json!("k"), json!(JOB_SECRET)),
            built(json!("k"), json!({JOB_SECRET: 1})),
        ]);
    }
    events
}

/// What Lambda sends when it gave up on an event: the whole event, too.
pub(crate) fn gave_up(payload: &Value) -> String {
    let context = json!({"functionArn": "arn:aws:lambda:us-east-1:000000000000:function:shop-gate", "condition": "RetriesExhausted"});
    json!({"requestContext": context, "requestPayload": payload, "responsePayload": {"errorMessage": JOB_TOKEN}})
        .to_string()
}

/// What a build tells of itself when it succeeded.
pub(crate) fn built() -> String {
    let location = json!({"bucket": "shop-artifacts", "key": "Built"});
    json!({"source": "aws.codepipeline", "detail-type": "CodePipeline Action Execution State Change", "detail": {
        "pipeline": "shop", "execution-id": EXECUTION, "stage": "Build", "action": "Build", "state": "SUCCEEDED",
        "type": {"category": "Build"},
        "output-artifacts": [{"name": "Built", "s3location": location}],
    }})
    .to_string()
}
