//! Runs of tests whose owner is dead, or has settled them.

use jiff::SignedDuration;
use pipeline_core::{
    drive::Ports,
    job::{Artifact, Job},
    memory::{Fault, World},
    ports::{Clock, RecordVerdicts as _},
    record::give_up::Fate,
    repair::{
        ports::Open,
        report::{Outcome, What},
    },
    verdict::{FailureKind, Report},
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
    let (kind, message) = failure(&reports(&world));
    assert!(message.starts_with("0 of 2 passed; TestSetup was lost: what ran the tests came to an end"), "{message}");
    assert!(message.contains("TestFunction000 was lost: what ran the tests came to an end"), "{message}");
    assert!(message.ends_with("before it was known; it was started again"), "{message}");
    assert_eq!(kind, FailureKind::SystemUnavailable, "a retry may pass");
    check(&world, "none recorded");
}

#[test]
fn nothing_is_settled_whose_owner_may_be_alive() {
    let world = orphan("record verdict");
    // Clocks may be a minute apart.
    let run = world.runs.borrow()[&job("").id].clone();
    let ends = run.ends + SignedDuration::from_mins(1);
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
        ticks(&world, 7);
        assert!(reports(&world).is_empty() && world.verdicts.borrow().is_empty(), "its time is not over");
        if settled {
            world.settled_elsewhere.borrow_mut().push(id);
        }
        world.pass(TICK);
        let report = repair(&world).unwrap();
        let expected = if settled { Outcome::SettledBefore } else { Outcome::Settled };
        assert_eq!((outcomes(&report), report.troubles() + report.given_up()), (vec![expected], 0));
        let (kind, message) = failure(&reports(&world));
        assert!(kind == FailureKind::JobFailed && message.contains("did not settle the job"), "{message}");
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
        assert_eq!(outcomes(&report), [if gone { Outcome::LeftBehind } else { Outcome::Closed }]);
        assert_eq!(
            (teardowns(&world), world.open.all(), report.troubles()),
            (usize::from(!gone), vec![], usize::from(gone))
        );
    }
}

#[test]
fn a_tear_down_that_was_throttled_while_its_run_was_settled_is_started_by_the_next_tick() {
    for effect in ["start test", "reach site"] {
        let world = orphan("record result");
        outlive(&world);
        world.outage(effect, Fault::Throttled);
        assert_eq!(outcomes(&repair(&world).unwrap()), [Outcome::Settled], "the verdict does not wait");
        assert!(failure(&reports(&world)).1.contains("it could not be started again: throttled"));
        assert_eq!(world.open.all().len(), 1, "{effect}: the tear-down is still to come");
        world.recover();
        ticks(&world, 1);
        assert_eq!(teardowns(&world), 1);
        check(&world, effect);
    }
}

#[test]
fn a_tear_down_whose_answer_its_owner_lost_is_started_again() {
    for lost in [Fault::Throttled, Fault::Refused] {
        let world = staged();
        let teardown = async {
            while !world.results.borrow().values().any(|result| result.test.as_str() == "TestFunction001") {
                world.sleep_until(world.now() + SignedDuration::from_millis(10)).await;
            }
            world.outage("invoke test", lost);
        };
        world.run(futures_util::future::join(crate::support::start_tests(&world, job(PARAMETERS)), teardown));
        world.recover();
        assert!(failure(&reports(&world)).1.contains("TestTeardown was lost"), "{:?}", reports(&world));
        assert_eq!(teardowns(&world), 0);
        outlive(&world);
        ticks(&world, 1);
        assert_eq!(teardowns(&world), 1);
        check(&world, &format!("{lost:?}"));
    }
}

/// A run whose job was failed by a delivery that could not read the record, and whose tear-down is missing.
fn untidy() -> World {
    let world = orphan("record result");
    world.outage("read verdict", Fault::Refused);
    deliver(&world);
    world.recover();
    outlive(&world);
    effects(&world);
    world
}

#[test]
fn a_tear_down_that_may_have_been_started_is_not_started_every_two_minutes() {
    let world = untidy();
    world.outage("start test", Fault::ReplyLost);
    let report = repair(&world).unwrap();
    assert_eq!((outcomes(&report), report.troubles(), report.given_up()), (vec![Outcome::LeftBehind], 1, 0));
    ticks(&world, 10);
    assert_eq!((teardowns(&world), world.open.all()), (1, vec![]));
}

#[test]
fn a_tear_down_is_tried_for_an_hour_and_a_job_that_has_its_verdict_is_not_told_of_as_unsettled() {
    for effect in ["start test", "reach site", "read results"] {
        let world = untidy();
        world.outage(effect, Fault::Throttled);
        let begin = world.now();
        loop {
            world.pass(TICK);
            let report = repair(&world).unwrap();
            assert_eq!((report.troubles(), report.given_up()), (1, 0), "{effect}: {report:?}");
            if outcomes(&report) == [Outcome::LeftBehind] {
                break;
            }
        }
        let took = world.now().duration_since(begin);
        assert!(took > SignedDuration::from_mins(40) && took <= SignedDuration::from_mins(70), "{effect}: {took:#}");
        assert_eq!((world.open.all(), teardowns(&world)), (vec![], 0));
    }
}

#[test]
fn a_connection_that_says_nothing_holds_up_nobody_else() {
    for effect in ["start test", "reach site", "read verdict"] {
        let world = orphan("record result");
        outlive(&world);
        let others = 20_u32;
        for number in 0..others {
            let id = format!("{number:08}-abcd-1111-abcd-111111abcdef").parse().expect("a job id");
            world.run(world.record(&id, &Report::fail(FailureKind::JobFailed, "no"))).expect("no fault").expect("done");
        }
        world.pass(TICK);
        effects(&world);
        if effect == "read verdict" {
            world.strike(1, Fault::Silent);
        } else {
            world.outage(effect, Fault::Silent);
        }
        let begin = world.now();
        let report = repair(&world).unwrap();
        assert!(world.now().duration_since(begin) <= SignedDuration::from_secs(30), "{effect}");
        let due: Vec<What> = report.entries.iter().map(|entry| entry.what).collect();
        assert_eq!(
            (due[0], due.len(), reports(&world).len()),
            (What::Run, 21, if effect == "read verdict" { 20 } else { 21 })
        );
        world.recover();
        ticks(&world, 1);
        assert_eq!((reports(&world).len(), world.open.all()), (21, vec![]), "{effect}");
    }
}

#[test]
fn what_hangs_for_ever_is_given_up_too() {
    let world = orphan("record verdict");
    outlive(&world);
    world.outage("read run", Fault::Silent);
    assert_eq!(outcomes(&repair(&world).unwrap()), [Outcome::Failed]);
    world.pass(SignedDuration::from_hours(25));
    assert_eq!(outcomes(&repair(&world).unwrap()), [Outcome::GivenUp]);
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
