//! The pipeline that deploys them.

use pipeline_aws::codepipeline::{Executions, PreviewPipeline};
use pipeline_core::{
    ids::ExecutionId,
    lease::record::Entered,
    ports::PortError,
    preview::{
        ports::{RunPreviews, Start},
        subject::Subject,
    },
    sweep::ports::WatchExecutions,
};
use serde_json::{Value, json};

use super::{EXECUTION, HOLDER, canned, commit, head, refused, tokens};
use crate::canned::{Canned, run};

fn pipeline(answer: (u16, Value)) -> (PreviewPipeline, Canned) {
    let canned = canned([answer]);
    (PreviewPipeline { executions: Executions::new(&canned.config()), name: "shop-flowgate-previews".into() }, canned)
}

fn execution() -> ExecutionId {
    EXECUTION.parse().unwrap()
}

fn started(answer: (u16, Value)) -> Result<Option<ExecutionId>, PortError> {
    run(pipeline(answer).0.start(&start()))
}

fn start() -> Start {
    let subject = Subject::PullRequest(42);
    Start {
        stack: subject.stack("shop"),
        tests_stack: subject.tests_stack("shop"),
        subject,
        tokens: tokens(),
        head: head(),
        holder: HOLDER.parse().unwrap(),
    }
}

#[test]
fn an_execution_is_started_with_what_its_actions_need_and_with_the_commit() {
    let (pipeline, canned) = pipeline((200, json!({"pipelineExecutionId": EXECUTION})));
    assert_eq!(run(pipeline.start(&start())), Ok(Some(execution())));
    let [asked] = &canned.asked()[..] else { panic!("{:?}", canned.asked()) };
    assert_eq!(asked.header("x-amz-target"), Some("CodePipeline_20150709.StartPipelineExecution"));
    let variable = |(name, value): (&str, &str)| json!({"name": name, "value": value});
    let variables = [
        ("Preview", "pr-42"),
        ("StackName", "shop-pr-42"),
        ("TestsStackName", "shop-pr-42-tests"),
        ("Token", "1795000007"),
        ("TestsToken", "1795000008"),
        ("Head", commit().as_str()),
    ]
    .map(variable);
    let source = json!({"actionName": "Source", "revisionType": "COMMIT_ID", "revisionValue": commit()});
    let expected = json!({
        "name": "shop-flowgate-previews", "variables": variables, "clientRequestToken": HOLDER, "sourceRevisions": [source],
    });
    assert_eq!(asked.json(), expected);
}

#[test]
fn what_codepipeline_does_not_start_now_is_throttled_and_the_rest_is_told() {
    for code in ["ConcurrentModificationException", "ConflictException", "ThrottlingException"] {
        assert!(matches!(started(refused(code)), Err(PortError::Throttled { .. })), "{code}");
    }
    assert_eq!(started(refused("ConcurrentPipelineExecutionsLimitExceededException")), Ok(None));
    assert!(matches!(started(refused("PipelineNotFoundException")), Err(PortError::NotFound { .. })));
    assert!(matches!(started(refused("AccessDeniedException")), Err(PortError::Denied { .. })));
    for unclear in
        [refused("ValidationException"), (500, json!({})), (200, json!({})), (200, json!({"pipelineExecutionId": "x"}))]
    {
        assert!(matches!(started(unclear), Err(PortError::Unavailable { .. })));
    }
}

#[test]
fn an_execution_stops_when_what_it_is_at_has_ended() {
    let (pipeline, canned) = pipeline((200, json!({"pipelineExecutionId": EXECUTION})));
    assert_eq!(run(pipeline.stop(&execution(), &"é".repeat(300))), Ok(()));
    let [asked] = &canned.asked()[..] else { panic!("{:?}", canned.asked()) };
    assert_eq!(asked.header("x-amz-target"), Some("CodePipeline_20150709.StopPipelineExecution"));
    let mut asked = asked.json();
    let reason = asked.as_object_mut().unwrap().remove("reason").unwrap();
    assert_eq!(reason.as_str().unwrap().chars().count(), 200);
    let expected =
        json!({"pipelineName": "shop-flowgate-previews", "pipelineExecutionId": EXECUTION, "abandon": false});
    assert_eq!(asked, expected);
}

#[test]
fn one_that_stops_already_or_has_ended_is_left_alone() {
    let stopped = |answer| run(pipeline(answer).0.stop(&execution(), "closed"));
    for done in ["DuplicatedStopRequestException", "PipelineExecutionNotStoppableException"] {
        assert_eq!(stopped(refused(done)), Ok(()), "{done}");
    }
    assert!(matches!(stopped(refused("PipelineNotFoundException")), Err(PortError::NotFound { .. })));
    assert!(matches!(stopped(refused("ThrottlingException")), Err(PortError::Throttled { .. })));
    for other in ["ConflictException", "ValidationException", "AccessDeniedException"] {
        assert!(stopped(refused(other)).is_err(), "{other}");
    }
}

#[test]
fn whether_one_still_runs_is_asked_of_the_pipeline_it_was_entered_for() {
    let (pipeline, canned) = pipeline((200, json!({"pipelineExecution": {"status": "Stopped"}})));
    let entered = Entered { pipeline: "shop-flowgate-previews".into(), execution: execution() };
    assert_eq!(run(pipeline.is_running(&entered)), Ok(false));
    assert_eq!(canned.asked()[0].json()["pipelineName"], "shop-flowgate-previews");
}
