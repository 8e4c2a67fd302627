//! `AWS::CodePipeline::Pipeline`: each of its properties means what the API's field of that name means.

use serde_json::{Value, json};

use super::*;

fn type_id(category: &str, provider: &str, version: impl Into<Value>) -> Value {
    json!({"Category": category, "Owner": "AWS", "Provider": provider, "Version": version.into()})
}

/// Every property of the resource that can run here, as the template reference spells it.
fn properties() -> Value {
    json!({
        "Name": "release", "RoleArn": "arn:aws:iam::000000000000:role/pipeline",
        "PipelineType": "V2", "ExecutionMode": "QUEUED", "RestartExecutionOnUpdate": true,
        "DisableInboundStageTransitions": [{"StageName": "Prod", "Reason": "not yet"}],
        "Tags": [{"Key": "team", "Value": "a"}],
        "ArtifactStore": {"Type": "S3", "Location": "artifacts", "EncryptionKey": {"Id": "alias/artifacts", "Type": "KMS"}},
        "Variables": [{"Name": "Stack", "DefaultValue": 7, "Description": "which stack"}],
        "Triggers": [{"ProviderType": "CodeStarSourceConnection", "GitConfiguration": {
            "SourceActionName": "Fetch",
            "Push": [
                {"Branches": {"Includes": ["main"], "Excludes": ["wip"]}, "FilePaths": {"Includes": ["src/**"], "Excludes": ["d"]}},
                {"Tags": {"Includes": ["v*"], "Excludes": ["*-rc"]}}],
            "PullRequest": [{"Events": ["OPEN"], "Branches": {"Includes": ["main"], "Excludes": ["x"]},
                "FilePaths": {"Includes": ["a"], "Excludes": ["b"]}}]}}],
        "Stages": [
            {"Name": "Source", "Actions": [{
                "Name": "Fetch", "ActionTypeId": type_id("Source", "CodeStarSourceConnection", "1"),
                "Configuration": {"ConnectionArn": "c", "FullRepositoryId": "o/r", "BranchName": "main", "DetectChanges": false},
                "OutputArtifacts": [{"Name": "Code"}]}]},
            {"Name": "Prod",
             "Actions": [
                {"Name": "Build", "RunOrder": "2", "Namespace": "Built", "Region": "eu-west-1", "RoleArn": "arn:aws:iam::1:role/b",
                 "ActionTypeId": type_id("Build", "CodeBuild", 1), "InputArtifacts": [{"Name": "Code"}],
                 "OutputArtifacts": [{"Name": "Package"}], "Configuration": {"ProjectName": 5, "CombineArtifacts": true}},
                {"Name": "Approve", "TimeoutInMinutes": "60", "ActionTypeId": type_id("Approval", "Manual", 1)}],
             "BeforeEntry": {"Conditions": [{"Result": "SKIP", "Rules": [{
                "Name": "Ask", "TimeoutInMinutes": "5", "Region": "eu-west-1", "RoleArn": "arn:aws:iam::1:role/r",
                "RuleTypeId": type_id("Rule", "LambdaInvoke", 1), "InputArtifacts": [{"Name": "Code"}],
                "Configuration": {"FunctionName": "f", "UserParameters": 1}}]}]},
             "OnSuccess": {"Conditions": [{"Result": "FAIL", "Rules": [{
                "Name": "Healthy", "RuleTypeId": type_id("Rule", "CloudWatchAlarm", "1"),
                "Configuration": {"AlarmName": "a", "WaitTime": 1}}]}]},
             "OnFailure": {"Result": "RETRY", "RetryConfiguration": {"RetryMode": "ALL_ACTIONS"}}}]
    })
}

/// The same in the API's spelling, as the pipeline shows itself.
fn declaration() -> Value {
    let type_id = |category: &str, provider: &str| json!({"category": category, "owner": "AWS", "provider": provider, "version": "1"});
    json!({
        "name": "release", "roleArn": "arn:aws:iam::000000000000:role/pipeline", "version": 1,
        "pipelineType": "V2", "executionMode": "QUEUED",
        "artifactStore": {"type": "S3", "location": "artifacts", "encryptionKey": {"id": "alias/artifacts", "type": "KMS"}},
        "variables": [{"name": "Stack", "defaultValue": "7", "description": "which stack"}],
        "triggers": [{"providerType": "CodeStarSourceConnection", "gitConfiguration": {
            "sourceActionName": "Fetch",
            "push": [
                {"branches": {"includes": ["main"], "excludes": ["wip"]}, "filePaths": {"includes": ["src/**"], "excludes": ["d"]}},
                {"tags": {"includes": ["v*"], "excludes": ["*-rc"]}}],
            "pullRequest": [{"events": ["OPEN"], "branches": {"includes": ["main"], "excludes": ["x"]},
                "filePaths": {"includes": ["a"], "excludes": ["b"]}}]}}],
        "stages": [
            {"name": "Source", "actions": [{
                "name": "Fetch", "actionTypeId": type_id("Source", "CodeStarSourceConnection"), "runOrder": 1,
                "configuration": {"ConnectionArn": "c", "FullRepositoryId": "o/r", "BranchName": "main", "DetectChanges": "false"},
                "inputArtifacts": [], "outputArtifacts": [{"name": "Code"}]}]},
            {"name": "Prod",
             "actions": [
                {"name": "Build", "runOrder": 2, "namespace": "Built", "region": "eu-west-1", "roleArn": "arn:aws:iam::1:role/b",
                 "actionTypeId": type_id("Build", "CodeBuild"), "inputArtifacts": [{"name": "Code"}],
                 "outputArtifacts": [{"name": "Package"}], "configuration": {"ProjectName": "5", "CombineArtifacts": "true"}},
                {"name": "Approve", "runOrder": 1, "timeoutInMinutes": 60, "actionTypeId": type_id("Approval", "Manual"),
                 "configuration": {}, "inputArtifacts": [], "outputArtifacts": []}],
             "beforeEntry": {"conditions": [{"result": "SKIP", "rules": [{
                "name": "Ask", "timeoutInMinutes": 5, "region": "eu-west-1", "roleArn": "arn:aws:iam::1:role/r",
                "ruleTypeId": type_id("Rule", "LambdaInvoke"), "inputArtifacts": [{"name": "Code"}],
                "configuration": {"FunctionName": "f", "UserParameters": "1"}}]}]},
             "onSuccess": {"conditions": [{"result": "FAIL", "rules": [{
                "name": "Healthy", "ruleTypeId": type_id("Rule", "CloudWatchAlarm"),
                "configuration": {"AlarmName": "a", "WaitTime": "1"}}]}]},
             "onFailure": {"result": "RETRY", "retryConfiguration": {"retryMode": "ALL_ACTIONS"}}}]
    })
}

fn read_template(properties: &Value) -> Result<Pipeline, String> {
    read(&from_cloudformation(properties, "stack-Pipeline-1"))
}

#[test]
fn every_property_is_read() {
    let pipeline = read_template(&properties()).unwrap();
    assert_eq!(serde_json::to_value(pipeline.declaration()).unwrap(), declaration());
}

#[test]
fn a_pipeline_without_a_name_gets_the_physical_one() {
    let mut properties = properties();
    properties.as_object_mut().unwrap().remove("Name");
    assert_eq!(read_template(&properties).unwrap().name, "stack-Pipeline-1");
}

#[test]
fn stores_are_a_list_by_region() {
    let store = json!({"Region": "eu-west-1", "ArtifactStore": {"Type": "S3", "Location": "artifacts"}});
    let with = |stores: Value| {
        let mut properties = properties();
        properties.as_object_mut().unwrap().remove("ArtifactStore");
        properties["ArtifactStores"] = stores;
        read_template(&properties).map(|pipeline| pipeline.bucket)
    };
    assert_eq!(with(json!([store])), Ok("artifacts".into()));
    let (mut elsewhere, mut more) = (store.clone(), store.clone());
    elsewhere["Region"] = json!("us-east-1");
    more["Surprise"] = json!("x");
    assert!(with(json!([store, elsewhere])).unwrap_err().contains("field \"artifactStores\": only one region can run"));
    for wrong in [json!([store, store]), json!([more]), json!(["eu-west-1"]), json!("eu-west-1"), json!([])] {
        assert!(with(wrong.clone()).unwrap_err().contains("artifactStores"), "{wrong}");
    }
}

#[test]
fn what_sources_say_about_polling_is_text_too() {
    for (provider, mut configuration) in [
        ("CodeCommit", json!({"RepositoryName": "r", "BranchName": "main"})),
        ("S3", json!({"S3Bucket": "b", "S3ObjectKey": "k", "AllowOverrideForS3ObjectKey": true})),
    ] {
        let mut properties = properties();
        properties.as_object_mut().unwrap().remove("Triggers");
        configuration["PollForSourceChanges"] = json!(false);
        properties["Stages"][0]["Actions"][0]["ActionTypeId"] = type_id("Source", provider, 1);
        properties["Stages"][0]["Actions"][0]["Configuration"] = configuration;
        let read = read_template(&properties).unwrap().stages[0].actions[0].configuration.clone();
        assert_eq!(read["PollForSourceChanges"], "false");
        assert_eq!(read.get("AllowOverrideForS3ObjectKey").is_some_and(|value| value == "true"), provider == "S3");
    }
}

#[test]
fn what_cannot_run_here_is_refused_by_name() {
    let build = "/Stages/1/Actions/0";
    for (pointer, value, expected) in [
        ("/Stages/1/Blockers".to_owned(), json!([{"Name": "b", "Type": "Schedule"}]), "field \"blockers\""),
        (format!("{build}/Commands"), json!(["ls"]), "field \"commands\": is for Compute actions"),
        (format!("{build}/OutputVariables"), json!(["X"]), "field \"outputVariables\": is for Compute"),
        (
            format!("{build}/EnvironmentVariables"),
            json!([{"Name": "N", "Value": "v"}]),
            "field \"environmentVariables\"",
        ),
        (format!("{build}/OutputArtifacts/0/Files"), json!(["f"]), "field \"outputArtifacts.files\": is for Compute"),
        (
            "/Stages/1/BeforeEntry/Conditions/0/Rules/0/Commands".into(),
            json!(["ls"]),
            "rules.Ask.commands\": is for Commands",
        ),
        (format!("{build}/Surprise"), json!("x"), "action \"Build\""),
        (format!("{build}/RunOrder"), json!("first"), "action \"Build\", field \"runOrder\""),
        (format!("{build}/Configuration/ProjectName"), json!(["a"]), "field \"configuration.ProjectName\""),
        ("/Stages/1/OnFailure/RetryConfiguration/Surprise".into(), json!("x"), "onFailure.retryConfiguration"),
        ("/Triggers/0/GitConfiguration/Push/1/Tags/Surprise".into(), json!(["x"]), "gitConfiguration.push[1].tags"),
        ("/Surprise".into(), json!("x"), "unknown field `surprise`"),
    ] {
        let mut properties = properties();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        properties.pointer_mut(parent).unwrap()[key] = value;
        let error = read_template(&properties).expect_err(&pointer);
        assert!(error.contains(expected), "{pointer}\n  expected {expected}\n  got      {error}");
    }
}

#[test]
fn properties_that_are_none_are_refused() {
    for wrong in [json!([]), json!("x"), json!({}), Value::Null] {
        assert!(read_template(&wrong).is_err(), "{wrong}");
    }
}
