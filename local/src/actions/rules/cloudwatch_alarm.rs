//! `CloudWatchAlarm`: a rule that asks in which state an alarm is.
//!
//! After a success, an alarm that is bad at the first look fails the rule at once, whether or not it was bad before the
//! stage ran: what AWS documents can be read either way.

use std::collections::BTreeSet;
use std::fmt;

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::types::{AlarmType, StateValue};
use jiff::{SignedDuration, Timestamp};

use super::{Context, Decision, Error, failed, malformed, optional, required};
use crate::actions::store;
use crate::pipeline::action::{ConditionKind, Failure, RuleRequest};

/// The pause between two looks at an alarm; CloudWatch evaluates one every ten seconds at most.
const POLL: SignedDuration = SignedDuration::from_secs(10);
/// For so long after the end of its time an alarm that cannot be read is still looked at, which makes three looks.
const PATIENCE: SignedDuration = SignedDuration::from_secs(20);

/// An alarm to look at, and what its states mean.
#[derive(Debug)]
pub(super) struct Alarm {
    name: String,
    bad: BTreeSet<State>,
    wait: SignedDuration,
    kind: ConditionKind,
}

/// The states of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    Ok,
    Alarm,
    InsufficientData,
}

impl State {
    fn parse(text: &str) -> Option<Self> {
        [Self::Ok, Self::Alarm, Self::InsufficientData].into_iter().find(|state| state.to_string() == text)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        })
    }
}

impl Alarm {
    pub(super) fn new(request: &RuleRequest) -> Result<Self, Error> {
        let states = optional(request, "AlarmStates").unwrap_or("ALARM");
        let minutes = optional(request, "WaitTime").unwrap_or("0");
        let wait =
            minutes.parse::<u32>().map_err(|_| malformed(request, "WaitTime", minutes, &"write whole minutes"))?;
        Ok(Self {
            name: required(request, "AlarmName")?.to_owned(),
            bad: bad_states(states).map_err(|reason| malformed(request, "AlarmStates", states, &reason))?,
            wait: SignedDuration::from_mins(wait.into()),
            kind: request.kind,
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// On entry the alarm has the whole time to get out of its bad states. After a success it must stay out of them for
    /// that time. After a failure the rule is the other way round: a bad state within the time is what it asks for.
    pub(super) fn decide(&self, state: Option<State>, started: Timestamp, now: Timestamp) -> Decision {
        let name = &self.name;
        let Some(state) = state else {
            return Decision::Fail(format!("alarm {name} does not exist: create it, or correct AlarmName"));
        };
        let end = self.end(started);
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
    pub(super) fn unread(&self, why: Failure, started: Timestamp, now: Timestamp) -> Result<Decision, Failure> {
        let end = self.end(started).saturating_add(PATIENCE).unwrap_or(Timestamp::MAX);
        if now < end { Ok(Decision::Wait(next(now, end))) } else { Err(why) }
    }

    pub(super) fn watched(&self, started: Timestamp) -> String {
        format!("alarm {} is watched until {}", self.name, self.end(started).strftime("%Y-%m-%dT%H:%M:%SZ"))
    }

    fn end(&self, started: Timestamp) -> Timestamp {
        started.saturating_add(self.wait).unwrap_or(Timestamp::MAX)
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

/// The states that the rule is about: names with commas between them, which AWS's own examples put in quotes.
fn bad_states(text: &str) -> Result<BTreeSet<State>, &'static str> {
    let state = |name: &str| State::parse(name.trim_matches(|c: char| c.is_whitespace() || "'\"[]".contains(c)));
    text.split(',')
        .map(state)
        .collect::<Option<_>>()
        .ok_or("write ALARM, OK or INSUFFICIENT_DATA, with commas between them")
}

/// The alarms of the local cloud.
pub(super) struct Alarms(Client);

impl Alarms {
    pub(super) fn new(context: &Context) -> Self {
        Self(Client::new(&context.sdk))
    }

    /// The state of a metric or composite alarm; none when there is no such alarm.
    pub(super) async fn state(&self, name: &str) -> Result<Option<State>, Failure> {
        let ask = self.0.describe_alarms().alarm_names(name);
        let ask = ask.alarm_types(AlarmType::MetricAlarm).alarm_types(AlarmType::CompositeAlarm);
        let message = |reason: &dyn fmt::Display| format!("alarm {name} cannot be read: {reason}");
        let found = ask.send().await.map_err(|error| {
            let reason = store::reason(&error);
            reason.failure("JobFailed", message(&reason))
        })?;
        let metric = found.metric_alarms().first().map(|alarm| alarm.state_value());
        let composite = found.composite_alarms().first().map(|alarm| alarm.state_value());
        let state = metric.or(composite).map(|state| state.map_or("no state", StateValue::as_str));
        let known =
            |state| State::parse(state).ok_or_else(|| failed("JobFailed", message(&format!("its state is {state:?}"))));
        state.map(known).transpose()
    }
}
