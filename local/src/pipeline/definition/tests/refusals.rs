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
    let error = Pipeline::from_declaration(&declaration).expect_err(pointer);
    format!("{}: {error}", error.kind.exception())
}

#[test]
fn each_broken_rule_is_refused_with_its_place_and_exception() {
    let source = "/stages/0/actions/0";
    let compile = "/stages/1/actions/0";
    let deploy = "/stages/2/actions/0";
    let lambda = json!({"category": "Invoke", "owner": "AWS", "provider": "Lambda", "version": "1"});
    let type_id = |provider: &str| json!({"category": "Deploy", "owner": "AWS", "provider": provider, "version": "1"});
    let rows: Vec<(String, Value, &str)> = vec![
        ("/name".into(), json!("a b"), "ValidationException: field \"name\": \"a b\" contains ' '"),
        ("/name".into(), json!(""), "has 0 characters; it must have 1 to 100"),
        ("/name".into(), json!("x".repeat(101)), "has 101 characters"),
        ("/stages/1/name".into(), json!("Büild"), "field \"stages.name\": \"Büild\" contains 'ü'"),
        ("/stages/1/name".into(), json!("Source"), "InvalidStructureException: stage \"Source\": two stages"),
        (
            "/stages/1/name".into(),
            Value::Null,
            "field \"stages[1]\": does not fit the pipeline structure: missing field `name`",
        ),
        ("/stages".into(), json!([]), "InvalidStructureException: field \"stages\": the pipeline has 0 stage(s)"),
        ("/stages/1/actions".into(), json!([]), "InvalidStageDeclarationException: stage \"Build\": has no action"),
        (format!("{compile}/name"), json!("Configure"), "stage \"Build\", action \"Configure\": two actions"),
        (format!("{compile}/name"), json!("a/b"), "contains '/'"),
        (format!("{compile}/runOrder"), json!(0), "stage \"Build\", action \"Compile\", field \"runOrder\": is 0"),
        (format!("{compile}/runOrder"), json!(1000), "it must be 1 to 999"),
        (format!("{compile}/runOrder"), json!(-1), "stage \"Build\", action \"Compile\", field \"runOrder\""),
        (format!("{compile}/runOrder"), json!(2), "\"Package\" is not an output of an earlier action"),
        (format!("{compile}/surprise"), json!(1), "unknown field `surprise`"),
        (format!("{compile}/configuration/ProjectName"), json!(7), "field \"configuration.ProjectName\""),
        (format!("{compile}/configuration/ProjectName"), Value::Null, "is missing; CodeBuild needs it"),
        (format!("{compile}/configuration/ProjectName"), json!(""), "has 0 characters"),
        (format!("{compile}/configuration/Colour"), json!("red"), "is unknown to CodeBuild"),
        (
            format!("{compile}/configuration/ProjectName"),
            json!("#{nowhere.X}"),
            "InvalidActionDeclarationException: \
            stage \"Build\", action \"Compile\", field \"configuration.ProjectName\": #{nowhere.X} names nothing",
        ),
        (format!("{compile}/configuration/ProjectName"), json!("#{BuildVariables.X}"), "names nothing"),
        (format!("{compile}/configuration/ProjectName"), json!("#{variables.Absent}"), "names nothing"),
        (format!("{compile}/configuration/ProjectName"), json!("#{codepipeline.Other}"), "names nothing"),
        (format!("{compile}/configuration/ProjectName"), json!("#{half"), "\"#{half\" is not a variable reference"),
        (format!("{compile}/inputArtifacts"), json!([]), "0 declared; CodeBuild takes 1 to 5"),
        (format!("{compile}/inputArtifacts/0/name"), json!("Settings"), "\"Settings\" is not an output"),
        (format!("{compile}/inputArtifacts/0/name"), json!("a.b"), "contains '.'"),
        (format!("{compile}/outputArtifacts/0/name"), json!("Code"), "\"Code\" is written by two actions"),
        (format!("{compile}/outputArtifacts/0/files"), json!(["a"]), "outputArtifacts.files"),
        (format!("{compile}/namespace"), json!("SourceVariables"), "\"SourceVariables\" is used by two actions"),
        (format!("{compile}/namespace"), json!("Code"), "\"Code\" names an artifact and a namespace"),
        (format!("{compile}/namespace"), json!("variables"), "\"variables\" is reserved"),
        (format!("{compile}/namespace"), json!("a.b"), "field \"namespace\": \"a.b\" contains '.'"),
        (format!("{compile}/commands"), json!(["ls"]), "field \"commands\": is for Compute actions"),
        (format!("{compile}/timeoutInMinutes"), json!(5), "is for manual approval"),
        (format!("{source}/actionTypeId"), lambda, "field \"configuration.FunctionName\": is missing"),
        (format!("{source}/outputArtifacts"), json!([]), "0 declared; CodeCommit takes 1 to 1"),
        (
            format!("{deploy}/actionTypeId"),
            type_id("ECS"),
            "field \"actionTypeId\": Deploy/AWS/ECS version 1 cannot run",
        ),
        (
            format!("{source}/actionTypeId/owner"),
            json!("ThirdParty"),
            "Source/ThirdParty/CodeCommit version 1 cannot run",
        ),
        (format!("{source}/actionTypeId/version"), json!("2"), "Source/AWS/CodeCommit version 2 cannot run"),
        (format!("{deploy}/actionTypeId"), json!({"category": "Deploy"}), "field \"actionTypeId\""),
        (format!("{deploy}/configuration/ActionMode"), json!("DELETE_ONLY"), "\"DELETE_ONLY\" cannot run here"),
        ("/stages/2/blockers".into(), json!([{}]), "InvalidBlockerDeclarationException: stage \"Beta\""),
        (
            "/artifactStore".into(),
            Value::Null,
            "InvalidStructureException: give either artifactStore or artifactStores",
        ),
        ("/artifactStore/type".into(), json!("FTP"), "\"FTP\" is unknown"),
        ("/artifactStore/location".into(), json!("a"), "has 1 characters; it must have 3 to 63"),
        ("/executionMode".into(), json!("RANDOM"), "field \"executionMode\""),
        ("/pipelineType".into(), json!("V1"), "field \"variables\": needs a pipeline of type V2"),
        ("/variables".into(), json!([{"name": "Stack"}, {"name": "Stack"}]), "\"Stack\" is declared twice"),
        ("/variables/0/name".into(), json!("a.b"), "contains '.'"),
        ("/variables/0/defaultValue".into(), json!(""), "variables.Stack.defaultValue"),
    ];
    for (pointer, value, expected) in rows {
        let error = refused(&pointer, value.clone());
        assert!(error.contains(expected), "{pointer} = {value}\n  expected {expected}\n  got      {error}");
    }
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
fn limits_are_inclusive() {
    let call = |n: usize| {
        json!({"name": format!("Call{n}"), "configuration": {"FunctionName": "f", "UserParameters": "x".repeat(1000)},
        "actionTypeId": {"category": "Invoke", "owner": "AWS", "provider": "Lambda", "version": "1"}, "runOrder": 999})
    };
    let stage = |n: usize, actions: usize| json!({"name": format!("S{n}"), "actions": (0..actions).map(call).collect::<Vec<_>>()});
    let stages = |count: usize| {
        let first = valid()["stages"][0].clone();
        std::iter::once(first).chain((1..count).map(|n| stage(n, 1))).collect::<Vec<_>>()
    };
    let read = |stages: Vec<Value>| {
        let mut declaration = valid();
        declaration["stages"] = stages.into();
        Pipeline::from_declaration(&declaration).map_err(|error| error.kind)
    };
    assert!(read(stages(2)).is_ok() && read(stages(50)).is_ok());
    assert_eq!(read(stages(51)).unwrap_err(), ErrorKind::Limit);
    assert_eq!(read(stages(1)).unwrap_err(), ErrorKind::Structure);
    let with_actions = |count| vec![valid()["stages"][0].clone(), stage(1, count)];
    assert!(read(with_actions(50)).is_ok());
    assert_eq!(read(with_actions(51)).unwrap_err(), ErrorKind::Limit);
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
