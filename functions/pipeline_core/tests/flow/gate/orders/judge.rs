//! Runs the real gate, holds what it says against what it must say, and remembers where that was asked before.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};
use pipeline_core::{
    gate::{
        decision::{Decision, Outcome},
        observation::{self, ActionRun, Kind, Source},
    },
    ids::ExecutionId,
    job::{Artifact, Job},
    memory::World,
    record::perform::Fact,
};
use serde_json::{Value, json};

use super::model::{Asked, Execution, Model, Who};
use crate::{
    release::{
        ALICE, ALICE_TOO, BOB, CAROL, artifact, commit, function, gate, gate_job, package, parameters, people, push,
        put, record,
    },
    support::world,
};

type Key = (String, usize, bool);

/// The real gate, and what it must say.
pub(super) struct Judge {
    needed: usize,
    known: HashMap<Key, Option<Decision>>,
    told: BTreeMap<&'static str, u64>,
}

impl Judge {
    pub(super) fn new(needed: usize) -> Self {
        let told = ["decided to release", "decided against", "entered", "went back", "kept out"];
        Self { needed, known: HashMap::new(), told: told.into_iter().map(|what| (what, 0)).collect() }
    }

    pub(super) fn told(&self) -> Vec<(&'static str, u64)> {
        self.told.iter().map(|(what, count)| (*what, *count)).collect()
    }

    /// How often the gate itself was asked.
    pub(super) fn asked(&self) -> usize {
        self.known.len()
    }

    /// The gate of Approve: what it decided, if it let the execution through.
    pub(super) fn decide(&mut self, model: &Model, at: usize) -> Option<Decision> {
        let execution = &model.executions[at];
        let must = !execution.is_exchanged
            && execution.approved_in.is_none_or(|round| round + 1 < execution.rounds.len())
            && others(execution) >= self.needed;
        let decision = self.ask(model, at, "decide", must);
        self.count(if decision.is_some() { "decided to release" } else { "decided against" });
        decision
    }

    /// The gate of Prod.
    pub(super) fn enters(&mut self, model: &Model, at: usize) -> bool {
        let execution = &model.executions[at];
        let origin = &model.executions[execution.target.unwrap_or(at)];
        let must = origin.approved_in.is_some() && !origin.is_exchanged;
        let is_in = self.ask(model, at, "enter", must).is_some();
        self.count(match (is_in, execution.target) {
            (true, None) => "entered",
            (true, Some(_)) => "went back",
            (false, _) => "kept out",
        });
        is_in
    }

    fn count(&mut self, what: &'static str) {
        *self.told.entry(what).or_default() += 1;
    }

    fn ask(&mut self, model: &Model, at: usize, phase: &str, must: bool) -> Option<Decision> {
        let execution = &model.executions[at];
        let origin = execution.target.unwrap_or(at);
        let key = (format!("{:?} {:?}", seen(execution), seen(&model.executions[origin])), at, phase == "enter");
        let decision =
            self.known.entry(key).or_insert_with(|| let_through(&build(model, at), at, self.needed, phase)).clone();
        assert_eq!(decision.is_some(), must, "{phase} of {at} in {model:#?}");
        decision
    }
}

/// All that the gate can see of an execution.
fn seen(execution: &Execution) -> impl std::fmt::Debug {
    (execution.by, execution.target, execution.rounds.clone(), execution.is_exchanged, execution.approved_in)
}

/// How many people approved in the last round who did not push.
fn others(execution: &Execution) -> usize {
    let round = execution.rounds.last().into_iter().flatten();
    let mut people: Vec<&str> = round
        .filter_map(|run| match run {
            Asked::Approved(who) if who.person() != execution.by.person() => Some(who.person()),
            _ => None,
        })
        .collect();
    people.sort_unstable();
    people.dedup();
    people.len()
}

fn let_through(world: &World, at: usize, needed: usize, phase: &str) -> Option<Decision> {
    let mut asked = asked(at, needed);
    asked["phase"] = json!(phase);
    let job = Job { inputs: vec![built(world, at)], ..gate_job(&asked) };
    world.run(gate(world, job));
    let decisions = world.release.decisions.borrow();
    let id = gate_job(&asked).id;
    let decision = decisions.values().filter(|decision| decision.job >= id).max_by_key(|one| one.at)?.clone();
    drop(decisions);
    (decision.outcome == Outcome::Approve).then(|| renamed(decision, at))
}

/// A job of its own for each execution's decision.
fn renamed(decision: Decision, at: usize) -> Decision {
    Decision { job: format!("0000000{at}-abcd-1111-abcd-111111abcdef").parse().expect("a job id"), ..decision }
}

fn asked(at: usize, needed: usize) -> Value {
    let mut asked = parameters();
    asked["execution"] = json!(id(at));
    asked["rules"]["approved"]["count"] = json!(needed);
    asked["approvals"] = (0..needed).map(action).collect();
    asked["max_wait_minutes"] = json!(1);
    asked
}

fn action(number: usize) -> String {
    format!("Approve{number}")
}

fn id(at: usize) -> ExecutionId {
    format!("2222222{at}-abcd-1111-abcd-111111abcdef").parse().expect("an execution id")
}

fn arn(who: Who) -> &'static str {
    match who {
        Who::Alice => ALICE,
        Who::AliceToo => ALICE_TOO,
        Who::Bob => BOB,
        Who::Carol => CAROL,
    }
}

fn built(world: &World, at: usize) -> Artifact {
    let target = match world.release.executions.borrow().get(&id(at)).map(|one| one.kind.clone()) {
        Some(Kind::Rollback(Some(target))) => target,
        _ => id(at),
    };
    Artifact { key: format!("{target}.zip"), ..artifact() }
}

/// The world as the model has it.
fn build(model: &Model, at: usize) -> World {
    let world = world();
    let map = json!({
        ALICE: "alice@example.com", BOB: "bob@example.com", CAROL: "carol@example.com",
        "arn:aws:iam::111122223333:role/aws-reserved/Dev": "sso",
    });
    people(&world, &map.to_string());
    let origin = model.executions[at].target.unwrap_or(at);
    add(&world, origin, &model.executions[origin]);
    if origin != at {
        let kind = Kind::Rollback(Some(id(origin)));
        let rollback = observation::Execution { kind, sources: sources(), started_by: Some(ALICE.into()) };
        world.release.executions.borrow_mut().insert(id(at), rollback);
    }
    world
}

fn sources() -> Vec<Source> {
    vec![Source { name: "Source".into(), revision: commit().to_string() }]
}

fn add(world: &World, at: usize, execution: &Execution) {
    let standard = observation::Execution { kind: Kind::Standard, sources: sources(), started_by: None };
    world.release.executions.borrow_mut().insert(id(at), standard);
    put(world, &package(), "code");
    let artifact = built(world, at);
    let template = function("s3://packages/code.zip").into_bytes();
    let files = [("app-output_sam.yaml".to_owned(), template), ("execution".to_owned(), at.to_string().into_bytes())];
    let place = (artifact.bucket.clone(), artifact.key.clone());
    world.release.artifacts.borrow_mut().insert(place.clone(), files.into());
    record(world, &Fact::Built { execution: id(at), artifact });
    record(world, &Fact::Pushed(push(&commit(), arn(execution.by))));
    if execution.is_exchanged {
        let mut artifacts = world.release.artifacts.borrow_mut();
        artifacts.get_mut(&place).expect("the artifact").insert("execution".into(), b"another".to_vec());
    }
    for (round, runs) in execution.rounds.iter().enumerate() {
        for (number, run) in runs.iter().enumerate() {
            world.release.runs.borrow_mut().push((id(at), asked_for(round, number, *run)));
        }
    }
    for decision in &execution.decisions {
        world.release.decisions.borrow_mut().insert(decision.job.clone(), decision.clone());
    }
}

fn asked_for(round: usize, number: usize, run: Asked) -> ActionRun {
    let begin: Timestamp = "2026-11-21T09:00:00Z".parse().expect("a timestamp");
    let asked = begin + SignedDuration::from_mins(i64::try_from(round).expect("few"));
    let (status, by) = match run {
        Asked::Waits => ("InProgress", None),
        Asked::Approved(who) => ("Succeeded", Some(arn(who).to_owned())),
        Asked::Rejected => ("Failed", Some(BOB.to_owned())),
    };
    ActionRun {
        stage: "Approve".into(),
        action: action(number),
        id: format!("run-{round}-{number}"),
        category: "Approval".into(),
        status: status.into(),
        by,
        asked: Some(asked),
        answered: Some(asked + SignedDuration::from_secs(30)),
    }
}
