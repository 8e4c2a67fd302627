//! Each rule of the structure, broken once.

use serde_json::{Value, json};

use super::*;

/// Sets or removes one value of the valid pipeline and tells how that is refused.
fn refused(pointer: &str, value: Value) -> String {
    refused_in(valid(), pointer, value)
}

pub(super) fn refused_in(mut declaration: Value, pointer: &str, value: Value) -> String {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = declaration.pointer_mut(parent).unwrap_or_else(|| panic!("no {pointer}"));
    match (parent, value) {
        (Value::Object(members), Value::Null) => drop(members.remove(key)),
        (Value::Object(members), value) => drop(members.insert(key.to_owned(), value)),
        (Value::Array(items), value) => items[key.parse::<usize>().unwrap()] = value,
        _ => panic!("{pointer} leads nowhere"),
    }
    read(&declaration).expect_err(pointer)
}

/// Each change below `at`, as `refused_in` does it, is refused like this.
pub(super) fn each_refused(declaration: &Value, at: &str, rows: &[(&str, Value, &str)]) {
    for (pointer, value, expected) in rows {
        let error = refused_in(declaration.clone(), &format!("{at}{pointer}"), value.clone());
        assert!(error.contains(expected), "{at}{pointer} = {value}\n  expected {expected}\n  got      {error}");
    }
}

#[test]
fn what_is_wrong_with_an_action_is_refused_at_the_action() {
    each_refused(
        &valid(),
        "/stages/1/actions/0",
        &[
            ("/name", json!("Configure"), "stage \"Build\", action \"Configure\": two actions"),
            ("/name", json!("a/b"), "contains '/'"),
            ("/runOrder", json!(0), "stage \"Build\", action \"Compile\", field \"runOrder\": is 0"),
            ("/runOrder", json!(1000), "it must be 1 to 999"),
            ("/runOrder", json!(-1), "stage \"Build\", action \"Compile\", field \"runOrder\""),
            (
                "/runOrder",
                json!(2),
                "InvalidActionDeclarationException: stage \"Build\", action \"Configure\", field \"inputArtifacts\": \
            \"Package\" is written by action \"Compile\" of stage \"Build\", which does not run earlier",
            ),
            ("/surprise", json!(1), "unknown field `surprise`"),
            ("/configuration/ProjectName", json!(7), "field \"configuration.ProjectName\""),
            ("/configuration/ProjectName", Value::Null, "is missing; CodeBuild needs it"),
            ("/configuration/ProjectName", json!(""), "has 0 characters"),
            ("/configuration/Colour", json!("red"), "is unknown to CodeBuild"),
            (
                "/configuration/ProjectName",
                json!("#{nowhere.X}"),
                "InvalidActionDeclarationException: \
            stage \"Build\", action \"Compile\", field \"configuration.ProjectName\": #{nowhere.X} names nothing",
            ),
            (
                "/configuration/ProjectName",
                json!("#{BuildVariables.X}"),
                "#{BuildVariables.X} is provided by this action itself",
            ),
            ("/configuration/ProjectName", json!("#{variables.Absent}"), "names nothing"),
            ("/configuration/ProjectName", json!("#{codepipeline.Other}"), "names nothing"),
            ("/configuration/ProjectName", json!("#{half"), "\"#{half\" is not a variable reference"),
            ("/inputArtifacts", json!([]), "0 declared; CodeBuild takes 1 to 5"),
            ("/inputArtifacts/0/name", json!("Settings"), "\"Settings\" is written by action \"Configure\""),
            ("/inputArtifacts/0/name", json!("a.b"), "contains '.'"),
            ("/outputArtifacts/0/name", json!("Code"), "\"Code\" is written by two actions"),
            ("/outputArtifacts/0/files", json!(["a"]), "outputArtifacts.files"),
            ("/namespace", json!("SourceVariables"), "\"SourceVariables\" is used by two actions"),
            ("/namespace", json!("Code"), "\"Code\" names an artifact and a namespace"),
            ("/namespace", json!("variables"), "\"variables\" is reserved"),
            ("/namespace", json!("a.b"), "field \"namespace\": \"a.b\" contains '.'"),
            ("/commands", json!(["ls"]), "field \"commands\": is for Compute actions"),
            ("/timeoutInMinutes", json!(5), "is for manual approval"),
        ],
    );
}

#[test]
fn what_is_wrong_with_a_source_is_refused_at_the_source() {
    let lambda = json!({"category": "Invoke", "owner": "AWS", "provider": "Lambda", "version": "1"});
    each_refused(
        &valid(),
        "/stages/0/actions/0",
        &[
            ("/actionTypeId", lambda, "field \"configuration.FunctionName\": is missing"),
            ("/outputArtifacts", json!([]), "0 declared; CodeStarSourceConnection takes 1 to 1"),
            (
                "/actionTypeId/owner",
                json!("ThirdParty"),
                "Source/ThirdParty/CodeStarSourceConnection version 1 cannot run",
            ),
            ("/actionTypeId/version", json!("2"), "Source/AWS/CodeStarSourceConnection version 2 cannot run"),
        ],
    );
}

#[test]
fn what_is_wrong_with_a_deployment_is_refused_at_the_deployment() {
    let ecs = json!({"category": "Deploy", "owner": "AWS", "provider": "ECS", "version": "1"});
    each_refused(
        &valid(),
        "/stages/2/actions/0",
        &[
            ("/actionTypeId", ecs, "field \"actionTypeId\": Deploy/AWS/ECS version 1 cannot run"),
            ("/actionTypeId", json!({"category": "Deploy"}), "field \"actionTypeId\""),
            (
                "/configuration/ActionMode",
                json!("DELETE"),
                "InvalidActionDeclarationException: stage \"Beta\", action \"Deploy\", field \"configuration.ActionMode\": \
            \"DELETE\" is unknown; use one of CREATE_UPDATE, REPLACE_ON_FAILURE, DELETE_ONLY, CHANGE_SET_REPLACE, \
            CHANGE_SET_EXECUTE",
            ),
        ],
    );
}

#[test]
fn what_is_wrong_with_a_stage_is_refused_at_the_stage() {
    each_refused(
        &valid(),
        "/stages",
        &[
            ("/1/name", json!("Büild"), "field \"stages.name\": \"Büild\" contains 'ü'"),
            (
                "/1/name",
                json!("Source"),
                "InvalidStructureException: stage \"Source\": two stages have this name; rename one",
            ),
            ("/1/name", Value::Null, "field \"stages[1]\": does not fit the pipeline structure: missing field `name`"),
            ("", json!([]), "InvalidStructureException: field \"stages\": the pipeline has 0 stage(s)"),
            ("/1/actions", json!([]), "InvalidStageDeclarationException: stage \"Build\": has no action"),
            ("/2/blockers", json!([{}]), "InvalidBlockerDeclarationException: stage \"Beta\""),
        ],
    );
}

#[test]
fn what_is_wrong_with_the_pipeline_is_refused_at_the_field() {
    each_refused(
        &valid(),
        "",
        &[
            ("/name", json!("a b"), "ValidationException: field \"name\": \"a b\" contains ' '"),
            ("/name", json!(""), "has 0 characters; it must have 1 to 100"),
            ("/name", json!("x".repeat(101)), "has 101 characters"),
            (
                "/artifactStore",
                Value::Null,
                "InvalidStructureException: field \"artifactStore\": is missing; give either artifactStore or artifactStores",
            ),
            (
                "/artifactStores",
                json!({"eu-west-1": {"type": "S3", "location": "artifacts"}}),
                "InvalidStructureException: field \"artifactStores\": excludes artifactStore; remove one",
            ),
            ("/artifactStore/type", json!("FTP"), "field \"artifactStore.type\": \"FTP\" is unknown; use \"S3\""),
            (
                "/artifactStore/encryptionKey",
                json!({"id": "k", "type": "PGP"}),
                "ValidationException: field \"artifactStore.encryptionKey.type\": \"PGP\" is unknown; use \"KMS\"",
            ),
            ("/artifactStore/encryptionKey", json!({"id": "", "type": "KMS"}), "encryptionKey.id\": has 0 characters"),
            ("/version", json!(0), "ValidationException: field \"version\": is 0; it must be 1 or more"),
            ("/artifactStore/location", json!("a"), "has 1 characters; it must have 3 to 63"),
            ("/executionMode", json!("RANDOM"), "field \"executionMode\""),
            ("/pipelineType", json!("V1"), "field \"variables\": needs a pipeline of type V2"),
            (
                "/variables",
                json!([{"name": "Stack"}, {"name": "Stack"}]),
                "ValidationException: field \"variables.Stack\": two variables have",
            ),
            ("/variables/0/name", json!("a.b"), "contains '.'"),
            ("/variables/0/defaultValue", json!(""), "field \"variables.Stack.defaultValue\": has 0 characters"),
            ("/variables/0/description", json!("x".repeat(201)), "field \"variables.Stack.description\": has 201"),
        ],
    );
}

#[test]
fn source_actions_stand_in_the_first_stage_and_only_they() {
    let first = valid()["stages"][0].clone();
    let mut source_later = first.clone();
    source_later["name"] = json!("Again");
    source_later["actions"][0]["outputArtifacts"][0]["name"] = json!("More");
    source_later["actions"][0].as_object_mut().unwrap().remove("namespace");
    let error = refused("/stages/1", source_later);
    assert!(
        error.starts_with("InvalidStructureException: stage \"Again\", action \"Fetch\": source actions stand"),
        "{error}"
    );

    let call = json!({"name": "Call", "configuration": {"FunctionName": "f"},
        "actionTypeId": {"category": "Invoke", "owner": "AWS", "provider": "Lambda", "version": "1"}});
    let error = refused("/stages/0/actions", json!([first["actions"][0], call]));
    assert!(
        error.starts_with("InvalidStructureException: stage \"Source\", action \"Call\": the first stage"),
        "{error}"
    );
}

#[test]
fn a_document_that_is_no_pipeline_is_refused() {
    for (document, expected) in
        [("{", "not JSON"), ("{}", "is missing from the document"), ("{\"pipeline\": 3}", "does not fit")]
    {
        let error = Pipeline::from_document(document).unwrap_err().to_string();
        assert!(error.contains(expected), "{document}: {error}");
    }
}

#[test]
fn only_one_region_runs_here() {
    let mut declaration = valid();
    declaration["stages"][0]["actions"][0]["region"] = json!("eu-west-1");
    assert!(Pipeline::from_declaration(&declaration).is_ok());
    declaration["stages"][2]["actions"][0]["region"] = json!("us-east-1");
    let error = Pipeline::from_declaration(&declaration).unwrap_err().to_string();
    assert!(
        error.contains("stage \"Beta\", action \"Deploy\", field \"region\": is \"us-east-1\", and \"eu-west-1\""),
        "{error}"
    );
}

#[test]
fn two_regions_of_stores_are_refused() {
    let store = json!({"type": "S3", "location": "artifacts"});
    let mut declaration = valid();
    declaration.as_object_mut().unwrap().remove("artifactStore");
    declaration["artifactStores"] = json!({"eu-west-1": store});
    assert_eq!(read(&declaration).unwrap().bucket, "artifacts");
    declaration["stages"][2]["actions"][0]["region"] = json!("us-east-1");
    assert!(read(&declaration).unwrap_err().contains("is \"us-east-1\", and \"eu-west-1\" elsewhere"));
    declaration["artifactStores"]["us-east-1"] = store;
    let error = read(&declaration).unwrap_err();
    assert!(error.starts_with("InvalidStructureException: field \"artifactStores\": only one region"), "{error}");
}
