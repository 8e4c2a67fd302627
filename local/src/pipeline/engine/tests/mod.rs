mod approvals;
mod conditions;
mod model;
mod rollbacks;
mod rules;
mod scripts;
mod transcript;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::*;
use crate::pipeline::token::Token;

/// A pipeline in few letters. A line is a stage, `Name [condition…]: action; action`; an action is its name and then any
/// of `@order`, `<input`, `>output`, `ns=namespace`, `arg=value`, and `?minutes` or `?` where it is a manual approval. The
/// first stage's actions are sources. A condition is `entry`, `success` or `failure`, `=RESULT`, and its rules in
/// parentheses: `name`, `name~minutes`, `name!alarm`.
pub(super) fn pipeline(text: &str) -> Pipeline {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let stages: Vec<Value> = lines.enumerate().map(|(number, line)| stage(line, number == 0)).collect();
    let declaration = json!({
        "name": "a-pipeline-with-a-long-name", "roleArn": "arn:aws:iam::000000000000:role/pipeline",
        "pipelineType": "V2", "variables": [{"name": "Stack", "defaultValue": "beta"}],
        "artifactStore": {"type": "S3", "location": "store"}, "stages": stages,
    });
    let mut pipeline = Pipeline::from_declaration(&declaration).unwrap_or_else(|error| panic!("{error}\n{text}"));
    skip(&mut pipeline, text);
    pipeline
}

/// No rule that runs here may lead to a skip, so no declaration can ask for one: such a condition is declared as `FAIL`.
fn skip(pipeline: &mut Pipeline, text: &str) {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    for (stage, _) in pipeline.stages.iter_mut().zip(lines).filter(|(_, line)| line.contains("entry=SKIP")) {
        stage.before_entry.as_mut().unwrap().result = ConditionResult::Skip;
    }
}

fn stage(line: &str, is_first: bool) -> Value {
    let (head, actions) = line.split_once(": ").unwrap();
    let actions: Vec<Value> = actions.split("; ").map(|action| action_declaration(action, is_first)).collect();
    let mut words = head.split(' ');
    let mut stage = json!({"name": words.next().unwrap(), "actions": actions});
    for (kind, declared) in words.map(|word| word.split_once('=').unwrap()) {
        let field = [("entry", "beforeEntry"), ("success", "onSuccess"), ("failure", "onFailure")];
        let field = field.iter().find(|(short, _)| *short == kind).unwrap().1;
        stage[field] = condition_declaration(&declared.replace("SKIP", "FAIL"));
    }
    stage
}

fn condition_declaration(text: &str) -> Value {
    let Some((result, rules)) = text.split_once('(') else { return json!({"result": text}) };
    let rules: Vec<Value> = rules.trim_end_matches(')').split(',').map(rule_declaration).collect();
    json!({"conditions": [{"result": result, "rules": rules}]})
}

fn rule_declaration(text: &str) -> Value {
    let (text, alarm) = text.split_once('!').unwrap_or((text, "alarm"));
    let (name, minutes) = text.split_once('~').unwrap_or((text, ""));
    let mut rule = json!({
        "name": name, "ruleTypeId": {"category": "Rule", "owner": "AWS", "provider": "CloudWatchAlarm", "version": "1"},
        "configuration": {"AlarmName": alarm},
    });
    if let Ok(minutes) = minutes.parse::<u32>() {
        rule["timeoutInMinutes"] = minutes.into();
    }
    rule
}

fn action_declaration(text: &str, is_source: bool) -> Value {
    let (name, rest) = text.split_once(' ').unwrap_or((text, ""));
    let (kind, provider) = if is_source { ("Source", "CodeCommit") } else { ("Invoke", "Lambda") };
    let mut action = json!({
        "name": name, "inputArtifacts": [], "outputArtifacts": [],
        "actionTypeId": {"category": kind, "owner": "AWS", "provider": provider, "version": "1"},
        "configuration": if is_source { json!({"RepositoryName": "r", "BranchName": "b"}) } else { json!({"FunctionName": "f"}) },
    });
    for word in rest.split_whitespace() {
        if let Some(order) = word.strip_prefix('@') {
            action["runOrder"] = order.parse::<u32>().unwrap().into();
        } else if let Some(input) = word.strip_prefix('<') {
            action["inputArtifacts"].as_array_mut().unwrap().push(json!({"name": input}));
        } else if let Some(output) = word.strip_prefix('>') {
            action["outputArtifacts"].as_array_mut().unwrap().push(json!({"name": output}));
        } else if let Some(minutes) = word.strip_prefix('?') {
            action["actionTypeId"] =
                json!({"category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1"});
            action["configuration"] = json!({});
            if let Ok(minutes) = minutes.parse::<u32>() {
                action["timeoutInMinutes"] = minutes.into();
            }
        } else if let Some(namespace) = word.strip_prefix("ns=") {
            action["namespace"] = namespace.into();
        } else {
            action["configuration"]["UserParameters"] = word.strip_prefix("arg=").unwrap().into();
        }
    }
    action
}

/// Ids that count.
#[derive(Clone, Default)]
pub(super) struct Counter(usize);

impl Ids for Counter {
    fn execution(&mut self) -> ExecutionId {
        self.0 += 1;
        ExecutionId(format!("back-{}", self.0))
    }

    fn run(&mut self) -> RunId {
        self.0 += 1;
        RunId(format!("run-{}", self.0))
    }

    fn artifact(&mut self) -> String {
        self.0 += 1;
        format!("{:07}", self.0)
    }

    fn token(&mut self) -> Token {
        self.0 += 1;
        Token::new(format!("token-{}", self.0))
    }
}

/// A clock that ticks with every event.
pub(super) fn at(event: usize) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(i64::try_from(event).unwrap())
}

pub(super) fn start(pipeline: &Pipeline, execution: &str) -> Start {
    started_with(pipeline, execution, &BTreeMap::new(), Vec::new()).unwrap()
}

pub(super) fn started_with(
    pipeline: &Pipeline,
    execution: &str,
    variables: &BTreeMap<String, String>,
    revisions: Vec<SourceRevision>,
) -> Result<Start, StartError> {
    let trigger = Trigger {
        trigger_type: TriggerType::StartPipelineExecution,
        trigger_detail: "arn:aws:iam::000000000000:root".into(),
    };
    Start::new(pipeline, ExecutionId(execution.to_owned()), trigger, variables, revisions)
}

pub(super) fn revision(action: &str, kind: &str, value: &str) -> SourceRevision {
    SourceRevision { action_name: action.into(), revision_type: kind.into(), revision_value: value.into() }
}
