//! `configure`: from the packaged templates to the files that CloudFormation actions take.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use pipeline_core::{
    configure::perform::{Configure, Files, ReadArtifacts, WriteArtifacts},
    drive::Action as _,
    job::{Artifact, Job},
    memory::World,
    ports::{Clock as _, Parameter, PortError},
    verdict::{FailureKind, Report, Verdict},
};
use serde_json::{Value, json};

use crate::support::{job, world};

/// An artifact that is read, and one that is written.
struct Artifacts<'a>(&'a Files, &'a RefCell<Files>);

impl ReadArtifacts for Artifacts<'_> {
    async fn files(&self, _: &Artifact, paths: &BTreeSet<&str>) -> Result<Files, PortError> {
        let file = |path: &&str| {
            let missing = || PortError::NotFound { what: format!("{path} in the artifact") };
            self.0.get(*path).map(|text| ((*path).to_owned(), text.clone())).ok_or_else(missing)
        };
        paths.iter().map(file).collect()
    }
}

impl WriteArtifacts for Artifacts<'_> {
    async fn write(&self, _: &Artifact, files: &Files) -> Result<(), PortError> {
        self.1.replace(files.clone());
        Ok(())
    }
}

const TEMPLATE: &str = "
Parameters: {Stage: {Type: String}, LogLevel: {Type: String}}
Resources: {Topic: {Type: AWS::SNS::Topic}}
Outputs: {Topic: {Value: !Ref Topic, Export: {Name: NAME}}}
";

fn templates(app: &str, tests: &str) -> Files {
    let template = |name: &str| TEMPLATE.replace("NAME", name).into_bytes();
    [("app-output_sam.yaml", template(app)), ("test-output_sam.yaml", template(tests))]
        .map(|(path, text)| (path.to_owned(), text))
        .into()
}

fn artifact(name: &str) -> Artifact {
    Artifact { name: name.into(), revision: None, bucket: "b".into(), key: name.into() }
}

/// The report, and the files that were written.
fn configure(world: &World, templates: &Files, parameters: &Value) -> (Report, BTreeMap<String, Value>) {
    let written = RefCell::default();
    let action = Configure { artifacts: Artifacts(templates, &written), parameters: world };
    let job =
        Job { inputs: vec![artifact("Build")], outputs: vec![artifact("Configured")], ..job(&parameters.to_string()) };
    let Some(Verdict::Report(report)) = world.run(action.perform(&job, world.now())) else { panic!("no report") };
    let json = |(path, text): (&String, &Vec<u8>)| (path.clone(), serde_json::from_slice(text).expect("JSON"));
    let files = written.borrow().iter().map(json).collect();
    (report, files)
}

fn profile(world: &World, name: &str, text: &str) {
    world.release.parameters.borrow_mut().insert(name.into(), Parameter::Plain(text.into()));
}

fn common(more: &Value) -> Value {
    let mut params =
        json!({"service": "shop", "execution": "22222222-abcd-1111-abcd-111111abcdef", "revision": "8f2c"});
    params.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    params
}

fn preview() -> Value {
    common(&json!({"preview": "pr-42", "stacks": {
        "app": {"template": "app-output_sam.yaml", "stack": "shop-pr-42", "token": "1700000000"},
        "tests": {"template": "test-output_sam.yaml", "stack": "shop-pr-42-tests", "token": "1700000001"},
    }}))
}

#[test]
fn a_previews_stacks_have_its_stage_its_profile_its_tags_and_each_the_token_of_its_lease() {
    let world = world();
    profile(&world, "/flowgate/shop/preview", r#"{"LogLevel": "debug", "Stage": "prod", "Undeclared": 1}"#);
    profile(&world, "/flowgate/shop/pr-42", r#"{"LogLevel": "trace"}"#);
    let own = "!Sub '${AWS::StackName}-topic'";
    let (report, files) = configure(&world, &templates(own, own), &preview());
    assert!(matches!(report, Report::Succeed { .. }), "{report:?}");
    let expected = |token: &str| {
        json!({
            "Parameters": {"Stage": "pr-42", "LogLevel": "debug"},
            "Tags": {
                "flowgate:service": "shop", "flowgate:stage": "pr-42", "flowgate:revision": "8f2c",
                "flowgate:execution": "22222222-abcd-1111-abcd-111111abcdef", "flowgate:ephemeral": "true",
                "flowgate:token": token,
            },
        })
    };
    let both = [("app.json", "1700000000"), ("tests.json", "1700000001")];
    assert_eq!(files, both.map(|(file, token)| (file.to_owned(), expected(token))).into());
}

#[test]
fn a_preview_that_exports_what_another_could_is_refused_naming_file_output_and_export() {
    let own = "!Sub '${AWS::StackName}-topic'";
    for (app, tests, file) in [("shop-topic", own, "app"), (own, "!Sub 'topic-${AWS::Region}'", "test")] {
        let (report, files) = configure(&world(), &templates(app, tests), &preview());
        let Report::Fail { kind: FailureKind::ConfigurationError, message } = report else { panic!("{report:?}") };
        assert!(message.starts_with(&format!("{file}-output_sam.yaml: output Topic exports ")), "{message}");
        assert_eq!(files, BTreeMap::new());
    }
}

#[test]
fn a_release_has_a_profile_for_each_stage_and_exports_what_it_likes() {
    let world = world();
    profile(&world, "/flowgate/shop/prod", r#"{"LogLevel": "warn"}"#);
    let stages = common(&json!({"stages": {"beta": "app-output_sam.yaml", "prod": "app-output_sam.yaml"}}));
    let (report, files) = configure(&world, &templates("shop-topic", "shop-topic"), &stages);
    assert!(matches!(report, Report::Succeed { .. }), "{report:?}");
    assert_eq!(files["prod.json"]["Parameters"], json!({"Stage": "prod", "LogLevel": "warn"}));
    assert_eq!(files["beta.json"]["Parameters"], json!({"Stage": "beta"}));
    let tags = files["beta.json"]["Tags"].as_object().expect("tags");
    let keys: Vec<&str> = tags.keys().map(String::as_str).collect();
    assert_eq!(keys, ["flowgate:execution", "flowgate:revision", "flowgate:service", "flowgate:stage"]);
}
