//! Rollbacks: an execution that failed in a stage makes room for one that succeeded there.

use serde_json::json;

use super::Step;
use crate::pipeline::engine::change::Subject;
use crate::pipeline::engine::event::{Trigger, TriggerType};
use crate::pipeline::engine::state::{Execution, ExecutionId, ExecutionStatus, ExecutionType, Position};

impl Step<'_> {
    /// Ends the execution, and lets the last one that succeeded in the stage pass through it again, before anybody who
    /// waits for the stage.
    pub(super) fn roll_back(&mut self, index: usize, stage: usize, why: &str) {
        let back = self.rollback(index, stage);
        let what = match &back {
            Ok(back) => format!("execution {} rolls it back", back.id),
            Err(why_not) => (*why_not).to_owned(),
        };
        self.fail(index, format!("{why}; {what}"));
        if let Ok(back) = back {
            let index = self.state.executions.len();
            self.state.executions.push(back);
            self.changed(index, Subject::pipeline);
            self.enter(index, stage);
        }
    }

    /// The execution that brings the stage back, or why there is none.
    fn rollback(&mut self, index: usize, stage: usize) -> Result<Execution, &'static str> {
        let failed = &self.state.executions[index];
        if failed.execution_type == ExecutionType::Rollback {
            return Err("a rollback is not rolled back again");
        }
        let target = self.state.rollback_target(index).ok_or(
            "there is nothing to roll back to: no earlier execution of this version of the pipeline succeeded in it",
        )?;
        Ok(Execution {
            id: self.ids.execution(),
            pipeline_version: failed.pipeline_version,
            execution_type: ExecutionType::Rollback,
            rollback_target: Some(target.id.clone()),
            trigger: trigger(&failed.id),
            variables: target.variables.clone(),
            source_revisions: target.source_revisions.clone(),
            status: ExecutionStatus::InProgress,
            status_summary: None,
            position: Position::Waiting(stage),
            started: self.now,
            updated: self.now,
            stages: Vec::new(),
        })
    }
}

/// As CodePipeline's documentation shows it.
fn trigger(failed: &ExecutionId) -> Trigger {
    let trigger_detail = json!({"FailedPipelineExecutionId": failed}).to_string();
    Trigger { trigger_type: TriggerType::AutomatedRollback, trigger_detail }
}
