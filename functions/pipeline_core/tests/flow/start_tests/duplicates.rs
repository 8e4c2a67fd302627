//! I19: every event is delivered 1 to 5 times, concurrently and late; each test is started once, one report comes.

use futures_util::future::{join, join_all};
use jiff::SignedDuration;
use pipeline_core::{
    drive::Delivered,
    job::Job,
    memory::{Fault, World},
    ports::Clock,
};

use super::{
    run,
    whole::{check, deliver_whole, torn_down, whole, whole_job},
};
use crate::support::{PARAMETERS, action, failure, job, passes, reports, stage, start_tests, success, world};

#[test]
fn i19_concurrent_deliveries_start_each_test_once_and_report_once() {
    for deliveries in 2..=5 {
        let world = world();
        stage(&world, &[passes(), passes(), passes()]);
        let all = join_all((0..deliveries).map(|_| start_tests(&world, job(PARAMETERS))));
        let ends = world.run(all).unwrap();
        assert_eq!(world.started.borrow().len(), 3);
        assert_eq!(success(&reports(&world)), "3 of 3 passed");
        assert_eq!(ends.iter().filter(|end| matches!(end, Delivered::Deferred(_))).count(), deliveries - 1);
    }
}

#[test]
fn a_redelivery_that_fails_for_good_leaves_the_verdict_to_the_run_that_was_stored_meanwhile() {
    let world = whole();
    let two = [whole_job().outputs, whole_job().outputs].concat();
    let unfit = Job { outputs: two, ..whole_job() };
    let (owner, other) =
        world.run(join(start_tests(&world, job(PARAMETERS)), start_tests(&world, unfit))).expect("nobody is killed");
    assert!(matches!(owner, Delivered::Settled(..)) && matches!(other, Delivered::Deferred(_)), "{other:?}");
    assert_eq!(success(&reports(&world)), "2 of 2 passed");
}

#[test]
fn a_claim_that_nobody_answered_has_no_owner_and_fails_at_once() {
    let world = whole();
    world.outage("claim run", Fault::ReplyLost);
    deliver_whole(&world);
    assert!(failure(&reports(&world)).1.contains("could not claim run"));
}

#[test]
fn a_redelivery_during_the_run_is_deferred_and_after_it_repeats_nothing() {
    let world = world();
    stage(&world, &[passes()]);
    run(&world, PARAMETERS);
    assert!(matches!(run(&world, PARAMETERS), Some(Delivered::Repeated(_))));
    assert_eq!((world.started.borrow().len(), reports(&world).len()), (1, 1));
}

#[test]
fn a_retry_of_the_stage_is_another_job_and_runs_the_tests_again() {
    let world = world();
    stage(&world, &[passes()]);
    run(&world, PARAMETERS);
    let mut retry = job(PARAMETERS);
    retry.id = "33333333-abcd-1111-abcd-111111abcdef".parse().unwrap();
    let action = action(&world);
    let ports = pipeline_core::drive::Ports { clock: &world, verdicts: &world, jobs: &world };
    let id = retry.id.clone();
    world.run(ports.deliver(&id, Ok((retry, action)), crate::support::deadline(&world)));
    assert_eq!((world.started.borrow().len(), reports(&world).len()), (2, 2));
}

/// Deliveries after these many seconds each.
fn deliver_at(world: &World, seconds: &[i64]) -> Vec<Delivered> {
    let delivery = |after: i64| async move {
        world.sleep_until(world.now() + SignedDuration::from_secs(after)).await;
        start_tests(world, whole_job()).await
    };
    world.run(join_all(seconds.iter().map(|after| delivery(*after)))).expect("nobody is killed")
}

#[test]
fn i16_i19_one_to_five_deliveries_at_once_during_the_run_and_late_come_to_one_report() {
    let whens = [0, 0, 1, 2, 900];
    for count in 1..=whens.len() {
        let world = whole();
        let ends = deliver_at(&world, &whens[..count]);
        assert_eq!(ends.iter().filter(|end| matches!(end, Delivered::Settled(..))).count(), 1, "{ends:?}");
        assert_eq!((success(&reports(&world)).as_str(), world.started.borrow().len()), ("4 of 4 passed", 5));
        assert_eq!((torn_down(&world), world.written.borrow().len()), (1, 1));
        check(&world, &format!("{count} deliveries"));
    }
}

#[test]
fn i19_late_deliveries_together_settle_an_orphaned_run_once() {
    for count in 1..=5_usize {
        let world = whole();
        world.outage("record verdict", Fault::KilledBefore);
        deliver_whole(&world);
        world.recover();
        world.pass(SignedDuration::from_mins(16));
        deliver_at(&world, &vec![0; count]);
        check(&world, &format!("{count} late deliveries"));
        let mut distinct = reports(&world);
        distinct.dedup();
        assert_eq!(success(&distinct), "4 of 4 passed");
    }
}

#[test]
fn i16_i18_i19_trouble_at_any_effect_of_concurrent_deliveries_changes_nothing_for_the_owner() {
    let pair = |world: &World| {
        world.run(join(start_tests(world, whole_job()), start_tests(world, whole_job())));
    };
    let undisturbed = whole();
    pair(&undisturbed);
    let sites = undisturbed.effects.borrow().clone();
    let once = ["invoke test", "send request"];
    for (effect, site) in sites.iter().enumerate() {
        for fault in [Fault::Refused, Fault::Throttled, Fault::ReplyLost] {
            if once.contains(site) && fault != Fault::Throttled || *site == "send request" {
                continue;
            }
            let world = whole();
            world.strike(effect, fault);
            pair(&world);
            check(&world, &format!("{fault:?} at {effect} ({site})"));
            let mut distinct = reports(&world);
            distinct.dedup();
            assert_eq!(success(&distinct), "4 of 4 passed", "{fault:?} at {effect} ({site})");
        }
    }
}
