//! What the configurations of rules say: what can be used, and what is refused before it runs.

use serde_json::{Value, json};

use super::conditions::guarded;
use super::read;

/// One rule of this kind, of the entry condition.
fn with_rule(provider: &str, configuration: &Value) -> Value {
    let mut declaration = guarded();
    declaration["stages"][3]["beforeEntry"]["conditions"][0]["rules"] = json!([{"name": "R", "ruleTypeId": {"category": "Rule", "provider": provider}, "configuration": configuration}]);
    declaration
}

/// .../rule-reference-DeploymentWindow.html and .../rule-reference-CloudWatchAlarm.html
#[test]
fn values_of_rules_that_can_be_used_are_taken() {
    for (provider, configuration) in [
        ("DeploymentWindow", json!({"Cron": "0 0 9-17 ? * MON-FRI *", "TimeZone": "PST"})),
        ("DeploymentWindow", json!({"Cron": " * * * ? * * ", "TimeZone": "UTC+05:30"})),
        ("DeploymentWindow", json!({"Cron": "#{variables.Stack} x", "TimeZone": "Mars/#{variables.Stack}"})),
        ("CloudWatchAlarm", json!({"AlarmName": "a", "AlarmStates": "'ALARM', 'OK'", "WaitTime": " 90 "})),
        ("CloudWatchAlarm", json!({"AlarmName": "a", "WaitTime": "#{variables.Stack}"})),
        ("VariableCheck", json!({"Variable": "a", "Operator": "MATCHES", "Value": "a|b"})),
        ("VariableCheck", json!({"Variable": "a", "Operator": "MATCHES", "Value": "(#{variables.Stack}"})),
        ("VariableCheck", json!({"Variable": "a", "Operator": "CONTAINS", "Value": "("})),
    ] {
        assert!(read(&with_rule(provider, &configuration)).is_ok(), "{configuration}");
    }
}

#[test]
fn a_value_that_its_rule_cannot_use_is_refused_before_it_runs() {
    for (provider, configuration, key, expected) in [
        ("DeploymentWindow", json!({"Cron": "* * *"}), "Cron", "\"* * *\" cannot be used: it has 3 fields; write "),
        (
            "DeploymentWindow",
            json!({"Cron": "* 60 * ? * *"}),
            "Cron",
            "cannot be used: \"60\" is no minute; write 0-59",
        ),
        (
            "DeploymentWindow",
            json!({"Cron": "* * * ? * *", "TimeZone": "Mars/Olympus"}),
            "TimeZone",
            "\"Mars/Olympus\" cannot be used: this machine knows no such time zone; write Region/City",
        ),
        (
            "CloudWatchAlarm",
            json!({"AlarmName": "a", "AlarmStates": "RED"}),
            "AlarmStates",
            "\"RED\" cannot be used: write ALARM, OK or",
        ),
        (
            "CloudWatchAlarm",
            json!({"AlarmName": "a", "WaitTime": "1h"}),
            "WaitTime",
            "\"1h\" cannot be used: write whole",
        ),
        (
            "VariableCheck",
            json!({"Variable": "#{variables.Stack}", "Operator": "MATCHES", "Value": "a)|(b"}),
            "Value",
            "\"a)|(b\" cannot be used: ",
        ),
    ] {
        let error = read(&with_rule(provider, &configuration)).unwrap_err();
        let place = format!(
            "InvalidStageDeclarationException: stage \"Prod\", field \"beforeEntry.conditions.rules.R.configuration.{key}\": "
        );
        assert!(error.starts_with(&place) && error.contains(expected), "{error}");
    }
}
