//! Pipelines in few letters.

use serde_json::{Value, json};

use super::*;

/// A pipeline in few letters. `mode=MODE` may stand in the first line. Any other line is a stage, `Name [condition…]:
/// action; action`; an action is its name and then any of `@order`, `<input`, `>output`, `ns=namespace`, `arg=value`,
/// `build`, `stack`, and `?minutes` or `?` where it is a manual approval. The first stage's actions are sources. A
/// condition is `entry`, `success` or `failure`, `=RESULT`, and its rules in parentheses: `name`, `name~minutes`,
/// `name!alarm`, and `name^` where a function is asked. `retry=MODE` has the stage tried again.
pub(super) fn pipeline(text: &str) -> Pipeline {
    Pipeline::from_declaration(&declaration(text)).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn declaration(text: &str) -> Value {
    let mut lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let mode = lines[0].strip_prefix("mode=").unwrap_or("SUPERSEDED");
    lines.retain(|line| !line.starts_with("mode="));
    let stages: Vec<Value> = lines.iter().enumerate().map(|(number, line)| stage(line, number == 0)).collect();
    json!({
        "name": "a-pipeline-with-a-long-name", "roleArn": "arn:aws:iam::000000000000:role/pipeline",
        "pipelineType": "V2", "executionMode": mode, "variables": [{"name": "Stack", "defaultValue": "beta"}],
        "artifactStore": {"type": "S3", "location": "store"}, "stages": stages,
    })
}

fn stage(line: &str, is_first: bool) -> Value {
    let (head, actions) = line.split_once(": ").unwrap();
    let actions: Vec<Value> = actions.split("; ").map(|action| action_declaration(action, is_first)).collect();
    let mut words = head.split(' ');
    let mut stage = json!({"name": words.next().unwrap(), "actions": actions});
    for (kind, declared) in words.map(|word| word.split_once('=').unwrap()) {
        match kind {
            "entry" => stage["beforeEntry"] = condition(declared),
            "success" => stage["onSuccess"] = condition(declared),
            "failure" => stage["onFailure"] = condition(declared),
            "retry" => stage["onFailure"] = json!({"result": "RETRY", "retryConfiguration": {"retryMode": declared}}),
            _ => panic!("{kind}?"),
        }
    }
    stage
}

fn condition(text: &str) -> Value {
    let Some((result, rules)) = text.split_once('(') else { return json!({"result": text}) };
    let rules = rules.trim_end_matches(')').split(',');
    let rules: Vec<Value> = rules.map(|text| rule(text, result == "SKIP")).collect();
    json!({"conditions": [{"result": result, "rules": rules}]})
}

/// Alarms do not lead to a skip; variables may.
fn rule(text: &str, skips: bool) -> Value {
    let (text, alarm) = text.split_once('!').unwrap_or((text, "alarm"));
    let (name, minutes) = text.split_once('~').unwrap_or((text, ""));
    let (name, invokes) = name.strip_suffix('^').map_or((name, false), |name| (name, true));
    let (provider, configuration) = if invokes {
        ("LambdaInvoke", json!({"FunctionName": alarm}))
    } else if skips {
        ("VariableCheck", json!({"Variable": alarm, "Value": "x", "Operator": "EQ"}))
    } else {
        ("CloudWatchAlarm", json!({"AlarmName": alarm}))
    };
    let type_id = json!({"category": "Rule", "owner": "AWS", "provider": provider, "version": "1"});
    let mut rule = json!({"name": name, "ruleTypeId": type_id, "configuration": configuration});
    if let Ok(minutes) = minutes.parse::<u32>() {
        rule["timeoutInMinutes"] = minutes.into();
    }
    rule
}

/// What a rule looks at, as it is configured.
pub(super) fn looked_at(configuration: &BTreeMap<String, String>) -> &String {
    ["AlarmName", "FunctionName", "Variable"].into_iter().find_map(|key| configuration.get(key)).unwrap()
}

fn action_declaration(text: &str, is_source: bool) -> Value {
    let (name, rest) = text.split_once(' ').unwrap_or((text, ""));
    let mut action = json!({"name": name, "inputArtifacts": [], "outputArtifacts": []});
    if is_source {
        kind(&mut action, "Source", "CodeCommit", json!({"RepositoryName": "r", "BranchName": "b"}));
    } else {
        kind(&mut action, "Invoke", "Lambda", json!({"FunctionName": "f"}));
    }
    for word in rest.split_whitespace() {
        refine(&mut action, word);
    }
    action
}

fn kind(action: &mut Value, category: &str, provider: &str, configuration: Value) {
    action["actionTypeId"] = json!({"category": category, "owner": "AWS", "provider": provider, "version": "1"});
    action["configuration"] = configuration;
}

fn refine(action: &mut Value, word: &str) {
    let stack =
        || json!({"ActionMode": "DELETE_ONLY", "StackName": "s", "RoleArn": "arn:aws:iam::000000000000:role/s"});
    match (word.split_at(1), word.split_once('=')) {
        (("@", order), _) => action["runOrder"] = order.parse::<u32>().unwrap().into(),
        (("<", input), _) => action["inputArtifacts"].as_array_mut().unwrap().push(json!({"name": input})),
        ((">", output), _) => action["outputArtifacts"].as_array_mut().unwrap().push(json!({"name": output})),
        (("?", minutes), _) => {
            kind(action, "Approval", "Manual", json!({}));
            if let Ok(minutes) = minutes.parse::<u32>() {
                action["timeoutInMinutes"] = minutes.into();
            }
        }
        (_, Some(("ns", namespace))) => action["namespace"] = namespace.into(),
        (_, Some(("arg", argument))) => action["configuration"]["UserParameters"] = argument.into(),
        _ if word == "build" => kind(action, "Build", "CodeBuild", json!({"ProjectName": "p"})),
        _ if word == "stack" => kind(action, "Deploy", "CloudFormation", stack()),
        _ => panic!("{word}?"),
    }
}
