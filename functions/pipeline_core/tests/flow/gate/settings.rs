//! I25: every setting of the action changes what comes out of at least one release.

use std::collections::BTreeSet;

use futures_util::future::join;
use jiff::SignedDuration;
use pipeline_core::{
    gate::{
        drift::Drift,
        observation::{ActionRun, Execution, ReadExecutions},
        overrides::Written,
        params,
        perform::Gate,
        source::{Identity, Made, PullRequest, ReadSource, Repository, Why},
    },
    ids::{CommitId, ExecutionId},
    job::Job,
    memory::{Fault, World},
    ports::{Clock, PortError},
    verdict::Report,
};
use serde_json::{Value, json};

use crate::{
    gate::well::{PROD, all_is_well, all_rules, drifts, maker},
    release::{CAROL, OVERRIDES, answer, execution, gate_job, makers, the_gate},
    support::{deadline, deliver, reports, world},
};

/// What a release comes to with the settings of `base`, and with one of them changed.
struct Case {
    setting: &'static str,
    given: fn(&World),
    base: Value,
    other: Value,
}

fn case(setting: &'static str, other: Value) -> Case {
    Case { setting, given: |_| (), base: all_rules(), other }
}

/// The same, where something is not well.
fn given(setting: &'static str, other: Value, given: fn(&World)) -> Case {
    Case { given, ..case(setting, other) }
}

fn unapproved(world: &World) {
    world.release.runs.borrow_mut().retain(|(_, run)| run.category != "Approval");
}

fn overridden(world: &World) {
    unapproved(world);
    let value = json!({"rules": ["approved"], "reason": "it is urgent"}).to_string();
    let written = Written { value, by: CAROL.into(), at: world.now() };
    world.release.overrides.borrow_mut().insert(format!("{OVERRIDES}/{}", execution()), written);
}

fn on_github(world: &World) {
    makers(world, &[(Identity::Account("alice".into()), Why::Pushed)]);
    // GitHub tells who pushed, where CodeCommit's events did.
    for pull_request in world.release.pull_requests.borrow_mut().values_mut() {
        pull_request.makers.push(maker(Identity::Account("alice".into()), Why::Updated));
    }
}

fn two_names() -> Value {
    let mut parameters = all_rules();
    parameters["approvals"] = json!(["Approve", "Approve2"]);
    parameters
}

fn github() -> Value {
    let mut parameters = all_rules();
    parameters["repository"] = json!({"github": "ada/time"});
    parameters
}

fn cases() -> Vec<Case> {
    let drifted = |world: &World| {
        let gamma = "time-service-gamma".parse().expect("a stack's name");
        world.release.drift.borrow_mut().insert(gamma, Drift::Drifted(vec!["Function".into()]));
    };
    let two_approved = |world: &World| {
        unapproved(world);
        answer(world, "Approve2", CAROL, "Succeeded");
    };
    vec![
        case("pipeline", json!("another")),
        case("execution", json!("99999999-abcd-1111-abcd-111111abcdef")),
        given("stage", json!("Prod"), unapproved),
        case("phase", json!("enter")),
        given("approvals", json!(["Approve2"]), two_approved),
        given("rules", json!({"digest": {}}), unapproved),
        given("rules.approved", Value::Null, unapproved),
        Case { base: two_names(), ..case("rules.approved.count", json!(2)) },
        // Bob answered at 09:00:30, and it is noon.
        case("rules.approved.within_hours", json!(2)),
        given("rules.pull_request", Value::Null, |world| world.release.pull_requests.borrow_mut().clear()),
        case("rules.pull_request.count", json!(2)),
        given("rules.tested", Value::Null, |world| world.verdicts.borrow_mut().clear()),
        case("rules.tested.actions", json!(["Beta/Test", "Delta/Test"])),
        given("rules.digest", Value::Null, |world| world.release.digests.borrow_mut().clear()),
        given("rules.no_drift", Value::Null, |world| drifts(world, Drift::Drifted(vec!["Function".into()]))),
        given("rules.no_drift.stack", json!("time-service-gamma"), drifted),
        case("people", json!("/flowgate/another/people")),
        given("overrides", json!("/flowgate/another/overrides"), overridden),
        case("revision", json!("1".repeat(40))),
        case("repository", json!({"github": "ada/time"})),
        case("repository.codecommit", json!("another")),
        Case { base: github(), ..given("repository.github", json!("eve/time"), on_github) },
        case("branch", json!("next")),
        given("max_wait_minutes", json!(3), |world| world.outage("read digest", Fault::Throttled)),
    ]
}

fn pointer(setting: &str) -> String {
    format!("/{}", setting.replace('.', "/"))
}

#[test]
fn i25_every_setting_flips_what_comes_out() {
    for Case { setting, given, base, other } in cases() {
        let mut changed = base.clone();
        match changed.pointer_mut(&pointer(setting)) {
            Some(value) => *value = other,
            None => changed[setting] = other,
        }
        let [before, after] = [base, changed].map(|parameters| told(given, &parameters));
        match setting {
            // What to do, and not whether to.
            "stage" => assert_ne!(before, after),
            _ => assert_ne!(before.is_ok(), after.is_ok(), "{setting}: {before:?}, {after:?}"),
        }
    }
}

#[test]
fn i25_every_setting_that_can_be_read_has_a_case() {
    let mut known = settings("", &all_rules());
    known.extend(settings("", &github()));
    let covered: BTreeSet<String> = cases().iter().map(|case| case.setting.to_owned()).collect();
    assert_eq!(covered, known);
}

/// The names of all settings: at each object, serde tells what it expects instead of what there is not.
fn settings(path: &str, whole: &Value) -> BTreeSet<String> {
    let mut probed = whole.clone();
    *probed.pointer_mut(pointer(path).trim_end_matches('/')).expect("an object") = json!({"?": 1});
    let complaint = params::parse(Some(&probed.to_string())).expect_err("there is no such setting").to_string();
    let expected = complaint.split_once("expected").map_or("", |(_, expected)| expected);
    assert!(!expected.is_empty() || complaint.ends_with(": unknown field"), "{complaint}");
    let mut found = BTreeSet::new();
    for name in expected.split('`').skip(1).step_by(2) {
        let setting = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        if whole.pointer(&pointer(&setting)).is_some_and(Value::is_object) {
            found.extend(settings(&setting, whole));
        }
        found.insert(setting);
    }
    found
}

/// What the gate says of a release at which something goes wrong for four minutes.
fn told(given: fn(&World), parameters: &Value) -> Result<String, String> {
    let world = &world();
    all_is_well(world);
    given(world);
    let mended = async {
        world.sleep_until(world.now() + SignedDuration::from_mins(4)).await;
        world.recover();
    };
    world.run(join(jobs(world, gate_job(parameters)), mended));
    match &reports(world)[..] {
        [Report::Succeed { summary, .. }] => Ok(summary.clone()),
        [Report::Fail { message, .. }] => Err(message.clone()),
        other => panic!("{other:?}"),
    }
}

async fn jobs(world: &World, mut job: Job) {
    let ours = Ours(world);
    for number in 2.. {
        let Gate { clock, parameters, state, drift, builds, packages, .. } = the_gate(world);
        let gate = Gate { clock, executions: &ours, parameters, state, source: &ours, drift, builds, packages };
        deliver(world, Ok((job.clone(), gate)), deadline(world)).await;
        let token = match world.reports.borrow().last() {
            Some((_, Report::Continue { token, .. }, _)) => token.clone(),
            _ => return,
        };
        let id = format!("1111111{number:x}-abcd-1111-abcd-111111abcdef").parse().expect("a job id");
        job = Job { id, continuation: Some(token), ..job };
    }
}

/// The world, of which only one pipeline and one repository are ours.
struct Ours<'a>(&'a World);

fn missing(what: &str) -> PortError {
    PortError::NotFound { what: what.to_owned() }
}

fn is_ours(repository: &Repository) -> Result<(), PortError> {
    match repository {
        Repository::CodeCommit(name) if name == "time_service" => Ok(()),
        Repository::GitHub(name) if name == "ada/time" => Ok(()),
        Repository::CodeCommit(name) | Repository::GitHub(name) => Err(missing(name)),
    }
}

impl ReadExecutions for Ours<'_> {
    async fn execution(&self, pipeline: &str, id: &ExecutionId) -> Result<Execution, PortError> {
        if pipeline == "time-service" { self.0.execution(pipeline, id).await } else { Err(missing(pipeline)) }
    }

    async fn released(&self, pipeline: &str) -> Result<Option<String>, PortError> {
        if pipeline == "time-service" { self.0.released(pipeline).await } else { Err(missing(pipeline)) }
    }

    async fn runs(&self, pipeline: &str, id: &ExecutionId) -> Result<Vec<ActionRun>, PortError> {
        if pipeline == "time-service" { self.0.runs(pipeline, id).await } else { Err(missing(pipeline)) }
    }
}

impl ReadSource for Ours<'_> {
    async fn made(
        &self,
        repository: &Repository,
        branch: &str,
        commit: &CommitId,
        since: Option<&CommitId>,
    ) -> Result<Made, PortError> {
        is_ours(repository)?;
        self.0.made(repository, branch, commit, since).await
    }

    async fn pull_request(
        &self,
        repository: &Repository,
        commit: &CommitId,
        branch: &str,
    ) -> Result<Option<PullRequest>, PortError> {
        is_ours(repository)?;
        self.0.pull_request(repository, commit, branch).await
    }
}

/// Without this, a case could flip because nothing ever passes.
#[test]
fn the_release_that_the_cases_change_passes() {
    let said = told(|_| (), &all_rules());
    assert!(said.as_ref().is_ok_and(|said| said.contains(PROD)), "{said:?}");
    let said = told(on_github, &github());
    assert!(said.is_ok(), "{said:?}");
}
