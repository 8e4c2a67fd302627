//! `CloudWatchAlarm`: a rule that asks in which state an alarm is.
//!
//! After a success, an alarm that is bad at the first look fails the rule at once, whether or not it was bad before the
//! stage ran: what AWS documents can be read either way.

use std::collections::BTreeSet;
use std::fmt;

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::types::{AlarmType, StateValue};
use jiff::{SignedDuration, Timestamp};

use super::{Context, Decision, Error, SYSTEM_UNAVAILABLE, failed, malformed, optional, required};
use crate::actions::store;
use crate::pipeline::action::{ConditionKind, Failure, RuleRequest};
use crate::pipeline::rules::{AlarmState, alarm_states, wait_time};

/// The pause between two looks at an alarm; CloudWatch evaluates one every ten seconds at most.
const POLL: SignedDuration = SignedDuration::from_secs(10);
/// For so long after the end of its time an alarm that cannot be read is still looked at, which makes three looks.
const PATIENCE: SignedDuration = SignedDuration::from_secs(20);

/// An alarm to look at, and what its states mean.
#[derive(Debug)]
pub(super) struct Alarm {
    name: String,
    bad: BTreeSet<AlarmState>,
    wait: SignedDuration,
    kind: ConditionKind,
    started: Timestamp,
}

impl Alarm {
    pub(super) fn new(request: &RuleRequest) -> Result<Self, Error> {
        let states = optional(request, "AlarmStates").unwrap_or("ALARM");
        let minutes = optional(request, "WaitTime").unwrap_or("0");
        Ok(Self {
            name: required(request, "AlarmName")?.to_owned(),
            bad: alarm_states(states).map_err(|reason| malformed(request, "AlarmStates", states, &reason))?,
            wait: wait_time(minutes).map_err(|reason| malformed(request, "WaitTime", minutes, &reason))?,
            kind: request.kind,
            started: request.started,
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// On entry the alarm has the whole time to get out of its bad states. After a success it must stay out of them for
    /// that time. After a failure the rule is the other way round: a bad state within the time is what it asks for.
    pub(super) fn decide(&self, state: AlarmState, now: Timestamp) -> Decision {
        let (name, end) = (&self.name, self.end());
        let over = now >= end;
        let is = || format!("alarm {name} is in state {state}");
        match (self.kind, self.bad.contains(&state)) {
            (ConditionKind::BeforeEntry, false) | (ConditionKind::OnFailure, true) => Decision::Pass(is()),
            (ConditionKind::OnSuccess, true) => Decision::Fail(is()),
            (ConditionKind::BeforeEntry, true) | (ConditionKind::OnFailure, false) if over => {
                Decision::Fail(format!("{}{}", is(), self.after()))
            }
            (ConditionKind::OnSuccess, false) if over => {
                Decision::Pass(format!("alarm {name} stayed {state}{}", self.after()))
            }
            _ => Decision::Wait(next(now, end)),
        }
    }

    /// What becomes of the rule when the alarm cannot be read: a moment's trouble decides nothing.
    pub(super) fn unread(&self, why: Failure, now: Timestamp) -> Result<Decision, Failure> {
        let end = self.end().saturating_add(PATIENCE).unwrap_or(Timestamp::MAX);
        if now < end { Ok(Decision::Wait(next(now, end))) } else { Err(why) }
    }

    pub(super) fn missing(&self) -> Failure {
        let message = format!("alarm {} does not exist: create it, or correct AlarmName", self.name);
        failed("ConfigurationError", message)
    }

    pub(super) fn watched(&self) -> String {
        format!("alarm {} is watched until {}", self.name, self.end().strftime("%Y-%m-%dT%H:%M:%SZ"))
    }

    fn end(&self) -> Timestamp {
        self.started.saturating_add(self.wait).unwrap_or(Timestamp::MAX)
    }

    fn after(&self) -> String {
        match self.wait.as_mins() {
            0 => String::new(),
            minutes => format!(" after {minutes} min"),
        }
    }
}

/// When to look again.
fn next(now: Timestamp, end: Timestamp) -> Timestamp {
    now.saturating_add(POLL).map_or(end, |next| next.min(end))
}

/// The alarms of the local cloud.
pub(super) struct Alarms(Client);

impl Alarms {
    pub(super) fn new(context: &Context) -> Self {
        Self(Client::new(&context.sdk))
    }

    /// The state of a metric or composite alarm; none when there is no such alarm.
    pub(super) async fn state(&self, name: &str) -> Result<Option<AlarmState>, Failure> {
        let ask = self.0.describe_alarms().alarm_names(name);
        let ask = ask.alarm_types(AlarmType::MetricAlarm).alarm_types(AlarmType::CompositeAlarm);
        let message = |reason: &dyn fmt::Display| format!("alarm {name} cannot be read: {reason}");
        let found = ask.send().await.map_err(|error| {
            let reason = store::reason(&error);
            reason.failure(SYSTEM_UNAVAILABLE, message(&reason))
        })?;
        let metric = found.metric_alarms().first().map(|alarm| alarm.state_value());
        let composite = found.composite_alarms().first().map(|alarm| alarm.state_value());
        let state = metric.or(composite).map(|state| state.map_or("no state", StateValue::as_str));
        let strange = |state: &str| failed(SYSTEM_UNAVAILABLE, message(&format!("its state is {state:?}")));
        let known = |state| AlarmState::parse(state).ok_or_else(|| strange(state));
        state.map(known).transpose()
    }
}
