//! The rule `no_drift`.

use futures_util::future::join;
use jiff::SignedDuration;
use pipeline_core::{
    gate::{
        decision::Noted,
        drift::{DetectionId, Drift},
    },
    job::Job,
    memory::{Fault, World},
    ports::Clock,
    verdict::Report,
};
use serde_json::{Value, json};

use crate::{
    gate::{
        changed, decision, denies,
        history::{roll_back, rollback},
        only, passes,
        well::{PROD, all_is_well, all_rules, drifts},
    },
    release::{earlier, gate, gate_job, pushed},
    support::{failure, reports, success, world},
};

fn rule() -> Value {
    only("no_drift", &json!({"stack": PROD}))
}

/// A release to a stack that came to this.
fn stack(drift: Option<Drift>) -> World {
    let world = world();
    pushed(&world);
    if let Some(drift) = drift {
        drifts(&world, drift);
    }
    world
}

fn detecting() -> Drift {
    Drift::Detecting(DetectionId(format!("detection-of-{PROD}")))
}

fn times(world: &World, effect: &str) -> usize {
    world.effects.borrow().iter().filter(|one| **one == effect).count()
}

#[test]
fn a_stack_that_is_as_its_template_says_or_not_there_lets_through() {
    for (drift, words) in [(None, "is not there yet"), (Some(Drift::InSync), "has not drifted")] {
        let world = stack(drift.clone());
        let said = passes(&world, &rule());
        assert!(said.ends_with(&format!("; {PROD} {words}")), "{said}");
        assert_eq!(decision(&world).inputs.drift, Some(Noted::Seen(drift.unwrap_or(Drift::Absent))));
    }
}

#[test]
fn a_stack_that_is_not_is_denied_and_its_resources_named() {
    let drifted = Drift::Drifted(vec!["Function was modified".into(), "Table was deleted".into()]);
    for (drift, words) in [
        (drifted, "has drifted: Function was modified, Table was deleted; undo that by hand or have a template say it"),
        (Drift::Failed("UPDATE_FAILED".into()), "CloudFormation cannot say whether time-service-prod has drifted: UPD"),
    ] {
        let world = stack(Some(drift.clone()));
        let said = denies(&world, &rule());
        assert!(said.contains(words), "{said}");
        assert_eq!(decision(&world).inputs.drift, Some(Noted::Seen(drift)));
    }
}

/// What the gate says when the stack is as `first` for so many minutes, and then in sync.
fn after(minutes: i64, first: &Drift) -> (World, Result<String, String>) {
    let world = stack(Some(first.clone()));
    let free = async {
        world.sleep_until(world.now() + SignedDuration::from_mins(minutes)).await;
        drifts(&world, Drift::InSync);
    };
    world.run(join(gate(&world, gate_job(&rule())), free));
    let said = match &reports(&world)[..] {
        [Report::Succeed { summary, .. }] => Ok(summary.clone()),
        other => Err(failure(other).1),
    };
    (world, said)
}

#[test]
fn a_stack_that_is_being_changed_is_waited_for() {
    let busy = Drift::Busy("it is UPDATE_IN_PROGRESS".into());
    let (world, said) = after(3, &busy);
    assert!(said.unwrap().contains("has not drifted"));
    assert_eq!(times(&world, "read detection"), 1, "only what was begun is looked up");
    let said = after(11, &busy).1.unwrap_err();
    let expected = "CloudFormation cannot look yet whether time-service-prod has drifted, as it is UPDATE_IN_PROGRESS; \
                    that did not change in 10m: retry the stage";
    assert!(said.contains(expected), "{said}");
}

#[test]
fn one_detection_is_begun_and_followed_from_job_to_job() {
    let (world, said) = after(4, &detecting());
    assert!(said.unwrap().contains("has not drifted"));
    assert!(world.reports.borrow().len() > 1, "it took more than one job");
    assert_eq!(times(&world, "begin detection"), 1);
    let said = after(11, &detecting()).1.unwrap_err();
    assert!(said.contains("CloudFormation is looking whether time-service-prod has drifted; that did not change"));
}

/// Another's detection, or a change of the stack, came between.
#[test]
fn a_detection_that_came_to_nothing_is_begun_again() {
    let world = stack(Some(Drift::InSync));
    let between = async {
        for (millis, drift) in [(500, Drift::Busy("it is UPDATE_IN_PROGRESS".into())), (120_000, Drift::InSync)] {
            world.sleep_until(world.now() + SignedDuration::from_millis(millis)).await;
            drifts(&world, drift);
        }
    };
    world.run(join(gate(&world, gate_job(&rule())), between));
    success(&reports(&world));
    let effects = world.effects.borrow();
    let looks: Vec<&str> = effects.iter().copied().filter(|effect| effect.ends_with("detection")).collect();
    assert_eq!(looks[..3], ["begin detection", "read detection", "begin detection"]);
    assert_eq!(looks.last(), Some(&"read detection"));
}

#[test]
fn i24_a_detection_that_cannot_be_read_is_waited_for_and_not_begun_again() {
    for (minutes, is_let) in [(4, true), (11, false)] {
        let world = stack(Some(Drift::InSync));
        world.outage("read detection", Fault::Throttled);
        let recovery = async {
            world.sleep_until(world.now() + SignedDuration::from_mins(minutes)).await;
            world.recover();
        };
        world.run(join(gate(&world, gate_job(&rule())), recovery));
        assert_eq!(times(&world, "begin detection"), 1);
        if is_let {
            success(&reports(&world));
        } else {
            assert!(failure(&reports(&world)).1.contains("read detection"));
        }
    }
}

/// Whoever can settle a job can make its token up.
#[test]
fn i24_a_detection_of_another_stack_is_none() {
    for detection in ["detection-of-time-service-beta", "", "x"] {
        let world = stack(Some(Drift::Drifted(vec!["Function".into()])));
        let token = json!({"since": "2026-11-21T12:00:00Z", "detection": detection}).to_string();
        world.run(gate(&world, Job { continuation: Some(token), ..gate_job(&rule()) }));
        let said = failure(&reports(&world)).1;
        assert!(said.contains(&format!("detection {detection} cannot be used")), "{said}");
        assert_eq!(times(&world, "begin detection"), 0);
    }
}

#[test]
fn going_back_is_not_held_up_by_drift_and_does_not_look_for_it() {
    for drift in [Drift::Drifted(vec!["Function".into()]), Drift::Busy("it changes".into()), detecting()] {
        let world = stack(Some(drift));
        roll_back(&world, Some(earlier()));
        let begin = world.now();
        let said = passes(
            &world,
            &changed(|parameters| {
                parameters["rules"] = json!({"no_drift": {"stack": PROD}});
                parameters["execution"] = json!(rollback());
            }),
        );
        assert!(said.contains("going back is not held up by drift of time-service-prod"), "{said}");
        assert_eq!((times(&world, "begin detection"), world.now()), (0, begin));
    }
}

#[test]
fn entering_looks_for_drift_again() {
    let enter = || {
        let mut parameters = all_rules();
        parameters["phase"] = json!("enter");
        parameters
    };
    for (drift, is_let) in [(Drift::InSync, true), (Drift::Drifted(vec!["Function".into()]), false)] {
        let world = world();
        all_is_well(&world);
        passes(&world, &all_rules());
        drifts(&world, drift);
        let said = crate::gate::again(&world, &enter());
        assert_eq!(said.is_ok(), is_let, "{said:?}");
    }
}
