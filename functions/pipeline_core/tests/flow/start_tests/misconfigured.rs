//! What is wrong with the pipeline or its stacks is told by name, and nothing is started.

use futures_util::future::join;
use jiff::SignedDuration;
use pipeline_core::{memory::World, ports::Clock as _, verdict::FailureKind};

use super::run;
use crate::support::{PARAMETERS, failure, job, passes, reports, stack, stage, start_tests, success, world};

/// A stage whose test stack somebody deploys, for so many minutes; the status then.
fn deployed_meanwhile(minutes: i64, status: &str) -> World {
    let world = world();
    stage(&world, &[passes()]);
    let becomes = |status: &str| {
        status.clone_into(&mut world.stacks.borrow_mut().get_mut("time-tests").expect("a stack").status);
    };
    becomes("UPDATE_IN_PROGRESS");
    let deployment = async {
        world.sleep_until(world.now() + SignedDuration::from_mins(minutes)).await;
        becomes(status);
    };
    world.run(join(start_tests(&world, job(PARAMETERS)), deployment));
    world
}

#[test]
fn tests_that_a_newer_execution_deploys_are_waited_for() {
    for status in ["UPDATE_COMPLETE", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"] {
        assert_eq!(success(&reports(&deployed_meanwhile(4, status))), "1 of 1 passed");
    }
    for (minutes, status, words) in [
        (20, "UPDATE_COMPLETE", "stack time-tests is UPDATE_IN_PROGRESS"),
        (1, "UPDATE_ROLLBACK_IN_PROGRESS", "stack time-tests is UPDATE_ROLLBACK_IN_PROGRESS"),
    ] {
        let world = deployed_meanwhile(minutes, status);
        let (kind, message) = failure(&reports(&world));
        assert!(kind == FailureKind::ConfigurationError && message.contains(words), "{message}");
        let looks = world.effects.borrow().iter().filter(|effect| **effect == "describe stack").count();
        assert!((2..=63).contains(&looks), "{looks}");
    }
}

#[test]
fn an_app_that_is_being_deployed_is_not_waited_for() {
    let world = world();
    stage(&world, &[passes()]);
    for name in ["time-beta", "time-tests"] {
        world.stacks.borrow_mut().get_mut(name).expect("a stack").status = "UPDATE_IN_PROGRESS".into();
    }
    let begin = world.now();
    run(&world, PARAMETERS);
    assert!(failure(&reports(&world)).1.contains("stack time-beta is UPDATE_IN_PROGRESS"));
    assert_eq!(world.now(), begin);
}

#[test]
fn misconfigurations_name_the_stack_and_the_key() {
    type Spoil = fn(&World);
    let cases: &[(&str, Spoil, &str)] = &[
        (PARAMETERS, |world| drop(world.stacks.take()), "stack time-beta does not exist"),
        (PARAMETERS, |world| drop(world.stacks.borrow_mut().remove("time-tests")), "stack time-tests does not exist"),
        (
            PARAMETERS,
            |world| drop(world.stacks.borrow_mut().insert("time-beta".into(), stack(&[("Url", "x")]))),
            "stack time-beta has no output ApiUrl; it has Url",
        ),
        (
            PARAMETERS,
            |world| drop(world.stacks.borrow_mut().insert("time-tests".into(), stack(&[("Other", "x")]))),
            "there is no test: stack time-tests has no output whose key starts with TestFunction; it has Other, and the action ",
        ),
        (
            PARAMETERS,
            |world| world.stacks.borrow_mut().get_mut("time-beta").unwrap().status = "UPDATE_IN_PROGRESS".into(),
            "stack time-beta is UPDATE_IN_PROGRESS",
        ),
        (
            PARAMETERS,
            |world| world.stacks.borrow_mut().get_mut("time-beta").unwrap().status = "UPDATE_ROLLBACK_COMPLETE".into(),
            "stack time-beta is UPDATE_ROLLBACK_COMPLETE",
        ),
        (
            PARAMETERS,
            |world| world.stacks.borrow_mut().get_mut("time-tests").unwrap().status = "DELETE_COMPLETE".into(),
            "stack time-tests is DELETE_COMPLETE",
        ),
        (
            "time-beta|time-tests|beta",
            |world| world.stacks.borrow_mut().get_mut("time-tests").unwrap().status = "DELETE_FAILED".into(),
            "stack time-tests is DELETE_FAILED",
        ),
        (
            PARAMETERS,
            |world| drop(world.stacks.borrow_mut().insert("time-beta".into(), stack(&[("ApiUrl", "")]))),
            "stack time-beta has no output ApiUrl",
        ),
        (
            PARAMETERS,
            |world| drop(world.stacks.borrow_mut().insert("time-tests".into(), stack(&[("TestFunctionX", "a b")]))),
            "output TestFunctionX of stack time-tests does not name a test",
        ),
        (
            PARAMETERS,
            |world| {
                let foreign = "arn:aws:lambda:eu-west-1:999999999999:function:t";
                let tests = stack(&[("TestFunctionX", foreign)]);
                world.stacks.borrow_mut().insert("time-tests".into(), tests);
            },
            "output TestFunctionX of stack time-tests names a function in account 999999999999, and the stage is in 1111222",
        ),
        (
            r#"{"app_stack": "time-beta", "test_stack": "time-tests", "report": "self"}"#,
            |_| (),
            "\"report\": \"self\" takes one test, and there are 2: TestFunction000, TestFunction001",
        ),
        ("time-beta", |_| (), "TEST_FUNCTION is not set"),
        (
            PARAMETERS,
            |world| drop(world.functions.borrow_mut().remove("time-tests-001")),
            "TestFunction001 could not be started: test function time-tests-001 does not exist",
        ),
    ];
    for (parameters, spoil, words) in cases {
        let world = world();
        stage(&world, &[passes(), passes()]);
        spoil(&world);
        run(&world, parameters);
        let (kind, message) = failure(&reports(&world));
        assert!(message.contains(words), "{message}");
        assert_eq!(kind, FailureKind::ConfigurationError, "{message}");
    }
}

#[test]
fn tests_whose_newer_update_failed_are_those_of_this_release() {
    for status in ["UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"] {
        let world = world();
        stage(&world, &[passes()]);
        world.stacks.borrow_mut().get_mut("time-tests").expect("a stack of tests").status = status.into();
        run(&world, PARAMETERS);
        assert_eq!(success(&reports(&world)), "1 of 1 passed", "{status}");
    }
}
