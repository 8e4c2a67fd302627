//! Manual approvals and stage conditions: what runs, and what is refused.

use serde_json::{Value, json};

use super::refusals::each_refused;
use super::*;

/// The valid pipeline with a Prod stage: an approval, and a condition of each kind.
pub(super) fn guarded() -> Value {
    let mut declaration = valid();
    let stages = declaration["stages"].as_array_mut().unwrap();
    stages.push(json!({
        "name": "Prod",
        "actions": [{
            "name": "Approve", "timeoutInMinutes": 60,
            "actionTypeId": {"category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1"},
            "configuration": {"CustomData": "look at #{SourceVariables.CommitId}", "NotificationArn": "arn:aws:sns:::t",
                "ExternalEntityLink": "https://example.com"}}],
        "beforeEntry": {"conditions": [{"result": "FAIL", "rules": [
            {"name": "Window", "ruleTypeId": {"category": "Rule", "owner": "AWS", "provider": "DeploymentWindow", "version": "1"},
             "configuration": {"Cron": "* 0-59 9-17 ? * MON-FRI *", "TimeZone": "Europe/Berlin"}, "timeoutInMinutes": 5},
            {"name": "Healthy", "ruleTypeId": {"category": "Rule", "provider": "CloudWatchAlarm"},
             "configuration": {"AlarmName": "#{variables.Stack}-errors"}, "inputArtifacts": []}]}]},
        "onSuccess": {"conditions": [{"result": "ROLLBACK", "rules": [
            {"name": "Bake", "ruleTypeId": {"category": "Rule", "owner": "AWS", "provider": "CloudWatchAlarm", "version": "1"},
             "configuration": {"AlarmName": "errors", "AlarmStates": "ALARM", "WaitTime": "60"}, "region": "eu-west-1"}]}]},
        "onFailure": {"result": "ROLLBACK"},
    }));
    declaration
}

#[test]
fn approvals_and_conditions_are_read() {
    let pipeline = read(&guarded()).unwrap();
    let prod = &pipeline.stages[3];
    assert_eq!((prod.actions[0].timeout_minutes, prod.actions[0].provider.is_approval()), (Some(60), true));
    let entry = prod.before_entry.as_ref().unwrap();
    assert_eq!((entry.result, entry.rules.len()), (ConditionResult::Fail, 2));
    assert_eq!((entry.rules[0].name.as_str(), entry.rules[0].timeout_minutes), ("Window", Some(5)));
    let whole = TypeId {
        category: "Rule".into(),
        owner: "AWS".into(),
        provider: "CloudWatchAlarm".into(),
        version: "1".into(),
    };
    assert_eq!(entry.rules[1].type_id, whole, "owner and version have defaults");
    let success = prod.on_success.as_ref().unwrap();
    assert_eq!((success.result, &success.rules[0].configuration["WaitTime"][..]), (ConditionResult::Rollback, "60"));
    assert_eq!(prod.on_failure, Some(Condition { result: ConditionResult::Rollback, rules: Vec::new() }));
    assert_eq!(prod.condition(ConditionKind::OnSuccess), prod.on_success.as_ref());
    let shown = serde_json::to_value(pipeline.declaration()).unwrap();
    assert_eq!(Pipeline::from_declaration(&shown).unwrap(), pipeline);
}

#[test]
fn a_failed_stage_may_name_its_result_beside_or_inside_its_condition() {
    let rules = guarded()["stages"][3]["onSuccess"]["conditions"][0]["rules"].clone();
    for on_failure in [
        json!({"conditions": [{"result": "ROLLBACK", "rules": rules}]}),
        json!({"result": "ROLLBACK", "conditions": [{"rules": rules}]}),
        json!({"result": "ROLLBACK", "conditions": [{"result": "ROLLBACK", "rules": rules}]}),
    ] {
        let mut declaration = guarded();
        declaration["stages"][3]["onFailure"] = on_failure;
        let condition = read(&declaration).unwrap().stages[3].on_failure.clone().unwrap();
        assert_eq!((condition.result, condition.rules.len()), (ConditionResult::Rollback, 1));
    }
}

#[test]
fn what_is_wrong_with_an_approval_is_refused_at_the_action() {
    each_refused(
        &guarded(),
        "/stages/3/actions/0",
        &[
            ("/timeoutInMinutes", json!(4), "field \"timeoutInMinutes\": is 4; it must be 5 to 86400"),
            ("/timeoutInMinutes", json!(86_401), "ValidationException: stage \"Prod\", action \"Approve\""),
            ("/configuration/Colour", json!("red"), "is unknown to Manual"),
            ("/inputArtifacts", json!([{"name": "Code"}]), "1 declared; Manual takes 0 to 0"),
            ("/outputArtifacts", json!([{"name": "Other"}]), "1 declared; Manual takes 0 to 0"),
            ("/actionTypeId/provider", json!("Other"), "Approval/AWS/Other version 1 cannot run here"),
        ],
    );
}

#[test]
fn what_is_wrong_with_a_rule_is_refused_at_the_rule() {
    each_refused(
        &guarded(),
        "/stages/3/beforeEntry/conditions/0/rules/0",
        &[
            ("/name", json!("a b"), "\"a b\" contains ' '"),
            (
                "/ruleTypeId/provider",
                json!("Commands"),
                "InvalidStageDeclarationException: stage \"Prod\", field \"beforeEntry.conditions.rules.Window.ruleTypeId\": \
            Rule/AWS/Commands version 1 cannot run here; use Rule/AWS/DeploymentWindow, Rule/AWS/CloudWatchAlarm, \
            Rule/AWS/LambdaInvoke, Rule/AWS/VariableCheck",
            ),
            ("/ruleTypeId/category", json!("Invoke"), "Invoke/AWS/DeploymentWindow version 1 cannot run"),
            ("/ruleTypeId/version", json!("2"), "Rule/AWS/DeploymentWindow version 2 cannot run"),
            ("/configuration", Value::Null, "rules.Window.configuration.Cron\": is missing; DeploymentWindow"),
            ("/configuration/AlarmName", json!("a"), "is unknown to DeploymentWindow"),
            ("/configuration/Cron", json!(""), "has 0 characters; it must have 1 to 10000"),
            (
                "/configuration/TimeZone",
                json!("#{nowhere.X}"),
                "InvalidStageDeclarationException: stage \"Prod\", \
            field \"beforeEntry.conditions.rules.Window.configuration.TimeZone\": #{nowhere.X} names nothing",
            ),
            ("/timeoutInMinutes", json!(4), "it must be 5 to 86400"),
            ("/commands", json!(["ls"]), "rules.Window.commands\": is for Commands rules"),
            ("/inputArtifacts", json!([{"name": "Code"}]), "inputArtifacts\": is for LambdaInvoke rules"),
            ("/region", json!("us-east-1"), "rules.Bake.region\": is \"eu-west-1\", and \"us-east-1\""),
        ],
    );
}

#[test]
fn what_is_wrong_with_an_entry_condition_is_refused_at_the_condition() {
    let rule = || guarded()["stages"][3]["beforeEntry"]["conditions"][0]["rules"][1].clone();
    let named = |name: String| {
        let mut rule = rule();
        rule["name"] = name.into();
        rule
    };
    each_refused(
        &guarded(),
        "/stages/3/beforeEntry/conditions",
        &[
            ("", json!([]), "ValidationException: stage \"Prod\", field \"beforeEntry.conditions\": has 0 conditions"),
            ("", json!([{}, {}]), "has 2 conditions; it must have one"),
            ("/0/result", Value::Null, "field \"beforeEntry.conditions.result\": is missing; use \"FAIL\""),
            ("/0/result", json!("ROLLBACK"), "\"ROLLBACK\" cannot run here; use \"FAIL\""),
            ("/0/result", json!("RETRY"), "InvalidStageDeclarationException: stage \"Prod\""),
            ("/0/result", json!("SKIP"), "\"SKIP\" takes LambdaInvoke and VariableCheck rules only"),
            ("/0/result", json!("Fail"), "ValidationException: stage \"Prod\""),
            ("/0/surprise", json!(1), "unknown field `surprise`"),
            ("/0/rules", json!([]), "has 0 rules; it must have 1 to 5"),
            ("/0/rules", (0..6).map(|n| named(format!("R{n}"))).collect(), "has 6 rules"),
            ("/0/rules", json!([rule(), rule()]), "conditions.rules.Healthy\": two rules of the condition"),
        ],
    );
}

#[test]
fn what_is_wrong_with_a_success_condition_is_refused_at_the_condition() {
    each_refused(
        &guarded(),
        "/stages/3/onSuccess/conditions",
        &[
            ("/0/result", json!("SKIP"), "\"SKIP\" cannot run here; use \"FAIL\" or \"ROLLBACK\""),
            ("/0/result", json!("RETRY"), "\"RETRY\" cannot run here"),
        ],
    );
}

#[test]
fn what_is_wrong_with_a_failure_condition_is_refused_at_the_condition() {
    let rule = || guarded()["stages"][3]["beforeEntry"]["conditions"][0]["rules"][1].clone();
    each_refused(
        &guarded(),
        "/stages",
        &[
            ("/3/onFailure", json!({}), "field \"onFailure.conditions.result\": is missing; use \"ROLLBACK\""),
            ("/3/onFailure/result", json!("FAIL"), "field \"onFailure.result\": \"FAIL\" cannot run here"),
            (
                "/3/onFailure/retryConfiguration",
                json!({"retryMode": "ALL_ACTIONS"}),
                "InvalidStageDeclarationException: stage \"Prod\", field \"onFailure.result\": \"ROLLBACK\" and \
            retryConfiguration exclude each other",
            ),
            ("/3/onFailure/retryConfiguration", json!({"retryMode": "SOME"}), "onFailure.retryConfiguration"),
            (
                "/3/onFailure",
                json!({"result": "RETRY", "conditions": [{"rules": [rule()]}]}),
                "field \"onFailure.conditions\": automatic retry cannot be used with conditions",
            ),
            (
                "/3/onFailure",
                json!({"conditions": [{"result": "RETRY", "rules": [rule()]}]}),
                "field \"onFailure.conditions\": automatic retry cannot be used with conditions",
            ),
            ("/3/onFailure/result", json!("SKIP"), "\"SKIP\" cannot run here; use \"ROLLBACK\" or \"RETRY\""),
            ("/3/onFailure/conditions", json!([{}, {}]), "has 2 conditions; it must have one at most"),
            ("/3/onFailure/conditions", json!([{"result": "ROLLBACK"}]), "has 0 rules"),
            ("/3/onFailure/conditions", json!([{"result": "FAIL", "rules": [rule()]}]), "\"FAIL\" cannot run"),
            (
                "/0/onFailure",
                json!({"result": "ROLLBACK"}),
                "InvalidStageDeclarationException: stage \"Source\", field \"onFailure\": a stage of source actions cannot",
            ),
            ("/0/onSuccess", guarded()["stages"][3]["onSuccess"].clone(), "field \"onSuccess\": a stage of source"),
        ],
    );
}

#[test]
fn conditions_do_not_hide_what_needs_v2() {
    each_refused(&guarded(), "", &[("/pipelineType", json!("V1"), "InvalidStructureException: field \"variables\"")]);
}

#[test]
fn conditions_need_a_pipeline_of_type_v2() {
    for field in ["beforeEntry", "onSuccess", "onFailure"] {
        let mut declaration = valid();
        for used in ["pipelineType", "variables", "triggers"] {
            declaration.as_object_mut().unwrap().remove(used);
        }
        declaration["stages"][2]["actions"][0]["configuration"]["StackName"] = json!("beta");
        assert!(read(&declaration).is_ok(), "V1 is the default");
        declaration["stages"][2][field] = guarded()["stages"][3][field].clone();
        let error = read(&declaration).unwrap_err();
        let expected =
            format!("InvalidStructureException: stage \"Beta\", field {field:?}: needs a pipeline of type V2");
        assert!(error.starts_with(&expected), "{error}");
    }
}

#[test]
fn a_rule_reads_what_is_there_when_it_is_asked() {
    let mut declaration = guarded();
    declaration["stages"][3]["actions"].as_array_mut().unwrap().push(json!({
        "name": "Smoke", "namespace": "Smoke", "configuration": {"FunctionName": "f"},
        "actionTypeId": {"category": "Invoke", "owner": "AWS", "provider": "Lambda", "version": "1"}}));
    let alarm = |declaration: &mut Value, field: &str| {
        let rules = &mut declaration["stages"][3][field]["conditions"][0]["rules"];
        *rules = json!([{"name": "R", "ruleTypeId": {"category": "Rule", "provider": "CloudWatchAlarm"},
            "configuration": {"AlarmName": "#{Smoke.Alarm}"}}]);
    };
    alarm(&mut declaration, "onSuccess");
    assert!(read(&declaration).is_ok());
    alarm(&mut declaration, "beforeEntry");
    assert!(
        read(&declaration).unwrap_err().contains("#{Smoke.Alarm} is provided by action \"Smoke\" of stage \"Prod\"")
    );
}

/// .../stage-retry.html: one attempt, of what failed or of everything, in any stage.
#[test]
fn a_failed_stage_may_be_tried_again() {
    for (on_failure, mode) in [
        (json!({"result": "RETRY"}), RetryMode::FailedActions),
        (json!({"result": "RETRY", "retryConfiguration": {}}), RetryMode::FailedActions),
        (json!({"result": "RETRY", "retryConfiguration": {"retryMode": "FAILED_ACTIONS"}}), RetryMode::FailedActions),
        (json!({"result": "RETRY", "retryConfiguration": {"retryMode": "ALL_ACTIONS"}}), RetryMode::AllActions),
        (json!({"retryConfiguration": {"retryMode": "ALL_ACTIONS"}}), RetryMode::AllActions),
    ] {
        for stage in [0, 1, 3] {
            let mut declaration = guarded();
            declaration["stages"][stage]["onFailure"] = on_failure.clone();
            let pipeline = read(&declaration).unwrap();
            let stage = &pipeline.stages[stage];
            assert_eq!((stage.retry, &stage.on_failure), (Some(mode), &None), "{on_failure}");
        }
    }
}

/// The rules that may skip a stage, each valid.
fn skipping() -> Value {
    json!([
        {"name": "Ask", "ruleTypeId": {"category": "Rule", "provider": "LambdaInvoke"}, "inputArtifacts": [{"name": "Code"}],
         "configuration": {"FunctionName": "f", "UserParameters": "a=b"}},
        {"name": "Main", "ruleTypeId": {"category": "Rule", "provider": "VariableCheck"},
         "configuration": {"Variable": "#{SourceVariables.BranchName}", "Value": "main", "Operator": "EQ"}}])
}

#[test]
fn a_stage_may_be_skipped_by_rules_that_know_at_once() {
    let mut declaration = guarded();
    let skip = |rules: Value| json!({"conditions": [{"result": "SKIP", "rules": rules}]});
    declaration["stages"][3]["beforeEntry"] = skip(skipping());
    let entry = read(&declaration).unwrap().stages[3].before_entry.clone().unwrap();
    assert_eq!((entry.result, &entry.rules[0].inputs[..]), (ConditionResult::Skip, &["Code".to_owned()][..]));
    for rule in guarded()["stages"][3]["beforeEntry"]["conditions"][0]["rules"].as_array().unwrap() {
        let mut rules = skipping();
        rules.as_array_mut().unwrap().push(rule.clone());
        declaration["stages"][3]["beforeEntry"] = skip(rules);
        let error = read(&declaration).unwrap_err();
        let place = format!("field \"beforeEntry.conditions.rules.{}\"", rule["name"].as_str().unwrap());
        assert!(error.contains(&place) && error.contains("LambdaInvoke and VariableCheck rules only"), "{error}");
    }
}

#[test]
fn a_rule_has_the_configuration_of_its_kind() {
    let mut base = guarded();
    base["stages"][3]["beforeEntry"]["conditions"][0]["rules"] = skipping();
    for operator in ["EQ", "NE", "CONTAINS", "MATCHES"] {
        let mut declaration = base.clone();
        declaration["stages"][3]["beforeEntry"]["conditions"][0]["rules"][1]["configuration"]["Operator"] =
            json!(operator);
        assert!(read(&declaration).is_ok(), "{operator}");
    }
    each_refused(
        &base,
        "/stages/3/beforeEntry/conditions/0/rules/",
        &[
            (
                "0/configuration/FunctionName",
                Value::Null,
                "Ask.configuration.FunctionName\": is missing; LambdaInvoke needs",
            ),
            ("0/configuration/Qualifier", json!("1"), "Ask.configuration.Qualifier\": is unknown to LambdaInvoke"),
            (
                "0/inputArtifacts",
                json!([{"name": "Nothing"}]),
                "Ask.inputArtifacts\": \"Nothing\" is not an output of an earlier action",
            ),
            ("1/configuration/Variable", Value::Null, "Main.configuration.Variable\": is missing; VariableCheck needs"),
            ("1/configuration/Value", Value::Null, "Main.configuration.Value\": is missing"),
            ("1/configuration/Operator", Value::Null, "Main.configuration.Operator\": is missing"),
            (
                "1/configuration/Operator",
                json!("LT"),
                "\"LT\" cannot run here; use \"EQ\", \"NE\", \"CONTAINS\", \"MATCHES\"",
            ),
            ("1/configuration/Value", json!("x".repeat(10_001)), "has 10001 characters; it must have 1 to 10000"),
            ("1/inputArtifacts", json!([{"name": "Code"}]), "Main.inputArtifacts\": is for LambdaInvoke rules"),
            ("1/ruleTypeId/owner", json!("Custom"), "Rule/Custom/VariableCheck version 1 cannot run here"),
        ],
    );
}

/// .../execution-modes.html and concepts.html: executions side by side have no state that a stage could go back to.
#[test]
fn what_runs_in_parallel_is_not_rolled_back() {
    let mut declaration = guarded();
    declaration["executionMode"] = json!("PARALLEL");
    for field in ["onSuccess", "onFailure"] {
        let error = read(&declaration).unwrap_err();
        let expected = format!(
            "InvalidStageDeclarationException: stage \"Prod\", field {field:?}: a pipeline in mode PARALLEL has no rollback"
        );
        assert!(error.starts_with(&expected), "{error}");
        declaration["stages"][3].as_object_mut().unwrap().remove(field);
    }
    declaration["stages"][3]["onSuccess"] = guarded()["stages"][3]["beforeEntry"].clone();
    declaration["stages"][3]["onFailure"] = json!({"result": "RETRY"});
    assert!(read(&declaration).is_ok(), "to fail and to try again is allowed");
}
