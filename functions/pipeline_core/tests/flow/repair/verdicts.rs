//! Verdicts that CodePipeline has not heard.

use jiff::SignedDuration;
use pipeline_core::{
    ids::JobId,
    memory::{Fault, World},
    ports::{Clock, RecordVerdicts as _, Settled},
    repair::report::{Outcome, What},
    verdict::{FailureKind, Report},
};

use super::{TICK, effects, outcomes, repair, ticks};
use crate::support::{job, reports, world};

fn report() -> Report {
    Report::fail(FailureKind::JobFailed, "expected 200, got 502")
}

fn id(number: usize) -> JobId {
    format!("{number:08}-abcd-1111-abcd-111111abcdef").parse().expect("a job id")
}

/// So many verdicts whose senders were killed.
fn unsent(world: &World, count: usize) {
    for number in 0..count {
        world.run(world.record(&id(number), &report())).expect("no fault").expect("recorded");
    }
    effects(world);
}

#[test]
fn an_unsent_verdict_is_sent_within_two_ticks_whenever_it_was_recorded() {
    for seconds in [0, 1, 60, 89, 90, 91, 119, 120] {
        let world = world();
        unsent(&world, 1);
        world.pass(SignedDuration::from_secs(seconds));
        repair(&world);
        ticks(&world, 1);
        assert_eq!(reports(&world), [report()], "{seconds}");
        assert_eq!(world.open.all(), [], "{seconds}");
        assert!(world.verdicts.borrow()[&id(0)].sent);
    }
}

#[test]
fn whoever_recorded_it_is_left_the_time_to_send_it() {
    let world = world();
    unsent(&world, 1);
    world.pass(SignedDuration::from_secs(29));
    assert_eq!(repair(&world).unwrap().entries, []);
    assert_eq!(effects(&world), ["find open"]);
}

#[test]
fn what_is_sent_is_said_job_by_job() {
    let world = world();
    unsent(&world, 1);
    world.pass(TICK);
    let told = serde_json::to_value(repair(&world).unwrap()).unwrap();
    let entry = serde_json::json!({
        "job": id(0), "what": "verdict", "outcome": "settled", "detail": "expected 200, got 502",
    });
    let expected = serde_json::json!({"at": "2026-11-21T12:02:00Z", "more": false, "entries": [entry]});
    assert_eq!(told, expected);
}

#[test]
fn i20_a_job_that_was_settled_before_is_closed_quietly() {
    let world = world();
    unsent(&world, 1);
    world.settled_elsewhere.borrow_mut().push(id(0));
    world.pass(TICK);
    let report = repair(&world).unwrap();
    assert_eq!((outcomes(&report), report.troubles(), report.given_up()), (vec![Outcome::SettledBefore], 0, 0));
    assert_eq!(world.open.all(), []);
}

#[test]
fn a_verdict_that_had_been_sent_is_closed_and_not_sent_again() {
    let world = world();
    unsent(&world, 1);
    // The index lags behind the note.
    let open = world.open.all();
    world.run(world.mark_sent(&id(0), Settled::Accepted)).expect("no fault").expect("recorded");
    world.open.put(open[0].open.clone(), open[0].at);
    world.pass(TICK);
    assert_eq!(outcomes(&repair(&world).unwrap()), [Outcome::Closed]);
    assert_eq!((reports(&world), world.open.all()), (vec![], vec![]));
}

#[test]
fn a_verdict_that_codepipeline_never_takes_is_tried_once_a_tick_told_of_and_given_up_after_25_hours() {
    let world = world();
    unsent(&world, 1);
    world.outage("settle job", Fault::Refused);
    let begin = world.now();
    let mut last = Outcome::Settled;
    while last != Outcome::GivenUp {
        world.pass(TICK);
        let report = repair(&world).unwrap();
        let [entry] = &report.entries[..] else { panic!("{report:?}") };
        assert_eq!((entry.what, report.troubles() + report.given_up()), (What::Verdict, 1));
        assert!(entry.detail.as_deref().is_some_and(|why| why.contains("could not settle job")), "{entry:?}");
        last = entry.outcome;
    }
    let took = world.now().duration_since(begin);
    assert!(took >= SignedDuration::from_hours(25) && took <= SignedDuration::from_hours(25) + TICK * 2, "{took:#}");
    let attempts = effects(&world).iter().filter(|effect| **effect == "settle job").count();
    assert_eq!(i128::try_from(attempts).unwrap(), took.as_nanos() / TICK.as_nanos());
    assert_eq!((repair(&world).unwrap().entries, reports(&world)), (vec![], vec![]));
}

#[test]
fn a_verdict_that_cannot_be_read_is_told_of_and_hides_no_other() {
    for fault in [Fault::Refused, Fault::Throttled, Fault::ReplyLost] {
        let world = world();
        unsent(&world, 20);
        world.pass(TICK);
        world.strike(1, fault);
        let report = repair(&world).unwrap();
        assert_eq!((outcomes(&report)[0], report.troubles()), (Outcome::Failed, 1), "{fault:?}");
        assert_eq!((report.entries.len(), world.open.all().len(), reports(&world).len()), (20, 1, 19), "{fault:?}");
        ticks(&world, 1);
        assert_eq!((world.open.all().len(), reports(&world).len()), (0, 20), "{fault:?}");
    }
}

#[test]
fn an_index_that_cannot_be_read_is_told_of() {
    let world = world();
    world.outage("find open", Fault::Refused);
    let report = repair(&world).unwrap();
    assert!(report.read_only.as_deref().is_some_and(|why| why.contains("could not find open")), "{report:?}");
    assert_eq!((report.troubles(), report.entries), (1, vec![]));
}

#[test]
fn a_note_that_fails_is_told_of_and_the_same_report_sent_again() {
    let world = world();
    unsent(&world, 1);
    world.outage("mark sent", Fault::Refused);
    world.pass(TICK);
    assert_eq!(outcomes(&repair(&world).unwrap()), [Outcome::Failed]);
    world.recover();
    assert_eq!(outcomes(&repair(&world).unwrap()), [Outcome::SettledBefore]);
    assert_eq!(reports(&world), [report(), report()]);
}

#[test]
fn a_job_that_lambda_gave_up_on_fails_at_once_and_one_that_has_a_verdict_keeps_it() {
    let world = world();
    assert!(matches!(super::give_up(&world), Some(pipeline_core::record::give_up::Fate::Settled(Settled::Accepted))));
    assert_eq!(effects(&world), ["read verdict", "read run", "record verdict", "settle job", "mark sent"]);
    assert_eq!(reports(&world), [Report::fail(FailureKind::SystemUnavailable, "Lambda gave up")]);
    for _ in 0..3 {
        assert!(matches!(super::give_up(&world), Some(pipeline_core::record::give_up::Fate::Stands)));
    }
    assert_eq!((reports(&world).len(), world.open.all()), (1, vec![]));
    assert_eq!(world.verdicts.borrow().keys().next(), Some(&job("").id));
}
