//! Approvals that wait, and answering them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use aws_sdk_codepipeline::Client;
use aws_sdk_codepipeline::types::{
    ActionExecutionDetail, ActionTypeId, ApprovalResult, ApprovalStatus, StageExecution, StageState,
};

use super::call::{CallError, Called as _};
use super::observe;
use crate::pipeline::token::Token;
use crate::report::view::{Other, Revision, Said, Waiting};

/// An answer to an approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) approved: bool,
    pub(super) comment: String,
}

/// Every approval of the pipeline that waits now, in the order of the pipeline.
pub(super) async fn waiting(client: &Client, pipeline: &str) -> Result<Vec<Waiting>, CallError> {
    let state = client.get_pipeline_state().name(pipeline).send().await.called("GetPipelineState", pipeline)?;
    let mut all: Vec<Waiting> = state.stage_states().iter().flat_map(|stage| asked(pipeline, stage)).collect();
    let mut known = BTreeMap::new();
    for waiting in &mut all {
        let subject = match known.entry(waiting.execution.clone()) {
            Entry::Occupied(found) => found.into_mut(),
            Entry::Vacant(place) => place.insert(Subject::read(client, pipeline, &waiting.execution).await?),
        };
        subject.describe(waiting);
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

/// Whether an answer came too late: somebody else was quicker.
pub(super) fn is_answered(error: &CallError) -> bool {
    matches!(error.code(), Some("ApprovalAlreadyCompletedException" | "InvalidApprovalTokenException"))
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

/// What an approval is about, and what happened to it so far.
struct Subject {
    revision: Revision,
    actions: Vec<ActionExecutionDetail>,
}

impl Subject {
    async fn read(client: &Client, pipeline: &str, execution: &str) -> Result<Self, CallError> {
        let request = client.get_pipeline_execution().pipeline_name(pipeline).pipeline_execution_id(execution);
        let answer = request.send().await.called("GetPipelineExecution", execution)?;
        let source = answer.pipeline_execution().and_then(|execution| execution.artifact_revisions().first().cloned());
        let revision = source.map(|source| observe::revision(source.revision_id(), source.revision_summary()));
        let actions = observe::actions(client, pipeline, execution).await?;
        Ok(Self { revision: revision.unwrap_or_default(), actions })
    }

    /// Adds the commit, what was deployed of it, and what else is asked beside.
    fn describe(&self, waiting: &mut Waiting) {
        waiting.revision = self.revision.clone();
        waiting.outputs = outputs(&self.actions);
        waiting.others = others(&self.actions, waiting);
    }
}

/// The other approvals of the stage, as each was asked last.
fn others(newest_first: &[ActionExecutionDetail], waiting: &Waiting) -> Vec<Other> {
    let mut others: Vec<Other> = Vec::new();
    let beside = |one: &&ActionExecutionDetail| {
        observe::is_approval(one)
            && one.stage_name() == Some(&*waiting.stage)
            && one.action_name() != Some(&*waiting.action)
    };
    for other in newest_first.iter().filter(beside).map(other) {
        if others.iter().all(|known| known.action != other.action) {
            others.push(other);
        }
    }
    others.sort_by(|one, another| one.action.cmp(&another.action));
    others
}

fn other(run: &ActionExecutionDetail) -> Other {
    let Said { action, status, by, .. } = observe::said(run);
    let answer = match &*status {
        "InProgress" => None,
        "Succeeded" => Some(true),
        _ => Some(false),
    };
    Other { action, approved: answer, by }
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

#[cfg(test)]
mod tests {
    use aws_sdk_codepipeline::types::{
        ActionCategory, ActionExecutionDetail, ActionExecutionInput, ActionExecutionStatus, ActionOwner,
    };

    use super::*;

    fn run(
        stage: &str,
        action: &str,
        category: ActionCategory,
        status: &str,
        by: Option<&str>,
    ) -> ActionExecutionDetail {
        let id = ActionTypeId::builder().category(category).owner(ActionOwner::Aws).provider("p").version("1");
        let input = ActionExecutionInput::builder().action_type_id(id.build().unwrap()).build();
        let run = ActionExecutionDetail::builder().stage_name(stage).action_name(action).input(input);
        run.status(ActionExecutionStatus::from(status)).set_updated_by(by.map(str::to_owned)).build()
    }

    #[test]
    fn beside_an_approval_others_are_asked_and_the_newest_answer_of_each_is_told() {
        let asked =
            |action: &str, status: &str, by: Option<&str>| run("Approve", action, ActionCategory::Approval, status, by);
        let newest_first = [
            asked("Third", "InProgress", None),
            asked("Second", "Succeeded", Some("arn:aws:iam::1:user/bob")),
            asked("Approve", "InProgress", None),
            run("Approve", "Gate", ActionCategory::Invoke, "Failed", None),
            asked("Third", "Failed", Some("arn:aws:iam::1:user/bob")),
            run("Early", "Fourth", ActionCategory::Approval, "Succeeded", None),
        ];
        let waiting = Waiting { stage: "Approve".to_owned(), action: "Approve".to_owned(), ..Waiting::default() };
        let other = |action: &str, approved: Option<bool>, by: Option<&str>| Other {
            action: action.to_owned(),
            approved,
            by: by.map(str::to_owned),
        };
        let expected = [other("Second", Some(true), Some("user/bob")), other("Third", None, None)];
        assert_eq!(others(&newest_first, &waiting), expected);
    }
}
