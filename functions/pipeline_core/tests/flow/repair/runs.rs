//! Runs of tests whose owner is dead, or has settled them.

use jiff::SignedDuration;
use pipeline_core::{
    drive::Ports,
    job::{Artifact, Job},
    memory::{Fault, World},
    ports::Clock,
    record::give_up::Fate,
    repair::{
        ports::Open,
        report::{Outcome, What},
    },
    verdict::FailureKind,
};

use super::{TEARDOWN, TICK, check, deliver, effects, give_up, outcomes, outlive, repair, staged, teardowns, ticks};
use crate::support::{PARAMETERS, action, deadline, failure, job, passes, reports, stack, stage, success, world};

/// A run whose owner was killed at this effect.
fn orphan(effect: &'static str) -> World {
    let world = staged();
    world.outage(effect, Fault::KilledBefore);
    deliver(&world);
    world.recover();
    effects(&world);
    world
}

#[test]
fn i18_a_run_whose_owner_died_gets_the_verdict_that_its_records_earn() {
    let world = orphan("record verdict");
    outlive(&world);
    assert_eq!(outcomes(&repair(&world).unwrap()), [Outcome::Settled]);
    assert_eq!((success(&reports(&world)).as_str(), teardowns(&world)), ("2 of 2 passed", 1));
    check(&world, "all recorded");

    let world = orphan("record result");
    outlive(&world);
    assert_eq!(outcomes(&repair(&world).unwrap()), [Outcome::Settled]);
    let (_, message) = failure(&reports(&world));
    assert!(message.contains("0 of 2 passed") && message.contains("TestFunction000 never answered"), "{message}");
    assert!(message.contains("it never answered, and was started again"), "{message}");
    check(&world, "none recorded");
}

#[test]
fn nothing_is_settled_whose_owner_may_be_alive() {
    let world = orphan("record verdict");
    let ends = world.runs.borrow()[&job("").id].ends;
    while world.now() + TICK < ends {
        world.pass(TICK);
        assert_eq!(repair(&world).unwrap().entries, []);
    }
    world.pass(ends.duration_since(world.now()) - SignedDuration::from_secs(1));
    // The index may be wrong; the run is not.
    world.open.put(Open::Run(job("").id), world.now());
    let report = repair(&world).unwrap();
    assert_eq!((outcomes(&report), report.troubles()), (vec![Outcome::Alive], 0));
    assert!(reports(&world).is_empty() && world.verdicts.borrow().is_empty());
    ticks(&world, 1);
    check(&world, "after its end");
}

#[test]
fn a_run_that_has_its_verdict_is_closed_and_nothing_of_it_is_done_again() {
    let world = staged();
    deliver(&world);
    assert_eq!(success(&reports(&world)), "2 of 2 passed");
    outlive(&world);
    let report = repair(&world).unwrap();
    assert_eq!((outcomes(&report), report.entries[0].what), (vec![Outcome::Closed], What::Run));
    assert_eq!((reports(&world).len(), teardowns(&world)), (1, 1));
    check(&world, "closed");
}

#[test]
fn i20_a_test_that_settles_the_job_itself_is_given_until_its_deadline_and_then_the_job_fails() {
    for settled in [false, true] {
        let world = world();
        stage(&world, &[]);
        world.stacks.borrow_mut().insert("time-tests".into(), stack(&[("TestFunction", "time-tests-t")]));
        world.functions.borrow_mut().insert("time-tests-t".into(), passes());
        let id = job("").id;
        let ports = Ports { clock: &world, verdicts: &world, jobs: &world };
        let work = (job("time-beta|time-tests|beta"), action(&world));
        world.run(ports.deliver(&id, Ok(work), deadline(&world))).unwrap();
        ticks(&world, 6);
        assert!(reports(&world).is_empty() && world.verdicts.borrow().is_empty(), "its time is not over");
        if settled {
            world.settled_elsewhere.borrow_mut().push(id);
        }
        world.pass(TICK);
        let report = repair(&world).unwrap();
        let expected = if settled { Outcome::SettledBefore } else { Outcome::Settled };
        assert_eq!((outcomes(&report), report.troubles() + report.given_up()), (vec![expected], 0));
        assert_eq!(
            failure(&reports(&world)),
            (FailureKind::JobFailed, "0 of 1 passed; TestFunction never answered".into())
        );
        assert_eq!((world.open.all(), world.started.borrow().len()), (vec![], 1));
        ticks(&world, 3);
        assert_eq!(reports(&world).len(), 1);
    }
}

#[test]
fn i18_a_report_that_was_declared_and_that_nobody_can_write_any_more_is_no_pass() {
    let world = staged();
    world.outage("write report", Fault::KilledBefore);
    let artifact = Artifact { name: "R".into(), revision: None, bucket: "artifacts".into(), key: "R.zip".into() };
    let declares = Job { outputs: vec![artifact], ..job(PARAMETERS) };
    world.run(crate::support::start_tests(&world, declares));
    world.recover();
    outlive(&world);
    repair(&world);
    let (kind, message) = failure(&reports(&world));
    assert!(message.starts_with("2 of 2 passed") && message.contains("came to an end before"), "{kind:?} {message}");
    check(&world, "no report");
}

#[test]
fn what_was_set_up_is_torn_down_also_when_the_verdict_came_without() {
    for gone in [false, true] {
        let world = orphan("record result");
        // A delivery that could not read the record has failed the job in the meantime.
        world.outage("read verdict", Fault::Refused);
        deliver(&world);
        world.recover();
        assert_eq!((reports(&world).len(), teardowns(&world)), (1, 0));
        outlive(&world);
        if gone {
            world.functions.borrow_mut().remove(TEARDOWN);
        } else {
            world.outage("start test", Fault::Throttled);
            assert_eq!(outcomes(&repair(&world).unwrap()), [Outcome::Failed]);
            world.recover();
        }
        let report = repair(&world).unwrap();
        assert_eq!(outcomes(&report), [if gone { Outcome::Failed } else { Outcome::Closed }]);
        assert_eq!(
            (teardowns(&world), world.open.all(), report.troubles()),
            (usize::from(!gone), vec![], usize::from(gone))
        );
    }
}

#[test]
fn a_run_that_cannot_be_read_is_told_of_and_given_up_in_the_end() {
    for effect in ["read run", "read results", "record verdict"] {
        let world = orphan("record verdict");
        outlive(&world);
        world.outage(effect, Fault::Refused);
        let report = repair(&world).unwrap();
        assert_eq!((outcomes(&report), report.troubles()), (vec![Outcome::Failed], 1), "{effect}");
        assert!(report.entries[0].detail.as_deref().is_some_and(|why| why.contains(effect)), "{report:?}");
        assert_eq!(reports(&world), [], "nothing is sent that is not recorded");
        world.pass(SignedDuration::from_hours(25));
        let report = repair(&world).unwrap();
        assert_eq!((outcomes(&report), report.given_up(), world.open.all()), (vec![Outcome::GivenUp], 1, vec![]));
    }
}

#[test]
fn a_job_that_has_a_run_is_left_to_repair_when_lambda_gives_up() {
    let world = orphan("record verdict");
    assert_eq!(give_up(&world), Some(Fate::Runs));
    assert_eq!(reports(&world), []);
    outlive(&world);
    ticks(&world, 1);
    assert_eq!(success(&reports(&world)), "2 of 2 passed");
    check(&world, "left to repair");
}

#[test]
fn a_job_that_cannot_be_failed_now_is_failed_by_repair() {
    for effect in ["settle job", "mark sent"] {
        let world = staged();
        world.outage(effect, Fault::Refused);
        assert!(matches!(give_up(&world), Some(Fate::Unsent(_))));
        world.recover();
        ticks(&world, 1);
        assert_eq!(world.open.all(), []);
        check(&world, effect);
    }
}
