//! The envelope: whatever the action does, one verdict comes.

use std::{cell::Cell, collections::BTreeMap, task::Poll};

use jiff::{SignedDuration, Timestamp};
use pipeline_core::{
    drive::{Action, Delivered},
    job::{Job, MalformedJob},
    memory::{Fault, World},
    ports::{Clock, Settled},
    verdict::{FailureKind, Report, Verdict},
};

use crate::support::{deadline, deliver, failure, job, reports, success, world};

struct Succeeds<'a>(&'a Cell<usize>);

impl Action for Succeeds<'_> {
    async fn perform(&self, _job: &Job, _until: Timestamp) -> Verdict {
        self.0.set(self.0.get() + 1);
        Report::succeed("done", BTreeMap::new()).into()
    }
}

struct Panics;

impl Action for Panics {
    async fn perform(&self, _job: &Job, _until: Timestamp) -> Verdict {
        panic!("index out of bounds")
    }
}

struct Hangs;

impl Action for Hangs {
    async fn perform(&self, _job: &Job, _until: Timestamp) -> Verdict {
        std::future::pending().await
    }
}

fn succeed(world: &World, performed: &Cell<usize>) -> Option<Delivered> {
    world.run(deliver(world, Ok((job("{}"), Succeeds(performed))), deadline(world)))
}

#[test]
fn a_malformed_job_fails_as_a_configuration_error() {
    let world = world();
    let malformed: Result<(Job, Hangs), _> = Err(MalformedJob("missing field `data`".into()));
    world.run(deliver(&world, malformed, deadline(&world)));
    let (kind, message) = failure(&reports(&world));
    assert_eq!((kind, message.contains("missing field `data`")), (FailureKind::ConfigurationError, true));
}

#[test]
fn i17_a_panic_is_reported_with_its_message() {
    let world = world();
    world.run(deliver(&world, Ok((job("{}"), Panics)), deadline(&world)));
    let (kind, message) = failure(&reports(&world));
    assert_eq!((kind, message.contains("index out of bounds")), (FailureKind::JobFailed, true));
}

#[test]
fn i17_work_that_does_not_end_is_reported_5_seconds_before_the_deadline() {
    let world = world();
    let until = deadline(&world);
    world.run(deliver(&world, Ok((job("{}"), Hangs)), until));
    assert_eq!(until.duration_since(world.now()), SignedDuration::from_secs(5));
    assert!(failure(&reports(&world)).1.contains("deadline"));
}

#[test]
fn i16_later_deliveries_neither_work_nor_report_again() {
    let (world, performed) = (world(), Cell::new(0));
    for _ in 0..5 {
        succeed(&world, &performed);
    }
    assert_eq!((performed.get(), success(&reports(&world)).as_str()), (1, "done"));
}

#[test]
fn i16_a_report_that_could_not_be_sent_is_sent_by_the_next_delivery_as_it_stands() {
    let (world, performed) = (world(), Cell::new(0));
    world.outage("settle job", Fault::Refused);
    assert!(matches!(succeed(&world, &performed), Some(Delivered::Unsent(..))));
    world.recover();
    assert!(matches!(succeed(&world, &performed), Some(Delivered::Settled(_, Settled::Accepted))));
    assert_eq!((performed.get(), success(&reports(&world)).as_str()), (1, "done"));
}

#[test]
fn i16_of_two_deliveries_with_different_verdicts_the_recorded_one_is_sent() {
    let (world, performed) = (world(), Cell::new(0));
    let until = deadline(&world);
    let one = deliver(&world, Ok((job("{}"), Succeeds(&performed))), until);
    let other = deliver(&world, Ok((job("{}"), Panics)), until);
    world.run(futures_util::future::join(one, other));
    let mut distinct = reports(&world);
    distinct.dedup();
    let recorded = world.verdicts.borrow()[&job("").id].report.clone();
    assert_eq!(distinct, [recorded]);
}

#[test]
fn i17_i18_a_success_that_cannot_be_recorded_is_not_sent_but_something_is_in_time() {
    let (world, performed) = (world(), Cell::new(0));
    world.outage("record verdict", Fault::Refused);
    let until = world.now() + SignedDuration::from_secs(9);
    world.run(deliver(&world, Ok((job("{}"), Succeeds(&performed))), until));
    let (kind, message) = failure(&reports(&world));
    assert_eq!((kind, message.contains("could not be stored")), (FailureKind::SystemUnavailable, true));
    assert!(until.duration_since(world.now()) > SignedDuration::from_secs(2), "no time is left for sending it");
}

#[test]
fn i16_what_was_sent_unrecorded_is_recorded_as_soon_as_that_is_possible_and_nobody_sends_anything_else() {
    let (world, performed) = (world(), Cell::new(0));
    world.outage("record verdict", Fault::Refused);
    let recovery = std::future::poll_fn(|_| {
        if reports(&world).is_empty() {
            return Poll::Pending;
        }
        world.recover();
        Poll::Ready(())
    });
    let delivery = deliver(&world, Ok((job("{}"), Succeeds(&performed))), deadline(&world));
    world.run(futures_util::future::join(recovery, delivery));
    let sent = reports(&world);
    assert_eq!(
        (failure(&sent).0, &world.verdicts.borrow()[&job("").id].report),
        (FailureKind::SystemUnavailable, &sent[0])
    );
    succeed(&world, &performed);
    let mut distinct = reports(&world);
    distinct.dedup();
    assert_eq!((performed.get(), distinct), (1, sent));
}

#[test]
fn i17_a_record_that_says_nothing_holds_up_nobody() {
    let (world, performed) = (world(), Cell::new(0));
    world.outage("record verdict", Fault::Refused);
    let silence = std::future::poll_fn(|_| {
        if reports(&world).is_empty() {
            return Poll::Pending;
        }
        world.outage("record verdict", Fault::Silent);
        Poll::Ready(())
    });
    let until = deadline(&world);
    world.run(futures_util::future::join(silence, deliver(&world, Ok((job("{}"), Succeeds(&performed))), until)));
    assert!(world.now() < until, "{}", world.now());
}

#[test]
fn i18_what_continues_is_not_sent_unrecorded_either() {
    struct Continues;
    impl Action for Continues {
        async fn perform(&self, _job: &Job, _until: Timestamp) -> Verdict {
            Report::proceed("page 2", 40, "two of five").into()
        }
    }
    let world = world();
    world.run(deliver(&world, Ok((job("{}"), Continues)), deadline(&world)));
    let sent: Vec<Report> = world.reports.borrow().iter().map(|(_, report, _)| report.clone()).collect();
    assert_eq!(sent, [Report::proceed("page 2", 40, "two of five")]);
    let unrecorded = self::world();
    unrecorded.outage("record verdict", Fault::Refused);
    unrecorded.run(deliver(&unrecorded, Ok((job("{}"), Continues)), deadline(&unrecorded)));
    assert_eq!(failure(&reports(&unrecorded)).0, FailureKind::SystemUnavailable);
}

#[test]
fn a_record_that_cannot_be_read_fails_without_doing_the_work() {
    let (world, performed) = (world(), Cell::new(0));
    world.outage("read verdict", Fault::Refused);
    succeed(&world, &performed);
    assert_eq!((performed.get(), failure(&reports(&world)).0), (0, FailureKind::SystemUnavailable));
}

#[test]
fn a_moment_s_trouble_with_any_call_changes_nothing() {
    for effect in 0..4 {
        for fault in [Fault::Refused, Fault::Throttled, Fault::ReplyLost] {
            let (world, performed) = (world(), Cell::new(0));
            world.strike(effect, fault);
            succeed(&world, &performed);
            let mut distinct = reports(&world);
            distinct.dedup();
            assert_eq!((performed.get(), success(&distinct).as_str()), (1, "done"), "{fault:?} at {effect}");
        }
    }
}

#[test]
fn a_verdict_that_could_not_be_marked_as_sent_is_settled_all_the_same() {
    let (world, performed) = (world(), Cell::new(0));
    world.outage("mark sent", Fault::Refused);
    assert!(matches!(succeed(&world, &performed), Some(Delivered::Settled(_, Settled::Accepted))));
}

#[test]
fn i20_a_job_that_was_settled_elsewhere_is_left_quietly() {
    let (world, performed) = (world(), Cell::new(0));
    world.settled_elsewhere.borrow_mut().push(job("").id);
    assert!(matches!(succeed(&world, &performed), Some(Delivered::Settled(_, Settled::Already))));
    assert!(matches!(succeed(&world, &performed), Some(Delivered::Repeated(_))));
}

#[test]
fn i16_killed_at_any_effect_the_next_delivery_reports_once() {
    let (whole, performed) = (world(), Cell::new(0));
    succeed(&whole, &performed);
    let sites = whole.effects.borrow().clone();
    assert_eq!(sites, ["read verdict", "record verdict", "settle job", "mark sent"]);
    for (effect, site) in sites.iter().enumerate() {
        for fault in [Fault::KilledBefore, Fault::KilledAfter, Fault::ReplyLost] {
            let (world, performed) = (world(), Cell::new(0));
            world.strike(effect, fault);
            succeed(&world, &performed);
            succeed(&world, &performed);
            let accepted = world.reports.borrow().iter().filter(|(.., answer)| *answer == Settled::Accepted).count();
            let mut distinct = reports(&world);
            distinct.dedup();
            assert_eq!((accepted, distinct.len()), (1, 1), "{fault:?} at {site}");
        }
    }
}
