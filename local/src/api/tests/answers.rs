use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::world::{TOKEN, id, pipeline, rolled_back, state};
use crate::api::error::ApiError;
use crate::api::{actions, executions, json as form, rules, state as pipeline_state};
use crate::pipeline::definition::{ExecutionMode, Pipeline};
use crate::pipeline::engine::{ActionStatus, State};
use crate::runner::store::Store;
use crate::runner::{History, Times};

/// 12:00:00.5 of the day that everything happens on.
const BEGIN: f64 = 1_783_857_600.5;

fn time(second: u32) -> f64 {
    BEGIN + f64::from(second)
}

fn times() -> Times {
    let created = "2026-07-12T12:00:00.5Z".parse().unwrap();
    Times { created, updated: created + jiff::SignedDuration::from_secs(1) }
}

/// What a request for the past gets.
fn past<R: DeserializeOwned>(
    request: Value,
    (current, earlier): (Pipeline, &[Pipeline]),
    state: &State,
    answer: impl FnOnce(&R, &History) -> Result<Value, ApiError>,
) -> Result<Value, ApiError> {
    let store = Store::in_memory().unwrap();
    let history = History::of(&store, current, earlier, &state.executions);
    answer(&serde_json::from_value(request).unwrap(), &history).map(form::present)
}

fn list_actions(request: Value) -> Result<Value, ApiError> {
    past(request, (pipeline(), &[]), &state(), actions::list)
}

fn list_executions(request: Value, state: &State) -> Result<Value, ApiError> {
    past(request, (pipeline(), &[]), state, executions::list)
}

fn get_execution(execution: u32, state: &State) -> Result<Value, ApiError> {
    let request = json!({"pipelineName": "p", "pipelineExecutionId": id(execution)});
    past(request, (pipeline(), &[]), state, executions::get)
}

fn ids(list: &Value, member: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|item| item[member].as_str().unwrap().to_owned()).collect()
}

fn numbered(numbers: &[u32]) -> Vec<String> {
    numbers.iter().map(|number| id(*number)).collect()
}

#[test]
fn the_state_says_who_is_in_a_stage_who_waits_and_what_is_asked() {
    let answer = form::present(pipeline_state::answer(&pipeline(), &state(), times()));
    assert_eq!((&answer["pipelineName"], &answer["pipelineVersion"]), (&json!("p"), &json!(3)));
    assert_eq!((&answer["created"], &answer["updated"]), (&json!(BEGIN), &json!(time(1))));
    let [source, approve] = &answer["stageStates"].as_array().unwrap()[..] else { panic!("{answer}") };
    let latest = json!({"pipelineExecutionId": id(4), "status": "Succeeded", "type": "STANDARD"});
    assert_eq!(source["latestExecution"], latest);
    assert_eq!(source.get("inboundExecution"), None);
    let fetched = json!({
        "actionName": "Fetch",
        "currentRevision": {"revisionId": "commit41", "revisionChangeId": id(41), "created": time(41)},
        "latestExecution": {
            "actionExecutionId": id(41), "status": "Succeeded", "summary": "Say hello",
            "lastStatusChange": time(41), "externalExecutionId": "commit41",
        },
    });
    assert_eq!(source["actionStates"], json!([fetched]));

    let inbound = json!({"pipelineExecutionId": id(4), "status": "InProgress", "type": "STANDARD"});
    let rule = json!({
        "ruleExecutionId": id(33), "status": "Succeeded", "summary": "the window is open", "lastStatusChange": time(33),
    });
    let expected = json!({
        "stageName": "Approve",
        "inboundExecution": inbound,
        "inboundExecutions": [inbound],
        "inboundTransitionState": {"enabled": true},
        "actionStates": [{"actionName": "Ask", "latestExecution": {
            "actionExecutionId": id(32), "status": "InProgress", "lastStatusChange": time(32), "token": TOKEN,
        }}],
        "latestExecution": {"pipelineExecutionId": id(3), "status": "InProgress", "type": "STANDARD"},
        "beforeEntryConditionState": {
            "latestExecution": {"status": "Succeeded"},
            "conditionStates": [{
                "latestExecution": {"status": "Succeeded", "lastStatusChange": time(33)},
                "ruleStates": [{"ruleName": "open", "latestExecution": rule}],
            }],
        },
    });
    assert_eq!(*approve, expected);
}

/// The pipeline, in mode `PARALLEL`.
fn parallel() -> Pipeline {
    let mut declaration = serde_json::to_value(pipeline().declaration()).unwrap();
    declaration["executionMode"] = json!("PARALLEL");
    let mut parallel = Pipeline::from_declaration(&declaration).unwrap();
    parallel.set_version(3);
    parallel
}

#[test]
fn a_parallel_pipeline_has_no_state_and_executions_beside_each_other_are_part_of_none() {
    let mut state = state();
    let empty = |pipeline: &Pipeline, state: &State| {
        let answer = form::present(pipeline_state::answer(pipeline, state, times()));
        answer["stageStates"].as_array().unwrap().iter().all(|stage| {
            let shown = ["latestExecution", "inboundExecution", "inboundExecutions"];
            let actions = stage["actionStates"].as_array().unwrap();
            shown.iter().all(|member| stage.get(member).is_none())
                && actions.iter().all(|action| action.get("latestExecution").is_none())
        })
    };
    assert!(!empty(&pipeline(), &state));
    assert!(empty(&parallel(), &state), "what ran in turn before is not its state");
    state.executions.iter_mut().for_each(|execution| execution.mode = ExecutionMode::Parallel);
    assert!(empty(&parallel(), &state));
    assert!(empty(&pipeline(), &state));
}

#[test]
fn an_approval_of_a_parallel_pipeline_is_answered_by_its_external_id() {
    let mut state = state();
    let own = |state: &State| {
        let filter = json!({"pipelineName": "p", "filter": {"pipelineExecutionId": id(3)}});
        let answer = past(filter, (pipeline(), &[]), state, actions::list).unwrap();
        answer["actionExecutionDetails"][0]["output"]["executionResult"].get("externalExecutionId").cloned()
    };
    assert_eq!(own(&state), None);
    state.executions.iter_mut().for_each(|execution| execution.mode = ExecutionMode::Parallel);
    assert_eq!(own(&state), Some(json!(TOKEN)));
}

#[test]
fn nobody_is_shown_the_token_of_an_approval_that_has_ended() {
    let mut state = state();
    let run = &mut state.executions[2].stages[1].actions[0];
    run.status = ActionStatus::Succeeded;
    let answer = pipeline_state::answer(&pipeline(), &state, times()).to_string();
    assert!(!answer.contains(TOKEN), "{answer}");
}

#[test]
fn a_pipeline_that_never_ran_has_its_stages_and_actions_by_name() {
    let answer = form::present(pipeline_state::answer(&pipeline(), &State::default(), times()));
    let stage = json!({
        "stageName": "Approve", "inboundTransitionState": {"enabled": true}, "actionStates": [{"actionName": "Ask"}],
        "beforeEntryConditionState": {"conditionStates": [{"ruleStates": [{"ruleName": "open"}]}]},
    });
    assert_eq!(answer["stageStates"][1], stage);
}

#[test]
fn a_rollback_that_entered_a_stage_last_is_its_latest_execution_and_carries_its_targets_revisions() {
    let state = rolled_back();
    let answer = pipeline_state::answer(&pipeline(), &state, times());
    let latest = json!({"pipelineExecutionId": id(5), "status": "Succeeded", "type": "ROLLBACK"});
    assert_eq!(answer["stageStates"][1]["latestExecution"], latest);
    let execution = get_execution(5, &state).unwrap()["pipelineExecution"].clone();
    assert_eq!(execution["executionType"], "ROLLBACK");
    assert_eq!(execution["rollbackMetadata"], json!({"rollbackTargetPipelineExecutionId": id(1)}));
    assert_eq!(execution["trigger"]["triggerType"], "AutomatedRollback");
    assert_eq!(execution["artifactRevisions"][0]["revisionId"], "commit11");
}

#[test]
fn an_execution_has_its_revisions_variables_and_trigger() {
    let expected = json!({"pipelineExecution": {
        "pipelineName": "p", "pipelineVersion": 3, "pipelineExecutionId": id(2), "status": "Failed",
        "statusSummary": "action \"Ask\" of stage \"Approve\" failed",
        "artifactRevisions": [{
            "name": "Code", "revisionId": "commit21", "revisionSummary": "Say hello", "created": time(21),
        }],
        "variables": [{"name": "Colour", "resolvedValue": "red"}],
        "trigger": {"triggerType": "StartPipelineExecution", "triggerDetail": "arn:author"},
        "executionMode": "SUPERSEDED", "executionType": "STANDARD",
    }});
    assert_eq!(get_execution(2, &state()).unwrap(), expected);
    assert_eq!(get_execution(9, &state()).unwrap_err().exception(), "PipelineExecutionNotFoundException");
}

#[test]
fn executions_are_listed_newest_first_a_page_at_a_time_and_by_a_stage_that_succeeded() {
    let of = |request| list_executions(request, &state()).unwrap();
    let all = of(json!({"pipelineName": "p"}));
    assert_eq!(ids(&all["pipelineExecutionSummaries"], "pipelineExecutionId"), numbered(&[4, 3, 2, 1]));
    assert_eq!(all.get("nextToken"), None);
    let oldest = json!({
        "pipelineExecutionId": id(1), "status": "Succeeded", "startTime": time(10), "lastUpdateTime": time(19),
        "sourceRevisions": [{"actionName": "Fetch", "revisionId": "commit11", "revisionSummary": "Say hello"}],
        "trigger": {"triggerType": "StartPipelineExecution", "triggerDetail": "arn:author"},
        "executionMode": "SUPERSEDED", "executionType": "STANDARD",
    });
    assert_eq!(all["pipelineExecutionSummaries"][3], oldest);

    let first = of(json!({"pipelineName": "p", "maxResults": 3}));
    let second = of(json!({"pipelineName": "p", "maxResults": 3, "nextToken": first["nextToken"]}));
    assert_eq!(ids(&second["pipelineExecutionSummaries"], "pipelineExecutionId"), numbered(&[1]));
    assert_eq!(second.get("nextToken"), None);

    for (stage, expected) in [("Approve", &[1][..]), ("Source", &[4, 3, 2, 1]), ("Nowhere", &[])] {
        let filter = json!({"succeededInStage": {"stageName": stage}});
        let listed = of(json!({"pipelineName": "p", "filter": filter}));
        assert_eq!(ids(&listed["pipelineExecutionSummaries"], "pipelineExecutionId"), numbered(expected), "{stage}");
    }
    let garbage = list_executions(json!({"pipelineName": "p", "nextToken": "x"}), &state());
    assert_eq!(garbage.unwrap_err().exception(), "InvalidNextTokenException");
}

#[test]
fn runs_of_actions_are_listed_newest_first_and_by_their_execution() {
    let of = |request| ids(&list_actions(request).unwrap()["actionExecutionDetails"], "actionExecutionId");
    assert_eq!(of(json!({"pipelineName": "p"})), numbered(&[41, 32, 31, 23, 22, 21, 12, 11]));
    let filter = |execution: u32| json!({"pipelineName": "p", "filter": {"pipelineExecutionId": id(execution)}});
    assert_eq!(of(filter(2)), numbered(&[23, 22, 21]));
    let latest = |range: &str| {
        let latest = json!({"pipelineExecutionId": id(2), "startTimeRange": range});
        json!({"pipelineName": "p", "filter": {"latestInPipelineExecution": latest}})
    };
    assert_eq!(of(latest("Latest")), numbered(&[23, 21]));
    assert_eq!(of(latest("All")), numbered(&[23, 22, 21]));
    assert_eq!(list_actions(filter(9)).unwrap_err().exception(), "PipelineExecutionNotFoundException");
    let token = json!({"pipelineName": "p", "nextToken": id(1)});
    assert_eq!(list_actions(token).unwrap_err().exception(), "InvalidNextTokenException");
    for token in [format!("{}/{}", id(3), id(22)), format!("{}/{}", id(9), id(31))] {
        let token = json!({"pipelineName": "p", "nextToken": token});
        assert_eq!(list_actions(token).unwrap_err().exception(), "InvalidNextTokenException");
    }
    let mut of_another = filter(2);
    of_another["nextToken"] = json!(format!("{}/{}", id(3), id(31)));
    assert_eq!(list_actions(of_another).unwrap_err().exception(), "InvalidNextTokenException");
    let first = list_actions(json!({"pipelineName": "p", "maxResults": 3})).unwrap();
    assert_eq!(ids(&first["actionExecutionDetails"], "actionExecutionId"), numbered(&[41, 32, 31]));
    let second = json!({"pipelineName": "p", "maxResults": 2, "nextToken": first["nextToken"]});
    assert_eq!(of(second), numbered(&[23, 22]));
    assert_eq!(list_actions(json!({"pipelineName": "p", "maxResults": 8})).unwrap().get("nextToken"), None);
}

#[test]
fn a_run_of_an_action_tells_its_input_and_output() {
    let answer = list_actions(json!({"pipelineName": "p", "filter": {"pipelineExecutionId": id(1)}})).unwrap();
    let approval = json!({
        "pipelineExecutionId": id(1), "actionExecutionId": id(12), "pipelineVersion": 3, "stageName": "Approve",
        "actionName": "Ask", "startTime": time(12), "lastUpdateTime": time(12), "updatedBy": "arn:approver",
        "status": "Succeeded",
        "input": {
            "actionTypeId": {"category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1"},
            "configuration": {"CustomData": "#{SourceVariables.CommitId}"}, "resolvedConfiguration": {},
            "roleArn": "arn:aws:iam::000000000000:role/asks", "region": "us-east-1", "inputArtifacts": [],
        },
        "output": {
            "outputArtifacts": [], "executionResult": {"externalExecutionSummary": "fine"}, "outputVariables": {},
        },
    });
    assert_eq!(answer["actionExecutionDetails"][0], approval);
    let source = &answer["actionExecutionDetails"][1];
    assert_eq!(source["input"]["namespace"], "SourceVariables");
    let output = json!({
        "outputArtifacts": [{"name": "Code", "s3location": {"bucket": "artifacts", "key": "p/Code/abc"}}],
        "executionResult": {"externalExecutionId": "commit11", "externalExecutionSummary": "Say hello"},
        "outputVariables": {"CommitId": "commit11"},
    });
    assert_eq!(source["output"], output);
    let failed = list_actions(json!({"pipelineName": "p", "filter": {"pipelineExecutionId": id(2)}})).unwrap();
    let error = &failed["actionExecutionDetails"][1]["output"]["executionResult"]["errorDetails"];
    assert_eq!((&error["code"], error["message"].as_str().unwrap().len()), (&json!("JobFailed"), 5000));
    assert_eq!(failed["actionExecutionDetails"][0]["output"]["executionResult"], json!({}));
}

#[test]
fn runs_have_the_configuration_of_the_version_that_ran() {
    let request = json!({"pipelineName": "p"});
    let mut declaration = serde_json::to_value(pipeline().declaration()).unwrap();
    declaration["stages"][1]["actions"][0]["configuration"]["CustomData"] = json!("another");
    declaration["stages"][1]["beforeEntry"]["conditions"][0]["rules"][0]["configuration"]["Cron"] =
        json!("* * 9 * * ?");
    let mut current = Pipeline::from_declaration(&declaration).unwrap();
    current.set_version(4);
    let earlier = [pipeline()];
    let answer = past(request.clone(), (current.clone(), &earlier), &state(), actions::list).unwrap();
    let asked = &answer["actionExecutionDetails"][1]["input"]["configuration"];
    assert_eq!(asked, &json!({"CustomData": "#{SourceVariables.CommitId}"}));
    let answer = past(request, (current, &earlier), &state(), rules::list).unwrap();
    assert_eq!(answer["ruleExecutionDetails"][0]["input"]["configuration"], json!({"Cron": "* * * ? * *"}));
}

#[test]
fn an_action_that_failed_or_runs_has_no_artifacts() {
    for status in [ActionStatus::Failed, ActionStatus::InProgress] {
        let mut state = state();
        state.executions[0].stages[0].actions[0].status = status;
        let answer = past(json!({"pipelineName": "p"}), (pipeline(), &[]), &state, actions::list).unwrap();
        let details = answer["actionExecutionDetails"].as_array().unwrap();
        assert_eq!(details.last().unwrap()["output"]["outputArtifacts"], json!([]), "{status:?}");
    }
}

#[test]
fn runs_of_rules_are_listed_too() {
    let answer = past(json!({"pipelineName": "p"}), (pipeline(), &[]), &state(), rules::list).unwrap();
    let expected = json!({"ruleExecutionDetails": [{
        "pipelineExecutionId": id(3), "ruleExecutionId": id(33), "pipelineVersion": 3, "stageName": "Approve",
        "ruleName": "open", "startTime": time(33), "lastUpdateTime": time(33), "status": "Succeeded",
        "input": {
            "ruleTypeId": {"category": "Rule", "owner": "AWS", "provider": "DeploymentWindow", "version": "1"},
            "configuration": {"Cron": "* * * ? * *"}, "resolvedConfiguration": {"Cron": "* * * ? * *"},
            "region": "us-east-1",
        },
        "output": {"executionResult": {"externalExecutionSummary": "the window is open"}},
    }]});
    assert_eq!(answer, expected);
}
