//! The main loop of `record`: nobody waits for its answer, and an error makes Lambda deliver the event again.

use std::fmt::Debug;

use jiff::Timestamp;
use lambda_runtime::{LambdaEvent, service_fn};
use pipeline_core::{
    digest::{ReadBuild, ReadPackages},
    drive::RESERVE,
    ids::JobId,
    ports::{Clock, PortError, ReadVerdicts, RecordVerdicts, SettleJobs},
    record::{
        facts::WriteFacts,
        give_up::{Fate, GiveUp},
        notice::Turn,
        perform::{Fact, Kept, Record},
        sign::Sign,
        tell::Heard,
    },
    start_tests::run::ReadRuns,
};
use serde_json::{Value, value::RawValue};

use crate::{
    events::{self, Event, GaveUp, Pipelines},
    runtime::{Error, before},
    telemetry,
};

/// What `record` does with the events it is invoked with.
#[derive(Debug)]
pub struct Recorder<'a, B, P, F, C, V, R, J, T, N> {
    /// Keeps facts.
    pub record: Record<'a, B, P, F>,
    /// Fails the jobs that Lambda gave up on.
    pub give_up: GiveUp<'a, C, V, R, J>,
    /// Tells a pull request what a sign is about.
    pub tell: T,
    /// Tells people of a release's turn.
    pub notify: N,
    /// The pipelines that are heard of; the one that releases has the name of the service, which metrics are about.
    pub pipelines: Pipelines,
    /// Where metrics go: one line each.
    pub metrics: fn(&Value),
}

impl<B, P, F, C, V, R, J, T, N> Recorder<'_, B, P, F, C, V, R, J, T, N>
where
    B: ReadBuild,
    P: ReadPackages,
    F: WriteFacts,
    C: Clock,
    V: ReadVerdicts + RecordVerdicts,
    R: ReadRuns,
    J: SettleJobs,
    T: AsyncFn(&Sign, Timestamp) -> Result<Heard, PortError>,
    N: AsyncFn(&Turn, Timestamp) -> Result<Heard, PortError>,
{
    /// Serves until the environment is shut down.
    pub async fn serve(&self) -> Result<(), Error> {
        lambda_runtime::run(service_fn(|event: LambdaEvent<Box<RawValue>>| async move {
            self.handle(&event.payload, event.context.deadline).await
        }))
        .await
    }

    /// Handles one event. `deadline` is in milliseconds since the epoch.
    pub async fn handle(&self, event: &RawValue, deadline: u64) -> Result<(), Error> {
        let until = before(deadline, RESERVE);
        match events::read(event, &self.pipelines)? {
            // Boxed: the nested futures of the calls are deeper than the compiler computes a layout for.
            Event::Fact(fact) => Box::pin(self.keep(&fact)).await,
            Event::GaveUp(gave_up) => Box::pin(self.settle(&gave_up, until)).await,
            Event::Preview(sign) => {
                heard(&sign, Box::pin((self.tell)(&sign, until)).await?);
                Ok(())
            }
            Event::Release(turn) => {
                heard(&turn, Box::pin((self.notify)(&turn, until)).await?);
                Ok(())
            }
            Event::Foreign(what) => {
                tracing::info!(what, "ignored an event");
                Ok(())
            }
        }
    }

    async fn keep(&self, fact: &Fact) -> Result<(), Error> {
        match self.record.keep(fact).await? {
            Kept::Stands => tracing::info!(?fact, "recorded"),
            Kept::Contradicted { standing, found } => {
                tracing::error!(?fact, %standing, %found, "the artifact, or an object that its templates name, changed since the build was recorded; what was recorded stands");
            }
        }
        Ok(())
    }

    /// A function that gives up is one thing, a job that hangs another: each has its alarm.
    async fn settle(&self, gave_up: &GaveUp, until: Timestamp) -> Result<(), Error> {
        let GaveUp { function, condition, job } = gave_up;
        tracing::error!(function, condition, job = job.as_ref().map(JobId::as_str), "Lambda gave up on a job's event");
        self.count("JobsGivenUp");
        let Some(job) = job else {
            self.count("JobsNotSettled");
            return Ok(());
        };
        match self.give_up.settle(job, &why(gave_up), until).await {
            Ok(Fate::Unsent(error)) => tracing::warn!(%error, "the job has failed, which repair tells CodePipeline"),
            Ok(fate) => tracing::info!(?fate, "the job does not hang"),
            Err(error) => {
                self.count("JobsNotSettled");
                return Err(error.into());
            }
        }
        Ok(())
    }

    fn count(&self, metric: &str) {
        let now = self.give_up.clock.now();
        telemetry::counts(&[(metric, 1)], &self.pipelines.release, now).iter().for_each(self.metrics);
    }
}

fn heard(what: &impl Debug, heard: Heard) {
    match heard {
        Heard::Told => tracing::info!(?what, "told"),
        Heard::Stands => tracing::info!(?what, "told before"),
        Heard::Nothing(why) => tracing::info!(?what, why, "nothing to tell"),
    }
}

/// What the pipeline shows of such a job.
fn why(GaveUp { function, condition, .. }: &GaveUp) -> String {
    let name = function.split(':').nth(6).unwrap_or(function);
    let cause = match &condition[..] {
        "EventAgeExceeded" => {
            "its event waited too long to be run, maybe because the account's Lambda concurrency is used up, or it failed \
             again and again, which its log would say"
        }
        _ => "its log says why",
    };
    format!("Lambda gave up on {name} ({condition}) before it settled this job; {cause}; then retry the stage")
}
