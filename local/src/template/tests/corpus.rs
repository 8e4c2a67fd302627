//! Templates, fragments and documents that others published: `corpus.txt` says what is said of each.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::super::document::{self, Document};
use super::*;

/// File, then a line for each pipeline or action, then the next file.
const TABLE: &str = include_str!("corpus.txt");

/// What the folder's files are called, and what is said of them; nothing where the corpus is absent.
fn outcomes(folder: &str, outcome: fn(&str) -> Vec<String>) -> BTreeMap<String, Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus").join(folder);
    let Ok(entries) = std::fs::read_dir(&path) else {
        println!("passed without the corpus: no {}", path.display());
        return BTreeMap::new();
    };
    let files = entries.map(|entry| entry.unwrap().path());
    let name = |path: &Path| format!("{folder}/{}", path.file_name().unwrap().display());
    files.map(|path| (name(&path), outcome(&std::fs::read_to_string(&path).unwrap()))).collect()
}

/// The table's rows of this folder.
fn rows(folder: &str) -> BTreeMap<String, Vec<String>> {
    let mut rows: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut file = String::new();
    for line in TABLE.lines() {
        match line.strip_prefix("  ") {
            Some(outcome) => rows.entry(file.clone()).or_default().push(outcome.to_owned()),
            None => file = line.to_owned(),
        }
    }
    rows.retain(|file, _| file.split('/').next() == Some(folder));
    rows
}

fn agrees(folder: &str, outcome: fn(&str) -> Vec<String>) {
    let seen = outcomes(folder, outcome);
    let told = |(file, lines): (&String, &Vec<String>)| format!("{file}\n  {}\n", lines.join("\n  "));
    let text: String = seen.iter().map(told).collect();
    assert!(seen.is_empty() || seen == rows(folder), "corpus.txt has something else of {folder}:\n{text}");
}

/// A line for each pipeline that would run, and for each thing that would not.
fn whole(text: &str) -> Vec<String> {
    let checked = match said(text) {
        Ok(checked) => checked,
        Err(error) => return vec![error.to_string()],
    };
    let beside = checked.problems.iter().map(|problem| line("template", problem));
    beside.chain(checked.pipelines.iter().flat_map(of_pipeline)).collect()
}

fn of_pipeline(checked: &CheckedPipeline) -> Vec<String> {
    let name = &checked.pipeline;
    if checked.runs() {
        return vec![format!("{name}: runs, {} stages, {} actions", checked.stages, checked.actions)];
    }
    for problem in &checked.problems {
        assert!(problem.stage.is_some() || problem.field.is_some(), "{name} is refused without a place: {problem}");
    }
    checked.problems.iter().map(|problem| line(name, problem)).collect()
}

/// Without the list of what can run, which is the same everywhere.
fn line(name: &str, problem: &Problem) -> String {
    let told = problem.to_string();
    format!("{name}: {}", told.split_once("; use Source/").map_or(told.as_str(), |(why, _)| why))
}

/// A line for each action and thing that would not run, of what is no whole template.
fn fragment(text: &str) -> Vec<String> {
    let Ok(Document { value: document, .. }) = document::read(text) else {
        return vec!["is neither YAML nor JSON".to_owned()];
    };
    let lines: Vec<String> = actions(&document).into_iter().flat_map(|action| whole(&pipeline_of(action))).collect();
    if lines.is_empty() { vec!["has no action".to_owned()] } else { lines }
}

/// Every action below `value`.
fn actions(value: &Value) -> Vec<&Value> {
    let children: Vec<&Value> = match value {
        Value::Object(members) if members.keys().any(|key| key.eq_ignore_ascii_case("ActionTypeId")) => {
            return vec![value];
        }
        Value::Object(members) => members.values().collect(),
        Value::Array(items) => items.iter().collect(),
        _ => Vec::new(),
    };
    children.into_iter().flat_map(actions).collect()
}

/// A pipeline around the action, in which somebody writes what it reads. What it refers to may be anywhere.
fn pipeline_of(action: &Value) -> String {
    let action = capitalised(action);
    let is_source = action["ActionTypeId"]["Category"] == "Source";
    let inputs = action.get("InputArtifacts").and_then(Value::as_array).cloned().unwrap_or_default();
    let written = if inputs.is_empty() { vec![json!({"Name": "Code"})] } else { inputs };
    let source = |(number, artifact): (usize, Value)| {
        json!({"Name": format!("Source{number}"), "OutputArtifacts": [artifact],
            "ActionTypeId": {"Category": "Source", "Owner": "AWS", "Provider": "CodeCommit", "Version": "1"},
            "Configuration": {"RepositoryName": "shop", "BranchName": "main"}})
    };
    let approval = json!({"Name": "Approve",
        "ActionTypeId": {"Category": "Approval", "Owner": "AWS", "Provider": "Manual", "Version": "1"}});
    let sources = written.into_iter().enumerate().map(source).collect();
    let name = action["Name"].clone();
    let (first, second) = if is_source { (vec![action], approval) } else { (sources, action) };
    let properties = json!({"Name": name, "RoleArn": "arn:aws:iam::000000000000:role/r",
        "ArtifactStore": {"Type": "S3", "Location": "artifacts"},
        "Stages": [{"Name": "First", "Actions": first}, {"Name": "Second", "Actions": [second]}]});
    let resource = json!({"Type": "AWS::CodePipeline::Pipeline", "Properties": properties});
    json!({"Transform": "AWS::Serverless-2016-10-31", "Resources": {"Pipeline": resource}}).to_string()
}

/// The API's spelling as CloudFormation has it.
fn capitalised(value: &Value) -> Value {
    let capital = |key: &str| key[..1].to_uppercase() + &key[1..];
    match value {
        Value::Object(members) if !members.keys().any(|key| key.starts_with("Fn::")) => {
            members.iter().map(|(key, value)| (capital(key), capitalised(value))).collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(capitalised).collect(),
        other => other.clone(),
    }
}

#[test]
fn published_templates_run_or_are_refused_by_name() {
    agrees("pipelines", whole);
}

#[test]
fn published_templates_that_are_wrong_are_refused() {
    agrees("pipelines-invalid", whole);
}

/// A recorded answer has the document somewhere within.
fn recorded(text: &str) -> Vec<String> {
    let document = document::read(text).unwrap().value;
    let within = document.get("data").filter(|data| data.get("pipeline").is_some());
    whole(&within.unwrap_or(&document).to_string())
}

#[test]
fn published_documents_of_the_api_run_or_are_refused_by_name() {
    agrees("pipeline-json", recorded);
}

#[test]
fn published_actions_run_or_are_refused_by_name() {
    agrees("pipelines-fragments", fragment);
}

#[test]
fn templates_without_pipelines_are_told_so() {
    agrees("sam", whole);
}
