mod approvals;
mod conditions;
mod editing;
mod errored;
mod model;
mod notation;
mod overrides;
mod parallel;
mod queue;
mod restart;
mod retry;
mod rollback_by_hand;
mod rollbacks;
mod rules;
mod scale;
mod scripts;
mod shown;
mod silence;
mod stop;
mod supersede;
mod transcript;
mod transitions;
mod world;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use self::notation::{looked_at, pipeline};
use super::*;
use crate::pipeline::token::Token;

/// Ids that count.
#[derive(Clone, Default)]
pub(super) struct Counter(usize);

impl Ids for Counter {
    fn execution(&mut self) -> ExecutionId {
        self.0 += 1;
        ExecutionId(format!("back-{}", self.0))
    }

    fn run(&mut self) -> RunId {
        self.0 += 1;
        RunId(format!("run-{}", self.0))
    }

    fn artifact(&mut self) -> String {
        self.0 += 1;
        format!("{:07}", self.0)
    }

    fn token(&mut self) -> Token {
        self.0 += 1;
        Token::new(format!("token-{}", self.0))
    }
}

/// A clock that ticks with every event.
pub(super) fn at(event: usize) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(i64::try_from(event).unwrap())
}

pub(super) fn start(pipeline: &Pipeline, execution: &str) -> Start {
    started_with(pipeline, execution, &BTreeMap::new(), Vec::new()).unwrap()
}

pub(super) fn started_with(
    pipeline: &Pipeline,
    execution: &str,
    variables: &BTreeMap<String, String>,
    revisions: Vec<SourceRevision>,
) -> Result<Start, StartError> {
    let trigger = Trigger {
        trigger_type: TriggerType::StartPipelineExecution,
        trigger_detail: "arn:aws:iam::000000000000:root".into(),
    };
    Start::new(pipeline, ExecutionId(execution.to_owned()), trigger, variables, revisions)
}

pub(super) fn revision(action: &str, kind: &str, value: &str) -> SourceRevision {
    SourceRevision { action_name: action.into(), revision_type: kind.into(), revision_value: value.into() }
}
