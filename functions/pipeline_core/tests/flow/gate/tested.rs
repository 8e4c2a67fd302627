//! The rule `tested`.

use futures_util::future::join;
use jiff::SignedDuration;
use pipeline_core::{memory::World, ports::Clock};
use serde_json::{Value, json};

use crate::{
    gate::{
        again, changed, denies,
        history::{roll_back, rollback},
        only, passes,
        well::{all_is_well, all_rules, announced, judged, test_job},
    },
    release::{earlier, execution, gate, gate_job, pushed, ran},
    support::{reports, success, world},
};

fn rule() -> Value {
    only("tested", &json!({"actions": ["Beta/Test"]}))
}

/// A release whose tests, in Beta, came to this.
fn tested(statuses: &[&str]) -> World {
    let world = world();
    pushed(&world);
    for status in statuses {
        ran(&world, "Beta", "Test", status);
    }
    world
}

#[test]
fn tests_that_passed_let_through() {
    let world = tested(&["Succeeded"]);
    announced(&world, 1, "Beta", Some(true));
    assert!(passes(&world, &rule()).starts_with("Beta/Test passed; it is of commit"));
    // CodePipeline's word suffices for tests that settle their job themselves, which nobody announces.
    passes(&tested(&["Succeeded"]), &rule());
}

#[test]
fn the_newest_run_of_an_action_counts_and_the_others_do_not() {
    for (statuses, words) in [
        (&[][..], Some("Beta/Test did not run in this execution")),
        (&["InProgress"], Some("Beta/Test is InProgress")),
        (&["Failed"], Some("Beta/Test is Failed")),
        (&["Failed", "Succeeded"], None),
        (&["Succeeded", "Failed"], Some("Beta/Test is Failed")),
        (&["Succeeded", "InProgress"], Some("Beta/Test is InProgress")),
        (&["Succeeded", "Abandoned"], Some("Beta/Test is Abandoned")),
    ] {
        let world = tested(statuses);
        let Some(words) = words else {
            passes(&world, &rule());
            continue;
        };
        let begin = world.now();
        let said = denies(&world, &rule());
        assert!(said.contains(words) && said.contains("that did not change in 10m: release it again"), "{said}");
        // CodePipeline's lists may be behind.
        assert_eq!(world.now().duration_since(begin), SignedDuration::from_mins(10), "{statuses:?}");
    }
}

#[test]
fn a_run_elsewhere_is_none() {
    type Run = fn(&World);
    let cases: [Run; 4] = [
        |world| ran(world, "Gamma", "Test", "Succeeded"),
        |world| ran(world, "Beta", "Tests", "Succeeded"),
        |world| ran(world, "Beta/Test", "Test", "Succeeded"),
        |world| {
            ran(world, "Beta", "Test", "Succeeded");
            world.release.runs.borrow_mut()[0].0 = earlier();
        },
    ];
    for run in cases {
        let world = tested(&[]);
        run(&world);
        assert!(denies(&world, &rule()).contains("Beta/Test did not run in this execution"));
    }
    // Nor does one of that name in another stage make ours any worse.
    let world = tested(&["Succeeded"]);
    ran(&world, "Gamma", "Test", "Failed");
    passes(&world, &rule());
}

#[test]
fn every_action_that_is_named_must_have_succeeded() {
    let both = only("tested", &json!({"actions": ["Beta/Test", "Gamma/Test"]}));
    let world = tested(&["Succeeded"]);
    assert!(denies(&world, &both).contains("Gamma/Test did not run in this execution"));
    let world = tested(&["Succeeded"]);
    ran(&world, "Gamma", "Test", "Succeeded");
    assert!(passes(&world, &both).starts_with("Beta/Test, Gamma/Test passed"));
}

#[test]
fn a_success_that_our_record_contradicts_is_denied_at_once() {
    let world = tested(&["Succeeded"]);
    announced(&world, 1, "Beta", Some(false));
    let begin = world.now();
    let said = denies(&world, &rule());
    let expected = format!(
        "the tests of time-service-beta did not pass, although CodePipeline was told that they did: see who settled job {}",
        test_job(1)
    );
    assert!(said.contains(&expected), "{said}");
    assert_eq!(world.now(), begin);
}

#[test]
fn a_record_that_is_not_there_yet_is_waited_for() {
    for (minutes, passed, words) in [
        (3, true, None),
        (3, false, Some("did not pass, although")),
        (11, true, Some("nobody recorded yet what the tests of time-service-beta came to")),
    ] {
        let world = tested(&["Succeeded"]);
        announced(&world, 1, "Beta", None);
        let late = async {
            world.sleep_until(world.now() + SignedDuration::from_mins(minutes)).await;
            judged(&world, &test_job(1), passed);
        };
        world.run(join(gate(&world, gate_job(&rule())), late));
        match words {
            None => drop(success(&reports(&world))),
            Some(words) => {
                let (_, said) = crate::support::failure(&reports(&world));
                assert!(said.contains(words), "{said}");
            }
        }
    }
}

/// Jobs on one stack: of each action the last one counts, and one action hides none of another.
#[test]
fn i18_of_each_action_the_last_tests_count() {
    for (jobs, is_let) in [
        (&[("Smoke", true), ("Load", true)][..], true),
        (&[("Smoke", false), ("Load", true)], false),
        (&[("Smoke", true), ("Load", false)], false),
        (&[("Smoke", false), ("Smoke", true)], true),
        (&[("Smoke", true), ("Smoke", false)], false),
        (&[("Smoke", false), ("Load", true), ("Smoke", true)], true),
        (&[("Smoke", true), ("Load", true), ("Smoke", false)], false),
    ] {
        let world = tested(&["Succeeded"]);
        for (number, (action, passed)) in (1..).zip(jobs) {
            announced(&world, number, action, Some(*passed));
        }
        if is_let {
            passes(&world, &rule());
        } else {
            denies(&world, &rule());
        }
    }
}

#[test]
fn another_execution_s_tests_say_nothing_of_this_one() {
    let world = tested(&["Succeeded"]);
    announced(&world, 1, "Beta", Some(false));
    let taken: Vec<_> = std::mem::take(&mut *world.announced.borrow_mut()).into_values().collect();
    world.announced.borrow_mut().extend(taken.into_iter().map(|one| ((earlier(), one.job.clone()), one)));
    passes(&world, &rule());
}

/// What was decided then is what counts, however long ago (I23): records of tests do not live as long as releases.
#[test]
fn i23_going_back_and_entering_look_at_no_tests() {
    let world = world();
    all_is_well(&world);
    passes(&world, &all_rules());
    roll_back(&world, Some(execution()));
    for job in [test_job(1), test_job(2)] {
        judged(&world, &job, false);
    }
    world.release.runs.borrow_mut().clear();
    for (field, value) in [("phase", json!("enter")), ("execution", json!(rollback()))] {
        world.verdicts.borrow_mut().retain(|job, _| [test_job(1), test_job(2)].contains(job));
        world.effects.borrow_mut().clear();
        let rules = all_rules()["rules"].clone();
        let said = again(
            &world,
            &changed(|parameters| {
                parameters["rules"] = rules;
                parameters[field] = value;
            }),
        );
        assert!(said.as_ref().is_ok_and(|said| said.contains("Beta/Test, Gamma/Test passed")), "{said:?}");
        assert!(!world.effects.borrow().contains(&"read announced"));
    }
}
