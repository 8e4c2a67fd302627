//! What each provider's configuration must hold, mode by mode.

use serde_json::{Map, Value, json};

use super::*;

/// The valid pipeline whose deployment has this configuration.
fn deploying(configuration: Value) -> Result<Pipeline, String> {
    let mut declaration = valid();
    declaration["stages"][2]["actions"][0]["configuration"] = configuration;
    read(&declaration)
}

/// .../action-reference-CloudFormation.html: what is required in which mode.
#[test]
fn each_mode_of_cloudformation_needs_its_keys() {
    let role = ("RoleArn", "arn:aws:iam::000000000000:role/deploy");
    let (template, set) = (("TemplatePath", "Package::app.yaml"), ("ChangeSetName", "next"));
    for (mode, required) in [
        ("CREATE_UPDATE", vec![template, role]),
        ("REPLACE_ON_FAILURE", vec![template, role]),
        ("DELETE_ONLY", vec![role]),
        ("CHANGE_SET_REPLACE", vec![template, role, set]),
        ("CHANGE_SET_EXECUTE", vec![set]),
    ] {
        let whole = [&required[..], &[("ActionMode", mode), ("StackName", "beta")]].concat();
        let whole: Map<String, Value> = whole.into_iter().map(|(key, value)| (key.to_owned(), json!(value))).collect();
        assert!(deploying(whole.clone().into()).is_ok(), "{mode}");
        for missing in whole.keys() {
            let mut lacking = whole.clone();
            lacking.remove(missing);
            let error = deploying(lacking.into()).expect_err(missing);
            let expected = format!("field \"configuration.{missing}\": is missing; CloudFormation needs it");
            assert!(
                error.starts_with("InvalidActionDeclarationException: ") && error.contains(&expected),
                "{mode}: {error}"
            );
        }
    }
}

#[test]
fn a_deployment_reads_files_of_its_input_artifacts() {
    let with = |key: &str, value: &str| {
        let mut configuration = valid()["stages"][2]["actions"][0]["configuration"].clone();
        configuration[key] = json!(value);
        deploying(configuration).map(drop)
    };
    for (key, value) in [
        ("TemplatePath", "Settings::deep/app.yaml"),
        ("TemplatePath", "#{SourceVariables.Template}"),
        ("TemplateConfiguration", "Package::config.json"),
        ("ParameterOverrides", "{}"),
        ("ParameterOverrides", r##"{"Commit": "#{SourceVariables.CommitId}", "Count": 3, "On": true}"##),
        ("ParameterOverrides", r#"{"Count": #{SourceVariables.Count}}"#),
        ("ParameterOverrides", r#"{"Key": {"Fn::GetArtifactAtt": ["Package", "ObjectKey"]}}"#),
        ("ParameterOverrides", r#"{"Key": {"Fn::GetParam": ["Settings", "out.json", "Key"]}}"#),
    ] {
        assert_eq!(with(key, value), Ok(()), "{key} = {value}");
    }
    for (key, value, expected) in [
        ("TemplatePath", "app.yaml", "TemplatePath\": \"app.yaml\" is not of the form Artifact::file"),
        ("TemplatePath", "Package::", "is not of the form Artifact::file"),
        ("TemplatePath", "Code::app.yaml", "TemplatePath\": \"Code\" is not an input artifact of the action"),
        ("TemplateConfiguration", "Code::c.json", "TemplateConfiguration\": \"Code\" is not an input artifact"),
        ("ParameterOverrides", "A=B", "ParameterOverrides\": is not a JSON object: "),
        ("ParameterOverrides", "[]", "is not a JSON object: "),
        (
            "ParameterOverrides",
            r#"{"A": null}"#,
            "ParameterOverrides.A\": null is no text, nor Fn::GetArtifactAtt of 2",
        ),
        ("ParameterOverrides", r#"{"A": ["x"]}"#, "[\"x\"] is no text"),
        (
            "ParameterOverrides",
            r#"{"A": {"Ref": "B"}}"#,
            "is no text, nor Fn::GetArtifactAtt of 2 arguments or Fn::GetParam",
        ),
        ("ParameterOverrides", r#"{"A": {"Fn::GetParam": ["Package", "f"]}}"#, "is no text"),
        ("ParameterOverrides", r#"{"A": {"Fn::GetArtifactAtt": []}}"#, "is no text"),
        (
            "ParameterOverrides",
            r#"{"A": {"Fn::GetArtifactAtt": ["Code", "URL"]}}"#,
            "ParameterOverrides.A\": \"Code\" is not an input artifact of the action; add it to inputArtifacts",
        ),
    ] {
        let error = with(key, value).expect_err(value);
        let place = "InvalidActionDeclarationException: stage \"Beta\", action \"Deploy\", field \"configuration.";
        assert!(error.starts_with(place) && error.contains(expected), "{key} = {value}\n  {expected}\n  {error}");
    }
    for mode in ["DELETE_ONLY", "CHANGE_SET_EXECUTE"] {
        let mut configuration = valid()["stages"][2]["actions"][0]["configuration"].clone();
        configuration["ActionMode"] = json!(mode);
        configuration["ChangeSetName"] = json!("next");
        configuration["TemplatePath"] = json!("Nothing::app.yaml");
        assert_eq!(deploying(configuration).map(drop), Ok(()), "{mode} reads no template");
    }
    let long = format!(r#"{{"A": "{}"}}"#, "ü".repeat(600));
    let error = with("ParameterOverrides", &long).unwrap_err();
    assert!(error.contains("has 1209 bytes; CloudFormation takes 1024 at most"), "{error}");
}

#[test]
fn a_build_names_its_primary_source_among_its_inputs() {
    let primary = "/stages/1/actions/0/configuration/PrimarySource";
    let error = refusals::refused_in(valid(), primary, json!("Settings"));
    assert!(error.contains("PrimarySource\": \"Settings\" is not an input artifact of the action"), "{error}");
    let mut declaration = valid();
    declaration["stages"][1]["actions"][0]["configuration"]["PrimarySource"] = json!("Code");
    assert!(read(&declaration).is_ok());
}

#[test]
fn sources_of_every_kind_are_read() {
    for (provider, configuration) in [
        ("CodeCommit", json!({"RepositoryName": "r", "BranchName": "b", "PollForSourceChanges": "true"})),
        ("CodeCommit", json!({"RepositoryName": "r", "BranchName": "b", "OutputArtifactFormat": "CODE_ZIP"})),
        ("S3", json!({"S3Bucket": "b", "S3ObjectKey": "k.zip"})),
        (
            "S3",
            json!({"S3Bucket": "b", "S3ObjectKey": "k.zip", "PollForSourceChanges": "false",
            "AllowOverrideForS3ObjectKey": "true"}),
        ),
        (
            "CodeStarSourceConnection",
            json!({"ConnectionArn": "c", "FullRepositoryId": "o/r", "BranchName": "b",
            "DetectChanges": "false", "OutputArtifactFormat": "CODE_ZIP"}),
        ),
    ] {
        let mut declaration = valid();
        declaration.as_object_mut().unwrap().remove("triggers");
        declaration["stages"][0]["actions"][0]["actionTypeId"]["provider"] = json!(provider);
        declaration["stages"][0]["actions"][0]["configuration"] = configuration;
        assert_eq!(read(&declaration).map(drop), Ok(()), "{provider}");
    }
    let format = "/stages/0/actions/0/configuration/OutputArtifactFormat";
    let error = refusals::refused_in(valid(), format, json!("CODEBUILD_CLONE_REF"));
    let expected = "configuration.OutputArtifactFormat\": \"CODEBUILD_CLONE_REF\" cannot run here; use \"CODE_ZIP\"";
    assert!(error.contains(expected), "{error}");
}

#[test]
fn what_of_a_provider_cannot_run_here_is_refused() {
    let error = refusals::refused_in(valid(), "/stages/1/actions/0/configuration/BatchEnabled", json!("true"));
    assert!(error.contains("configuration.BatchEnabled\": \"true\" cannot run here; use \"false\""), "{error}");
}

#[test]
fn values_that_an_action_would_refuse_are_refused_before_it_runs() {
    let refusal = |at: &str, key: &str, value: &str| {
        let mut declaration = valid();
        declaration.pointer_mut(at).unwrap()["configuration"][key] = json!(value);
        read(&declaration).map(drop)
    };
    let (build, deploy) = ("/stages/1/actions/0", "/stages/2/actions/0");
    for (at, key, value, expected) in [
        (build, "ProjectName", "my project", "use letters, digits, - and _"),
        (build, "EnvironmentVariables", "not json", "expected ident"),
        (build, "EnvironmentVariables", r#"[{"name": "V", "value": "x", "type": "VAULT"}]"#, "V is of type VAULT"),
        (deploy, "StackName", "my_stack", "it must be a letter, then letters, digits and hyphens"),
        (deploy, "Capabilities", "CAPABILITY_FOO", "\"CAPABILITY_FOO\" is none of CAPABILITY_IAM"),
    ] {
        let error = refusal(at, key, value).expect_err(key);
        let place = format!("field \"configuration.{key}\": {value:?} cannot be used: ");
        assert!(error.starts_with("InvalidActionDeclarationException: "), "{error}");
        assert!(error.contains(&place) && error.contains(expected), "{error}");
    }
    for (at, key, value) in [
        (build, "ProjectName", "my #{variables.Stack}"),
        (build, "EnvironmentVariables", "#{variables.Stack}"),
        (deploy, "Capabilities", "CAPABILITY_IAM, CAPABILITY_AUTO_EXPAND"),
        // Not looked at in this mode.
        (deploy, "ChangeSetName", "my_set"),
    ] {
        assert_eq!(refusal(at, key, value), Ok(()), "{key} = {value}");
    }
}

#[test]
fn all_problems_are_told_and_the_first_is_the_refusal() {
    let mut declaration = valid();
    assert_eq!(problems(&declaration), []);
    declaration["name"] = json!("a/b");
    declaration["stages"][1]["actions"][0]["runOrder"] = json!(0);
    declaration["stages"][2]["actions"][0]["inputArtifacts"] = json!([{"name": "a.b"}]);
    let found = problems(&declaration);
    let fields: Vec<_> = found.iter().map(|error| error.place.field.as_deref().unwrap()).collect();
    assert_eq!(fields, ["runOrder", "inputArtifacts", "name"]);
    assert_eq!(Pipeline::from_declaration(&declaration).as_ref(), Err(&found[0]));
    // What only shows across actions, where each of them is right.
    let mut declaration = valid();
    declaration["stages"][2]["actions"][0]["inputArtifacts"] = json!([{"name": "Package"}, {"name": "Nobodys"}]);
    assert_eq!(problems(&declaration).len(), 1);
}
