//! The main loop of `sweep`: a clock, or a person, asks for a run, and is told what it did.

use lambda_runtime::{LambdaEvent, service_fn};
use pipeline_core::{
    drive::RESERVE,
    ids::StackArn,
    lease::place::Place,
    ports::Clock,
    sweep::{
        perform::Sweep,
        policy::Policy,
        reach::{Act, Look},
        report::{Entry, Mode, Outcome, Report, Work},
    },
    text,
};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, value::RawValue};
use uuid::Uuid;

use crate::{
    environment::{Environment, InvalidVariable, ROLE, TOPIC},
    leasing,
    runtime::{Error, before},
    telemetry,
};

/// What `sweep` is told by its environment.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The state table's name.
    pub table: String,
    /// What a run does unless its event says otherwise.
    pub mode: Mode,
    /// The ARN of the topic by which people are told.
    pub topic: String,
    /// What may be deleted.
    pub policy: Policy,
}

impl Settings {
    /// Reads them.
    pub fn read(environment: &Environment<'_>) -> Result<Self, InvalidVariable> {
        let own_stack: StackArn = environment.parsed("OWN_STACK")?;
        let topic = environment.arn("TOPIC_ARN", TOPIC, &own_stack)?;
        let table = environment.text("STATE_TABLE")?;
        let mode = environment.parsed_or("MODE", Word(Mode::Plan))?.0;
        Ok(Self { table, mode, topic, policy: policy(environment, own_stack)? })
    }
}

fn policy(environment: &Environment<'_>, own_stack: StackArn) -> Result<Policy, InvalidVariable> {
    Ok(Policy {
        place: Place::of(&own_stack, &environment.service("SERVICE")?),
        roles: environment.arns("STACK_ROLES", ROLE, &own_stack)?.into_iter().collect(),
        own_stack,
        margin: leasing::margin(environment)?,
        grace: environment.time("GRACE")?,
        max_deletes: environment.parsed("MAX_DELETES")?,
        max_attempts: 5,
        adopt_after: environment.time("ADOPT_AFTER")?,
        batch: 1000,
        width: 8,
        rate: 5,
    })
}

/// A mode, as the environment has it.
struct Word(Mode);

impl std::str::FromStr for Word {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "plan" => Ok(Self(Mode::Plan)),
            "apply" => Ok(Self(Mode::Apply)),
            _ => Err("it is plan or apply"),
        }
    }
}

/// What a run is asked for. Strict: whoever misspells `plan` must not get what the environment says instead.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(default, deserialize_with = "given")]
    mode: Option<Mode>,
    #[serde(default)]
    adopt: bool,
}

fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Mode>, D::Error> {
    Mode::deserialize(deserializer).map(Some)
}

/// The event asks for nothing that sweep does; nothing was done.
#[derive(Debug, thiserror::Error)]
#[error("the event is not {{\"mode\"?: \"plan\"|\"apply\", \"adopt\"?: true|false}}: {0}")]
pub struct BadRequest(String);

fn read(event: &RawValue) -> Result<Asked, BadRequest> {
    // A struct could be read from a list, too.
    if !event.get().trim_start().starts_with('{') {
        return Err(BadRequest("it is not an object".to_owned()));
    }
    serde_json::from_str(event.get()).map_err(|error| BadRequest(text::fit(&error.to_string(), 500)))
}

/// What `sweep` does with the events it is invoked with.
#[derive(Debug)]
pub struct Sweeper<'a, C, E, H, R> {
    /// Does it.
    pub sweep: Sweep<'a, C, E, H, R>,
    /// What a run does unless its event says otherwise.
    pub mode: Mode,
    /// Where metrics go: one line each.
    pub metrics: fn(&Value),
}

impl<C: Clock, E: Look, H: Act, R: Fn() -> Uuid> Sweeper<'_, C, E, H, R> {
    /// Serves until the environment is shut down.
    pub async fn serve(&self) -> Result<(), Error> {
        lambda_runtime::run(service_fn(|event: LambdaEvent<Box<RawValue>>| async move {
            self.handle(&event.payload, event.context.deadline).await
        }))
        .await
    }

    /// Handles one event. `deadline` is in milliseconds since the epoch.
    pub async fn handle(&self, event: &RawValue, deadline: u64) -> Result<Report, Error> {
        let asked = read(event)?;
        let work = if asked.adopt { Work::Adopt } else { Work::Due };
        let until = before(deadline, RESERVE);
        // Boxed: the nested futures of a whole run are deeper than the compiler computes a layout for.
        let report = Box::pin(self.sweep.run(asked.mode.unwrap_or(self.mode), work, until)).await;
        log(&report);
        self.count(&report);
        Ok(report)
    }

    /// What people must be alerted of. A plan does nothing, and so alerts of nothing.
    fn count(&self, report: &Report) {
        if report.mode == Mode::Plan {
            return;
        }
        let counted =
            [("StacksQuarantined", report.quarantined()), ("DeletionsOverLimit", report.over_limit.unwrap_or(0))];
        // A metric costs by the hour in which it has a value.
        for (name, count) in counted.into_iter().filter(|(_, count)| *count > 0) {
            (self.metrics)(&telemetry::count(name, count, &self.sweep.policy.place.service, report.at));
        }
    }
}

fn log(report: &Report) {
    for entry in &report.entries {
        let Entry { stack, state, step, reason, outcome, detail, .. } = entry;
        match outcome {
            Outcome::Failed => tracing::warn!(%stack, state, ?step, reason, ?outcome, detail, "a stack"),
            _ => tracing::info!(%stack, state, ?step, reason, ?outcome, detail, "a stack"),
        }
    }
    let Report { mode, stopped, read_only, over_limit, entries, .. } = report;
    tracing::info!(?mode, stopped, read_only, over_limit, stacks = entries.len(), "swept");
}
