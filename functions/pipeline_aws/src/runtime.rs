//! The main loop of an action's function: receives job events and drives each to its verdict.
//!
//! It answers Ok whatever the verdict is, because an error makes Lambda deliver the event again. Only when CodePipeline
//! could not be told, that is just what is wanted: a redelivery sends what the record holds.

use jiff::{SignedDuration, Timestamp};
pub use lambda_runtime::Error;
use lambda_runtime::{LambdaEvent, service_fn};
use pipeline_core::{
    drive::{Action, Delivered, Ports},
    ids::JobId,
    job::Job,
    ports::{Clock, ReadVerdicts, RecordVerdicts, SettleJobs},
    verdict::Verdict,
};
use serde_json::value::RawValue;

use crate::event::{self, ArtifactAccess, Delivery};

/// What an action's function does with the events it is invoked with.
#[derive(Debug)]
pub struct Actions<'a, C, V, J, F> {
    /// What settling a job takes.
    pub ports: Ports<'a, C, V, J>,
    /// Makes the action for one job, given the access to its artifacts.
    pub action: F,
}

impl<C, V, J, F, A> Actions<'_, C, V, J, F>
where
    C: Clock,
    V: ReadVerdicts + RecordVerdicts,
    J: SettleJobs,
    F: Fn(&ArtifactAccess) -> A,
    A: Action,
{
    /// Serves until the environment is shut down.
    pub async fn serve(&self) -> Result<(), Error> {
        lambda_runtime::run(service_fn(|event: LambdaEvent<Box<RawValue>>| async move {
            let context = event.context;
            self.handle(&event.payload, &context.invoked_function_arn, context.deadline).await
        }))
        .await
    }

    /// Handles one event. `function` is the ARN it was sent to, `deadline` in milliseconds since the epoch.
    pub async fn handle(&self, event: &RawValue, function: &str, deadline: u64) -> Result<(), Error> {
        let Delivery { id, job } = match event::read(event, account(function)) {
            Ok(delivery) => delivery,
            Err(error) => {
                tracing::error!(%error, "ignored an event that is no job");
                return Ok(());
            }
        };
        let work = job.map(|(job, access)| (job, Made { make: &self.action, access }));
        // Boxed: the nested futures of a whole delivery are deeper than the compiler computes a layout for.
        let delivered = Box::pin(self.ports.deliver(&id, work, instant(deadline))).await;
        log(&id, &delivered);
        match delivered {
            Delivered::Unsent(_, error) => Err(error.into()),
            Delivered::Settled(..) | Delivered::Repeated(_) | Delivered::Deferred(_) => Ok(()),
        }
    }
}

/// An action that is made where its panics are caught.
struct Made<'a, F> {
    make: &'a F,
    access: ArtifactAccess,
}

impl<A: Action, F: Fn(&ArtifactAccess) -> A> Action for Made<'_, F> {
    async fn perform(&self, job: &Job, until: Timestamp) -> Verdict {
        (self.make)(&self.access).perform(job, until).await
    }
}

/// `arn:aws:lambda:region:account:function:name`.
fn account(function: &str) -> &str {
    function.split(':').nth(4).unwrap_or_default()
}

/// So long before a deadline in milliseconds since the epoch.
pub(crate) fn before(deadline: u64, reserve: SignedDuration) -> Timestamp {
    let deadline = instant(deadline);
    deadline.saturating_sub(reserve).unwrap_or(deadline)
}

fn instant(milliseconds: u64) -> Timestamp {
    i64::try_from(milliseconds).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok()).unwrap_or(Timestamp::MAX)
}

fn log(job: &JobId, delivered: &Delivered) {
    match delivered {
        Delivered::Settled(report, answer) => tracing::info!(%job, ?report, ?answer, "settled"),
        Delivered::Repeated(report) => tracing::info!(%job, ?report, "an earlier delivery had settled it"),
        Delivered::Deferred(why) => tracing::info!(%job, why, "deferred"),
        Delivered::Unsent(report, error) => tracing::error!(%job, ?report, %error, "the report could not be sent"),
    }
}
