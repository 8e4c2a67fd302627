//! P8: what a run costs, and how much of it is under way at once.

use futures_util::future::join;
use jiff::SignedDuration;
use pipeline_core::{
    memory::{Fault, World},
    ports::{Clock, Retry, patiently},
};

use super::{
    run,
    whole::{TESTS, deliver_whole, whole},
    with,
};
use crate::support::{PARAMETERS, failure, job, passes, reports, stage, start_tests, success, world};

#[test]
fn tests_run_width_at_a_time() {
    for (width, expected) in [(1, 1), (7, 7), (32, 32), (64, 40)] {
        let world = world();
        stage(&world, &vec![passes(); 40]);
        run(&world, &with(&format!(r#""width": {width}"#)));
        assert_eq!((world.overlap.get(), success(&reports(&world)).as_str()), (expected, "40 of 40 passed"));
    }
}

#[test]
fn a_slot_that_is_free_is_used_at_once() {
    let world = world();
    let slow = pipeline_core::memory::Behaviour { after: SignedDuration::from_secs(10), ..passes() };
    stage(&world, &[vec![slow], vec![passes(); 10]].concat());
    let began = world.now();
    run(&world, &with(r#""width": 2"#));
    assert_eq!(world.now().duration_since(began), SignedDuration::from_secs(10), "ten of a second beside one of ten");
}

fn calls(world: &World, name: &str) -> usize {
    world.effects.borrow().iter().filter(|effect| **effect == name).count()
}

#[test]
fn p8_calls_grow_by_one_invoke_and_one_write_a_test() {
    // Two reads of the records, the site, two stacks, the announcement, the claim; the verdict is recorded, sent and marked.
    let constant = 10;
    for tests in [1, 10, 100, 300] {
        let world = world();
        stage(&world, &vec![passes(); tests]);
        run(&world, PARAMETERS);
        assert_eq!((calls(&world, "invoke test"), calls(&world, "record result")), (tests, tests));
        assert_eq!(world.effects.borrow().len(), 2 * tests + constant);
    }
}

#[test]
fn p8_set_up_tear_down_and_report_cost_what_a_test_costs() {
    let world = whole();
    deliver_whole(&world);
    // Beside those of a run without: the test file is read and the report is written.
    assert_eq!(world.effects.borrow().len(), 2 * (TESTS + 2) + 10 + 2);
}

#[test]
fn a_throttled_test_was_not_started_and_waits_for_its_turn() {
    let world = world();
    stage(&world, &[passes(), passes()]);
    world.outage("invoke test", Fault::Throttled);
    let recovery = async {
        world.sleep_until(world.now() + SignedDuration::from_mins(3)).await;
        world.recover();
    };
    world.run(join(start_tests(&world, job(PARAMETERS)), recovery));
    assert_eq!((success(&reports(&world)).as_str(), world.started.borrow().len()), ("2 of 2 passed", 2));
}

#[test]
fn a_test_that_is_throttled_all_the_time_is_lost_within_the_deadline() {
    let world = world();
    stage(&world, &[passes()]);
    world.outage("invoke test", Fault::Throttled);
    run(&world, PARAMETERS);
    let deadline = world.runs.borrow()[&job("").id].deadline;
    assert!(world.now() <= deadline && world.started.borrow().is_empty());
    assert!(failure(&reports(&world)).1.starts_with("0 of 1 passed; TestFunction000"));
}

#[test]
fn those_who_wait_come_back_at_different_times_and_never_after_their_time() {
    let world = world();
    let (begin, until) = (world.now(), world.now() + SignedDuration::from_mins(2));
    let attempts = || async {
        let times = std::cell::RefCell::new(vec![]);
        let refused = patiently(&world, until, Retry::Throttled, async || {
            times.borrow_mut().push(world.now());
            let (operation, detail) = ("invoke".to_owned(), "rate exceeded".to_owned());
            Err::<(), _>(pipeline_core::ports::PortError::Throttled { operation, detail })
        });
        assert!(refused.await.is_err());
        times.into_inner()
    };
    let (one, other) = world.run(join(attempts(), attempts())).unwrap();
    assert!(one[1..].iter().all(|at| !other.contains(at)), "they came back together");
    for times in [one, other] {
        assert!(times.len() > 8 && times.iter().all(|at| (begin..until).contains(at)), "{times:?}");
        let pauses = times.windows(2).map(|pair| pair[1].duration_since(pair[0]));
        assert!(pauses.clone().all(|pause| pause <= SignedDuration::from_secs(20)));
        assert!(
            pauses.zip(0..).take(6).all(|(pause, doublings)| pause <= SignedDuration::from_millis(250 << doublings))
        );
    }
}
