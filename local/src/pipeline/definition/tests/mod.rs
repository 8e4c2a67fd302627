mod conditions;
mod corpus;
mod refusals;

use serde_json::{Value, json};

use super::*;

/// A pipeline that runs: a source, a build with two actions, and a deployment that uses variables.
fn valid() -> Value {
    json!({
        "name": "release", "roleArn": "arn:aws:iam::000000000000:role/pipeline", "pipelineType": "V2",
        "artifactStore": {"type": "S3", "location": "artifacts"},
        "variables": [{"name": "Stack", "defaultValue": "beta"}],
        "triggers": [{"providerType": "CodeStarSourceConnection", "gitConfiguration": {"sourceActionName": "Fetch"}}],
        "stages": [
            {"name": "Source", "actions": [{
                "name": "Fetch", "namespace": "SourceVariables",
                "actionTypeId": {"category": "Source", "owner": "AWS", "provider": "CodeCommit", "version": "1"},
                "configuration": {"RepositoryName": "service", "BranchName": "main"},
                "outputArtifacts": [{"name": "Code"}]}]},
            {"name": "Build", "actions": [
                {"name": "Compile", "runOrder": 1, "namespace": "BuildVariables",
                 "actionTypeId": {"category": "Build", "owner": "AWS", "provider": "CodeBuild", "version": "1"},
                 "configuration": {"ProjectName": "compile-#{SourceVariables.CommitId}"},
                 "inputArtifacts": [{"name": "Code"}], "outputArtifacts": [{"name": "Package"}]},
                {"name": "Configure", "runOrder": 2,
                 "actionTypeId": {"category": "Invoke", "owner": "AWS", "provider": "Lambda", "version": "1"},
                 "configuration": {"FunctionName": "configure", "UserParameters": "#{codepipeline.PipelineExecutionId}"},
                 "inputArtifacts": [{"name": "Package"}], "outputArtifacts": [{"name": "Settings"}]}]},
            {"name": "Beta", "actions": [{
                "name": "Deploy",
                "actionTypeId": {"category": "Deploy", "owner": "AWS", "provider": "CloudFormation", "version": "1"},
                "configuration": {"ActionMode": "CREATE_UPDATE", "StackName": "#{variables.Stack}",
                    "TemplatePath": "Package::app.yaml", "RoleArn": "arn:aws:iam::000000000000:role/deploy"},
                "inputArtifacts": [{"name": "Package"}, {"name": "Settings"}]}]}]
    })
}

#[test]
fn a_complete_pipeline_is_read() {
    let pipeline = Pipeline::from_document(&json!({"pipeline": valid(), "metadata": {}}).to_string()).unwrap();
    assert_eq!(
        pipeline.stages.iter().map(|stage| stage.name.as_str()).collect::<Vec<_>>(),
        ["Source", "Build", "Beta"]
    );
    assert_eq!(pipeline.bucket, "artifacts");
    assert_eq!(pipeline.variables["Stack"].as_deref(), Some("beta"));
    let configure = &pipeline.stages[1].actions[1];
    assert_eq!((configure.run_order, configure.provider.name), (2, "Lambda"));
    assert_eq!(pipeline.stages[2].actions[0].inputs, ["Package", "Settings"]);
    assert_eq!(pipeline.stages[2].actions[0].run_order, 1, "the documented default");
}

#[test]
fn what_is_shown_reads_as_the_same_pipeline() {
    let pipeline = Pipeline::from_declaration(&valid()).unwrap();
    let shown = serde_json::to_value(pipeline.declaration()).unwrap();
    assert_eq!(shown["triggers"], valid()["triggers"], "triggers are kept");
    assert_eq!(Pipeline::from_declaration(&shown).unwrap(), pipeline);
}

#[test]
fn cloudformations_spelling_means_the_same() {
    let properties = json!({
        "RoleArn": "arn:aws:iam::000000000000:role/pipeline", "Tags": [{"Key": "a", "Value": "b"}],
        "ArtifactStores": [{"Region": "eu-west-1", "ArtifactStore": {"Type": "S3", "Location": "artifacts"}}],
        "Stages": [
            {"Name": "Source", "Actions": [{
                "Name": "Fetch",
                "ActionTypeId": {"Category": "Source", "Owner": "AWS", "Provider": "CodeCommit", "Version": 1},
                "Configuration": {"RepositoryName": "service", "BranchName": "main", "PollForSourceChanges": false},
                "OutputArtifacts": [{"Name": "Code"}]}]},
            {"Name": "Run", "Actions": [{
                "Name": "Call", "RunOrder": "7",
                "ActionTypeId": {"Category": "Invoke", "Owner": "AWS", "Provider": "Lambda", "Version": "1"},
                "Configuration": {"FunctionName": "f"}}]}]
    });
    let pipeline = Pipeline::from_declaration(&from_cloudformation(&properties, "stack-Pipeline-1")).unwrap();
    assert_eq!((pipeline.name.as_str(), pipeline.bucket.as_str()), ("stack-Pipeline-1", "artifacts"));
    assert_eq!(pipeline.stages[0].actions[0].configuration["PollForSourceChanges"], "false");
    assert_eq!(pipeline.stages[1].actions[0].run_order, 7);
}
