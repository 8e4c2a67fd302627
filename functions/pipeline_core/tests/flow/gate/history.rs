//! I23: what was decided before.

use jiff::SignedDuration;
use pipeline_core::{
    gate::{
        decision::{Decision, Outcome, ReadDecisions},
        observation::{Execution, Kind},
    },
    ids::ExecutionId,
    memory::World,
    ports::Recorded,
    verdict::{FailureKind, Report},
};
use serde_json::{Value, json};

use crate::{
    gate::{again, changed, decision, denies, passes},
    release::{ALICE, BOB, CAROL, answer, approved, earlier, execution, package, parameters, put, standard},
    support::world,
};

#[test]
fn i23_a_rollback_passes_without_a_person_when_its_target_was_approved_with_just_this() {
    let world = world();
    approved(&world, &[BOB]);
    passes(&world, &parameters());
    roll_back(&world, Some(execution()));
    assert!(rolled_back(&world).unwrap().contains("bob@example.com approved"));

    for spoil in [
        (|world| world.release.decisions.borrow_mut().clear()) as fn(&World),
        |world| put(world, &package(), "other code"),
        |world| roll_back(world, Some(earlier())),
        |world| roll_back(world, None),
        |world| {
            for decision in world.release.decisions.borrow_mut().values_mut() {
                decision.outcome = Outcome::Deny;
            }
        },
    ] {
        let world = self::world();
        approved(&world, &[BOB]);
        passes(&world, &parameters());
        roll_back(&world, Some(execution()));
        spoil(&world);
        assert!(rolled_back(&world).is_err());
    }
}

#[test]
fn i23_a_rollback_to_something_else_than_was_approved_is_denied_whatever_the_other_rules_are() {
    let world = world();
    approved(&world, &[BOB]);
    passes(&world, &parameters());
    roll_back(&world, Some(execution()));
    let only_approved = changed(|parameters| {
        parameters["execution"] = json!(rollback());
        parameters["rules"] = json!({"approved": {"count": 1}});
    });
    put(&world, &package(), "other code");
    let said = again(&world, &only_approved).unwrap_err();
    assert!(said.contains("never let through here by approved with the artifact"), "{said}");
}

/// A gate that looked at the artifact alone, or asked for fewer people, is no word for it.
#[test]
fn i23_a_rollback_to_what_passed_by_fewer_rules_or_fewer_people_is_denied() {
    let digest = || json!({"digest": {}});
    let asked = |count: usize| json!({"approved": {"count": count}});
    let cases = [
        (&[BOB][..], digest(), asked(1), false),
        (&[BOB], asked(1), asked(2), false),
        (&[BOB], asked(1), asked(1), true),
        (&[BOB, CAROL], asked(2), asked(1), true),
    ];
    for (people, then, now, is_let) in cases {
        let world = world();
        approved(&world, people);
        let with = |execution, rules: &Value| {
            changed(|parameters| {
                parameters["execution"] = json!(execution);
                parameters["approvals"] = json!(["Approve", "Approve2"]);
                parameters["rules"] = rules.clone();
            })
        };
        passes(&world, &with(execution(), &then));
        roll_back(&world, Some(execution()));
        assert_eq!(again(&world, &with(rollback(), &now)).is_ok(), is_let, "{then} then, {now} now");
    }
}

/// An execution that goes back to this one.
pub(super) fn roll_back(world: &World, target: Option<ExecutionId>) {
    let execution = Execution { kind: Kind::Rollback(target), started_by: Some(ALICE.into()), ..standard() };
    world.release.executions.borrow_mut().insert(rollback(), execution);
}

/// Its id.
pub(super) fn rollback() -> ExecutionId {
    "55555555-abcd-1111-abcd-111111abcdef".parse().expect("an execution id")
}

fn rolled_back(world: &World) -> Result<String, String> {
    again(world, &changed(|parameters| parameters["execution"] = json!(rollback())))
}

#[test]
fn decisions_are_read_the_oldest_first() {
    let world = world();
    approved(&world, &[ALICE]);
    denies(&world, &parameters());
    let first = decision(&world);
    let earlier = |job: &str, minutes| {
        let at = first.at - SignedDuration::from_mins(minutes);
        Decision { job: job.parse().expect("a job id"), at, ..first.clone() }
    };
    for decision in
        [earlier("99999999-abcd-1111-abcd-111111abcdef", 2), earlier("88888888-abcd-1111-abcd-111111abcdef", 1)]
    {
        world.release.decisions.borrow_mut().insert(decision.job.clone(), decision);
    }
    let read = world.run(world.decisions(&execution())).unwrap().unwrap();
    let jobs: Vec<&str> = read.iter().map(|decision| &decision.job.as_str()[..1]).collect();
    assert_eq!(jobs, ["9", "8", "1"]);
}

#[test]
fn i23_a_denial_uses_nothing_up_and_an_approval_uses_up_what_it_counted() {
    let world = world();
    approved(&world, &[ALICE]);
    denies(&world, &parameters());
    answer(&world, "Approve", BOB, "Succeeded");
    assert!(again(&world, &parameters()).is_ok());

    let world = self::world();
    approved(&world, &[BOB]);
    passes(&world, &parameters());
    let said = again(&world, &parameters()).unwrap_err();
    assert!(
        said.contains("was used up by an earlier release") && said.contains("retry all actions of Approve"),
        "{said}"
    );
    answer(&world, "Approve", BOB, "Succeeded");
    world.verdicts.borrow_mut().clear();
    world.release.decisions.borrow_mut().remove(&"33333333-abcd-1111-abcd-111111abcdef".parse().unwrap());
    assert!(again(&world, &parameters()).is_ok());
}

/// The job failed at something else after the decision was stored: nothing was released by it.
#[test]
fn i23_an_approval_that_was_never_told_is_not_used_up_and_brings_nothing_back() {
    let told = |verdict: Option<Report>| {
        let world = world();
        approved(&world, &[BOB]);
        passes(&world, &parameters());
        let job = decision(&world).job;
        let mut verdicts = world.verdicts.borrow_mut();
        verdicts.remove(&job);
        verdicts.extend(verdict.map(|report| (job, Recorded { report, sent: true })));
        drop(verdicts);
        world
    };
    let failed = || Some(Report::fail(FailureKind::SystemUnavailable, "the verdict could not be stored"));
    let waits = || Some(Report::proceed("token", 10, "waiting"));
    // Verdicts are forgotten before decisions are.
    for (verdict, is_used) in [(failed(), false), (waits(), false), (None, true)] {
        assert_eq!(again(&told(verdict.clone()), &parameters()).is_err(), is_used, "{verdict:?}");
        let world = told(verdict.clone());
        roll_back(&world, Some(execution()));
        assert_eq!(rolled_back(&world).is_ok(), is_used, "{verdict:?}");
    }
}

/// By which key a rollback gets its artifact is not documented.
#[test]
fn i23_a_rollback_whose_artifact_is_elsewhere_rests_on_what_was_let_through() {
    for exchanged in [false, true] {
        let world = world();
        approved(&world, &[BOB]);
        passes(&world, &parameters());
        roll_back(&world, Some(execution()));
        world.release.digests.borrow_mut().clear();
        if exchanged {
            put(&world, &package(), "other code");
        }
        assert_eq!(rolled_back(&world).is_ok(), !exchanged);
    }
}
