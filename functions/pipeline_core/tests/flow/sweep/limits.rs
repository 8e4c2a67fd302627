//! What holds a run back (I12).

use jiff::SignedDuration;
use pipeline_core::{
    ids::StackArn,
    lease::record::{Lease, State},
    memory::{Fault, World},
    ports::Parameter,
    sweep::{
        report::{Doing, Mode, Outcome, Work},
        stack::StackStatus,
    },
};

use crate::sweep::{
    allow, apply, arn, deletions, effects, expired, lease, only, released, run, runs, stack, sweep, told, with, world,
};

fn many(count: usize, lease: fn(&World, &StackArn) -> Lease) -> (World, Vec<StackArn>) {
    let world = world();
    let ids: Vec<StackArn> = (0..count).map(|number| arn(&format!("shop-pr-{number:03}"), "1")).collect();
    for (number, id) in (0..).zip(&ids) {
        world.cloud.put(stack(id));
        let one = lease(&world, id);
        // The first are the oldest.
        let earlier = SignedDuration::from_secs(1000 - number);
        world.leases.put(Lease { due: one.due.map(|due| due - earlier), ..one });
    }
    (world, ids)
}

#[test]
fn i12_a_run_deletes_so_many_expired_stacks_the_oldest_first_and_says_how_many_are_left() {
    let (world, ids) = many(50, told);
    let plan = run(&world, Mode::Plan).expect("no fault");
    let report = apply(&world);
    for report in [&plan, &report] {
        let deleted = report.entries.iter().filter(|entry| entry.step == Doing::Delete).count();
        assert_eq!((deleted, report.over_limit), (20, Some(30)));
    }
    assert_eq!(deletions(&world), ids[..20]);
    assert!(report.entries[20..].iter().all(|entry| entry.reason == "a run deletes 20 expired stacks at most"));
    let over = lease(&world, &ids[20]);
    assert_eq!(over.kept.as_deref(), Some("a run deletes 20 expired stacks at most"));
    assert_eq!(apply(&world).entries, []);
    for _ in 0..4 {
        world.pass(SignedDuration::from_mins(10));
        apply(&world);
    }
    assert_eq!(deletions(&world), ids);
    assert!(ids.iter().all(|id| matches!(lease(&world, id).state, State::Gone { .. })));
}

#[test]
fn i12_what_is_released_is_not_limited() {
    let (world, ids) = many(50, released);
    let report = apply(&world);
    assert_eq!((report.over_limit, deletions(&world).len()), (None, ids.len()));
}

#[test]
fn i12_what_an_earlier_run_left_undeleted_counts_too() {
    let (world, ids) = many(30, told);
    world.outage("delete stack", Fault::Refused);
    apply(&world);
    world.recover();
    world.pass(SignedDuration::from_mins(2));
    apply(&world);
    assert_eq!(deletions(&world).len(), 20);
    runs(&world, 10);
    assert!(ids.iter().all(|id| matches!(lease(&world, id).state, State::Gone { .. })));
}

#[test]
fn i12_the_switch_stops_deleting_unless_it_says_exactly_allowed() {
    let plain = |value: &str| Some(Parameter::Plain(value.into()));
    for value in
        [None, Some(Parameter::Secret), plain(""), plain("stopped"), plain("Allowed"), plain("allowed "), plain("true")]
    {
        for before in [released, told] {
            let (world, id) = with(before);
            allow(&world, value.clone());
            let report = apply(&world);
            assert_eq!(only(&report).step, Doing::Keep, "{value:?}");
            assert!(report.stopped.as_ref().is_some_and(|why| why.contains("/flowgate/shop/deletions")), "{report:?}");
            assert!(matches!(lease(&world, &id).state, State::Dirty { .. }));
            world.leases.put(Lease {
                state: State::Deleting {
                    notice: pipeline_core::lease::record::Notice::Release { at: report.at },
                    attempts: 0,
                },
                ..lease(&world, &id)
            });
            runs(&world, 3);
            assert_eq!(deletions(&world), [], "{value:?}");
            assert_eq!(lease(&world, &id).kept.as_deref(), Some("deletion is stopped"));
            allow(&world, plain("allowed"));
            world.pass(SignedDuration::from_mins(10));
            runs(&world, 2);
            assert_eq!(deletions(&world), [id]);
        }
    }
}

#[test]
fn i12_what_the_switch_or_the_limit_keeps_costs_one_look_and_stands_in_nobodys_way() {
    for before in [released as fn(&World, &StackArn) -> Lease, told] {
        let (world, ids) = many(30, before);
        let expired_id = arn("shop-dev-ann", "1");
        world.cloud.put(stack(&expired_id));
        world.leases.put(expired(&expired_id));
        allow(&world, None);
        let mut sweep = sweep(&world);
        sweep.policy.batch = 10;
        for _ in 0..4 {
            world.run(sweep.run(Mode::Apply, Work::Due, crate::sweep::until(&world))).expect("no fault");
        }
        assert_eq!(world.cloud.messages.borrow().len(), 1);
        let looks = effects(&world).into_iter().filter(|effect| *effect == "read stack by id").count();
        assert_eq!((looks, deletions(&world).len()), (ids.len() + 1, 0));
        assert!(ids.iter().all(|id| lease(&world, id).kept.is_some()));
    }
}

#[test]
fn what_somebody_deleted_by_hand_gives_its_name_back_while_deletion_is_stopped() {
    let (world, id) = with(released);
    world.cloud.edit(&id, |live| live.facts.status = StackStatus("DELETE_COMPLETE".into()));
    allow(&world, None);
    apply(&world);
    assert!(matches!(lease(&world, &id).state, State::Gone { .. }));
}

#[test]
fn i12_a_switch_that_cannot_be_read_stops_deleting_and_the_rest_goes_on() {
    for fault in [Fault::Refused, Fault::Throttled, Fault::ReplyLost] {
        let (world, id) = with(released);
        let expired_id = arn("shop-pr-7", "1");
        world.cloud.put(stack(&expired_id));
        world.leases.put(expired(&expired_id));
        world.outage("read parameter", fault);
        let report = apply(&world);
        assert!(report.stopped.as_ref().is_some_and(|why| why.contains("could not be read")), "{report:?}");
        assert_eq!((deletions(&world).len(), world.cloud.messages.borrow().len()), (0, 1));
        assert!(matches!(lease(&world, &id).state, State::Dirty { .. }));
    }
}

#[test]
fn i10_a_stack_that_cannot_be_looked_at_stays_and_the_run_says_that_it_failed() {
    for (fault, outcome) in [(Fault::Refused, Outcome::Failed), (Fault::Throttled, Outcome::Done)] {
        let (world, id) = with(released);
        let before = lease(&world, &id);
        world.outage("read stack by id", fault);
        let report = apply(&world);
        assert_eq!((only(&report).step, only(&report).outcome), (Doing::Keep, outcome), "{fault:?}");
        assert_eq!((deletions(&world), lease(&world, &id)), (vec![], before), "{fault:?}");
    }
}

#[test]
fn i10_leases_that_cannot_be_found_make_the_run_read_only() {
    let (world, _) = with(released);
    world.outage("find due leases", Fault::Refused);
    let report = apply(&world);
    assert_eq!((report.entries.len(), report.read_only.is_some()), (0, true));
    assert_eq!(effects(&world), ["find due leases"]);
}

#[test]
fn a_run_begins_nothing_that_its_time_is_too_short_for() {
    let (world, ids) = many(200, released);
    let sweep = sweep(&world);
    let until = pipeline_core::ports::Clock::now(&world) + SignedDuration::from_secs(60);
    let report = world.run(sweep.run(Mode::Apply, Work::Due, until)).expect("no fault");
    assert!(pipeline_core::ports::Clock::now(&world) <= until);
    let left = report.entries.iter().filter(|entry| entry.outcome == Outcome::Left).count();
    assert_eq!(report.entries.len(), ids.len());
    assert!(left > 100 && left + deletions(&world).len() >= 190, "{left} left");
    world.pass(SignedDuration::from_mins(2));
    runs(&world, 5);
    assert!(ids.iter().all(|id| matches!(lease(&world, id).state, State::Gone { .. })));
}
