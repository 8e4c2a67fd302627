//! How far an execution is, as CodePipeline tells it.

use std::collections::BTreeMap;

use pipeline_aws::codepipeline::Executions;
use pipeline_core::{
    ids::ExecutionId,
    ports::PortError,
    record::watch::{ExecutionState, Progress, ReadProgress, Revision, StepState},
};
use serde_json::{Value, json};

use crate::canned::{Canned, run};

const EXECUTION: &str = "22222222-abcd-1111-abcd-111111abcdef";

fn id() -> ExecutionId {
    EXECUTION.parse().expect("an id")
}

fn execution(status: &str) -> (u16, String) {
    let execution = json!({
        "pipelineName": "shop-flowgate-previews", "pipelineExecutionId": EXECUTION, "status": status,
        "statusSummary": "why", "executionMode": "PARALLEL", "executionType": "STANDARD",
        "variables": [{"name": "Preview", "resolvedValue": "pr-42"}, {"name": "Token", "resolvedValue": "7"}],
        "artifactRevisions": [{"name": "Source", "revisionId": "8f2c", "revisionSummary": "a change"}, {"name": "Other"}],
    });
    (200, json!({"pipelineExecution": execution}).to_string())
}

fn action(name: &str, status: &str, began: f64, result: &Value) -> Value {
    json!({
        "pipelineExecutionId": EXECUTION, "actionExecutionId": format!("run of {name}"), "stageName": "Preview",
        "actionName": name, "startTime": began, "lastUpdateTime": began + 5.0, "status": status,
        "input": {"actionTypeId": {"category": "Deploy", "owner": "AWS", "provider": "CloudFormation", "version": "1"}},
        "output": {"executionResult": result, "outputVariables": {"ApiUrl": "https://api.example/"}},
    })
}

fn page(actions: &[Value], next: Option<&str>) -> (u16, String) {
    (200, json!({"actionExecutionDetails": actions, "nextToken": next}).to_string())
}

fn read(answers: Vec<(u16, String)>) -> (Result<Option<Progress>, PortError>, Vec<Value>) {
    let canned = Canned::new(answers);
    let read = run(Executions::new(&canned.config()).progress("shop-flowgate-previews", &id()));
    (read, canned.asked().iter().map(super::canned::Asked::json).collect())
}

#[test]
fn an_execution_is_read_with_all_its_actions_in_the_order_in_which_they_began() {
    let failed =
        json!({"errorDetails": {"code": "JobFailed", "message": "7 of 8 passed"}, "externalExecutionSummary": " "});
    let test = action("Test", "Failed", 1_795_262_460.5, &failed);
    let deploy = action("Deploy", "Succeeded", 1_795_262_400.5, &json!({"externalExecutionSummary": "made"}));
    let mut foreign = deploy.clone();
    foreign["pipelineExecutionId"] = json!("33333333-abcd-1111-abcd-111111abcdef");
    let (progress, asked) =
        read(vec![execution("Failed"), page(&[test, foreign], Some("more")), page(&[deploy], None)]);
    let progress = progress.unwrap().unwrap();
    assert_eq!((progress.state, progress.why.as_deref()), (ExecutionState::Failed, Some("why")));
    assert_eq!(progress.variables["Preview"], "pr-42");
    assert_eq!(progress.revisions, [Revision { id: "8f2c".into(), summary: Some("a change".into()) }]);
    let [deploy, test] = &progress.steps[..] else { panic!("{progress:?}") };
    assert_eq!(
        (&deploy.action[..], deploy.state, deploy.summary.as_deref()),
        ("Deploy", StepState::Succeeded, Some("made"))
    );
    assert_eq!(deploy.outputs, BTreeMap::from([("ApiUrl".to_owned(), "https://api.example/".to_owned())]));
    assert_eq!((&test.id[..], &test.stage[..], &test.category[..]), ("run of Test", "Preview", "Deploy"));
    assert_eq!((test.state, &test.summary, test.error.as_deref()), (StepState::Failed, &None, Some("7 of 8 passed")));
    assert!(deploy.began < deploy.changed && deploy.changed < test.began);
    let filter = json!({"pipelineExecutionId": EXECUTION});
    assert_eq!((&asked[1]["filter"], &asked[2]["filter"], &asked[2]["nextToken"]), (&filter, &filter, &json!("more")));
}

#[test]
fn every_state_is_known_and_what_aws_adds_runs_on() {
    use ExecutionState::{Cancelled, Failed, Running, Stopped, Stopping, Succeeded, Superseded};
    for (status, state) in [
        ("InProgress", Running),
        ("Stopping", Stopping),
        ("Stopped", Stopped),
        ("Superseded", Superseded),
        ("Cancelled", Cancelled),
        ("Failed", Failed),
        ("Succeeded", Succeeded),
        ("Pondering", Running),
    ] {
        let actions: Vec<Value> = [("InProgress", 1.0), ("Abandoned", 2.0), ("Pondering", 3.0)]
            .map(|(status, began)| action("A", status, began, &json!(null)))
            .to_vec();
        let progress = read(vec![execution(status), page(&actions, None)]).0.unwrap().unwrap();
        assert_eq!(progress.state, state, "{status}");
        let states: Vec<StepState> = progress.steps.iter().map(|step| step.state).collect();
        assert_eq!(states, [StepState::Running, StepState::Abandoned, StepState::Running]);
    }
}

#[test]
fn what_codepipeline_does_not_know_is_not_there_and_a_page_that_fails_is_an_error() {
    let missing = json!({"__type": "PipelineExecutionNotFoundException", "message": "no"}).to_string();
    assert_eq!(read(vec![(400, missing)]).0, Ok(None));
    let throttled = json!({"__type": "ThrottlingException", "message": "Rate exceeded"}).to_string();
    let some = page(&[action("A", "Succeeded", 1.0, &json!(null))], Some("more"));
    let read = read(vec![execution("Succeeded"), some, (400, throttled)]).0;
    assert!(matches!(read, Err(PortError::Throttled { .. })), "{read:?}");
}
