//! `flowgate rollback`.

use aws_sdk_codepipeline::Client;
use serde_json::json;

use super::{ChangeError, Deed, carries, execution, is_meant, tell};
use crate::cli::args::Rollback;
use crate::cli::call::{CallError, Called as _};
use crate::cli::client::{self, Chosen, ClientError};
use crate::cli::observe;
use crate::cli::place::Place;
use crate::report::view::{Execution, Stage, Status};

/// As many are looked through when none was named: those that rollbacks rolled away lie between.
const ENOUGH: usize = 100;

/// As many are told of.
const TOLD: usize = 5;

pub(in crate::cli) async fn run(options: &Rollback) -> Result<(), ClientError> {
    let Chosen { client, pipeline, .. } = client::open_to_change(&options.pipeline, &options.caller).await?;
    roll_back(&client, &pipeline, options).await
}

pub(super) async fn roll_back(client: &Client, pipeline: &str, options: &Rollback) -> Result<(), ClientError> {
    let place = Place::of(client, pipeline).await?;
    let status = observe::whole(client, pipeline).await?;
    let stage = stage(&status, options.stage.as_deref())?;
    let present = stage.execution.as_deref().map(|id| execution(&status, id));
    let succeeded = succeeded(client, pipeline, &stage.name, options.to.as_deref()).await?;
    let target = target(pipeline, &stage.name, &succeeded, present.as_ref(), options.to.as_deref())?;
    let deed = deed(pipeline, stage, &target, present.as_ref());
    deed.agree(&place, &options.ask, options.to.is_some()).await?;
    let id = &target.execution;
    let request = client.rollback_stage().pipeline_name(pipeline).stage_name(&stage.name);
    let answer = request.target_pipeline_execution_id(id).send().await;
    let started = answer.called("RollbackStage", &format!("{} of {pipeline}", stage.name))?.pipeline_execution_id;
    let done =
        format!("execution {started} brings {} of {pipeline} back to execution {id}, {}", stage.name, carries(&target));
    let object = json!({
        "pipeline": pipeline, "stage": stage.name, "execution": started, "target": id,
        "commit": target.revision.commit, "status": "RollingBack",
    });
    tell(&place, &options.ask, &done, object);
    Ok(())
}

async fn succeeded(
    client: &Client,
    pipeline: &str,
    stage: &str,
    named: Option<&str>,
) -> Result<Vec<Execution>, CallError> {
    let mut seen = 0;
    let enough = |one: &Execution| {
        seen += 1;
        if named.is_some() { !one.rollback && is_meant(&one.execution, named) } else { seen == ENOUGH }
    };
    observe::succeeded(client, pipeline, stage, enough).await
}

/// The stage that was named, or the only one that failed.
pub(super) fn stage<'a>(status: &'a Status, named: Option<&str>) -> Result<&'a Stage, ChangeError> {
    let pipeline = status.pipeline.clone();
    if status.mode.as_deref() == Some("PARALLEL") {
        return Err(ChangeError::NoRollback(pipeline));
    }
    let is_meant = |stage: &&Stage| match named {
        Some(name) => stage.name == name,
        None => stage.status.as_deref() == Some("Failed"),
    };
    let meant: Vec<&Stage> = status.stages.iter().filter(is_meant).collect();
    let there = || status.stages.iter().map(|stage| stage.name.clone()).collect::<Vec<_>>();
    match (&meant[..], named) {
        ([one], _) => Ok(one),
        (_, Some(stage)) => Err(ChangeError::NoSuchStage { pipeline, stage: stage.to_owned(), there: there() }),
        // The stage of the sources has nothing to go back to.
        (_, None) => Err(ChangeError::UnnamedStage { pipeline, there: there().into_iter().skip(1).collect() }),
    }
}

/// The execution to go back to: the one that was named, or what was in the stage before what is there now. `succeeded` are
/// those that succeeded there, the newest first.
pub(super) fn target(
    pipeline: &str,
    stage: &str,
    succeeded: &[Execution],
    present: Option<&Execution>,
    named: Option<&str>,
) -> Result<Execution, ChangeError> {
    let (pipeline, stage) = (pipeline.to_owned(), stage.to_owned());
    let Some(named) = named else {
        return before(succeeded, present).ok_or(ChangeError::NothingBefore { pipeline, stage });
    };
    let mut proper = succeeded.iter().filter(|one| !one.rollback);
    let found = proper.clone().find(|one| is_meant(&one.execution, Some(named))).cloned();
    found.ok_or_else(|| {
        let there = proper.by_ref().take(TOLD).map(|one| one.execution.clone()).collect();
        ChangeError::NotSucceeded { pipeline, stage, asked: named.to_owned(), there }
    })
}

/// What was deployed before what is there now. Where a rollback came before, that is what it brought back: nothing can go
/// back to a rollback itself.
fn before(succeeded: &[Execution], present: Option<&Execution>) -> Option<Execution> {
    let position = |id: &str| succeeded.iter().position(|one| one.execution == id);
    // What failed is not among them, and then the newest is what was there before.
    if let Some(Execution { rollback_of: Some(target), execution, .. }) = present
        && position(execution).is_none()
    {
        // A rollback that failed has not brought it back yet.
        return succeeded.iter().find(|one| one.execution == *target).cloned();
    }
    let present = present.and_then(|present| Some((position(&present.execution)?, present)));
    let first = present.map_or(Some(0), |(at, present)| {
        // I.e. back over what was rolled away.
        let Some(target) = present.rollback_of.as_deref() else { return Some(at + 1) };
        // Further back than can be seen, nothing is chosen unasked.
        Some(position(target)? + 1)
    });
    let newest = succeeded.get(first?)?;
    let Some(id) = newest.rollback_of.as_ref() else { return Some(newest.clone()) };
    let deployed = succeeded.iter().find(|one| one.execution == *id).cloned();
    // It carries the same revisions.
    Some(deployed.unwrap_or_else(|| Execution { execution: id.clone(), ..newest.clone() }))
}

fn deed(pipeline: &str, stage: &Stage, target: &Execution, present: Option<&Execution>) -> Deed {
    let what = format!("bring {} of {pipeline} back to execution {}", stage.name, target.execution);
    let present = present.map(|present| {
        let status = stage.status.as_deref().unwrap_or("-");
        format!("now: {}, {status} there, execution {}", carries(present), present.execution)
    });
    let then = format!("then: {}", carries(target));
    Deed { verb: "roll back", what, details: present.into_iter().chain([then]).collect() }
}
