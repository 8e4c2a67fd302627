//! Manual approvals: who may be answered, what an answer does, and when it is too late for one.

use super::Engine;
use super::event::Answer;
use super::state::{ActionRun, ActionStatus, ErrorDetails, RunId, State};
use crate::pipeline::token::Token;

/// The error code of what was not ended in time.
pub(super) const TIMED_OUT: &str = "JobTimedOut";

/// Why an answer to a manual approval is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApprovalError {
    /// The pipeline has no stage of this name.
    #[error("the pipeline has no stage {0:?}")]
    StageNotFound(String),
    /// The stage has no action of this name.
    #[error("stage {stage:?} has no action {action:?}")]
    ActionNotFound {
        /// The stage.
        stage: String,
        /// What was looked for in it.
        action: String,
    },
    /// The token is not that of an approval that waits there.
    #[error(
        "the token is not that of an approval that action {action:?} of stage {stage:?} waits for; ask for its state"
    )]
    InvalidToken {
        /// The stage.
        stage: String,
        /// The action.
        action: String,
    },
}

impl Engine {
    /// The run of the approval that waits for an answer with this token.
    pub fn awaiting(&self, stage: &str, action: &str, token: &Token) -> Result<RunId, ApprovalError> {
        let its_token = |run: &ActionRun| run.approval.as_ref().is_some_and(|approval| approval.token == *token);
        let found = self.state().approvals().find(|(at, run)| *at == stage && run.name == action && its_token(run));
        // First of all: who asks may go by an earlier definition, which had other stages.
        found.map(|(_, run)| run.id.clone()).ok_or_else(|| self.unanswerable(stage, action))
    }

    fn unanswerable(&self, stage: &str, action: &str) -> ApprovalError {
        let (known, action) = (self.pipeline().stage(stage), action.to_owned());
        let stage = stage.to_owned();
        match known {
            None => ApprovalError::StageNotFound(stage),
            Some(known) if !known.has(&action) => ApprovalError::ActionNotFound { stage, action },
            Some(_) => ApprovalError::InvalidToken { stage, action },
        }
    }
}

impl State {
    /// Every approval that waits, each with its stage's name.
    pub(super) fn approvals(&self) -> impl Iterator<Item = (&str, &ActionRun)> {
        let stages = self.executions.iter().filter_map(|execution| execution.stages.last());
        let runs = stages.flat_map(|stage| stage.actions.iter().map(|run| (stage.name.as_str(), run)));
        runs.filter(|(_, run)| run.status == ActionStatus::InProgress && run.approval.is_some())
    }
}

/// What a person's answer makes of an approval; other actions are not theirs to end.
pub(super) fn answered(run: &mut ActionRun, answer: Answer) {
    if run.approval.is_none() {
        return;
    }
    if answer.approved {
        run.status = ActionStatus::Succeeded;
    } else {
        run.status = ActionStatus::Failed;
        let comment = if answer.summary.is_empty() { String::new() } else { format!(": {}", answer.summary) };
        let message = format!("rejected by {}{comment}", answer.by);
        run.error_details = Some(ErrorDetails { code: "JobFailed".to_owned(), message });
    }
    run.summary = Some(answer.summary).filter(|summary| !summary.is_empty()).or(run.summary.take());
    run.updated_by = Some(answer.by);
}

/// What becomes of an approval that nobody answered.
pub(super) fn expire(run: &mut ActionRun) {
    let Some(approval) = &run.approval else { return };
    let message = format!("nobody answered before the approval expired at {}", approval.expires);
    run.status = ActionStatus::Failed;
    run.error_details = Some(ErrorDetails { code: TIMED_OUT.to_owned(), message });
}
