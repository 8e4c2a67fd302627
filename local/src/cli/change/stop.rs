//! `flowgate stop`.

use aws_sdk_codepipeline::Client;
use serde_json::json;

use super::{ChangeError, Deed, carries, is_meant, tell};
use crate::cli::args::Stop;
use crate::cli::call::Called as _;
use crate::cli::client::{self, Chosen, ClientError};
use crate::cli::observe;
use crate::cli::place::Place;
use crate::report::view::{Execution, Stage, Status};

pub(in crate::cli) async fn run(options: &Stop) -> Result<(), ClientError> {
    let Chosen { client, pipeline, .. } = client::open_to_change(&options.pipeline, &options.caller).await?;
    stop(&client, &pipeline, options).await
}

pub(super) async fn stop(client: &Client, pipeline: &str, options: &Stop) -> Result<(), ClientError> {
    let place = Place::of(client, pipeline).await?;
    let status = observe::whole(client, pipeline).await?;
    let execution = choose(&status, options)?;
    let deed = deed(&status, &execution, options.abandon);
    deed.agree(&place, &options.ask, options.execution.is_some()).await?;
    let id = &execution.execution;
    let request = client.stop_pipeline_execution().pipeline_name(pipeline).pipeline_execution_id(id);
    let request = request.abandon(options.abandon).set_reason(options.reason.clone());
    request.send().await.called("StopPipelineExecution", &format!("{id} of {pipeline}"))?;
    let how = if options.abandon { "stops now" } else { "stops when what runs of it has ended" };
    let object = json!({
        "pipeline": pipeline, "execution": id, "commit": execution.revision.commit, "abandon": options.abandon,
        "reason": options.reason, "status": "Stopping",
    });
    tell(&place, &options.ask, &format!("execution {id} of {pipeline} {how}"), object);
    Ok(())
}

/// The one execution that is in progress and is meant.
pub(super) fn choose(status: &Status, options: &Stop) -> Result<Execution, ChangeError> {
    let named = options.execution.as_deref();
    let pipeline = status.pipeline.clone();
    let running: Vec<&Execution> = status.executions.iter().filter(|one| one.runs()).collect();
    let stoppable = |one: &&Execution| options.abandon || one.status != "Stopping";
    let mut meant = running.iter().copied().filter(|one| is_meant(&one.execution, named));
    let ids = |all: &[&Execution]| all.iter().map(|one| one.execution.clone()).collect();
    // Who repeats a stop because it takes long must not stop another one.
    let able: Vec<&Execution> =
        if named.is_none() && running.len() > 1 { running.clone() } else { meant.clone().filter(stoppable).collect() };
    match (&able[..], meant.next(), named) {
        ([one], ..) => Ok((*one).clone()),
        ([], Some(stops), _) => Err(ChangeError::StopsAlready { pipeline, execution: stops.execution.clone() }),
        ([], None, Some(asked)) => {
            Err(ChangeError::NotRunning { pipeline, asked: asked.to_owned(), there: ids(&running) })
        }
        ([], None, None) => Err(ChangeError::NothingRuns(pipeline)),
        (several, ..) => Err(ChangeError::SeveralRun { pipeline, there: ids(several) }),
    }
}

fn deed(status: &Status, execution: &Execution, abandon: bool) -> Deed {
    let id = &execution.execution;
    let what = format!("stop execution {id} of {}", status.pipeline);
    let details =
        std::iter::once(carries(execution)).chain(status.stages.iter().filter_map(|stage| about(stage, id, abandon)));
    Deed { verb: "stop", what, details: details.collect() }
}

/// What becomes of it in a stage.
fn about(stage: &Stage, id: &str, abandon: bool) -> Option<String> {
    let name = &stage.name;
    if stage.inbound.iter().chain(&stage.queued).any(|waiting| waiting == id) {
        return Some(format!("it waits to enter {name}"));
    }
    let is_here =
        stage.execution.as_deref() == Some(id) && matches!(stage.status.as_deref(), Some("InProgress" | "Stopping"));
    let running = stage.actions.iter().filter(|action| action.status.as_deref() == Some("InProgress"));
    let running: Vec<&str> = running.map(|action| action.name.as_str()).collect();
    let then = if abandon { "is abandoned: it may go on where it runs, unwatched" } else { "runs on to its end first" };
    (is_here && !running.is_empty()).then(|| format!("{name} {} {then}", running.join(", ")))
}
