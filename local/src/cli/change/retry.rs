//! `flowgate retry`.

use aws_sdk_codepipeline::Client;
use aws_sdk_codepipeline::types::StageRetryMode;
use serde_json::json;

use super::{ChangeError, Deed, carries, execution, failures, is_meant, tell};
use crate::cli::args::Retry;
use crate::cli::call::Called as _;
use crate::cli::client::{self, Chosen, ClientError};
use crate::cli::observe;
use crate::cli::place::Place;
use crate::report::view::{Action, Execution, Stage, Status};

/// What ended badly: a stage, and the execution that was in it last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    /// None where an execution runs beside others, and its actions tell.
    pub(super) stage: Option<Stage>,
    pub(super) execution: Execution,
}

pub(in crate::cli) async fn run(options: &Retry) -> Result<(), ClientError> {
    let Chosen { client, pipeline, .. } = client::open_to_change(&options.pipeline, &options.caller).await?;
    retry(&client, &pipeline, options).await
}

pub(super) async fn retry(client: &Client, pipeline: &str, options: &Retry) -> Result<(), ClientError> {
    let place = Place::of(client, pipeline).await?;
    let status = observe::whole(client, pipeline).await?;
    let Candidate { stage, execution } = choose(&status, options)?;
    let ran = observe::place(client, pipeline, &execution.execution).await?;
    let stage = match (stage, ran) {
        // A stage's state has answers from executions before this one, where this one did not come to ask.
        (Some(stage), Some(ran)) if stage.name == ran.name => Stage { actions: ran.actions, ..stage },
        (Some(stage), _) | (None, Some(stage)) => stage,
        (None, None) => return Err(ChangeError::NeverEntered(execution.execution).into()),
    };
    // Where executions run side by side, only now is it known where it ended.
    if options.stage.as_ref().is_some_and(|named| stage.name != *named) {
        let (pipeline, asked) = (pipeline.to_owned(), options.asked());
        let there = vec![format!("{} ({})", stage.name, execution.execution)];
        return Err(ChangeError::NotRetryable { pipeline, asked, there }.into());
    }
    let deed = deed(pipeline, &stage, &execution, options.all);
    deed.agree(&place, &options.ask, options.execution.is_some()).await?;
    let mode = if options.all { StageRetryMode::AllActions } else { StageRetryMode::FailedActions };
    let request = client.retry_stage_execution().pipeline_name(pipeline).stage_name(&stage.name);
    let request = request.pipeline_execution_id(&execution.execution).retry_mode(mode);
    request.send().await.called("RetryStageExecution", &format!("{} of {pipeline}", stage.name))?;
    let people = of_people(&stage, options.all).map(|people| format!(", {people}")).unwrap_or_default();
    let done = format!("{} of {pipeline} is tried again{people}, execution {}", stage.name, execution.execution);
    let object = json!({
        "pipeline": pipeline, "stage": stage.name, "execution": execution.execution,
        "commit": execution.revision.commit, "status": "Retrying",
    });
    tell(&place, &options.ask, &done, object);
    Ok(())
}

/// The one thing that ended badly and is meant.
pub(super) fn choose(status: &Status, options: &Retry) -> Result<Candidate, ChangeError> {
    let pipeline = status.pipeline.clone();
    if let Some(stage) = options.stage.as_ref().filter(|stage| status.stages.iter().all(|one| one.name != **stage)) {
        let there = status.stages.iter().map(|stage| stage.name.clone()).collect();
        return Err(ChangeError::NoSuchStage { pipeline, stage: stage.clone(), there });
    }
    let all = candidates(status);
    let there: Vec<String> = all.iter().map(name).collect();
    let mut meant: Vec<Candidate> = all.into_iter().filter(|one| options.means(one)).collect();
    match (meant.len(), there.is_empty()) {
        (1, _) => Ok(meant.remove(0)),
        (_, true) => Err(ChangeError::NothingToRetry(pipeline)),
        (0, _) => Err(ChangeError::NotRetryable { pipeline, asked: options.asked(), there }),
        _ => {
            let by = if meant[0].stage.is_some() { "--stage" } else { "--execution" };
            Err(ChangeError::SeveralToRetry { pipeline, by, there: meant.iter().map(name).collect() })
        }
    }
}

fn candidates(status: &Status) -> Vec<Candidate> {
    let ended_badly = |status: &str| matches!(status, "Failed" | "Stopped");
    let entered = status.stages.iter().filter_map(|stage| Some((stage, stage.execution.as_ref()?)));
    let of_stages = entered.filter(|(stage, _)| stage.status.as_deref().is_some_and(ended_badly));
    let of_stages =
        of_stages.map(|(stage, id)| Candidate { stage: Some(stage.clone()), execution: execution(status, id) });
    if status.mode.as_deref() != Some("PARALLEL") {
        return of_stages.collect();
    }
    let beside_others = status.executions.iter().filter(|one| ended_badly(&one.status));
    beside_others.map(|execution| Candidate { stage: None, execution: execution.clone() }).collect()
}

fn name(candidate: &Candidate) -> String {
    let id = &candidate.execution.execution;
    candidate.stage.as_ref().map_or_else(|| id.clone(), |stage| format!("{} ({id})", stage.name))
}

impl Retry {
    fn means(&self, candidate: &Candidate) -> bool {
        let stage = candidate.stage.as_ref().zip(self.stage.as_ref());
        stage.is_none_or(|(stage, named)| stage.name == *named)
            && is_meant(&candidate.execution.execution, self.execution.as_deref())
    }

    fn asked(&self) -> String {
        let stage = self.stage.as_ref().map(|stage| format!("stage {stage}"));
        let execution = self.execution.as_ref().map(|execution| format!("execution {execution}"));
        [stage, execution].into_iter().flatten().collect::<Vec<_>>().join(" with ")
    }
}

pub(super) fn deed(pipeline: &str, stage: &Stage, execution: &Execution, all: bool) -> Deed {
    let which = if all { "all actions" } else { "the failed actions" };
    let what = format!("retry {which} of {} in {pipeline}, execution {}", stage.name, execution.execution);
    let details = std::iter::once(carries(execution)).chain(failures(stage)).chain(of_people(stage, all));
    Deed { verb: "retry", what, details: details.collect() }
}

/// What becomes of the answers that people gave.
pub(super) fn of_people(stage: &Stage, all: bool) -> Option<String> {
    let answered = |approved: bool| {
        let is_so = move |action: &&Action| action.is_answered() && action.succeeded() == approved;
        stage.actions.iter().filter(is_so).map(|action| &*action.name).collect::<Vec<_>>()
    };
    let (approved, rejected) = (answered(true), answered(false));
    let again: Vec<&str> = if all { [approved.clone(), rejected].concat() } else { rejected };
    let stays = (!all && !approved.is_empty()).then(|| format!("{} not asked again without --all", are(&approved)));
    let again = (!again.is_empty()).then(|| format!("{} asked again", are(&again)));
    let told: Vec<String> = again.into_iter().chain(stays).collect();
    (!told.is_empty()).then(|| told.join("; "))
}

fn are(actions: &[&str]) -> String {
    format!("{} {}", actions.join(" and "), if actions.len() == 1 { "is" } else { "are" })
}
