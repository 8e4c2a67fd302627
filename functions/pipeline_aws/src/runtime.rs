//! The main loop of an action's function: receives job events, drives each to its verdict, and always answers Ok.

use jiff::Timestamp;
pub use lambda_runtime::Error;
use lambda_runtime::{LambdaEvent, service_fn};
use pipeline_core::{
    drive::{Action, Delivered, Ports},
    ids::JobId,
    ports::{Clock, ReadVerdicts, RecordVerdicts, SettleJobs},
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
            self.handle(&event.payload, &context.invoked_function_arn, context.deadline).await;
            // An error would make Lambda run the work again.
            Ok::<(), Error>(())
        }))
        .await
    }

    /// Handles one event. `function` is the ARN it was sent to, `deadline` in milliseconds since the epoch.
    pub async fn handle(&self, event: &RawValue, function: &str, deadline: u64) {
        let Delivery { id, job } = match event::read(event, account(function)) {
            Ok(delivery) => delivery,
            Err(error) => return tracing::error!(%error, "ignored an event that is no job"),
        };
        let work = job.map(|(job, access)| (job, (self.action)(&access)));
        log(&id, &self.ports.deliver(&id, work, instant(deadline)).await);
    }
}

/// `arn:aws:lambda:region:account:function:name`.
fn account(function: &str) -> &str {
    function.split(':').nth(4).unwrap_or_default()
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
