//! What is heard of actions and rules.

use super::*;
use crate::pipeline::action::{Failure, Outcome, Progress, Success};

pub(super) fn finish(run: &RunId, well: bool, variables: bool) -> Event {
    let variables = if variables { [("V".to_owned(), format!("of-{run}"))].into() } else { BTreeMap::new() };
    let success = Success { variables, revision: Some(format!("rev-{run}")), ..Success::default() };
    let outcome = if well { Outcome::Succeeded(success) } else { failed("JobFailed") };
    Event::ActionFinished { run: run.clone(), outcome }
}

pub(super) fn judge(run: &RunId, holds: bool, known: bool) -> Event {
    let why_not = if known { "JobFailed" } else { "ConfigurationError" };
    let outcome = if holds { Outcome::Succeeded(Success::default()) } else { failed(why_not) };
    Event::RuleFinished { run: run.clone(), outcome }
}

pub(super) fn answer(run: &RunId, approved: bool) -> Event {
    let answer = Answer { approved, summary: "so be it".into(), by: "arn:approver".into() };
    Event::Answered { run: run.clone(), answer }
}

fn failed(code: &str) -> Outcome {
    Outcome::Failed(Failure { code: code.into(), message: "no".into(), external_execution_id: None })
}

pub(super) fn news(run: &RunId, percent: u8) -> Event {
    Event::ActionProgressed { run: run.clone(), progress: Progress { percent: Some(percent), ..Progress::default() } }
}

pub(super) fn goes_on(run: &RunId) -> Event {
    Event::ActionContinued { run: run.clone(), progress: Progress::default() }
}
