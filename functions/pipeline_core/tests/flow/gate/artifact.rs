//! What would be deployed: its revision, its digest, and whether both stay as they were judged.

use std::{future::poll_fn, task::Poll};

use futures_util::future::join;
use jiff::SignedDuration;
use pipeline_core::{
    gate::{
        decision::Outcome,
        observation::{Execution, Source},
    },
    job::Job,
    memory::{Fault, World},
    ports::Clock,
    verdict::{FailureKind, Report},
};
use serde_json::{Value, json};

use crate::{
    gate::{again, changed, decision, denies, passes},
    release::{
        ALICE, BOB, approved, built, commit, execution, gate, gate_job, gate_until, measured, package, parameters,
        pushed, put, record, run_gate, standard,
    },
    support::{failure, reports, success, world},
};

#[test]
fn the_revision_is_the_execution_s_own_and_whole() {
    let two = || {
        let more = Source { name: "Config".into(), revision: commit().to_string() };
        let sources = standard().sources.into_iter().chain([more]).collect();
        Execution { sources, ..standard() }
    };
    let other = || Execution { sources: vec![Source { name: "S".into(), revision: "0".repeat(40) }], ..standard() };
    let none = || Execution { sources: vec![], ..standard() };
    let cases: [(Value, Execution, &str); 8] = [
        (changed(|p| p["revision"] = json!(null)), standard(), "the action names no revision"),
        (changed(|p| p["revision"] = json!("8f2c8f2c")), standard(), "a text of 8 characters is not a full commit id"),
        (changed(|p| p["revision"] = json!("")), standard(), "is not a full commit id"),
        (
            changed(|p| p["revision"] = json!(commit().to_string().to_uppercase())),
            standard(),
            "is not a full commit id",
        ),
        (changed(|p| p["revision"] = json!("1".repeat(40))), standard(), "the execution is of commit 8f2c"),
        (parameters(), other(), "the execution is of commit 0000"),
        (parameters(), two(), "the execution has 2 sources (Source, Config)"),
        (parameters(), none(), "the execution has no source revision"),
    ];
    for (parameters, execution, words) in cases {
        let world = world();
        approved(&world, &[BOB]);
        world.release.executions.borrow_mut().insert(self::execution(), execution);
        let said = denies(&world, &parameters);
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn an_artifact_or_a_package_that_was_exchanged_is_denied_by_both_digests() {
    type Exchange = fn(&World);
    let package: Exchange = |world| put(world, &package(), "other code");
    // The same bytes in another version: somebody did something.
    let again: Exchange = |world| put(world, &self::package(), "code");
    let artifact: Exchange = |world| {
        for files in world.release.artifacts.borrow_mut().values_mut() {
            files.insert("README".into(), b"new".to_vec());
        }
    };
    for exchange in [package, again, artifact] {
        let world = world();
        approved(&world, &[BOB]);
        let built = world.release.digests.borrow()[&measured()].clone();
        exchange(&world);
        let said = denies(&world, &parameters());
        let found = decision(&world).digest.unwrap();
        assert!(built != found && said.contains(built.as_str()) && said.contains(found.as_str()), "{said}");
    }
}

#[test]
fn a_package_that_is_gone_is_denied_by_name() {
    let world = world();
    approved(&world, &[BOB]);
    world.release.objects.borrow_mut().clear();
    assert!(denies(&world, &parameters()).contains("s3://packages/code.zip, which does not exist"));
}

#[test]
fn a_late_digest_is_waited_for() {
    let world = world();
    approved(&world, &[BOB]);
    let digest = world.release.digests.borrow_mut().remove(&measured()).unwrap();
    let late = async {
        world.sleep_until(world.now() + SignedDuration::from_mins(4)).await;
        world.release.digests.borrow_mut().insert(measured(), digest);
    };
    world.run(join(gate(&world, gate_job(&parameters())), late));
    success(&reports(&world));
}

#[test]
fn i24_what_never_comes_is_denied_after_the_time_that_was_given() {
    for minutes in [1, 10] {
        let world = world();
        approved(&world, &[BOB]);
        world.release.digests.borrow_mut().clear();
        let begin = world.now();
        let said = denies(&world, &changed(|parameters| parameters["max_wait_minutes"] = json!(minutes)));
        let expected = format!(
            "denied: nothing recorded yet what was built; that did not change in {minutes}m: release it again (push, \
             or start the pipeline)"
        );
        assert_eq!(said, expected);
        assert_eq!(world.now().duration_since(begin), SignedDuration::from_mins(minutes));
    }
}

#[test]
fn a_job_that_waits_hands_over_in_time_and_all_of_them_wait_no_longer_than_is_allowed() {
    let world = world();
    approved(&world, &[BOB]);
    world.release.digests.borrow_mut().clear();
    let begin = world.now();
    let until = begin + SignedDuration::from_secs(40);
    world.run(gate_until(&world, gate_job(&parameters()), until));
    let reports = world.reports.borrow();
    let Report::Continue { summary, percent, token } = &reports[0].1 else { panic!("{reports:?}") };
    assert_eq!((&summary[..], *percent), ("waiting: nothing recorded yet what was built", 4), "25 s of 10 minutes");
    assert!(token.contains("2026-11-21T12:00:00Z"), "{token}");
    // The first had 25 seconds, the others a minute each.
    assert_eq!(reports.len(), 1 + 10);
    assert!(matches!(&reports[10].1, Report::Fail { message, .. } if message.contains("that did not change in 10m")));
    // The last began when there were 35 seconds left, and looked for its minute like the others.
    assert_eq!(world.now().duration_since(begin), SignedDuration::from_mins(10) + SignedDuration::from_secs(25));
}

#[test]
fn a_token_that_is_none_of_ours_is_refused_and_one_from_the_future_waits_no_longer() {
    for token in ["", "x", "null", "{}", r#"{"since": "yesterday"}"#, r#"{"since": "2026-11-21T12:00:00Z", "by": 1}"#] {
        let world = world();
        approved(&world, &[BOB]);
        world.run(gate(&world, Job { continuation: Some(token.into()), ..gate_job(&parameters()) }));
        let (kind, said) = failure(&reports(&world));
        assert_eq!(kind, FailureKind::ConfigurationError);
        assert_eq!(said, "the continuation token is none of the gate's; retry the stage");
    }
    let world = world();
    approved(&world, &[BOB]);
    world.release.digests.borrow_mut().clear();
    let begin = world.now();
    let token = r#"{"since": "2027-11-21T12:00:00Z", "detection": null}"#;
    world.run(gate(&world, Job { continuation: Some(token.into()), ..gate_job(&parameters()) }));
    assert!(failure(&reports(&world)).1.contains("that did not change in 10m"));
    assert_eq!(world.now().duration_since(begin), SignedDuration::from_mins(10));
}

/// What it waits for takes time, and CodePipeline comes back when it likes.
#[test]
fn a_job_that_comes_back_late_looks_for_its_minute_like_the_others() {
    let world = world();
    approved(&world, &[BOB]);
    let digest = world.release.digests.borrow_mut().remove(&measured()).unwrap();
    let token = r#"{"since": "2026-11-21T11:30:00Z", "detection": null}"#;
    let late = async {
        world.sleep_until(world.now() + SignedDuration::from_secs(30)).await;
        world.release.digests.borrow_mut().insert(measured(), digest);
    };
    world.run(join(gate(&world, Job { continuation: Some(token.into()), ..gate_job(&parameters()) }), late));
    success(&reports(&world));
}

#[test]
fn a_build_that_was_retried_is_held_against_its_own_digest() {
    let world = world();
    approved(&world, &[BOB]);
    let digest = world.release.digests.borrow_mut().remove(&measured()).unwrap();
    let (execution, (bucket, _)) = measured();
    world.release.digests.borrow_mut().insert((execution, (bucket, "first.zip".into())), digest);
    assert!(denies(&world, &parameters()).contains("nothing recorded yet"));
    world.verdicts.borrow_mut().clear();
    record(&world, &built());
    assert!(again(&world, &parameters()).is_ok());
}

#[test]
fn i22_what_changes_after_an_approval_was_stored_and_before_it_was_told_is_denied() {
    let world = world();
    approved(&world, &[BOB]);
    let stored = 15;
    world.strike(stored, Fault::KilledAfter);
    run_gate(&world, &parameters());
    assert_eq!(decision(&world).outcome, Outcome::Approve);
    put(&world, &package(), "other code");
    run_gate(&world, &parameters());
    assert!(failure(&reports(&world)).1.contains("was exchanged"));
}

#[test]
fn a_denial_does_not_wait() {
    let world = world();
    approved(&world, &[ALICE]);
    world.release.digests.borrow_mut().clear();
    let begin = world.now();
    denies(&world, &parameters());
    assert_eq!(world.now(), begin);
}

#[test]
fn i22_what_changes_at_any_time_before_the_last_look_is_denied() {
    type Change = fn(&World);
    let moved: Change = |world| {
        let sources = vec![Source { name: "Source".into(), revision: "1".repeat(40) }];
        world.release.executions.borrow_mut().insert(execution(), Execution { sources, ..standard() });
    };
    let exchanged: Change = |world| put(world, &package(), "other code");
    for (change, last_look) in [(moved, 9), (exchanged, 11)] {
        for effect in 0..last_look {
            let said = changing_at(effect, change);
            let words = ["is not the one that was judged", "was exchanged", "the execution is of commit 1111"];
            assert!(words.iter().any(|words| said.contains(words)), "at {effect}: {said}");
        }
    }
}

/// The gate's denial when `change` happens right after this effect.
fn changing_at(effect: usize, change: fn(&World)) -> String {
    let world = &world();
    approved(world, &[BOB]);
    let watch = poll_fn(|context| {
        if world.effects.borrow().len() > effect {
            change(world);
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    });
    world.run(join(gate(world, gate_job(&parameters())), watch));
    failure(&reports(world)).1
}

#[test]
fn each_rule_alone_is_a_policy() {
    let only = |rule: &str, settings: Value| changed(|parameters| parameters["rules"] = json!({rule: settings}));
    let world = world();
    pushed(&world);
    passes(&world, &only("digest", json!({})));
    let world = self::world();
    approved(&world, &[BOB]);
    world.release.digests.borrow_mut().clear();
    passes(&world, &only("approved", json!({"count": 1})));
    let world = self::world();
    approved(&world, &[BOB]);
    world.release.digests.borrow_mut().clear();
    record(&world, &built());
    passes(&world, &parameters());
}
