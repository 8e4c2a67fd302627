//! The main loop of `lease`: requests by direct invoke, which are answered, and jobs of pipelines, which are settled.

use jiff::{SignedDuration, Timestamp};
use lambda_runtime::{LambdaEvent, service_fn};
use pipeline_core::{
    drive::Ports,
    ids::{Nonce, StackArn},
    lease::{
        action::LeaseAction,
        perform::Leases,
        place::Place,
        refusal::Refusal,
        request::Request,
        store::{FindLeases, ReadLeases, WriteLeases},
        view::Answer,
    },
    ports::{Clock, ReadVerdicts, RecordVerdicts, SettleJobs},
    sweep::ports::{InspectStacks, WatchExecutions},
};
use serde_json::value::{RawValue, to_raw_value};

use crate::{
    environment::{Environment, InvalidVariable},
    event,
    runtime::{Actions, Error, before},
};

/// What `lease` is told by its environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The state table's name.
    pub table: String,
    /// Where it is, and whose stacks these are.
    pub place: Place,
    /// How far clocks may differ.
    pub margin: SignedDuration,
}

/// How far clocks may differ: a minute where nobody says otherwise.
pub(crate) fn margin(environment: &Environment<'_>) -> Result<SignedDuration, InvalidVariable> {
    environment.parsed_or::<u16>("MARGIN_SECONDS", 60).map(|seconds| SignedDuration::from_secs(seconds.into()))
}

impl Settings {
    /// Reads them.
    pub fn read(environment: &Environment<'_>) -> Result<Self, InvalidVariable> {
        let own: StackArn = environment.parsed("OWN_STACK")?;
        Ok(Self {
            table: environment.text("STATE_TABLE")?,
            place: Place::of(&own, &environment.service("SERVICE")?),
            margin: margin(environment)?,
        })
    }
}

/// What `lease` does with the events it is invoked with.
#[derive(Debug)]
pub struct Leasing<'a, C, V, J, F> {
    /// What settling a job takes.
    pub ports: Ports<'a, C, V, J>,
    /// Makes the leases for one event.
    pub leases: F,
}

/// How long a request is tried again while a service does not answer.
const PATIENCE: SignedDuration = SignedDuration::from_secs(30);

/// Kept free at the end of an invocation for its answer.
const RESERVE: SignedDuration = SignedDuration::from_secs(2);

impl<'a, C, V, J, F, S, I, E, N> Leasing<'a, C, V, J, F>
where
    C: Clock + 'a,
    V: ReadVerdicts + RecordVerdicts,
    J: SettleJobs,
    F: Fn() -> Leases<'a, C, S, I, E, N>,
    S: ReadLeases + FindLeases + WriteLeases + 'a,
    I: InspectStacks + 'a,
    E: WatchExecutions + 'a,
    N: Fn() -> Nonce,
{
    /// Serves until the environment is shut down.
    pub async fn serve(&self) -> Result<(), Error> {
        lambda_runtime::run(service_fn(|event: LambdaEvent<Box<RawValue>>| async move {
            let context = event.context;
            self.handle(&event.payload, &context.invoked_function_arn, context.deadline).await
        }))
        .await
    }

    /// Handles one event: a job is settled, and answered with `null`; anything else is a request, and its answer or
    /// refusal the function's. `function` is the ARN it was sent to, `deadline` in milliseconds since the epoch.
    pub async fn handle(&self, event: &RawValue, function: &str, deadline: u64) -> Result<Box<RawValue>, Error> {
        if event::is_job(event) {
            let Ports { clock, verdicts, jobs } = &self.ports;
            let ports = Ports { clock: *clock, verdicts: *verdicts, jobs: *jobs };
            let actions = Actions { ports, action: |_: &_| LeaseAction { leases: (self.leases)() } };
            actions.handle(event, function, deadline).await?;
            return Ok(RawValue::NULL.to_owned());
        }
        let answer = self.answer(event.get(), deadline).await;
        log(&answer);
        Ok(match &answer {
            Ok(answer) => to_raw_value(answer)?,
            Err(refusal) => to_raw_value(refusal)?,
        })
    }

    async fn answer(&self, request: &str, deadline: u64) -> Result<Answer, Refusal> {
        let request = Request::parse(request)?;
        let until = self.until(&request, before(deadline, RESERVE));
        // Boxed: the nested futures of the calls are deeper than the compiler computes a layout for.
        Box::pin((self.leases)().handle(request, until)).await
    }

    /// As long as somebody waits for an answer; only who enters asked to wait for others, and that takes its time.
    fn until(&self, request: &Request, end: Timestamp) -> Timestamp {
        match request {
            Request::Enter(_) => end,
            _ => self.ports.clock.now().saturating_add(PATIENCE).map_or(end, |until| until.min(end)),
        }
    }
}

fn log(answer: &Result<Answer, Refusal>) {
    match answer {
        Ok(Answer::Lease(lease)) => tracing::info!(?lease, "done"),
        Ok(Answer::Leases { leases, .. }) => tracing::info!(leases = leases.len(), "listed"),
        Err(refusal @ Refusal::Unavailable(_)) => tracing::error!(%refusal, "not done"),
        Err(refusal) => tracing::info!(code = refusal.code(), %refusal, "refused"),
    }
}
