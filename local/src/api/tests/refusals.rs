use serde_json::{Value, json};

use crate::api::model::Model;
use crate::api::validate;

const ID: &str = "00000000-0000-4000-8000-000000000001";

/// What the API says to a request before anything looks at it, as `exception: message`.
fn says(operation: &str, request: &Value) -> String {
    match validate::request(&Model::embedded().unwrap(), operation, request) {
        Ok(()) => String::new(),
        Err(error) => {
            let body = error.body();
            format!("{}: {}", body["__type"].as_str().unwrap(), body["message"].as_str().unwrap())
        }
    }
}

/// One thing wrong.
fn refused(operation: &str, request: &Value, violation: &str) {
    let expected = format!("ValidationException: 1 validation error detected: {violation}");
    assert_eq!(says(operation, request), expected, "{operation} {request}");
}

fn approval(changed: &Value) -> Value {
    let mut request = json!({
        "pipelineName": "p", "stageName": "Approve", "actionName": "Ask", "token": ID,
        "result": {"summary": "fine", "status": "Approved"},
    });
    for (name, value) in changed.as_object().unwrap() {
        request[name] = value.clone();
    }
    request
}

#[test]
fn a_request_that_the_model_allows_passes() {
    let longest = json!({"result": {"summary": "ä".repeat(512), "status": "Rejected"}});
    for (operation, request) in [
        ("ListPipelines", json!({})),
        ("ListPipelines", json!({"maxResults": 1000, "nextToken": null, "unknown": [1]})),
        ("GetPipeline", json!({"name": "A.b@c-d_1", "version": 1})),
        ("PutApprovalResult", approval(&json!({}))),
        ("PutApprovalResult", approval(&json!({"result": {"summary": "", "status": "Approved"}}))),
        ("PutApprovalResult", approval(&longest)),
        (
            "PutJobSuccessResult",
            json!({"jobId": ID, "currentRevision": {
            "revision": "1", "changeIdentifier": "2", "created": 1.5}}),
        ),
    ] {
        assert_eq!(says(operation, &request), "", "{operation} {request}");
    }
}

#[test]
fn a_broken_constraint_is_named_in_the_words_of_aws() {
    let long = "x".repeat(513);
    let comment = json!({"result": {"summary": long, "status": "Approved"}});
    refused(
        "PutApprovalResult",
        &approval(&comment),
        &format!(
            "Value '{long}' at 'result.summary' failed to satisfy constraint: Member must have length less than or equal to 512"
        ),
    );
    refused(
        "PutApprovalResult",
        &approval(&json!({"result": {"summary": "", "status": "approved"}})),
        "Value 'approved' at 'result.status' failed to satisfy constraint: Member must satisfy enum value set: [Approved, Rejected]",
    );
    for token in ["7", "00000000-0000-4000-8000-00000000000A", &format!("{ID}\n"), &format!("x{ID}")] {
        refused(
            "PutApprovalResult",
            &approval(&json!({"token": token})),
            &format!(
                "Value '{token}' at 'token' failed to satisfy constraint: Member must satisfy regular expression pattern: [0-9a-f]{{8}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{12}}"
            ),
        );
    }
    for (value, constraint) in
        [(0, "greater than or equal to 1"), (-1, "greater than or equal to 1"), (101, "less than or equal to 100")]
    {
        refused(
            "ListActionExecutions",
            &json!({"pipelineName": "p", "maxResults": value}),
            &format!(
                "Value '{value}' at 'maxResults' failed to satisfy constraint: Member must have value {constraint}"
            ),
        );
    }
    refused(
        "GetPipeline",
        &json!({"name": null}),
        "Value null at 'name' failed to satisfy constraint: Member must not be null",
    );
    refused(
        "PutApprovalResult",
        &approval(&json!({"result": {"summary": "fine"}})),
        "Value null at 'result.status' failed to satisfy constraint: Member must not be null",
    );
}

#[test]
fn a_place_inside_a_collection_is_named() {
    refused(
        "StartPipelineExecution",
        &json!({"name": "p", "variables": [{"name": "A", "value": "1"}, {"name": "B"}]}),
        "Value null at 'variables.2.member.value' failed to satisfy constraint: Member must not be null",
    );
    refused(
        "StartPipelineExecution",
        &json!({"name": "p", "variables": []}),
        "Value '[]' at 'variables' failed to satisfy constraint: Member must have length greater than or equal to 1",
    );
    refused(
        "UntagResource",
        &json!({"resourceArn": "arn:aws:codepipeline:us-east-1:000000000000:p", "tagKeys": ["a", ""]}),
        "Value '[a, ]' at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint: [Member must have length \
         less than or equal to 128, Member must have length greater than or equal to 1]",
    );
    refused(
        "PutJobSuccessResult",
        &json!({"jobId": ID, "outputVariables": {"a b": "1", "c d": "2"}}),
        "Value '{a b=1, c d=2}' at 'outputVariables' failed to satisfy constraint: Map keys must satisfy constraint: \
         [Member must satisfy regular expression pattern: [A-Za-z0-9@\\-_]+]",
    );
}

#[test]
fn several_things_wrong_are_told_together() {
    let told = says("PutApprovalResult", &json!({"pipelineName": "", "stageName": "a b", "token": ID}));
    let expected = [
        "ValidationException: 5 validation errors detected: ",
        "Value null at 'actionName' failed to satisfy constraint: Member must not be null",
        "Value null at 'result' failed to satisfy constraint: Member must not be null",
        "Value '' at 'pipelineName' failed to satisfy constraint: Member must have length greater than or equal to 1",
        "Value '' at 'pipelineName' failed to satisfy constraint: Member must satisfy regular expression pattern: [A-Za-z0-9.@\\-_]+",
        "Value 'a b' at 'stageName' failed to satisfy constraint: Member must satisfy regular expression pattern: [A-Za-z0-9.@\\-_]+",
    ];
    for part in expected {
        assert!(told.contains(part), "{part}\nis not in\n{told}");
    }
}

#[test]
fn a_value_of_another_type_cannot_be_read() {
    for (operation, request, message) in [
        ("GetPipeline", json!({"name": 7}), "a number cannot be read as a string at 'name'"),
        ("GetPipeline", json!({"name": "p", "version": "1"}), "a string cannot be read as a whole number at 'version'"),
        ("GetPipeline", json!({"name": "p", "version": 1.5}), "a number cannot be read as a whole number at 'version'"),
        (
            "GetPipeline",
            json!({"name": "p", "version": 1e30}),
            "a number cannot be read as a whole number at 'version'",
        ),
        ("GetPipeline", json!([]), "a list cannot be read as a structure"),
        ("GetPipeline", json!(null), "null cannot be read as a structure"),
        (
            "StopPipelineExecution",
            json!({"pipelineName": "p", "pipelineExecutionId": ID, "abandon": "yes"}),
            "a string cannot be read as true or false at 'abandon'",
        ),
        (
            "PutApprovalResult",
            approval(&json!({"result": true})),
            "true or false cannot be read as a structure at 'result'",
        ),
        (
            "StartPipelineExecution",
            json!({"name": "", "variables": {}}),
            "a structure cannot be read as a list at 'variables'",
        ),
        ("UntagResource", json!({"tagKeys": [null]}), "null cannot be read as a string at 'tagKeys'"),
        (
            "PutJobSuccessResult",
            json!({"outputVariables": {"a": 1}}),
            "a number cannot be read as a string at 'outputVariables'",
        ),
    ] {
        assert_eq!(says(operation, &request), format!("SerializationException: {message}"));
    }
}

#[test]
fn an_operation_that_is_not_served_is_unknown() {
    for operation in ["", "PollForJobs", "getPipeline"] {
        assert!(says(operation, &json!({})).starts_with("UnknownOperationException: "), "{operation}");
    }
    assert!(says("PollForJobs", &json!({})).ends_with("custom action types, which do not run here"));
}
