//! Jobs, stacks and deliveries for the tests.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use pipeline_core::{
    drive::{Action, Delivered, Ports},
    ids::Nonce,
    job::{Job, MalformedJob},
    memory::{Behaviour, World},
    ports::{Clock, PortError, Stack},
    start_tests::{perform::StartTests, ports::Answer},
    verdict::{FailureKind, Report},
};
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) const PARAMETERS: &str = r#"{"app_stack": "time-beta", "test_stack": "time-tests", "stage": "beta",
    "execution": "22222222-abcd-1111-abcd-111111abcdef"}"#;

pub(crate) fn world() -> World {
    World::new("2026-11-21T12:00:00Z".parse().expect("a timestamp"))
}

pub(crate) fn job(user_parameters: &str) -> Job {
    Job {
        id: "11111111-abcd-1111-abcd-111111abcdef".parse().expect("a job id"),
        account: "111122223333".into(),
        user_parameters: Some(user_parameters.into()),
        inputs: vec![],
        outputs: vec![],
        continuation: None,
    }
}

pub(crate) fn stack(outputs: &[(&str, &str)]) -> Stack {
    Stack {
        status: "CREATE_COMPLETE".into(),
        outputs: outputs.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect(),
        tags: BTreeMap::from([("flowgate:revision".into(), "8f2c".into())]),
    }
}

/// A deployed stage whose tests behave as given, named `TestFunction000`, `TestFunction001`, …
pub(crate) fn stage(world: &World, tests: &[Behaviour]) {
    let names: Vec<(String, String)> =
        (0..tests.len()).map(|n| (format!("TestFunction{n:03}"), format!("time-tests-{n:03}"))).collect();
    let outputs: Vec<(&str, &str)> = names.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    world.stacks.borrow_mut().insert("time-beta".into(), stack(&[("ApiUrl", "https://api.example/Prod")]));
    world.stacks.borrow_mut().insert("time-tests".into(), stack(&outputs));
    for ((_, function), behaviour) in names.iter().zip(tests) {
        world.functions.borrow_mut().insert(function.clone(), behaviour.clone());
    }
}

fn answer(failed: bool, value: &Value) -> Behaviour {
    let answer = Answer { failed, payload: value.to_string().into_bytes(), log: None };
    Behaviour { after: SignedDuration::from_secs(1), answer: Ok(answer) }
}

pub(crate) fn answers(value: &Value) -> Behaviour {
    answer(false, value)
}

pub(crate) fn passes() -> Behaviour {
    answers(&json!({"passed": true}))
}

pub(crate) fn fails(message: &str) -> Behaviour {
    answers(&json!({"passed": false, "message": message}))
}

pub(crate) fn raises(kind: &str, message: &str) -> Behaviour {
    let error = json!({"errorType": kind, "errorMessage": message});
    answer(true, &error)
}

pub(crate) fn drops_the_connection() -> Behaviour {
    let detail = "connection reset".to_owned();
    let answer = Err(PortError::Unavailable { operation: "invoke test function".into(), detail });
    Behaviour { after: SignedDuration::from_secs(1), answer }
}

pub(crate) fn never_answers() -> Behaviour {
    Behaviour { after: SignedDuration::from_hours(24), ..passes() }
}

/// A Lambda invocation of 15 minutes, from now.
pub(crate) fn deadline(world: &World) -> Timestamp {
    world.now() + SignedDuration::from_mins(15)
}

/// The action, for one delivery.
pub(crate) fn action(world: &World) -> StartTests<'_, World, World, World, World, &World> {
    StartTests {
        clock: world,
        sites: world,
        runs: world,
        http: world,
        artifacts: world,
        test_function: None,
        nonce: Nonce::from_random(Uuid::new_v4()),
    }
}

/// One delivery of the job to `start_tests`.
pub(crate) async fn start_tests(world: &World, job: Job) -> Delivered {
    deliver(world, Ok((job, action(world))), deadline(world)).await
}

pub(crate) async fn deliver<A: Action>(
    world: &World,
    work: Result<(Job, A), MalformedJob>,
    until: Timestamp,
) -> Delivered {
    let id = work.as_ref().map_or_else(|_| job("").id, |(job, _)| job.id.clone());
    Ports { clock: world, verdicts: world, jobs: world }.deliver(&id, work, until).await
}

/// The reports that reached CodePipeline, but for those that only ask for another job.
pub(crate) fn reports(world: &World) -> Vec<Report> {
    let reports = world.reports.borrow();
    let ends = reports.iter().filter(|(_, report, _)| !matches!(report, Report::Continue { .. }));
    ends.map(|(_, report, _)| report.clone()).collect()
}

pub(crate) fn failure(reports: &[Report]) -> (FailureKind, String) {
    match reports {
        [Report::Fail { kind, message }] => (*kind, message.clone()),
        other => panic!("not one failure: {other:?}"),
    }
}

pub(crate) fn success(reports: &[Report]) -> String {
    match reports {
        [Report::Succeed { summary, .. }] => summary.clone(),
        other => panic!("not one success: {other:?}"),
    }
}
