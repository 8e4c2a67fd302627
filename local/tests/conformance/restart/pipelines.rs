use aws_sdk_codepipeline::types::{
    ActionState, ApprovalResult, ApprovalStatus, PipelineExecutionStatus, PipelineExecutionSummary, StageState,
};
use flowgate::repository::{Commit, Store};

use super::up::Up;
use super::world::Kept;

fn client(up: &Up) -> aws_sdk_codepipeline::Client {
    aws_sdk_codepipeline::Client::new(&up.cloud().sdk_config())
}

async fn push(up: &Up, text: &str) -> Commit {
    let source = tempfile::tempdir().unwrap();
    std::fs::write(source.path().join("file"), text).unwrap();
    Store::new(&up.state()).push(source.path().to_str().unwrap(), "release", "main").await.unwrap()
}

/// The token of the approval, as soon as it waits for an answer.
async fn token(up: &Up) -> String {
    let token = |action: &ActionState| action.latest_execution()?.token().map(str::to_owned);
    loop {
        let state = client(up).get_pipeline_state().name("release").send().await.unwrap();
        if let Some(token) = state.stage_states().iter().flat_map(StageState::action_states).find_map(token) {
            return token;
        }
        tokio::task::yield_now().await;
    }
}

async fn executions(up: &Up) -> Vec<PipelineExecutionSummary> {
    let list = client(up).list_pipeline_executions().pipeline_name("release").send().await.unwrap();
    list.pipeline_execution_summaries.unwrap()
}

/// The one that a new pipeline starts by itself; it finds no branch.
async fn first_execution_ended(up: &Up) {
    while executions(up).await.first().is_none_or(|one| one.status() == Some(&PipelineExecutionStatus::InProgress)) {
        tokio::task::yield_now().await;
    }
}

async fn approve(up: &Up, token: &str) {
    let result = ApprovalResult::builder().summary("yes").status(ApprovalStatus::Approved).build().unwrap();
    let answer = client(up).put_approval_result().pipeline_name("release").stage_name("Approve").action_name("Approve");
    answer.token(token).result(result).send().await.unwrap();
}

#[tokio::test]
async fn an_approval_waits_over_a_restart_and_the_pipeline_goes_on() {
    let first = Up::start(Kept::new()).await;
    first.fill("release").await;
    first_execution_ended(&first).await;
    let pushed = push(&first, "one").await;
    client(&first).start_pipeline_execution().name("release").send().await.unwrap();
    let (waiting, before) = (token(&first).await, executions(&first).await);
    let second = Up::start(first.stop().await).await;
    assert_eq!(executions(&second).await, before);
    assert_eq!(token(&second).await, waiting);
    assert_eq!(Store::new(&second.state()).head("release", "main").await.unwrap().id, pushed.id);
    approve(&second, &waiting).await;
    while executions(&second).await[0].status() != Some(&PipelineExecutionStatus::Succeeded) {
        tokio::task::yield_now().await;
    }
    let third = Up::start(second.stop().await).await;
    assert_eq!(executions(&third).await[0].status(), Some(&PipelineExecutionStatus::Succeeded));
    // The stack still knows its pipeline.
    let stacks = aws_sdk_cloudformation::Client::new(&third.cloud().sdk_config());
    let resources = stacks.list_stack_resources().stack_name("release").send().await.unwrap();
    let ids = resources.stack_resource_summaries().iter().filter(|one| one.resource_type() == Some(PIPELINE));
    assert_eq!(ids.map(|one| one.physical_resource_id().unwrap()).collect::<Vec<_>>(), ["release"]);
}

const PIPELINE: &str = "AWS::CodePipeline::Pipeline";
