//! Events through the real handler of `sweep`, with leases and stacks in memory.

use std::cell::RefCell;

use jiff::SignedDuration;
use pipeline_aws::{
    environment::Environment,
    sweeper::{Settings, Sweeper},
};
use pipeline_core::{
    ids::{FencingToken, Nonce},
    lease::record::{Lease, Notice, State},
    memory::{Fault, World},
    ports::{Clock as _, Parameter, RecordVerdicts as _},
    repair::perform::Repair,
    sweep::{
        perform::Sweep,
        policy::switch,
        reach::{Eyes, Hands},
        report::Mode,
        stack::{StackFacts, StackStatus},
    },
    verdict::{FailureKind, Report},
};
use serde_json::{Value, json, value::RawValue};
use uuid::Uuid;

const ID: &str = "arn:aws:cloudformation:eu-west-1:111122223333:stack/time-service-pr-42/a1";
const ROLE: &str = "arn:aws:iam::111122223333:role/time-service-preview";
const ENVIRONMENT: [(&str, &str); 9] = [
    ("STATE_TABLE", "state"),
    ("SERVICE", "time-service"),
    ("OWN_STACK", "arn:aws:cloudformation:eu-west-1:111122223333:stack/time-service-flowgate/1"),
    ("MODE", "plan"),
    ("STACK_ROLES", ROLE),
    ("TOPIC_ARN", "arn:aws:sns:eu-west-1:111122223333:notices"),
    ("GRACE", "1440m"),
    ("MAX_DELETES", "20"),
    ("ADOPT_AFTER", "168h"),
];

thread_local! {
    static METRICS: RefCell<Vec<Value>> = const { RefCell::new(vec![]) };
}

/// The settings, but for one variable.
fn settings(changed: &str, to: Option<&str>) -> Result<Settings, String> {
    let lookup = |name: &str| match (name == changed, ENVIRONMENT.iter().find(|(known, _)| *known == name)) {
        (true, _) => to.map(str::to_owned),
        (false, known) => known.map(|(_, value)| (*value).to_owned()),
    };
    Settings::read(&Environment(&lookup)).map_err(|error| error.to_string())
}

/// The function's answer to an event, where its environment gives this mode.
fn handle(world: &World, mode: Mode, event: &str) -> Result<Value, String> {
    let eyes = Eyes {
        leases: world,
        stacks: world,
        all: world,
        roles: world,
        buckets: world,
        executions: world,
        switch: world,
    };
    let hands = Hands { leases: world, stacks: world, buckets: world, people: world };
    let policy = settings("", None).expect("good settings").policy;
    let repair = Repair { clock: world, open: world, verdicts: world, jobs: world, runs: world, sites: world };
    let sweeper = Sweeper {
        repair: async |until| repair.run(until).await,
        sweep: Sweep { clock: world, eyes, hands, policy, random: Uuid::new_v4 },
        mode,
        metrics: |line| METRICS.with_borrow_mut(|metrics| metrics.push(line.clone())),
    };
    let event: &RawValue = serde_json::from_str(event).expect("Lambda hands over JSON only");
    let deadline = u64::try_from(world.now().as_millisecond()).expect("after 1970") + 3_600_000;
    let handled = world.run(sweeper.handle(event, deadline)).expect("no fault");
    handled.map(|report| serde_json::to_value(report).expect("JSON")).map_err(|error| error.to_string())
}

/// A world with one stack whose lease was released.
fn world() -> World {
    let world = World::new("2026-11-21T12:00:00Z".parse().expect("a timestamp"));
    world.release.parameters.borrow_mut().insert(switch("time-service"), Parameter::Plain("allowed".into()));
    let released = "2026-11-21T11:00:00Z".parse().expect("a timestamp");
    world.leases.put(Lease {
        stack: "time-service-pr-42".parse().expect("an id"),
        token: FencingToken(7),
        first: FencingToken(7),
        holder: None,
        source: None,
        bound: Some(ID.parse().expect("an id")),
        empty_buckets: false,
        executions: vec![],
        superseded: vec![],
        hold_until: None,
        state: State::Dirty { notice: Notice::Release { at: released }, absent_at: None },
        due: Some(released),
        kept: None,
        nonce: Nonce::from_random(Uuid::new_v4()),
    });
    let tag = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let facts = StackFacts {
        id: ID.parse().expect("an id"),
        status: StackStatus("CREATE_COMPLETE".into()),
        reason: None,
        tags: [tag("flowgate:ephemeral", "true"), tag("flowgate:service", "time-service"), tag("flowgate:token", "7")]
            .into(),
        parent: None,
        protected: Some(false),
        role: Some(ROLE.into()),
        created: "2026-11-20T12:00:00Z".parse().expect("a timestamp"),
        changed: None,
        exports: vec![],
    };
    world.cloud.put(facts.into());
    world
}

fn deletions(world: &World) -> usize {
    world.cloud.deletions.borrow().len()
}

#[test]
fn a_run_does_what_its_event_says_and_else_what_its_environment_says() {
    for (environment, event, expected) in [
        (Mode::Plan, "{}", "plan"),
        (Mode::Apply, "{}", "apply"),
        (Mode::Apply, r#"{"mode": "plan"}"#, "plan"),
        (Mode::Plan, r#"{"mode": "apply"}"#, "apply"),
        (Mode::Apply, r#"{"adopt": false}"#, "apply"),
    ] {
        let world = world();
        let report = handle(&world, environment, event).unwrap();
        assert_eq!(report["mode"], expected, "{event}");
        assert_eq!(
            (&report["entries"][0]["stack"], report["entries"].as_array().unwrap().len()),
            (&json!("time-service-pr-42"), 1)
        );
        assert_eq!(deletions(&world), usize::from(expected == "apply"), "{report}");
    }
}

#[test]
fn i13_a_plan_writes_and_deletes_nothing() {
    let world = world();
    let report = handle(&world, Mode::Plan, "{}").unwrap();
    assert_eq!(report["entries"][0]["outcome"], "planned", "{report}");
    assert_eq!((deletions(&world), world.leases.history.borrow().len()), (0, 0));
}

#[test]
fn adoption_is_work_of_its_own() {
    let world = world();
    let report = handle(&world, Mode::Apply, r#"{"adopt": true}"#).unwrap();
    assert_eq!((&report["mode"], deletions(&world)), (&json!("apply"), 0), "{report}");
    assert!(world.effects.borrow().contains(&"list stacks"));
}

#[test]
fn what_asks_for_something_else_does_nothing() {
    let deep = format!(r#"{{"mode": {}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let big = json!({"x".repeat(1 << 20): 1}).to_string();
    let long = json!({"mode": "x".repeat(1 << 20)}).to_string();
    for event in [
        "null",
        "[]",
        r#"["apply", true]"#,
        "7",
        "true",
        r#""apply""#,
        r#"{"mode": null}"#,
        r#"{"mode": "APPLY"}"#,
        r#"{"mode": "apply "}"#,
        r#"{"mode": ["apply"]}"#,
        r#"{"mode": {"apply": null}}"#,
        r#"{"mode": "plan", "mode": "apply"}"#,
        r#"{"Mode": "plan"}"#,
        r#"{"repair": true, "adopt": true}"#,
        r#"{"repair": null}"#,
        r#"{"repair": "true"}"#,
        r#"{"repair": true, "repair": true}"#,
        r#"{"adopt": null}"#,
        r#"{"adopt": "true"}"#,
        r#"{"adopt": 1}"#,
        r#"{"adopt": true, "adopt": false}"#,
        r#"{"dry_run": true}"#,
        r#"{"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}"#,
        r#"{"CodePipeline.job": {"id": "11111111-abcd-1111-abcd-111111abcdef"}}"#,
        &deep,
        &big,
        &long,
    ] {
        let world = world();
        let error = handle(&world, Mode::Apply, event).unwrap_err();
        assert!(error.starts_with("the event is not {\"mode\"") && error.len() < 1000, "{error}");
        assert!(world.effects.borrow().is_empty(), "{error}");
    }
}

/// A world with one verdict that was not sent, and the stack.
fn unsent() -> World {
    let world = world();
    let job = "11111111-abcd-1111-abcd-111111abcdef".parse().expect("a job id");
    let report = Report::fail(FailureKind::JobFailed, "expected 200, got 502");
    world.run(world.record(&job, &report)).expect("no fault").expect("recorded");
    world.pass(SignedDuration::from_mins(2));
    world.effects.borrow_mut().clear();
    world
}

#[test]
fn i13_repair_works_in_every_mode_and_looks_at_no_stack_and_no_lease() {
    for (environment, event) in [
        (Mode::Plan, r#"{"repair": true}"#),
        (Mode::Apply, r#"{"repair": true}"#),
        (Mode::Apply, r#"{"repair": true, "mode": "plan"}"#),
        (Mode::Plan, r#"{"adopt": false, "repair": true}"#),
    ] {
        let world = unsent();
        let report = handle(&world, environment, event).unwrap();
        assert_eq!((&report["entries"][0]["outcome"], &report["more"]), (&json!("settled"), &json!(false)), "{report}");
        assert_eq!(world.effects.borrow()[..], ["find open", "read verdict", "settle job", "mark sent"]);
        assert!(METRICS.take().is_empty());
    }
    let world = unsent();
    handle(&world, Mode::Apply, r#"{"repair": false}"#).unwrap();
    assert_eq!((deletions(&world), world.reports.borrow().len()), (1, 0), "that asks for a sweep");
}

#[test]
fn people_are_alerted_of_what_keeps_repair_from_its_work_and_of_jobs_that_it_gave_up() {
    for effect in ["find open", "read verdict", "settle job", "mark sent"] {
        let world = unsent();
        world.outage(effect, Fault::Refused);
        handle(&world, Mode::Plan, r#"{"repair": true}"#).unwrap();
        let metrics = METRICS.take();
        let [line] = &metrics[..] else { panic!("{effect}: {metrics:?}") };
        assert_eq!((&line["SweepTroubles"], &line["Service"]), (&json!(1), &json!("time-service")), "{effect}");
    }
    let world = unsent();
    world.outage("settle job", Fault::Refused);
    world.pass(SignedDuration::from_hours(25));
    let report = handle(&world, Mode::Plan, r#"{"repair": true}"#).unwrap();
    assert_eq!(
        (&report["entries"][0]["outcome"], &METRICS.take()[0]["JobsNotSettled"]),
        (&json!("given_up"), &json!(1))
    );
}

#[test]
fn people_are_alerted_of_a_stack_that_cannot_be_deleted() {
    let world = world();
    let refuse = |live: &mut pipeline_core::memory::Live| live.refusal = Some("it is protected".into());
    world.cloud.edit(&ID.parse().unwrap(), refuse);
    let report = handle(&world, Mode::Apply, "{}").unwrap();
    let metrics = METRICS.take();
    let [line] = &metrics[..] else { panic!("{metrics:?} {report}") };
    assert_eq!((&line["StacksQuarantined"], &line["Service"]), (&json!(1), &json!("time-service")));
}

#[test]
fn people_are_alerted_while_what_sweep_needs_is_out_of_reach() {
    for (effect, mode) in [
        ("find due leases", Mode::Plan),
        ("find due leases", Mode::Apply),
        ("read parameter", Mode::Apply),
        ("read lease", Mode::Apply),
        ("delete stack", Mode::Apply),
    ] {
        let world = world();
        world.outage(effect, Fault::Refused);
        let report = handle(&world, mode, "{}").unwrap();
        assert!(world.effects.borrow().contains(&effect), "{effect}: {report}");
        let metrics = METRICS.take();
        let [line] = &metrics[..] else { panic!("{effect}: {metrics:?} {report}") };
        assert_eq!(line["SweepTroubles"], 1, "{effect}: {report}");
    }
}

#[test]
fn an_idle_run_is_one_call() {
    let world = World::new("2026-11-21T12:00:00Z".parse().unwrap());
    assert_eq!(handle(&world, Mode::Apply, "{}").unwrap()["entries"], json!([]));
    assert_eq!(world.effects.borrow()[..], ["find due leases"]);
}

#[test]
fn the_settings_are_those_of_the_environment() {
    let Settings { table, mode, topic, policy } = settings("", None).unwrap();
    assert_eq!((&table[..], mode, &topic[..]), ("state", Mode::Plan, "arn:aws:sns:eu-west-1:111122223333:notices"));
    assert_eq!((policy.place.account.as_str(), policy.roles), ("111122223333", [ROLE.to_owned()].into()));
    assert_eq!((policy.grace.as_hours(), policy.adopt_after.as_hours(), policy.margin.as_secs()), (24, 168, 60));
    assert_eq!(policy.max_deletes, 20);
    assert_eq!(settings("MODE", Some("apply")).unwrap().mode, Mode::Apply);
    assert_eq!(settings("MODE", None).unwrap().mode, Mode::Plan, "nothing is deleted unless somebody says so");
}

#[test]
fn a_bad_environment_fails_at_the_start_and_names_its_variable() {
    for (name, bad) in [
        ("STATE_TABLE", None),
        ("SERVICE", Some("")),
        ("OWN_STACK", Some("arn:aws:cloudformation:eu-west-1:1:stack/x/1")),
        ("MODE", Some("APPLY")),
        ("MODE", Some("")),
        ("STACK_ROLES", None),
        ("STACK_ROLES", Some("")),
        ("STACK_ROLES", Some(" , ")),
        ("STACK_ROLES", Some("time-service-preview")),
        ("TOPIC_ARN", Some("notices")),
        ("GRACE", None),
        ("GRACE", Some("1440")),
        ("GRACE", Some("-1m")),
        ("MAX_DELETES", Some("-1")),
        ("MAX_DELETES", Some("all")),
        ("ADOPT_AFTER", Some("")),
        ("MARGIN_SECONDS", Some("1m")),
    ] {
        let error = settings(name, bad).unwrap_err();
        assert!(error.contains(&format!("variable {name} is ")), "{error}");
    }
}
