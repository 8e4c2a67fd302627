//! Rules of stage conditions against a real local cloud.

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::types::{ComparisonOperator, StateValue, Statistic};
use flowgate::actions::rules;
use flowgate::clock::Clock;
use flowgate::pipeline::action::{ConditionKind, Outcome, Roles, RuleRequest, TypeId};

use crate::with_function;
use crate::world::World;

fn request(provider: &str, kind: ConditionKind, configuration: &[(&str, &str)]) -> RuleRequest {
    let type_id =
        TypeId { category: "Rule".into(), owner: "AWS".into(), provider: provider.into(), version: "1".into() };
    RuleRequest {
        id: uuid::Uuid::new_v4().to_string(),
        pipeline: "p".into(),
        execution: uuid::Uuid::new_v4().to_string(),
        stage: "Prod".into(),
        kind,
        rule: "Check".into(),
        started: Clock::System.now(),
        type_id,
        configuration: configuration.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        roles: Roles { pipeline: "arn:aws:iam::000000000000:role/pipeline".into(), own: None },
        inputs: Vec::new(),
    }
}

/// P and the summary, or F, the code and the message.
async fn run(world: &World, request: &RuleRequest) -> String {
    match rules::run(&world.context, request, &Clock::System, &|_| ()).await {
        Outcome::Succeeded(success) => format!("P {}", success.summary.unwrap_or_default()),
        Outcome::Failed(failure) => format!("F {}: {}", failure.code, failure.message),
        Outcome::Waiting => "a rule never waits for somebody else".to_owned(),
    }
}

async fn set(client: &Client, alarm: &str, state: StateValue) {
    client.set_alarm_state().alarm_name(alarm).state_value(state).state_reason("test").send().await.unwrap();
}

async fn metric_alarm(client: &Client) {
    let alarm = client.put_metric_alarm().alarm_name("errors").namespace("App").metric_name("Errors");
    let alarm = alarm.statistic(Statistic::Sum).period(60).evaluation_periods(1).threshold(1.0);
    alarm.comparison_operator(ComparisonOperator::GreaterThanThreshold).send().await.unwrap();
}

#[tokio::test]
async fn an_alarm_passes_or_fails_its_rule_by_its_state() {
    let world = World::new().await;
    let client = Client::new(&world.context.sdk);
    metric_alarm(&client).await;
    client.put_composite_alarm().alarm_name("any").alarm_rule("ALARM(errors)").send().await.unwrap();
    for (kind, in_alarm, ok) in [
        (ConditionKind::BeforeEntry, "F JobFailed: ", "P "),
        (ConditionKind::OnSuccess, "F JobFailed: ", "P "),
        (ConditionKind::OnFailure, "P ", "F JobFailed: "),
    ] {
        for alarm in ["errors", "any"] {
            let rule = request("CloudWatchAlarm", kind, &[("AlarmName", alarm)]);
            set(&client, "errors", StateValue::Alarm).await;
            assert_eq!(run(&world, &rule).await, format!("{in_alarm}alarm {alarm} is in state ALARM"), "{kind:?}");
            set(&client, "errors", StateValue::Ok).await;
            assert!(run(&world, &rule).await.starts_with(&format!("{ok}alarm {alarm} ")), "{kind:?}");
        }
    }
    let strict = [("AlarmName", "errors"), ("AlarmStates", "ALARM,INSUFFICIENT_DATA")];
    set(&client, "errors", StateValue::InsufficientData).await;
    let outcome = run(&world, &request("CloudWatchAlarm", ConditionKind::BeforeEntry, &strict)).await;
    assert_eq!(outcome, "F JobFailed: alarm errors is in state INSUFFICIENT_DATA");
    world.cloud.stop().await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_evaluated_fails_and_says_why() {
    let world = World::new().await;
    let entry = ConditionKind::BeforeEntry;
    for (provider, configuration, expected) in [
        ("CloudWatchAlarm", [("AlarmName", "absent")], "F ConfigurationError: alarm absent does not exist"),
        ("CloudWatchAlarm", [("WaitTime", "1")], "F ConfigurationError: rule Check needs AlarmName"),
        ("DeploymentWindow", [("Cron", "0 0")], "F ConfigurationError: Cron \"0 0\" of rule Check cannot be used"),
        (
            "DeploymentWindow",
            [("Cron", "* * * ? * * 1999")],
            "F ConfigurationError: window \"* * * ? * * 1999\" in UTC never opens",
        ),
        ("DeploymentWindow", [("Cron", "* * * ? * *")], "P window \"* * * ? * *\" in UTC is open"),
        ("LambdaInvoke", [("FunctionName", "f")], "F ConfigurationError: function f does not exist"),
        ("VariableCheck", [("Variable", "a")], "F ConfigurationError: rule Check needs Value in its configuration"),
        (
            "Commands",
            [("Commands", "true")],
            "F ConfigurationError: rule Check is by Commands, which does not run here",
        ),
    ] {
        let outcome = run(&world, &request(provider, entry, &configuration)).await;
        assert!(outcome.starts_with(expected), "{outcome}");
    }
    world.cloud.stop().await.unwrap();
}

#[tokio::test]
async fn a_function_decides_a_rule_by_what_it_answers_to_its_job() {
    let world = with_function().await;
    for (kind, asked, expected) in [
        (ConditionKind::BeforeEntry, "pass", "P "),
        (ConditionKind::BeforeEntry, "fail", "F JobFailed: as asked"),
        (ConditionKind::OnSuccess, "fail", "F JobFailed: as asked"),
        (ConditionKind::OnFailure, "fail", "P function settler reports an error: as asked"),
        (ConditionKind::OnFailure, "pass", "F JobFailed: function settler reports no error"),
    ] {
        let rule = request("LambdaInvoke", kind, &[("FunctionName", "settler"), ("UserParameters", asked)]);
        assert_eq!(run(&world, &rule).await, expected, "{kind:?}");
    }
    world.cloud.stop().await.unwrap();
}
