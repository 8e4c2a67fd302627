mod cloudformation;
mod conditions;
mod fields;
mod limits;
mod mutations;
mod order;
mod providers;
mod refusals;
mod rule_values;
mod triggers;
mod unique;

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
                "actionTypeId": {"category": "Source", "owner": "AWS", "provider": "CodeStarSourceConnection", "version": "1"},
                "configuration": {"ConnectionArn": "arn:aws:codeconnections:eu-west-1:000000000000:connection/c",
                    "FullRepositoryId": "owner/service", "BranchName": "main"},
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

/// A pipeline that has every structure that can run here.
fn complete() -> Value {
    let mut declaration = conditions::guarded();
    declaration["executionMode"] = json!("QUEUED");
    declaration["version"] = json!(3);
    declaration["artifactStore"]["encryptionKey"] = json!({"id": "alias/artifacts", "type": "KMS"});
    declaration["variables"][0]["description"] = json!("which stack");
    declaration["triggers"] = triggers::filtered();
    declaration["stages"][1]["onFailure"] =
        json!({"result": "RETRY", "retryConfiguration": {"retryMode": "ALL_ACTIONS"}});
    declaration["stages"][1]["actions"][0]["roleArn"] = json!("arn:aws:iam::000000000000:role/build");
    declaration["stages"][1]["actions"][0]["region"] = json!("eu-west-1");
    declaration["stages"][3]["beforeEntry"]["conditions"][0]["rules"][0]["roleArn"] =
        json!("arn:aws:iam::000000000000:role/rule");
    declaration
}

/// Reads it, or tells the exception and the message.
fn read(declaration: &Value) -> Result<Pipeline, String> {
    Pipeline::from_declaration(declaration).map_err(|error| format!("{}: {error}", error.kind.exception()))
}

/// An action of this kind, without configuration.
fn action(name: &str, category: &str, provider: &str) -> Value {
    let type_id = json!({"category": category, "owner": "AWS", "provider": provider, "version": "1"});
    json!({"name": name, "actionTypeId": type_id})
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
    for declaration in [valid(), conditions::guarded(), complete()] {
        let pipeline = Pipeline::from_declaration(&declaration).unwrap();
        let shown = serde_json::to_value(pipeline.declaration()).unwrap();
        for kept in ["triggers", "variables", "artifactStore"] {
            assert_eq!(shown[kept], declaration[kept], "{kept}");
        }
        assert_eq!(shown["stages"][1]["onFailure"], declaration["stages"][1]["onFailure"]);
        assert_eq!(Pipeline::from_declaration(&shown).unwrap(), pipeline);
    }
}

#[test]
fn what_is_not_declared_has_the_documented_default() {
    let mut declaration = valid();
    for optional in ["pipelineType", "variables", "triggers"] {
        declaration.as_object_mut().unwrap().remove(optional);
    }
    declaration["stages"][2]["actions"][0]["configuration"]["StackName"] = json!("beta");
    let pipeline = Pipeline::from_declaration(&declaration).unwrap();
    assert_eq!((pipeline.version, pipeline.execution_mode), (1, ExecutionMode::Superseded));
    assert_eq!(pipeline.declaration().pipeline_type, PipelineType::V1);
    assert!(pipeline.triggers.is_empty() && pipeline.variables.is_empty());
    let stage = &pipeline.stages[1];
    assert_eq!((&stage.before_entry, &stage.on_success, &stage.on_failure, stage.retry), (&None, &None, &None, None));
    let shown = serde_json::to_value(pipeline.declaration()).unwrap();
    assert_eq!((&shown["version"], &shown["executionMode"]), (&json!(1), &json!("SUPERSEDED")));
}

#[test]
fn every_execution_mode_is_read() {
    let modes = [ExecutionMode::Superseded, ExecutionMode::Queued, ExecutionMode::Parallel];
    for (text, mode) in ["SUPERSEDED", "QUEUED", "PARALLEL"].into_iter().zip(modes) {
        let mut declaration = valid();
        declaration["executionMode"] = json!(text);
        assert_eq!(read(&declaration).unwrap().execution_mode, mode);
    }
}
