//! Rollbacks: a stage goes back to what an execution made of it that succeeded there, because another one failed, or
//! because somebody asked for it.

use serde_json::json;

use super::Step;
use crate::pipeline::engine::event::{RollBack, Trigger, TriggerType};
use crate::pipeline::engine::state::{Execution, ExecutionId, ExecutionStatus, ExecutionType, Position};

impl Step<'_> {
    /// Ends the execution, and lets the last one that succeeded in the stage pass through it again, before anybody who
    /// waits for the stage.
    pub(super) fn roll_back(&mut self, index: usize, stage: usize, why: &str) {
        let back = self.rollback(index);
        let what = match &back {
            Ok(back) => format!("execution {} rolls it back", back.id),
            Err(why_not) => (*why_not).to_owned(),
        };
        self.fail(index, format!("{why}; {what}"));
        if let Ok(back) = back {
            let index = self.begin(back);
            self.enter(index, stage);
        }
    }

    /// Lets an earlier execution pass through the stage again, before anybody who waits for it.
    pub(super) fn bring_back(&mut self, back: RollBack) {
        let RollBack { target, stage, trigger } = back;
        let current = &self.definitions.current;
        if target.pipeline_version != current.version || self.state.occupant(&current.stages[stage].name).is_some() {
            return;
        }
        let execution = self.again_as(&target, trigger);
        self.state.recall(*target);
        let index = self.begin(execution);
        self.enter(index, stage);
    }

    /// The execution that brings the stage back, or why there is none.
    fn rollback(&mut self, index: usize) -> Result<Execution, &'static str> {
        let failed = &self.state.executions[index];
        if failed.execution_type == ExecutionType::Rollback {
            return Err("a rollback is not rolled back again");
        }
        let trigger = automated(&failed.id);
        let target = self.state.rollback_target(index).ok_or(
            "there is nothing to roll back to: no earlier execution of this version of the pipeline succeeded in it",
        )?;
        let target = target.clone();
        Ok(self.again_as(&target, trigger))
    }

    /// An execution with the sources and variables of another one.
    fn again_as(&mut self, target: &Execution, trigger: Trigger) -> Execution {
        Execution {
            id: self.ids.execution(),
            execution_type: ExecutionType::Rollback,
            rollback_target: Some(target.id.clone()),
            trigger,
            variables: target.variables.clone(),
            source_revisions: target.source_revisions.clone(),
            ..self.blank_execution()
        }
    }

    /// One that has not begun, as the pipeline is now.
    pub(super) fn blank_execution(&self) -> Execution {
        let pipeline = &self.definitions.current;
        Execution {
            id: ExecutionId(String::new()),
            number: 0,
            pipeline_version: pipeline.version,
            mode: pipeline.execution_mode,
            attempt: 1,
            execution_type: ExecutionType::Standard,
            rollback_target: None,
            trigger: Trigger { trigger_type: TriggerType::StartPipelineExecution, trigger_detail: String::new() },
            variables: [].into(),
            source_revisions: Vec::new(),
            status: ExecutionStatus::InProgress,
            status_summary: None,
            position: Position::Waiting(0),
            ending: None,
            stop_reason: None,
            started: self.now,
            updated: self.now,
            stages: Vec::new(),
        }
    }
}

/// As CodePipeline's documentation shows it.
fn automated(failed: &ExecutionId) -> Trigger {
    let trigger_detail = json!({"FailedPipelineExecutionId": failed}).to_string();
    Trigger { trigger_type: TriggerType::AutomatedRollback, trigger_detail }
}
