//! The main loop of `record`: nobody waits for its answer, and an error makes Lambda deliver the event again.

use lambda_runtime::{LambdaEvent, service_fn};
use pipeline_core::{
    digest::{ReadBuild, ReadPackages},
    ports::Clock,
    record::{
        facts::WriteFacts,
        perform::{Fact, Kept, Record},
    },
};
use serde_json::{Value, value::RawValue};

use crate::{
    events::{self, Event, GaveUp},
    runtime::Error,
    telemetry,
};

/// What `record` does with the events it is invoked with.
#[derive(Debug)]
pub struct Recorder<'a, C, B, P, F> {
    /// Time.
    pub clock: &'a C,
    /// Keeps facts.
    pub record: Record<'a, B, P, F>,
    /// The service, whose metric counts the jobs that nobody settled.
    pub service: String,
    /// Where metrics go: one line each.
    pub metrics: fn(&Value),
}

impl<C: Clock, B: ReadBuild, P: ReadPackages, F: WriteFacts> Recorder<'_, C, B, P, F> {
    /// Serves until the environment is shut down.
    pub async fn serve(&self) -> Result<(), Error> {
        lambda_runtime::run(service_fn(
            |event: LambdaEvent<Box<RawValue>>| async move { self.handle(&event.payload).await },
        ))
        .await
    }

    /// Handles one event.
    pub async fn handle(&self, event: &RawValue) -> Result<(), Error> {
        match events::read(event)? {
            // Boxed: the nested futures of the calls are deeper than the compiler computes a layout for.
            Event::Fact(fact) => Box::pin(self.keep(&fact)).await,
            Event::GaveUp(gave_up) => {
                self.count(&gave_up);
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

    fn count(&self, GaveUp { function, condition, job }: &GaveUp) {
        let job = job.as_ref().map(ToString::to_string);
        tracing::error!(function, condition, job, "Lambda gave up on an event; a job of it was not settled");
        (self.metrics)(&telemetry::not_settled(&self.service, self.clock.now()));
    }
}
