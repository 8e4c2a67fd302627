//! Approvals that wait, and answering them.

use std::collections::BTreeMap;

use aws_sdk_codepipeline::Client;
use aws_sdk_codepipeline::types::{
    ActionExecutionDetail, ActionTypeId, ApprovalResult, ApprovalStatus, StageExecution, StageState,
};

use super::call::{CallError, Called as _};
use super::observe;
use crate::pipeline::token::Token;
use crate::report::view::Waiting;

/// An answer to an approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) approved: bool,
    pub(super) comment: String,
}

/// Every approval of the pipeline that waits now.
pub(super) async fn waiting(client: &Client, pipeline: &str) -> Result<Vec<Waiting>, CallError> {
    let state = client.get_pipeline_state().name(pipeline).send().await.called("GetPipelineState", pipeline)?;
    let mut all: Vec<Waiting> = state.stage_states().iter().flat_map(|stage| asked(pipeline, stage)).collect();
    for waiting in &mut all {
        describe(client, waiting).await?;
    }
    Ok(all)
}

/// Answers one. Its token belongs to this one execution: an answer that comes too late is refused.
pub(super) async fn answer(client: &Client, waiting: &Waiting, answer: &Answer) -> Result<(), CallError> {
    let status = if answer.approved { ApprovalStatus::Approved } else { ApprovalStatus::Rejected };
    let subject = format!("{} {} of {}", waiting.stage, waiting.action, waiting.pipeline);
    let result = ApprovalResult::builder().summary(&answer.comment).status(status).build();
    let result = result.map_err(|error| CallError::unsent("PutApprovalResult", &subject, &error))?;
    let request = client.put_approval_result().pipeline_name(&waiting.pipeline).stage_name(&waiting.stage);
    let request = request.action_name(&waiting.action).token(waiting.token.expose()).result(result);
    request.send().await.called("PutApprovalResult", &subject).map(drop)
}

fn asked(pipeline: &str, stage: &StageState) -> Vec<Waiting> {
    let execution = stage.latest_execution().map(StageExecution::pipeline_execution_id).unwrap_or_default();
    let waiting = stage.action_states().iter().filter_map(|action| {
        Some(Waiting {
            pipeline: pipeline.to_owned(),
            stage: stage.stage_name()?.to_owned(),
            action: action.action_name()?.to_owned(),
            token: Token::new(action.latest_execution().filter(|latest| observe::waits(latest))?.token()?),
            execution: execution.to_owned(),
            ..Waiting::default()
        })
    });
    waiting.collect()
}

/// Adds what would be approved: the commit, and what was deployed of it.
async fn describe(client: &Client, waiting: &mut Waiting) -> Result<(), CallError> {
    let Waiting { pipeline, execution, .. } = &*waiting;
    let request = client.get_pipeline_execution().pipeline_name(pipeline).pipeline_execution_id(execution);
    let answer = request.send().await.called("GetPipelineExecution", execution)?;
    let source = answer.pipeline_execution().and_then(|execution| execution.artifact_revisions().first().cloned());
    let actions = observe::actions(client, pipeline, execution).await?;
    if let Some(source) = source {
        waiting.revision = observe::revision(source.revision_id(), source.revision_summary());
    }
    waiting.outputs = outputs(&actions);
    Ok(())
}

/// The outputs of the stacks that were deployed, by stage.
fn outputs(actions: &[ActionExecutionDetail]) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut all = BTreeMap::<_, BTreeMap<_, _>>::new();
    // Of several runs of one action the newest counts, and comes first.
    for action in actions.iter().rev() {
        let provider = action.input().and_then(|input| input.action_type_id()).map(ActionTypeId::provider);
        let outputs = action.output().and_then(|output| output.output_variables());
        if let (Some("CloudFormation"), Some(stage), Some(outputs)) = (provider, action.stage_name(), outputs) {
            let outputs = outputs.iter().map(|(key, value)| (key.clone(), value.clone()));
            all.entry(stage.to_owned()).or_default().extend(outputs);
        }
    }
    all
}
