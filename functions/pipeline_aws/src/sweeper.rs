//! The main loop of `sweep`: a clock, or a person, asks for a run of sweep or of repair, and is told what it did.

use std::str::FromStr;

use jiff::Timestamp;
use lambda_runtime::{LambdaEvent, service_fn};
use pipeline_core::{
    drive::RESERVE,
    ids::StackArn,
    lease::place::Place,
    ports::Clock,
    repair::report::RepairReport,
    sweep::{
        perform::Sweep,
        policy::{self, Policy},
        reach::{Act, Look},
        report::{Entry, Mode, Outcome, Report, Work},
    },
    text,
};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::{Value, value::RawValue};
use uuid::Uuid;

use crate::{
    environment::{Environment, InvalidVariable, ROLE, TOPIC},
    leasing, repaired,
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

/// A mode, as the environment and events have it.
struct Word(Mode);

impl FromStr for Word {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "plan" => Ok(Self(Mode::Plan)),
            "apply" => Ok(Self(Mode::Apply)),
            _ => Err("a mode is plan or apply"),
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
    #[serde(default)]
    repair: bool,
}

/// A text and nothing else: an enum could be read from an object, too, and an option from `null`.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Mode>, D::Error> {
    let Word(mode) = String::deserialize(deserializer)?.parse().map_err(D::Error::custom)?;
    Ok(Some(mode))
}

/// The event asks for nothing that sweep does; nothing was done.
#[derive(Debug, thiserror::Error)]
#[error(
    "the event is not {{\"mode\"?: \"plan\"|\"apply\", \"adopt\"?: true|false}} or {{\"repair\": true, \"mode\"?: …}}, which has no \
     effect there: {0}"
)]
pub struct BadRequest(String);

fn read(event: &RawValue) -> Result<Asked, BadRequest> {
    // A struct could be read from a list, too.
    if !event.get().trim_start().starts_with('{') {
        return Err(BadRequest("it is not an object".to_owned()));
    }
    let asked: Asked = serde_json::from_str(event.get()).map_err(|error| BadRequest(text::complaint(&error)))?;
    if asked.repair && asked.adopt {
        return Err(BadRequest("it asks for two things, repair and adopt".to_owned()));
    }
    Ok(asked)
}

/// What a run did.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// With stacks and their leases.
    Swept(Report),
    /// With jobs.
    Repaired(RepairReport),
}

/// What `sweep` does with the events it is invoked with.
#[derive(Debug)]
pub struct Sweeper<'a, C, E, H, R, F> {
    /// Sweeps.
    pub sweep: Sweep<'a, C, E, H, R>,
    /// Repairs, until then: in every mode, as it changes no stack and no lease (I13).
    pub repair: F,
    /// What a run does unless its event says otherwise.
    pub mode: Mode,
    /// Where metrics go: one line each.
    pub metrics: fn(&Value),
}

impl<C, E, H, R, F> Sweeper<'_, C, E, H, R, F>
where
    C: Clock,
    E: Look,
    H: Act,
    R: Fn() -> Uuid,
    F: AsyncFn(Timestamp) -> RepairReport,
{
    /// Serves until the environment is shut down.
    pub async fn serve(&self) -> Result<(), Error> {
        lambda_runtime::run(service_fn(|event: LambdaEvent<Box<RawValue>>| async move {
            self.handle(&event.payload, event.context.deadline).await
        }))
        .await
    }

    /// Handles one event. `deadline` is in milliseconds since the epoch.
    pub async fn handle(&self, event: &RawValue, deadline: u64) -> Result<Answer, Error> {
        let asked = read(event)?;
        let until = before(deadline, RESERVE);
        if asked.repair {
            return Ok(Answer::Repaired(self.repair(until).await));
        }
        let work = if asked.adopt { Work::Adopt } else { Work::Due };
        Ok(Answer::Swept(self.sweep(asked.mode.unwrap_or(self.mode), work, until).await))
    }

    async fn sweep(&self, mode: Mode, work: Work, until: Timestamp) -> Report {
        // Boxed: the nested futures of a whole run are deeper than the compiler computes a layout for.
        let report = Box::pin(self.sweep.run(mode, work, until)).await;
        log(&report);
        alerts(&report, self.service()).iter().for_each(self.metrics);
        report
    }

    async fn repair(&self, until: Timestamp) -> RepairReport {
        let report = Box::pin((self.repair)(until)).await;
        repaired::log(&report);
        repaired::alerts(&report, self.service()).iter().for_each(self.metrics);
        report
    }

    fn service(&self) -> &str {
        &self.sweep.policy.place.service
    }
}

/// What people must be alerted of. A plan does nothing, and so alerts of nothing but that it cannot see.
fn alerts(report: &Report, service: &str) -> Vec<Value> {
    let troubles = ("SweepTroubles", troubles(report, service));
    let counts = match report.mode {
        Mode::Plan => vec![troubles],
        Mode::Apply => vec![
            ("StacksQuarantined", report.quarantined()),
            ("DeletionsOverLimit", report.over_limit.unwrap_or_default()),
            troubles,
        ],
    };
    telemetry::counts(&counts, service, report.at)
}

/// What kept this run from its work, such as a missing permission. Once does no harm, as the next run tries again.
fn troubles(report: &Report, service: &str) -> usize {
    let blind = usize::from(report.read_only.is_some());
    match report.mode {
        Mode::Plan => blind,
        Mode::Apply => {
            let stuck = usize::from(report.stopped.as_deref().is_some_and(|why| is_unreadable(why, service)));
            blind + stuck + report.entries.iter().filter(|entry| is_trouble(entry)).count()
        }
    }
}

/// Whether deletion is stopped by nobody, but because the switch could not be read.
fn is_unreadable(stopped: &str, service: &str) -> bool {
    stopped.starts_with(&format!("the parameter {} could not be read: ", policy::switch(service)))
}

/// Something failed, or the lease could not be read though there was time to. Of quarantine another metric tells.
fn is_trouble(entry: &Entry) -> bool {
    match entry.state {
        "QUARANTINED" => false,
        "UNKNOWN" => entry.outcome != Outcome::Left,
        _ => entry.outcome == Outcome::Failed,
    }
}

fn log(report: &Report) {
    for entry in &report.entries {
        let Entry { stack, state, step, reason, outcome, detail, .. } = entry;
        if *outcome == Outcome::Failed {
            tracing::warn!(%stack, state, ?step, reason, detail, "failed");
        } else {
            tracing::info!(%stack, state, ?step, reason, ?outcome, detail, "looked at");
        }
    }
    let Report { mode, stopped, read_only, over_limit, entries, .. } = report;
    tracing::info!(?mode, stopped, read_only, over_limit, stacks = entries.len(), "swept");
}

#[cfg(test)]
mod tests {
    use pipeline_core::sweep::report::Doing;
    use serde_json::json;

    use super::*;

    fn entry(state: &'static str, step: Doing, outcome: Outcome) -> Entry {
        Entry {
            stack: "time-service-pr-42".parse().unwrap(),
            state,
            token: None,
            stack_id: None,
            step,
            reason: "it is protected".into(),
            outcome,
            detail: None,
        }
    }

    fn report(mode: Mode, over_limit: Option<usize>, quarantined: &[Doing]) -> Report {
        let entries = quarantined.iter().map(|step| entry("QUARANTINED", *step, Outcome::Done)).collect();
        Report { over_limit, entries, ..Report::new(mode, "2026-11-21T12:00:00Z".parse().unwrap()) }
    }

    fn alerted(report: &Report) -> Vec<(String, Value)> {
        let one = |line: Value| {
            let declared = &line["_aws"]["CloudWatchMetrics"][0];
            assert_eq!((&declared["Namespace"], &declared["Dimensions"]), (&json!("Flowgate"), &json!([["Service"]])));
            assert_eq!((&line["Service"], &line["_aws"]["Timestamp"]), (&json!("s"), &json!(1_795_262_400_000_u64)));
            let metric = declared["Metrics"][0]["Name"].as_str().unwrap().to_owned();
            let count = line[&metric].clone();
            (metric, count)
        };
        alerts(report, "s").into_iter().map(one).collect()
    }

    #[test]
    fn people_are_alerted_of_quarantine_and_of_too_many_deletions() {
        let both = report(Mode::Apply, Some(3), &[Doing::Quarantine, Doing::Delete]);
        let expected = [("StacksQuarantined".to_owned(), json!(2)), ("DeletionsOverLimit".to_owned(), json!(3))];
        assert_eq!(alerted(&both), expected);
    }

    #[test]
    fn a_run_in_which_all_is_well_and_a_plan_alert_of_nothing() {
        assert_eq!(alerted(&report(Mode::Apply, None, &[])), []);
        assert_eq!(alerted(&report(Mode::Plan, Some(3), &[Doing::Quarantine])), []);
        let stopped = Some("the parameter /flowgate/s/deletions is \"no\"".to_owned());
        assert_eq!(alerted(&Report { stopped, ..report(Mode::Apply, None, &[]) }), [], "somebody stopped it");
    }

    #[test]
    fn people_are_alerted_of_what_keeps_sweep_from_its_work() {
        let entries = vec![
            entry("DIRTY", Doing::Tell, Outcome::Failed),
            entry("DELETING", Doing::Delete, Outcome::Failed),
            entry("UNKNOWN", Doing::Keep, Outcome::Done),
            entry("UNKNOWN", Doing::Keep, Outcome::Left),
            entry("DIRTY", Doing::Keep, Outcome::Done),
            entry("DIRTY", Doing::Delete, Outcome::Conflict),
        ];
        let troubles = |count| vec![("SweepTroubles".to_owned(), json!(count))];
        let apply = Report { entries, ..report(Mode::Apply, None, &[]) };
        assert_eq!(alerted(&apply), troubles(3));
        assert_eq!(alerted(&Report { mode: Mode::Plan, ..apply }), []);
        let entries = vec![entry("QUARANTINED", Doing::Delete, Outcome::Failed)];
        let quarantined = Report { entries, ..report(Mode::Apply, None, &[]) };
        assert_eq!(alerted(&quarantined), [("StacksQuarantined".to_owned(), json!(1))], "it has an alarm of its own");
        for mode in [Mode::Plan, Mode::Apply] {
            let read_only = Some("not permitted to find the leases that are due: no".to_owned());
            assert_eq!(alerted(&Report { read_only, ..report(mode, None, &[]) }), troubles(1), "{mode:?}");
        }
    }
}
