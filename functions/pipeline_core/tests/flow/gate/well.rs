//! A release that every rule lets through.

use jiff::{SignedDuration, Timestamp};
use pipeline_core::{
    gate::{
        drift::Drift,
        source::{ApprovalRule, ApprovalRules, Identity, Maker, PullRequest, PullRequestState, Review, Reviewed, Why},
    },
    ids::{CommitId, Digest, JobId},
    memory::World,
    ports::Recorded,
    record::facts::Push,
    start_tests::run::Announced,
    verdict::{FailureKind, Report},
};
use serde_json::{Value, json};

use crate::{
    gate::changed,
    release::{ALICE, BOB, CAROL, approved, commit, execution, push, ran},
};

pub(super) const PROD: &str = "time-service-prod";
/// Someone whom the map knows by their session's name.
pub(super) const DAVE: &str = "arn:aws:sts::111122223333:assumed-role/Dev/dave@example.com";

/// Bob approved what alice pushed, carol reviewed it, its tests passed, and nothing has drifted.
pub(super) fn all_is_well(world: &World) {
    approved(world, &[BOB]);
    merged(world, pull_request());
    for (number, stage) in [(1, "Beta"), (2, "Gamma")] {
        ran(world, stage, "Test", "Succeeded");
        announced(world, number, stage, Some(true));
    }
    drifts(world, Drift::InSync);
}

/// All rules, for that.
pub(super) fn all_rules() -> Value {
    changed(|parameters| {
        parameters["rules"] = json!({
            "approved": {"count": 1, "within_hours": 168}, "pull_request": {"count": 1},
            "tested": {"actions": ["Beta/Test", "Gamma/Test"]}, "digest": {}, "no_drift": {"stack": PROD},
        });
    })
}

/// Alice's pull request of CodeCommit, that carol approved.
pub(super) fn pull_request() -> PullRequest {
    let rule = ApprovalRule { name: "one other".into(), needed: Some(1), satisfied: true };
    PullRequest {
        number: "7".into(),
        state: PullRequestState::Merged,
        branch: "main".into(),
        revision: "second".into(),
        makers: vec![
            maker(Identity::Principal(ALICE.into()), Why::Proposed),
            maker(Identity::Address("alice@example.com".into()), Why::Contributed),
        ],
        commits: vec![topic()],
        rules: Some(ApprovalRules { rules: vec![rule], overridden: None }),
        reviews: vec![review(Identity::Principal(CAROL.into()), Reviewed::Approved)],
    }
}

pub(super) fn maker(name: Identity, why: Why) -> Maker {
    Maker { names: vec![name], why }
}

/// Of what was merged.
pub(super) fn review(by: Identity, opinion: Reviewed) -> Review {
    Review { by, opinion, revision: "second".into() }
}

/// The commit that was merged.
pub(super) fn topic() -> CommitId {
    "70b1c".repeat(8).parse().expect("a commit id")
}

/// Alice pushed what was merged to a branch of hers.
pub(super) fn merged(world: &World, pull_request: PullRequest) {
    let reference = Some("refs/heads/topic".to_owned());
    world.release.pushes.borrow_mut().push(Push { reference, ..push(&topic(), ALICE) });
    world.release.pull_requests.borrow_mut().insert(commit(), pull_request);
}

pub(super) fn drifts(world: &World, drift: Drift) {
    world.release.drift.borrow_mut().insert(PROD.parse().expect("a stack's name"), drift);
}

/// A job runs an action's tests on the stack `time-service-beta`, each job a minute after the one before.
pub(super) fn announced(world: &World, number: u32, action: &str, passed: Option<bool>) {
    let job = test_job(number);
    let begin: Timestamp = "2026-11-21T08:00:00Z".parse().expect("a timestamp");
    let announced = Announced {
        job: job.clone(),
        stack: "time-service-beta".parse().expect("a stack's name"),
        stage: "beta".into(),
        action: Digest::of(action.as_bytes()),
        began: begin + SignedDuration::from_mins(number.into()),
    };
    world.announced.borrow_mut().insert((execution(), job.clone()), announced);
    if let Some(passed) = passed {
        judged(world, &job, passed);
    }
}

/// A later job has the lower id.
pub(super) fn test_job(number: u32) -> JobId {
    format!("{:08x}-abcd-1111-abcd-111111abcdef", 0x9000_0000 - number).parse().expect("a job id")
}

pub(super) fn judged(world: &World, job: &JobId, passed: bool) {
    let report = if passed {
        Report::succeed("1 of 1 passed", [].into())
    } else {
        Report::fail(FailureKind::JobFailed, "TestFunction failed")
    };
    world.verdicts.borrow_mut().insert(job.clone(), Recorded { report, sent: true });
}
