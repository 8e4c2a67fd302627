//! A release that waits at its gate: what the tests of `gate` and `record` have in common.

use jiff::{SignedDuration, Timestamp};
use pipeline_core::{
    digest::Object,
    drive::Delivered,
    gate::{
        observation::{ActionRun, Execution, Kind, Source},
        perform::Gate,
        source::{Identity, Made, Maker, Why},
    },
    ids::{CommitId, ExecutionId, JobId},
    job::{Artifact, Job},
    memory::{Place, World},
    ports::Parameter,
    record::{
        facts::Push,
        perform::{Fact, Kept, Record},
    },
    verdict::Report,
};
use serde_json::{Value, json};

use crate::support::{deadline, deliver, job};

pub(crate) const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
pub(crate) const ALICE_TOO: &str = "arn:aws:sts::111122223333:assumed-role/Dev/Alice@Example.com";
pub(crate) const BOB: &str = "arn:aws:iam::111122223333:user/bob";
pub(crate) const CAROL: &str = "arn:aws:iam::111122223333:user/carol";
pub(crate) const ROOT: &str = "arn:aws:iam::111122223333:root";
pub(crate) const STRANGER: &str = "arn:aws:iam::111122223333:user/stranger";
pub(crate) const UNNAMED: &str = "arn:aws:sts::111122223333:assumed-role/Dev/eve";
pub(crate) const OVERRIDES: &str = "/flowgate/time-service/overrides";
pub(crate) const PEOPLE: &str = "/flowgate/time-service/people";

pub(crate) fn commit() -> CommitId {
    "8f2c".repeat(10).parse().expect("a commit id")
}

pub(crate) fn execution() -> ExecutionId {
    "22222222-abcd-1111-abcd-111111abcdef".parse().expect("an execution id")
}

pub(crate) fn earlier() -> ExecutionId {
    "44444444-abcd-1111-abcd-111111abcdef".parse().expect("an execution id")
}

pub(crate) fn parameters() -> Value {
    json!({
        "pipeline": "time-service", "execution": execution(), "approvals": ["Approve"],
        "rules": {"approved": {"count": 1}, "digest": {}}, "people": PEOPLE, "overrides": OVERRIDES, "revision": commit(),
        "repository": {"codecommit": "time_service"}, "branch": "main", "stage": "Approve",
    })
}

pub(crate) fn artifact() -> Artifact {
    Artifact { name: "Build".into(), revision: None, bucket: "artifacts".into(), key: "build.zip".into() }
}

pub(crate) fn package() -> Object {
    Object { bucket: "packages".into(), key: "code.zip".into(), version: None }
}

/// A template of one function.
pub(crate) fn function(code: &str) -> String {
    format!("Resources: {{F: {{Type: AWS::Serverless::Function, Properties: {{CodeUri: '{code}'}}}}}}")
}

/// A release that alice pushed, built and recorded, with nobody's approval yet.
pub(crate) fn pushed(world: &World) {
    let map = json!({
        ALICE: "alice@example.com", BOB: "bob@example.com", CAROL: "carol@example.com",
        "arn:aws:iam::111122223333:role/aws-reserved/Dev": "sso", "github:alice": "alice@example.com",
        "github:bob": "bob@example.com",
    });
    people(world, &map.to_string());
    world.release.executions.borrow_mut().insert(execution(), standard());
    let template = function("s3://packages/code.zip").into_bytes();
    let place = (artifact().bucket, artifact().key);
    world.release.artifacts.borrow_mut().insert(place, [("app-output_sam.yaml".to_owned(), template)].into());
    put(world, &package(), "code");
    record(world, &built());
    record(world, &Fact::Pushed(push(&commit(), ALICE)));
}

/// What the source says of who made the commit.
pub(crate) fn makers(world: &World, makers: &[(Identity, Why)]) {
    let makers = makers.iter().map(|(name, why)| Maker { names: vec![name.clone()], why: *why }).collect();
    world.release.made.borrow_mut().insert(commit(), Made { makers, commits: vec![commit()] });
}

/// A push of a commit to the branch that is released.
pub(crate) fn push(commit: &CommitId, by: &str) -> Push {
    Push {
        repository: "time_service".into(),
        commit: commit.clone(),
        by: Some(by.to_owned()),
        reference: Some("refs/heads/main".into()),
        at: "2026-11-21T08:00:00Z".parse().ok(),
    }
}

/// What the people map holds.
pub(crate) fn people(world: &World, map: &str) {
    world.release.parameters.borrow_mut().insert(PEOPLE.into(), Parameter::Plain(map.into()));
}

/// By what the build's digest is found.
pub(crate) fn measured() -> (ExecutionId, Place) {
    (execution(), (artifact().bucket, artifact().key))
}

/// The same, after an approval of each of these.
pub(crate) fn approved(world: &World, by: &[&str]) {
    pushed(world);
    for (number, by) in by.iter().enumerate() {
        let action = if number == 0 { "Approve".to_owned() } else { format!("Approve{}", number + 1) };
        answer(world, &action, by, "Succeeded");
    }
}

pub(crate) fn standard() -> Execution {
    let source = Source { name: "Source".into(), revision: commit().to_string() };
    let rule = "arn:aws:events:eu-west-1:111122223333:rule/time-service-push".to_owned();
    Execution { kind: Kind::Standard, sources: vec![source], started_by: Some(rule) }
}

pub(crate) fn built() -> Fact {
    Fact::Built { execution: execution(), artifact: artifact() }
}

/// Puts a new version.
pub(crate) fn put(world: &World, object: &Object, content: &str) {
    let mut objects = world.release.objects.borrow_mut();
    let place = (object.bucket.clone(), object.key.clone());
    objects.entry(place).or_default().push(content.as_bytes().to_vec());
}

/// An approval action runs and gets this status; each run begins a minute after the one before.
pub(crate) fn answer(world: &World, action: &str, by: &str, status: &str) {
    add_run(world, ["Approve", action, "Approval", status], Some(by));
}

/// The same, of an action that nobody answers.
pub(crate) fn ran(world: &World, stage: &str, action: &str, status: &str) {
    add_run(world, [stage, action, "Invoke", status], None);
}

fn add_run(world: &World, [stage, action, category, status]: [&str; 4], by: Option<&str>) {
    let mut runs = world.release.runs.borrow_mut();
    let begin: Timestamp = "2026-11-21T09:00:00Z".parse().expect("a timestamp");
    let number = runs.len();
    let asked = begin + SignedDuration::from_mins(i64::try_from(number).expect("few"));
    let run = ActionRun {
        stage: stage.into(),
        action: action.into(),
        id: format!("run-{number}"),
        category: category.into(),
        status: status.into(),
        by: by.map(str::to_owned),
        asked: Some(asked),
        answered: Some(asked + SignedDuration::from_secs(30)),
    };
    runs.push((execution(), run));
}

/// One event reaches `record`; what it does without a fault is not an effect of the gate's.
pub(crate) fn record(world: &World, fact: &Fact) -> Option<Kept> {
    let recorder = Record { builds: world, packages: world, facts: world };
    let kept = world.run(recorder.keep(fact))?.ok();
    world.effects.borrow_mut().clear();
    kept
}

pub(crate) fn gate_job(parameters: &Value) -> Job {
    Job { inputs: vec![artifact()], ..job(&parameters.to_string()) }
}

/// The job of `gate`, and those that it asks for by continuation token, as CodePipeline sends them.
pub(crate) async fn gate(world: &World, job: Job) -> Delivered {
    gate_until(world, job, deadline(world)).await
}

/// The same, the first to an invocation that is killed at `until`.
pub(crate) async fn gate_until(world: &World, mut job: Job, until: Timestamp) -> Delivered {
    let mut end = deliver_gate(world, job.clone(), until).await;
    while let Delivered::Settled(Report::Continue { token, .. }, _)
    | Delivered::Repeated(Report::Continue { token, .. }) = &end
    {
        job = Job { id: next(&job.id), continuation: Some(token.clone()), ..job };
        end = deliver_gate(world, job.clone(), deadline(world)).await;
    }
    end
}

async fn deliver_gate(world: &World, job: Job, until: Timestamp) -> Delivered {
    deliver(world, Ok((job, the_gate(world))), until).await
}

/// The action, with the world behind all its ports.
pub(crate) fn the_gate(world: &World) -> Gate<'_, World, World, World, World, World, World, &World, World> {
    Gate {
        clock: world,
        executions: world,
        parameters: world,
        state: world,
        source: world,
        drift: world,
        builds: world,
        packages: world,
    }
}

/// The id of the job that continues this one.
fn next(job: &JobId) -> JobId {
    let (first, rest) = job.as_str().split_once('-').expect("a job id");
    let number = u32::from_str_radix(first, 16).expect("a number") + 1;
    format!("{number:08x}-{rest}").parse().expect("a job id")
}

pub(crate) fn run_gate(world: &World, parameters: &Value) -> Option<Delivered> {
    world.run(gate(world, gate_job(parameters)))
}
