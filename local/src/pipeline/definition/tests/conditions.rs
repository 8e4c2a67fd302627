//! Manual approvals and stage conditions: what runs, and what is refused.

use serde_json::{Value, json};

use super::*;

/// The valid pipeline with a Prod stage: an approval, and a condition of each kind.
fn guarded() -> Value {
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

fn read(declaration: &Value) -> Result<Pipeline, String> {
    Pipeline::from_declaration(declaration).map_err(|error| format!("{}: {error}", error.kind.exception()))
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
fn cloudformation_spells_conditions_and_timeouts_its_own_way() {
    let properties = json!({
        "Name": "Prod",
        "Actions": [{"Name": "Approve", "TimeoutInMinutes": "60",
            "ActionTypeId": {"Category": "Approval", "Owner": "AWS", "Provider": "Manual", "Version": 1},
            "Configuration": {"CustomData": "x"}}],
        "BeforeEntry": {"Conditions": [{"Result": "FAIL", "Rules": [{"Name": "Healthy", "TimeoutInMinutes": "5",
            "RuleTypeId": {"Category": "Rule", "Owner": "AWS", "Provider": "CloudWatchAlarm", "Version": 1},
            "Configuration": {"AlarmName": "a", "WaitTime": 1}, "InputArtifacts": []}]}]},
        "OnFailure": {"Result": "ROLLBACK"},
    });
    let mut declaration = valid();
    declaration["stages"]
        .as_array_mut()
        .unwrap()
        .push(from_cloudformation(&json!({"Stages": properties}), "x")["stages"].clone());
    let pipeline = read(&declaration).unwrap();
    let prod = &pipeline.stages[3];
    let rule = &prod.before_entry.as_ref().unwrap().rules[0];
    assert_eq!((prod.actions[0].timeout_minutes, rule.timeout_minutes), (Some(60), Some(5)));
    assert_eq!(rule.configuration, [("AlarmName", "a"), ("WaitTime", "1")].map(|(k, v)| (k.into(), v.into())).into());
    assert!(prod.on_failure.is_some());
}

#[test]
fn each_broken_rule_is_refused_with_its_place_and_exception() {
    let approve = "/stages/3/actions/0";
    let entry = "/stages/3/beforeEntry/conditions";
    let window = "/stages/3/beforeEntry/conditions/0/rules/0";
    let success = "/stages/3/onSuccess/conditions";
    let rule = || guarded()["stages"][3]["beforeEntry"]["conditions"][0]["rules"][1].clone();
    let named = |name: String| {
        let mut rule = rule();
        rule["name"] = name.into();
        rule
    };
    let rows: Vec<(String, Value, &str)> = vec![
        (format!("{approve}/timeoutInMinutes"), json!(4), "field \"timeoutInMinutes\": is 4; it must be 5 to 86400"),
        (
            format!("{approve}/timeoutInMinutes"),
            json!(86_401),
            "ValidationException: stage \"Prod\", action \"Approve\"",
        ),
        (format!("{approve}/configuration/Colour"), json!("red"), "is unknown to Manual"),
        (format!("{approve}/inputArtifacts"), json!([{"name": "Code"}]), "1 declared; Manual takes 0 to 0"),
        (format!("{approve}/outputArtifacts"), json!([{"name": "Other"}]), "1 declared; Manual takes 0 to 0"),
        (format!("{approve}/actionTypeId/provider"), json!("Other"), "Approval/AWS/Other version 1 cannot run here"),
        ("/pipelineType".into(), json!("V1"), "InvalidStructureException: field \"variables\""),
        (
            entry.into(),
            json!([]),
            "ValidationException: stage \"Prod\", field \"beforeEntry.conditions\": has 0 conditions",
        ),
        (entry.into(), json!([{}, {}]), "has 2 conditions; it must have one"),
        (format!("{entry}/0/result"), Value::Null, "field \"beforeEntry.conditions.result\": is missing; use \"FAIL\""),
        (format!("{entry}/0/result"), json!("ROLLBACK"), "\"ROLLBACK\" cannot run here; use \"FAIL\""),
        (format!("{entry}/0/result"), json!("RETRY"), "InvalidStageDeclarationException: stage \"Prod\""),
        (format!("{entry}/0/result"), json!("SKIP"), "\"SKIP\" takes LambdaInvoke and VariableCheck rules only"),
        (format!("{entry}/0/result"), json!("Fail"), "ValidationException: stage \"Prod\""),
        (format!("{entry}/0/surprise"), json!(1), "unknown field `surprise`"),
        (format!("{entry}/0/rules"), json!([]), "has 0 rules; it must have 1 to 5"),
        (format!("{entry}/0/rules"), (0..6).map(|n| named(format!("R{n}"))).collect(), "has 6 rules"),
        (format!("{entry}/0/rules"), json!([rule(), rule()]), "conditions.rules.Healthy\": two rules of the condition"),
        (format!("{window}/name"), json!("a b"), "\"a b\" contains ' '"),
        (
            format!("{window}/ruleTypeId/provider"),
            json!("LambdaInvoke"),
            "InvalidStageDeclarationException: stage \"Prod\", field \"beforeEntry.conditions.rules.Window.ruleTypeId\": \
            Rule/AWS/LambdaInvoke version 1 cannot run here; use Rule/AWS/DeploymentWindow, Rule/AWS/CloudWatchAlarm",
        ),
        (format!("{window}/ruleTypeId/category"), json!("Invoke"), "Invoke/AWS/DeploymentWindow version 1 cannot run"),
        (format!("{window}/ruleTypeId/version"), json!("2"), "Rule/AWS/DeploymentWindow version 2 cannot run"),
        (
            format!("{window}/configuration"),
            Value::Null,
            "rules.Window.configuration.Cron\": is missing; DeploymentWindow",
        ),
        (format!("{window}/configuration/AlarmName"), json!("a"), "is unknown to DeploymentWindow"),
        (format!("{window}/configuration/Cron"), json!(""), "has 0 characters; it must have 1 to 10000"),
        (
            format!("{window}/configuration/TimeZone"),
            json!("#{nowhere.X}"),
            "InvalidStageDeclarationException: stage \"Prod\", \
            field \"beforeEntry.conditions.rules.Window.configuration.TimeZone\": #{nowhere.X} names nothing",
        ),
        (format!("{window}/timeoutInMinutes"), json!(4), "it must be 5 to 86400"),
        (format!("{window}/commands"), json!(["ls"]), "rules.Window.commands\": is for Commands rules"),
        (format!("{window}/inputArtifacts"), json!([{"name": "Code"}]), "is for rules that read artifacts"),
        (format!("{window}/region"), json!("us-east-1"), "rules.Bake.region\": is \"eu-west-1\", and \"us-east-1\""),
        (format!("{success}/0/result"), json!("SKIP"), "\"SKIP\" cannot run here; use \"FAIL\" or \"ROLLBACK\""),
        (format!("{success}/0/result"), json!("RETRY"), "\"RETRY\" cannot run here"),
        (
            "/stages/3/onFailure".into(),
            json!({}),
            "field \"onFailure.conditions.result\": is missing; use \"ROLLBACK\"",
        ),
        ("/stages/3/onFailure/result".into(), json!("FAIL"), "field \"onFailure.result\": \"FAIL\" cannot run here"),
        ("/stages/3/onFailure/result".into(), json!("RETRY"), "\"RETRY\" cannot run here; use \"ROLLBACK\""),
        ("/stages/3/onFailure/retryConfiguration".into(), json!({"retryMode": "ALL_ACTIONS"}), "cannot be retried"),
        ("/stages/3/onFailure/conditions".into(), json!([{}, {}]), "has 2 conditions; it must have one at most"),
        ("/stages/3/onFailure/conditions".into(), json!([{"result": "ROLLBACK"}]), "has 0 rules"),
        (
            "/stages/3/onFailure/conditions".into(),
            json!([{"result": "FAIL", "rules": [rule()]}]),
            "\"FAIL\" cannot run",
        ),
        (
            "/stages/0/onFailure".into(),
            json!({"result": "ROLLBACK"}),
            "InvalidStageDeclarationException: stage \"Source\", field \"onFailure\": a stage of source actions cannot",
        ),
        (
            "/stages/0/onSuccess".into(),
            guarded()["stages"][3]["onSuccess"].clone(),
            "field \"onSuccess\": a stage of source",
        ),
    ];
    for (pointer, value, expected) in rows {
        let error = refusals::refused_in(guarded(), &pointer, value.clone());
        assert!(error.contains(expected), "{pointer} = {value}\n  expected {expected}\n  got      {error}");
    }
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
    assert!(read(&declaration).unwrap_err().contains("#{Smoke.Alarm} names nothing"));
}
