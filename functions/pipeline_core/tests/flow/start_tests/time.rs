//! Deadlines: none is overrun.

use jiff::SignedDuration;
use pipeline_core::{
    drive::RESERVE,
    memory::{Behaviour, Fault, Replies},
    ports::Clock,
};

use super::{
    run,
    whole::{SETUP, TEARDOWN, URL, behaves, deliver_whole, torn_down, whole, whole_job},
    with,
};
use crate::support::{
    PARAMETERS, action, deadline, deliver, failure, job, never_answers, passes, reports, stage, world,
};

#[test]
fn no_test_is_started_after_the_deadline() {
    let world = world();
    stage(&world, &[never_answers(), passes(), passes()]);
    run(&world, &with(r#""timeout_minutes": 1, "width": 1"#));
    assert_eq!(world.started.borrow().len(), 1);
    let message = failure(&reports(&world)).1;
    assert!(message.starts_with("0 of 3 passed; TestFunction000 never answered"), "{message}");
    assert!(message.contains("2 tests were not started: the run's time was over"), "{message}");
}

#[test]
fn a_short_lambda_timeout_ends_the_run_early_enough_to_report_it_test_by_test() {
    let world = world();
    stage(&world, &[passes(), never_answers()]);
    let until = world.now() + SignedDuration::from_mins(1);
    let action = action(&world);
    world.run(deliver(&world, Ok((job(PARAMETERS), action)), until));
    assert_eq!(failure(&reports(&world)).1, "1 of 2 passed; TestFunction001 never answered");
    assert!(until.duration_since(world.now()) >= SignedDuration::from_secs(5));
}

#[test]
fn the_limits_of_a_run_follow_from_what_it_has_to_do() {
    let minutes = |text: &str| SignedDuration::from_mins(text.parse().unwrap());
    for (timeout, lambda, tests) in [("2", "15", "2"), ("13", "15", "13"), ("13", "5", "")] {
        let world = whole();
        let (began, until) = (world.now(), world.now() + minutes(lambda));
        let job = pipeline_core::job::Job {
            user_parameters: Some(with(&format!(r#""timeout_minutes": {timeout}"#))),
            ..whole_job()
        };
        world.run(deliver(&world, Ok((job, action(&world))), until));
        let run = world.runs.borrow()[&whole_job().id].clone();
        // The tear-down, recording its result, the report.
        assert_eq!(run.ends.duration_since(run.deadline), SignedDuration::from_secs(60 + 5 + 5));
        match tests {
            "" => assert_eq!(until.duration_since(run.ends), RESERVE),
            tests => assert_eq!(run.deadline.duration_since(began), minutes(tests)),
        }
    }
}

#[test]
fn i17_whatever_takes_all_its_time_the_run_s_own_verdict_comes_before_the_reserve() {
    let hogs: [fn(&pipeline_core::memory::World); 9] = [
        |world| behaves(world, SETUP, never_answers()),
        |world| behaves(world, "time-tests-000", never_answers()),
        |world| behaves(world, TEARDOWN, never_answers()),
        |world| {
            let answers = world.answers.borrow()[URL].answer.clone();
            let after = SignedDuration::from_hours(24);
            world.answers.borrow_mut().insert(URL.into(), Replies { after, answer: answers });
        },
        |world| {
            behaves(world, "time-tests-000", never_answers());
            behaves(world, TEARDOWN, never_answers());
        },
        |world| world.outage("invoke test", Fault::Throttled),
        |world| world.outage("record result", Fault::Refused),
        |world| world.outage("write report", Fault::Throttled),
        |world| {
            behaves(world, TEARDOWN, never_answers());
            world.outage("write report", Fault::Refused);
            world.outage("record result", Fault::Throttled);
        },
    ];
    for (hog, spoil) in hogs.iter().enumerate() {
        for timeout in [1, 13] {
            let world = whole();
            spoil(&world);
            let until = deadline(&world);
            let parameters = Some(with(&format!(r#""timeout_minutes": {timeout}"#)));
            let job = pipeline_core::job::Job { user_parameters: parameters, ..whole_job() };
            world.run(deliver(&world, Ok((job, action(&world))), until));
            let message = failure(&reports(&world)).1;
            let ends = world.runs.borrow()[&whole_job().id].ends;
            assert!(message.contains(" of 4 passed"), "{hog}, {timeout} min: {message}");
            assert!(world.now() <= ends && until.duration_since(ends) >= RESERVE, "{hog}, {timeout} min: {message}");
        }
    }
}

#[test]
fn i18_an_answer_at_the_deadline_is_late() {
    for (early, expected) in [(1, "4 of 4 passed"), (0, "3 of 4 passed; TestFunction000 never answered")] {
        let world = whole();
        // What comes before the claim takes no time here; the set-up takes a second.
        let after = SignedDuration::from_mins(13) - SignedDuration::from_secs(1) - SignedDuration::from_millis(early);
        behaves(&world, "time-tests-000", Behaviour { after, ..passes() });
        deliver_whole(&world);
        let said = format!("{:?}", reports(&world));
        assert!(said.contains(expected), "{early}: {said}");
        assert_eq!(torn_down(&world), 1);
    }
}
