//! What guards Prod, as the template's parameters have it: the alarm that is watched, the window, the patience.

use std::collections::BTreeSet;
use std::fs;

use aws_sdk_cloudwatch::Client as CloudWatch;
use aws_sdk_cloudwatch::types::{ComparisonOperator, StateValue, Statistic};
use aws_sdk_codepipeline::types::{ActionExecutionFilter, ConditionExecutionStatus, StageConditionState};
use aws_sdk_lambda::Client as Lambda;
use serde_json::Value;
use tokio::time::{sleep, timeout};

use crate::up::{PATIENCE, POLL, Up, stage};

/// Set for the tests that wait for real minutes; without it they are skipped.
const LONG_TESTS: &str = "FLOWGATE_LONG_TESTS";

/// An alarm that nothing but the tests sets off.
struct Alarm(CloudWatch);

impl Alarm {
    async fn new(up: &Up) -> Self {
        let client = CloudWatch::new(&up.sdk());
        let alarm = client.put_metric_alarm().alarm_name("errors").namespace("Shop").metric_name("Errors");
        let alarm = alarm.statistic(Statistic::Sum).period(60).evaluation_periods(1).threshold(1.0);
        alarm.comparison_operator(ComparisonOperator::GreaterThanThreshold).send().await.unwrap();
        Self(client)
    }

    async fn set(&self, state: StateValue) {
        let set = self.0.set_alarm_state().alarm_name("errors").state_value(state).state_reason("the test says so");
        set.send().await.unwrap();
    }
}

/// The hash of the code that runs in Prod.
async fn released(up: &Up) -> String {
    let functions = Lambda::new(&up.sdk()).list_functions().send().await.unwrap();
    let mut of_prod = functions
        .functions()
        .iter()
        .filter(|function| function.function_name().is_some_and(|name| name.starts_with("plain-prod-")));
    let (Some(function), None) = (of_prod.next(), of_prod.next()) else { panic!("one function: {functions:?}") };
    function.code_sha256().unwrap().to_owned()
}

/// Waits until a release has come through Prod and its alarm is watched.
async fn until_watched(up: &Up, commit: &str) {
    let is_watched = async {
        let execution = up.execution("plain", commit).await;
        loop {
            let state = up.pipelines().get_pipeline_state().name("plain").send().await.unwrap();
            let prod = state.stage_states().last().unwrap();
            let entered = prod.latest_execution().is_some_and(|latest| latest.pipeline_execution_id() == execution);
            if entered && status(prod.on_success_condition_state()) == Some(&ConditionExecutionStatus::InProgress) {
                return;
            }
            sleep(POLL).await;
        }
    };
    timeout(PATIENCE, is_watched).await.expect("the release is watched");
}

fn status(condition: Option<&StageConditionState>) -> Option<&ConditionExecutionStatus> {
    condition?.latest_execution()?.status()
}

/// Waits until there is a rollback, or it has ended.
async fn rollback(up: &Up, wanted: impl Fn(&Value) -> bool) -> Value {
    let look = async {
        loop {
            let history = up.json("history", &["plain"]).await;
            if let Some(execution) = history.into_iter().find(|one| one["rollback"] == true && wanted(one)) {
                return execution;
            }
            sleep(POLL).await;
        }
    };
    timeout(PATIENCE, look).await.expect("Prod is rolled back")
}

/// The stages that an execution went through, with its actions.
async fn actions(up: &Up, execution: &Value) -> BTreeSet<String> {
    let filter = ActionExecutionFilter::builder().pipeline_execution_id(execution.as_str().unwrap()).build();
    let list = up.pipelines().list_action_executions().pipeline_name("plain").filter(filter).send().await.unwrap();
    let name = |stage: Option<&str>, action: Option<&str>| format!("{} {}", stage.unwrap(), action.unwrap());
    list.action_execution_details().iter().map(|action| name(action.stage_name(), action.action_name())).collect()
}

/// The alarm is watched for a minute, the shortest that the template takes: after the first release, and after the
/// rollback.
#[tokio::test]
async fn an_alarm_after_a_release_brings_back_the_one_before_without_asking_anybody() {
    let up = Up::new().await;
    let alarm = Alarm::new(&up).await;
    alarm.set(StateValue::Ok).await;
    let service = up.service("plain", "plain");
    let first = up.push_with(&service, &["ProdAlarmName=errors", "BakeMinutes=1"]).await;
    up.approve("plain", &first).await;
    assert_eq!(up.until_ended("plain", &first).await["status"], "Succeeded");
    let before = released(&up).await;

    fs::write(service.join("app/again.py"), "again = True\n").unwrap();
    // What was chosen before stays: without the alarm nothing would be watched.
    let second = up.push_with(&service, &["BakeMinutes=1"]).await;
    up.approve("plain", &second).await;
    until_watched(&up, &second).await;
    assert_ne!(released(&up).await, before, "the second release is in Prod");
    alarm.set(StateValue::Alarm).await;
    assert_eq!(up.until_ended("plain", &second).await["status"], "Failed");
    rollback(&up, |_| true).await;
    alarm.set(StateValue::Ok).await;

    let ended = rollback(&up, |execution| execution["status"] != "InProgress").await;
    assert_eq!((&ended["status"], &ended["trigger"]), (&"Succeeded".into(), &"AutomatedRollback".into()), "{ended}");
    let expected = ["Prod Deploy", "Prod Gate", "Prod Test"].map(str::to_owned);
    assert_eq!(actions(&up, &ended["execution"]).await, BTreeSet::from(expected), "nobody is asked");
    assert_eq!(released(&up).await, before, "the first release is back");
    up.python("reads.py", "plain").await;
}

#[tokio::test]
async fn a_release_waits_before_prod_while_its_window_is_closed_and_says_so() {
    let up = Up::new().await;
    let service = up.service("plain", "plain");
    let commit = up.push_with(&service, &["DeploymentWindow=* * * ? * * 2199"]).await;
    up.approve("plain", &commit).await;
    let says = |status: &Value| stage(status, "Prod")["conditions"][0]["summary"].as_str().map(str::to_owned);
    let status = up.until("plain", |status| says(status).is_some()).await;
    assert!(says(&status).unwrap().contains("2199-01-01"), "{status}");
    let prod = stage(&status, "Prod");
    assert_eq!((&prod["status"], &prod["conditions"][0]["status"]), (&"InProgress".into(), &"InProgress".into()));
    let begun: Vec<_> = prod["actions"].as_array().unwrap().iter().filter(|one| !one["status"].is_null()).collect();
    assert!(begun.is_empty(), "nothing of Prod has begun: {begun:?}");
    assert!(!up.stacks().await.contains("plain-prod"), "nothing was deployed");
}

/// The shortest patience that CodePipeline takes, by the real clock.
#[tokio::test]
async fn an_approval_that_nobody_gives_expires_when_the_template_says() {
    if std::env::var_os(LONG_TESTS).is_none() {
        eprintln!("skipped: it takes five minutes; set {LONG_TESTS}=1");
        return;
    }
    let up = Up::new().await;
    let commit = up.push_with(&up.service("plain", "plain"), &["ApprovalTimeoutMinutes=5"]).await;
    up.until_asked("plain", &commit).await;
    let expired = up.until_ended("plain", &commit).await;
    assert_eq!(expired["status"], "Failed", "{expired}");
    let said = expired["said"].as_array().unwrap().iter().find(|said| said["action"] == "Approve").unwrap();
    assert_eq!(said["status"], "Failed", "{expired}");
    assert!(said["text"].as_str().is_some_and(|text| text.contains("expired")), "{expired}");
    let late = up.flowgate("approve", &["plain"]).await;
    assert_eq!(late.code, Some(2), "{late:?}");
    assert!(!up.stacks().await.contains("plain-prod"), "nothing was released");
}
