//! Deletions that fail: tried a bounded number of times, then a person is told what to do (I14).

use jiff::SignedDuration;
use pipeline_core::{
    ids::StackArn,
    lease::record::{Lease, Notice, State},
    memory::{Bucket, Fault, World},
    ports::Clock,
    sweep::report::{Doing, Mode, Outcome},
};

use crate::sweep::{apply, arn, deletions, lease, only, released, resource, run, runs, status, until, with};

fn stuck(kind: &str, empty_buckets: bool) -> (World, StackArn) {
    let (world, id) = with(released);
    world.cloud.edit(&id, |live| {
        live.resources = vec![resource("Thing", kind)];
        live.stuck.insert("Thing".into());
    });
    world.leases.put(Lease { empty_buckets, ..lease(&world, &id) });
    (world, id)
}

fn quarantined(world: &World, id: &StackArn) -> String {
    match lease(world, id).state {
        State::Quarantined { why, .. } => why,
        other => panic!("not in quarantine: {other:?}"),
    }
}

#[test]
fn i14_a_deletion_that_fails_is_tried_again_ever_later_and_then_left_to_a_person() {
    let (world, id) = stuck("AWS::EC2::SecurityGroup", false);
    let mut gaps = vec![];
    for _ in 0..100 {
        let before = deletions(&world).len();
        run(&world, Mode::Apply);
        if deletions(&world).len() > before {
            gaps.push(world.now());
        }
        world.pass(SignedDuration::from_secs(30));
    }
    let gaps: Vec<i64> = gaps.windows(2).map(|two| two[1].duration_since(two[0]).as_mins()).collect();
    // The first is seen to have failed after a minute; from then on 1, 2, … minutes.
    assert_eq!(gaps, [1, 1, 2]);
    let why = quarantined(&world, &id);
    assert!(why.contains("Thing (AWS::EC2::SecurityGroup thing-1): as CloudFormation says"), "{why}");
    assert!(why.ends_with("flowgate lease release shop-pr-42 --quarantined"), "{why}");
    // I14: each attempt has a token of its own, or CloudFormation would take it for the one before.
    let tokens = world.cloud.deletions.borrow().iter().map(|asked| asked.request.clone()).collect::<Vec<_>>();
    let distinct = tokens.iter().collect::<std::collections::BTreeSet<_>>();
    assert_eq!((tokens.len(), distinct.len()), (4, 4));
    assert!(
        tokens.iter().all(|token| token.len() <= 128 && token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
    );
}

#[test]
fn i4_a_person_who_removed_what_stood_in_the_way_releases_it_again() {
    let (world, id) = stuck("AWS::EC2::SecurityGroup", false);
    runs(&world, 20);
    quarantined(&world, &id);
    world.cloud.edit(&id, |live| live.stuck.clear());
    let notice = Notice::Release { at: world.now() };
    let again = Lease { state: State::Deleting { notice, attempts: 0 }, due: Some(world.now()), ..lease(&world, &id) };
    world.leases.put(again);
    runs(&world, 3);
    assert_eq!(status(&world, &id), "DELETE_COMPLETE");
    assert!(matches!(lease(&world, &id).state, State::Gone { .. }));
}

#[test]
fn i14_a_bucket_is_emptied_only_if_the_lease_says_so_and_the_bucket_is_the_stacks_own() {
    let other = arn("shop-prod", "1").to_string();
    for (opted, owner, is_emptied) in [
        (true, None, false),
        (true, Some(other), false),
        (true, Some(arn("shop-pr-42", "2").to_string()), false),
        (false, Some(arn("shop-pr-42", "1").to_string()), false),
        (true, Some(arn("shop-pr-42", "1").to_string()), true),
    ] {
        let (world, id) = stuck("AWS::S3::Bucket", opted);
        let bucket = Bucket { owner: owner.clone(), fill: 3 };
        world.cloud.buckets.borrow_mut().insert("thing-1".into(), bucket);
        runs(&world, 30);
        let fill = world.cloud.buckets.borrow()["thing-1"].fill;
        assert_eq!((fill == 0, fill == 3), (is_emptied, !is_emptied), "{opted} {owner:?}");
        assert_eq!(matches!(lease(&world, &id).state, State::Gone { .. }), is_emptied, "{opted} {owner:?}");
        assert_eq!(matches!(lease(&world, &id).state, State::Quarantined { .. }), !is_emptied, "{opted} {owner:?}");
    }
}

#[test]
fn i14_a_bucket_is_not_emptied_before_a_deletion_was_decided_and_failed() {
    let (world, id) = stuck("AWS::S3::Bucket", true);
    let bucket = Bucket { owner: Some(id.to_string()), fill: 1 };
    world.cloud.buckets.borrow_mut().insert("thing-1".into(), bucket);
    apply(&world);
    assert_eq!((deletions(&world).len(), world.cloud.buckets.borrow()["thing-1"].fill), (1, 1));
}

#[test]
fn i14_a_large_bucket_is_emptied_in_as_many_runs_as_it_takes_and_costs_no_attempt() {
    let (world, id) = stuck("AWS::S3::Bucket", true);
    let bucket = Bucket { owner: Some(id.to_string()), fill: 2000 };
    world.cloud.buckets.borrow_mut().insert("thing-1".into(), bucket);
    let mut seen = vec![];
    for _ in 0..20 {
        let until = until(&world);
        seen.extend(apply(&world).entries);
        assert!(world.now() <= until);
        world.pass(SignedDuration::from_mins(2));
    }
    let unfinished = seen.iter().filter(|entry| entry.detail.as_deref() == Some("the bucket thing-1 is not empty yet"));
    assert!(unfinished.count() > 4, "{seen:?}");
    assert_eq!(status(&world, &id), "DELETE_COMPLETE");
    let most = world.leases.history.borrow().iter().map(attempts).max();
    assert_eq!(most, Some(1));
}

#[test]
fn i9_a_bucket_that_cannot_be_emptied_for_now_costs_no_attempt() {
    let (world, id) = stuck("AWS::S3::Bucket", true);
    let bucket = Bucket { owner: Some(id.to_string()), fill: 1 };
    world.cloud.buckets.borrow_mut().insert("thing-1".into(), bucket);
    for site in ["empty bucket", "read bucket owner"] {
        world.outage(site, Fault::Refused);
        runs(&world, 30);
        assert_eq!(attempts(&lease(&world, &id)), 0, "{site}");
        world.recover();
    }
    runs(&world, 6);
    assert!(matches!(lease(&world, &id).state, State::Gone { .. }));
}

fn attempts(lease: &Lease) -> u32 {
    match lease.state {
        State::Deleting { attempts, .. } => attempts,
        _ => 0,
    }
}

#[test]
fn i15_a_deletion_that_cloudformation_takes_and_gives_up_is_asked_for_anew_until_it_is_done() {
    let (world, id) = with(released);
    world.cloud.edit(&id, |live| live.gives_up = 10);
    runs(&world, 30);
    assert_eq!(status(&world, &id), "DELETE_COMPLETE");
    assert!(matches!(lease(&world, &id).state, State::Gone { .. }));
    assert_eq!(deletions(&world).len(), 11);
    assert!(world.leases.history.borrow().iter().all(|lease| attempts(lease) == 0));
}

#[test]
fn i9_what_comes_between_a_failed_deletion_and_the_next_request_costs_no_attempt() {
    for (site, fault) in [("delete stack", Fault::Refused), ("delete stack", Fault::Throttled)] {
        let (world, id) = stuck("AWS::EC2::SecurityGroup", false);
        apply(&world);
        world.pass(SignedDuration::from_mins(2));
        world.outage(site, fault);
        runs(&world, 20);
        assert_eq!(attempts(&lease(&world, &id)), 0, "{site} {fault:?}");
        world.recover();
        world.cloud.edit(&id, |live| live.stuck.clear());
        runs(&world, 5);
        assert_eq!(status(&world, &id), "DELETE_COMPLETE", "{site} {fault:?}");
    }
}

#[test]
fn i4_people_hear_once_a_day_of_what_is_in_quarantine_and_nothing_else_comes_of_it() {
    let (world, id) = stuck("AWS::EC2::SecurityGroup", false);
    runs(&world, 20);
    let (state, before) = (lease(&world, &id).state, deletions(&world).len());
    let mut reminders = 0;
    for _ in 0..3 * 24 {
        world.pass(SignedDuration::from_hours(1));
        let plan = run(&world, Mode::Plan).expect("no fault");
        assert_eq!(plan.quarantined(), 0);
        let report = apply(&world);
        reminders += report.quarantined();
        assert!(report.entries.iter().all(|entry| entry.step == Doing::Keep && entry.reason.contains("in quarantine")));
    }
    assert_eq!(reminders, 3);
    assert_eq!((lease(&world, &id).state, deletions(&world).len()), (state, before));
}

#[test]
fn i9_a_deletion_that_cloudformation_refuses_goes_into_quarantine_with_what_to_do() {
    for (refusal, remedy) in [
        ("Role arn:aws:iam::111122223333:role/r is invalid or cannot be assumed", "create the role"),
        ("Stack [shop-pr-42] cannot be deleted while TerminationProtection is enabled", "termination protection"),
    ] {
        let (world, id) = with(released);
        world.cloud.edit(&id, |live| live.refusal = Some(refusal.into()));
        let report = apply(&world);
        assert_eq!((only(&report).step, only(&report).outcome), (Doing::Delete, Outcome::Failed));
        assert_eq!((only(&report).state, report.quarantined()), ("QUARANTINED", 1));
        let why = quarantined(&world, &id);
        assert!(why.contains(refusal) && why.contains(remedy), "{why}");
        world.pass(SignedDuration::from_mins(2));
        runs(&world, 5);
        assert_eq!(deletions(&world).len(), 1);
    }
}

#[test]
fn i6_a_stack_that_was_forgotten_while_it_was_deleted_is_not_taken_for_gone() {
    let (world, id) = with(released);
    apply(&world);
    world.cloud.stacks.borrow_mut().clear();
    world.pass(SignedDuration::from_hours(24 * 91));
    runs(&world, 30);
    let why = quarantined(&world, &id);
    assert!(why.contains("does not know") && why.contains("Make sure in the console"), "{why}");
}
