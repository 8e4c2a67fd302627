use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::Instant;

use super::*;
use crate::pipeline::action::{ConditionKind, Roles, TypeId};
use crate::pipeline::rules::AlarmState as State;

const KINDS: [ConditionKind; 3] = [ConditionKind::BeforeEntry, ConditionKind::OnSuccess, ConditionKind::OnFailure];

/// When every rule here began.
const STARTED: &str = "2026-01-01T00:00:00Z";

fn request(provider: &str, kind: ConditionKind, configuration: &[(&str, &str)]) -> RuleRequest {
    let type_id =
        TypeId { category: "Rule".into(), owner: "AWS".into(), provider: provider.into(), version: "1".into() };
    RuleRequest {
        id: "run".into(),
        pipeline: "p".into(),
        execution: "e".into(),
        stage: "Prod".into(),
        kind,
        rule: "Check".into(),
        started: at(STARTED),
        type_id,
        configuration: configuration.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        roles: Roles { pipeline: "arn:aws:iam::000000000000:role/pipeline".into(), own: None },
        inputs: Vec::new(),
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn window(cron: &str, zone: &str) -> Result<Window, Error> {
    Window::new(&request("DeploymentWindow", ConditionKind::BeforeEntry, &[("Cron", cron), ("TimeZone", zone)]))
}

#[test]
fn a_window_is_open_or_says_when_it_opens() {
    let office = "* * 9-17 ? * MON-FRI";
    for (cron, zone, now, opens) in [
        // 2026-01-02 is a Friday.
        (office, "", "2026-01-02T09:00:00Z", None),
        (office, "UTC", "2026-01-02T17:59:59.9Z", None),
        (office, "UTC", "2026-01-02T08:59:59Z", Some("2026-01-02T09:00:00Z")),
        (office, "UTC", "2026-01-02T18:00:00Z", Some("2026-01-05T09:00:00Z")),
        (office, "America/New_York", "2026-01-02T09:00:00Z", Some("2026-01-02T14:00:00Z")),
        (office, "America/New_York", "2026-07-03T09:00:00Z", Some("2026-07-03T13:00:00Z")),
        (office, "UTC+05:30", "2026-01-02T03:30:00Z", None),
        (office, "UTC+05:30", "2026-01-02T03:29:59Z", Some("2026-01-02T03:30:00Z")),
        ("0 0 9-17 ? * MON-FRI *", "PST", "2026-01-02T17:00:59Z", None),
        ("0 0 9-17 ? * MON-FRI *", "PST", "2026-01-02T17:01:00Z", Some("2026-01-02T18:00:00Z")),
        (office, "UTC-03:00", "2026-01-02T11:59:59Z", Some("2026-01-02T12:00:00Z")),
    ] {
        let expected = opens.map(|opens| Decision::Wait(at(opens)));
        let decision = window(cron, zone).unwrap().decide(at(now)).unwrap();
        let expected = expected.unwrap_or_else(|| {
            let zone = if zone.is_empty() { "UTC" } else { zone };
            Decision::Pass(format!("window {cron:?} in {zone} is open"))
        });
        assert_eq!(decision, expected, "{zone} {now}");
    }
    let past = window("* * * ? * * 2020", "UTC").unwrap().decide(at("2026-01-01T00:00:00Z")).unwrap_err();
    assert!(past.message.contains("never opens again") && past.code == "ConfigurationError", "{past:?}");
}

#[test]
fn a_window_that_cannot_be_read_is_refused_with_what_to_write() {
    let refusal = |cron, zone| window(cron, zone).unwrap_err().to_string();
    assert_eq!(refusal("", "UTC"), "rule Check needs Cron in its configuration");
    assert!(refusal("* * *", "").starts_with("Cron \"* * *\" of rule Check cannot be used: it has 3 fields"));
    for zone in ["UTC+5", "Mars/Olympus"] {
        let expected = format!("TimeZone {zone:?} of rule Check cannot be used: ");
        assert!(refusal("* * * ? * *", zone).starts_with(&expected), "{zone}");
    }
}

fn alarm(kind: ConditionKind, states: &str, wait: &str) -> Result<Alarm, Error> {
    let configuration = [("AlarmName", "errors"), ("AlarmStates", states), ("WaitTime", wait)];
    Alarm::new(&request("CloudWatchAlarm", kind, &configuration))
}

/// P passes, F fails, a number waits so many seconds.
fn verdict(decision: &Decision, now: Timestamp) -> String {
    match decision {
        Decision::Pass(_) => "P".to_owned(),
        Decision::Fail(_) => "F".to_owned(),
        Decision::Wait(until) => until.duration_since(now).as_secs().to_string(),
    }
}

#[test]
fn an_alarm_decides_by_its_state_the_time_and_when_it_is_asked() {
    use ConditionKind::{BeforeEntry, OnFailure, OnSuccess};
    let started = at(STARTED);
    for (kind, states, wait, state, seconds, expected) in [
        (BeforeEntry, "", "", State::Ok, 0, "P"),
        (BeforeEntry, "", "", State::InsufficientData, 0, "P"),
        (BeforeEntry, "", "", State::Alarm, 0, "F"),
        (BeforeEntry, "", "2", State::Alarm, 0, "10"),
        (BeforeEntry, "", "2", State::Alarm, 115, "5"),
        (BeforeEntry, "", "2", State::Alarm, 120, "F"),
        (BeforeEntry, "", "2", State::Ok, 115, "P"),
        (BeforeEntry, "ALARM, INSUFFICIENT_DATA", "", State::InsufficientData, 0, "F"),
        (BeforeEntry, "'ALARM','INSUFFICIENT_DATA'", "", State::InsufficientData, 0, "F"),
        (BeforeEntry, "OK", "", State::Alarm, 0, "P"),
        (OnFailure, "", "2", State::Alarm, 0, "P"),
        (OnFailure, "", "", State::Alarm, 0, "P"),
        (OnFailure, "", "2", State::Ok, 0, "10"),
        (OnFailure, "", "", State::Ok, 0, "F"),
        (OnSuccess, "", "", State::Ok, 0, "P"),
        (OnSuccess, "", "", State::Alarm, 0, "F"),
        (OnSuccess, "", "2", State::Ok, 0, "10"),
        (OnSuccess, "", "2", State::Ok, 115, "5"),
        (OnSuccess, "", "2", State::Ok, 120, "P"),
        (OnSuccess, "", "2", State::Alarm, 60, "F"),
        (OnSuccess, "", "2", State::Alarm, 120, "F"),
    ] {
        let now = started + SignedDuration::from_secs(seconds);
        let decision = alarm(kind, states, wait).unwrap().decide(state, now);
        assert_eq!(verdict(&decision, now), expected, "{kind:?} {states:?} {wait:?} {state:?} {seconds}");
    }
}

#[test]
fn what_is_no_verdict_is_not_taken_for_one() {
    let missing = alarm(ConditionKind::BeforeEntry, "", "").unwrap().missing();
    assert_eq!(missing, failed("ConfigurationError", "alarm errors does not exist: create it, or correct AlarmName"));
    for (code, expected) in [
        ("JobFailed", "SystemUnavailable"),
        ("ConfigurationError", "ConfigurationError"),
        ("PermissionError", "PermissionError"),
    ] {
        let why = Failure { external_execution_id: Some("x".to_owned()), ..failed(code, "why") };
        assert_eq!(undecided(why.clone()), Failure { code: expected.to_owned(), ..why });
    }
}

#[test]
fn an_alarm_that_cannot_be_seen_fails_the_rule_some_looks_after_its_time_only() {
    let started = at(STARTED);
    for (wait, seconds, expected) in [
        ("", 0, Some(10)),
        ("", 10, Some(10)),
        ("", 15, Some(5)),
        ("", 20, None),
        ("1", 20, Some(10)),
        ("1", 60, Some(10)),
        ("1", 75, Some(5)),
        ("1", 80, None),
    ] {
        let (now, why) = (started + SignedDuration::from_secs(seconds), failed("SystemUnavailable", "no answer"));
        for kind in KINDS {
            let decision = alarm(kind, "", wait).unwrap().unread(why.clone(), now);
            let wanted = expected.map(|seconds| Decision::Wait(now + SignedDuration::from_secs(seconds)));
            assert_eq!(decision, wanted.ok_or(why.clone()), "{kind:?} {wait:?} {seconds}");
        }
    }
}

#[test]
fn an_alarm_that_cannot_be_read_is_refused_with_what_to_write() {
    let refusal = |states, wait| alarm(ConditionKind::BeforeEntry, states, wait).unwrap_err().to_string();
    for (states, wait, key) in [("RED", "", "AlarmStates"), ("ALARM,", "", "AlarmStates"), ("", "-1", "WaitTime")] {
        let refusal = refusal(states, wait);
        assert!(refusal.starts_with(key) && refusal.contains("of rule Check cannot be used: write "), "{refusal}");
    }
    let nameless = Alarm::new(&request("CloudWatchAlarm", ConditionKind::BeforeEntry, &[])).unwrap_err();
    assert_eq!(nameless.to_string(), "rule Check needs AlarmName in its configuration");
}

#[tokio::test(start_paused = true)]
async fn a_closed_window_is_slept_through() {
    let begin = Instant::now();
    let clock = Clock::starting(at("2026-01-02T18:00:00Z"));
    let said = Mutex::new(Vec::new());
    let waiting = |what: String| said.lock().unwrap().push(what);
    let passed = wait(&clock, &window("* * 9-17 ? * MON-FRI", "UTC").unwrap(), &waiting).await.unwrap().unwrap();
    let opens = "window \"* * 9-17 ? * MON-FRI\" in UTC opens at 2026-01-05T09:00:00Z";
    assert_eq!(said.into_inner().unwrap(), [opens]);
    assert!(passed.summary.unwrap().ends_with("is open"));
    assert_eq!((clock.now(), begin.elapsed()), (at("2026-01-05T09:00:00Z"), Duration::from_hours(63)));
}

/// An alarm that is OK until `breaks`.
struct Breaking {
    alarm: Alarm,
    breaks: Timestamp,
}

impl Look for Breaking {
    async fn look(&self, now: Timestamp) -> Result<Decision, Failure> {
        let state = if now < self.breaks { State::Ok } else { State::Alarm };
        Ok(self.alarm.decide(state, now))
    }

    fn waits(&self, _next: Timestamp) -> String {
        self.alarm.watched()
    }
}

#[tokio::test(start_paused = true)]
async fn an_alarm_that_turns_bad_while_it_is_watched_fails_the_rule() {
    let started = at(STARTED);
    let clock = Clock::starting(started);
    let breaks = started + SignedDuration::from_mins(7);
    let breaking = Breaking { alarm: alarm(ConditionKind::OnSuccess, "", "60").unwrap(), breaks };
    let said = Mutex::new(BTreeSet::new());
    let waiting = |what: String| {
        said.lock().unwrap().insert(what);
    };
    let failure = wait(&clock, &breaking, &waiting).await.unwrap().unwrap_err();
    let watched = BTreeSet::from(["alarm errors is watched until 2026-01-01T01:00:00Z".to_owned()]);
    assert_eq!(said.into_inner().unwrap(), watched);
    assert_eq!((failure.message.as_str(), clock.now()), ("alarm errors is in state ALARM", breaks));
}

/// What was watched before a restart counts: the time is the rule's, not the executor's.
#[tokio::test(start_paused = true)]
async fn a_rule_that_is_asked_again_goes_on_from_when_it_began() {
    let asked_again = at(STARTED) + SignedDuration::from_mins(50);
    let clock = Clock::starting(asked_again);
    let good = Breaking { alarm: alarm(ConditionKind::OnSuccess, "", "60").unwrap(), breaks: Timestamp::MAX };
    let passed = wait(&clock, &good, &|_| ()).await.unwrap().unwrap();
    assert_eq!(passed.summary.as_deref(), Some("alarm errors stayed OK after 60 min"));
    assert_eq!(clock.now().duration_since(asked_again).as_mins(), 10);
}

#[test]
fn a_variable_is_compared_as_the_operator_says() {
    for (variable, operator, value, holds) in [
        ("main", "EQ", "main", true),
        ("main", "EQ", "Main", false),
        ("main", "NE", "main", false),
        ("main", "NE", "", true),
        ("feature/a", "CONTAINS", "ture/", true),
        ("feature/a", "CONTAINS", "b", false),
        ("release-12", "MATCHES", "release-[0-9]+", true),
        ("release-12b", "MATCHES", "release-[0-9]+", false),
        ("b", "MATCHES", "a|b", true),
        ("", "EQ", "", true),
    ] {
        let configuration = [("Variable", variable), ("Operator", operator), ("Value", value)];
        let request = request("VariableCheck", ConditionKind::BeforeEntry, &configuration);
        let answer = variable_check::run(&request).unwrap();
        let said = format!("{variable:?} {operator} {value:?}");
        match answer {
            Ok(success) => assert_eq!((holds, success.summary), (true, Some(said))),
            Err(failure) => assert_eq!((holds, failure), (false, failed("JobFailed", format!("{said} does not hold")))),
        }
    }
}

#[test]
fn a_comparison_that_cannot_be_made_is_refused() {
    let refusal = |configuration: &[(&str, &str)]| {
        let failure = variable_check::run(&request("VariableCheck", ConditionKind::OnSuccess, configuration));
        let failure = Failure::from(failure.unwrap_err());
        format!("{}: {}", failure.code, failure.message)
    };
    let missing = refusal(&[("Variable", "a"), ("Operator", "EQ")]);
    assert_eq!(missing, "ConfigurationError: rule Check needs Value in its configuration");
    let operator = refusal(&[("Variable", "a"), ("Operator", "GT"), ("Value", "b")]);
    assert!(operator.ends_with("use EQ, NE, CONTAINS or MATCHES"), "{operator}");
    for value in ["(", "a)|(?:b"] {
        let refusal = refusal(&[("Variable", "a"), ("Operator", "MATCHES"), ("Value", value)]);
        let expected = format!("ConfigurationError: Value {value:?} of rule Check cannot be used: ");
        assert!(refusal.starts_with(&expected), "{refusal}");
    }
}
