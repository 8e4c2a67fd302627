//! I25: whatever gets worse, a denial stays one. I24: what a rule needs and cannot see, it does not pass on.
//!
//! `PROPTEST_CASES=100000` runs as many.

mod scene;

use std::collections::BTreeMap;

use pipeline_core::{
    gate::{decision::Decision, drift::Drift, source::Reviewed},
    memory::{Fault, World},
    verdict::Report,
};
use proptest::{prelude::*, sample::select, strategy::ValueTree as _};
use serde_json::{Value, json};

use self::scene::{IDENTITIES, Scene, parameters_of, scene};
use crate::{
    gate::{
        again, changed,
        well::{all_is_well, all_rules},
    },
    release::{package, put, run_gate},
    support::{reports, world},
};

/// How a release gets worse. Numbers pick one of what there is.
#[derive(Debug, Clone)]
enum Worse {
    ApprovalGone(usize),
    ReviewGone(usize),
    Refused(usize),
    Unseen(&'static str, Fault),
    AnotherRevision,
    RevisionMoved,
    Exchanged,
    DigestGone,
    MoreMakers(usize, usize),
    PersonGone(usize),
    TestFailed(usize),
    TestUnknown(usize),
    Drifted,
    OverrideGone,
    MoreNeeded,
}

const READS: [&str; 15] = [
    "read execution",
    "read runs",
    "read parameter",
    "read released",
    "read makers",
    "read pushers",
    "read pull request",
    "read announced",
    "read verdict",
    "read digest",
    "read decisions",
    "read override",
    "begin detection",
    "read build",
    "measure package",
];

fn worse() -> impl Strategy<Value = Worse> {
    prop_oneof![
        3 => (0..3_usize).prop_map(Worse::ApprovalGone),
        2 => (0..3_usize).prop_map(Worse::ReviewGone),
        1 => (0..3_usize).prop_map(Worse::Refused),
        5 => (select(&READS[..]), select(&[Fault::Refused, Fault::Throttled, Fault::ReplyLost][..]))
            .prop_map(|(site, fault)| Worse::Unseen(site, fault)),
        1 => Just(Worse::AnotherRevision),
        1 => Just(Worse::RevisionMoved),
        1 => Just(Worse::Exchanged),
        1 => Just(Worse::DigestGone),
        4 => (0..IDENTITIES, 0..4_usize).prop_map(|(who, why)| Worse::MoreMakers(who, why)),
        4 => (0..5_usize).prop_map(Worse::PersonGone),
        1 => (0..2_usize).prop_map(Worse::TestFailed),
        1 => (0..2_usize).prop_map(Worse::TestUnknown),
        1 => Just(Worse::Drifted),
        1 => Just(Worse::OverrideGone),
        1 => Just(Worse::MoreNeeded),
    ]
}

impl Worse {
    fn of_scene(&self, scene: &mut Scene) {
        match *self {
            Self::ApprovalGone(which) => scene.votes[which] = None,
            // Without one that refuses, it may well be better.
            Self::ReviewGone(which) => {
                let is_approval = scene.reviews.get(which).is_some_and(|review| review.1 == Reviewed::Approved);
                if is_approval {
                    scene.reviews.remove(which);
                }
            }
            Self::Refused(which) => scene.reviews.push((which, Reviewed::Refused, true)),
            Self::MoreMakers(who, why) => scene.makers.push((who, why)),
            Self::PersonGone(who) => scene.gone = Some(who),
            Self::TestFailed(which) => scene.tests[which].1 = Some(false),
            Self::TestUnknown(which) => scene.tests[which].1 = None,
            Self::Drifted => scene.drift = Some(Drift::Drifted(vec!["Function".into()])),
            Self::OverrideGone => scene.overrides = None,
            _ => {}
        }
    }

    fn of_parameters(&self, parameters: &mut Value) {
        match self {
            Self::AnotherRevision => parameters["revision"] = json!("3".repeat(40)),
            Self::MoreNeeded => {
                for rule in ["approved", "pull_request"] {
                    if let Some(count) = parameters["rules"].get_mut(rule).and_then(|rule| rule.get_mut("count")) {
                        *count = json!(count.as_u64().map(|count| (count + 1).min(3)));
                    }
                }
            }
            _ => {}
        }
    }

    fn of_world(&self, world: &World) {
        match self {
            Self::Unseen(site, fault) => world.outage(site, *fault),
            Self::RevisionMoved => {
                for execution in world.release.executions.borrow_mut().values_mut() {
                    execution.sources.iter_mut().for_each(|source| source.revision = "4".repeat(40));
                }
            }
            Self::Exchanged => put(world, &package(), "code of nobody"),
            Self::DigestGone => world.release.digests.borrow_mut().clear(),
            _ => {}
        }
    }
}

/// What comes out: whether it may be released, and all that was kept.
fn judged(scene: &Scene, worse: Option<&Worse>) -> (bool, BTreeMap<String, Decision>) {
    let mut scene = scene.clone();
    let world = world();
    if let Some(worse) = worse {
        worse.of_scene(&mut scene);
    }
    scene.build(&world);
    let mut parameters = parameters_of(&scene);
    if let Some(worse) = worse {
        worse.of_parameters(&mut parameters);
        worse.of_world(&world);
    }
    run_gate(&world, &parameters);
    let decisions = world.release.decisions.borrow();
    let kept = decisions.iter().map(|(job, decision)| (job.to_string(), decision.clone())).collect();
    (matches!(reports(&world)[..], [Report::Succeed { .. }]), kept)
}

proptest! {
    #[test]
    fn i25_no_denial_becomes_an_approval_by_getting_worse(scene in scene(), worse in worse()) {
        let after = judged(&scene, Some(&worse)).0;
        prop_assert!(!after || judged(&scene, None).0, "only worse is let through: {worse:?}");
    }

    #[test]
    fn what_is_judged_twice_comes_to_the_same_and_is_read_as_it_was_kept(scene in scene()) {
        let first = judged(&scene, None);
        prop_assert_eq!(&first, &judged(&scene, None));
        for decision in first.1.values() {
            let text = serde_json::to_string(decision).expect("a decision is JSON");
            prop_assert_eq!(&serde_json::from_str::<Decision>(&text).expect("what was written is read"), decision);
        }
    }

    /// An oracle of its own for the heart of I21: who was counted is somebody else than who made it, and each once.
    #[test]
    fn i21_whoever_is_let_through_was_approved_by_enough_others(scene in scene()) {
        if scene.is_by_votes() && judged(&scene, None).0 {
            let made = scene.made();
            let mut others: Vec<&str> = scene.voters().filter(|voter| !made.contains(voter)).collect();
            others.sort_unstable();
            others.dedup();
            prop_assert!(others.len() >= scene.count, "{others:?} of {}", scene.count);
        }
    }
}

/// Both outcomes come up often, or nothing above says anything.
#[test]
fn scenes_are_of_both_kinds() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let let_through = (0..200)
        .filter(|_| {
            let scene = scene().new_tree(&mut runner).expect("a scene").current();
            judged(&scene, None).0
        })
        .count();
    assert!((40..160).contains(&let_through), "{let_through} of 200");
}

/// What each rule needs to see, while it judges a release and when that is entered: by effect.
#[test]
fn i24_no_rule_passes_on_what_it_needs_and_cannot_see() {
    let fresh: [(&str, &[&str]); 5] = [
        (
            "approved",
            &[
                "read execution",
                "read runs",
                "read parameter",
                "read released",
                "read makers",
                "read pushers",
                "read decisions",
            ],
        ),
        ("pull_request", &["read execution", "read parameter", "read pull request"]),
        ("tested", &["read execution", "read runs", "read announced", "read verdict"]),
        ("digest", &["read execution", "read digest", "read build", "measure package"]),
        ("no_drift", &["read execution", "begin detection", "read detection"]),
    ];
    for (rule, needs) in fresh {
        for site in needs {
            for fault in [Fault::Refused, Fault::Throttled] {
                let world = world();
                all_is_well(&world);
                world.outage(site, fault);
                run_gate(&world, &alone(rule, "decide"));
                assert!(!matches!(reports(&world)[..], [Report::Succeed { .. }]), "{rule} without {site}");
            }
        }
    }
    for rule in ["approved", "pull_request", "tested"] {
        for site in ["read execution", "read decisions", "read build", "measure package"] {
            let world = world();
            all_is_well(&world);
            run_gate(&world, &all_rules());
            world.outage(site, Fault::Throttled);
            assert!(again(&world, &alone(rule, "enter")).is_err(), "entering: {rule} without {site}");
            world.recover();
        }
    }
}

fn alone(rule: &str, phase: &str) -> Value {
    changed(|parameters| {
        parameters["rules"] = json!({rule: all_rules()["rules"][rule]});
        parameters["phase"] = json!(phase);
    })
}
