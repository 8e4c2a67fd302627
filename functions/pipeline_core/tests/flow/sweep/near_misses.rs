//! Stacks that are almost ones to delete. Every one stays (I9, I10).

use jiff::SignedDuration;
use pipeline_core::{
    ids::StackArn,
    lease::record::{Lease, Notice, State},
    memory::{Live, World},
    ports::Clock,
    sweep::{report::Doing, stack::StackStatus},
};
use serde_json::json;

use crate::sweep::{
    STACK, apply, arn, deletions, effects, expired, lease, marked, only, released, resource, runs, stack, told, with,
    world,
};

type Change = fn(&mut Live);

fn tag(live: &mut Live, key: &str, value: Option<&str>) {
    live.facts.tags.remove(key);
    live.facts.tags.extend(value.map(|value| (key.to_owned(), value.to_owned())));
}

fn status(live: &mut Live, status: &str) {
    live.facts.status = StackStatus(status.to_owned());
}

const CHANGES: [(&str, Change, &str); 32] = [
    ("untagged", |live| tag(live, "flowgate:ephemeral", None), "missing, not exactly true"),
    ("TRUE", |live| tag(live, "flowgate:ephemeral", Some("TRUE")), "\"TRUE\", not exactly true"),
    ("True", |live| tag(live, "flowgate:ephemeral", Some("True")), "not exactly true"),
    ("true and a space", |live| tag(live, "flowgate:ephemeral", Some("true ")), "\"true \""),
    ("true and a newline", |live| tag(live, "flowgate:ephemeral", Some("true\n")), "not exactly true"),
    ("look-alike", |live| tag(live, "flowgate:ephemeral", Some("truе")), "not exactly true"),
    ("no tags", |live| live.facts.tags.clear(), "flowgate:ephemeral is missing"),
    (
        "key in another case",
        |live| {
            tag(live, "flowgate:ephemeral", None);
            tag(live, "Flowgate:Ephemeral", Some("true"));
        },
        "missing",
    ),
    ("another service", |live| tag(live, "flowgate:service", Some("other")), "not exactly shop"),
    ("no service", |live| tag(live, "flowgate:service", None), "not exactly shop"),
    ("a later token", |live| tag(live, "flowgate:token", Some("8")), "no token of this lease"),
    ("a bad token", |live| tag(live, "flowgate:token", Some("seven")), "no token of this lease"),
    ("protected", |live| live.facts.protected = Some(true), "protected from deletion"),
    ("perhaps protected", |live| live.facts.protected = None, "does not say whether"),
    ("nested", |live| live.facts.parent = Some("arn:parent".into()), "nested in arn:parent"),
    ("another role", |live| live.facts.role = Some("arn:aws:iam::111122223333:role/release".into()), "role/release"),
    ("no role", |live| live.facts.role = None, "no role"),
    ("exported", |live| live.facts.exports = vec!["shop-url".into()], "imported by web"),
    ("CREATE_IN_PROGRESS", |live| status(live, "CREATE_IN_PROGRESS"), "CREATE_IN_PROGRESS"),
    ("UPDATE_IN_PROGRESS", |live| status(live, "UPDATE_IN_PROGRESS"), "UPDATE_IN_PROGRESS"),
    ("cleanup", |live| status(live, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"), "CLEANUP_IN_PROGRESS"),
    ("REVIEW_IN_PROGRESS", |live| status(live, "REVIEW_IN_PROGRESS"), "left alone"),
    ("IMPORT_IN_PROGRESS", |live| status(live, "IMPORT_IN_PROGRESS"), "left alone"),
    ("IMPORT_COMPLETE", |live| status(live, "IMPORT_COMPLETE"), "left alone"),
    ("IMPORT_ROLLBACK_FAILED", |live| status(live, "IMPORT_ROLLBACK_FAILED"), "left alone"),
    ("unknown status", |live| status(live, "HIBERNATED"), "left alone"),
    ("no status", |live| status(live, ""), "left alone"),
    ("status in another case", |live| status(live, "create_complete"), "left alone"),
    ("trusted role", |live| live.resources.push(resource("Trusted", "AWS::IAM::Role")), "trusts cloudformation"),
    ("encoded policy", |live| live.resources.push(resource("Encoded", "AWS::IAM::Role")), "nobody can tell whom"),
    ("absent role", |live| live.resources.push(resource("Absent", "AWS::IAM::Role")), "nobody can tell whom"),
    (
        "nested role",
        |live| {
            let mut nested = resource("Child", "AWS::CloudFormation::Stack");
            nested.physical = arn("shop-pr-42-Child-1", "1").to_string();
            live.resources.push(nested);
        },
        "trusts cloudformation",
    ),
];

/// What the near misses refer to.
fn surroundings(world: &World) {
    let policy =
        |service: &str| json!({"Statement": [{"Effect": "Allow", "Principal": {"Service": service}}]}).to_string();
    let mut roles = world.cloud.roles.borrow_mut();
    roles.insert("trusted-1".into(), policy("cloudformation.amazonaws.com"));
    roles.insert("plain-1".into(), policy("lambda.amazonaws.com"));
    roles.insert("encoded-1".into(), policy("lambda.amazonaws.com").replace('{', "%7B"));
    world.cloud.importers.borrow_mut().insert("shop-url".into(), vec!["web".into()]);
    let mut child = stack(&arn("shop-pr-42-Child-1", "1"));
    child.facts.parent = Some(arn(STACK, "1").to_string());
    child.resources.push(resource("Trusted", "AWS::IAM::Role"));
    world.cloud.put(child);
}

#[test]
fn i9_a_near_miss_is_kept_with_its_reason_however_often_sweep_comes_by() {
    for (name, change, reason) in CHANGES {
        for before in [released, told] {
            let (world, id) = with(before);
            surroundings(&world);
            world.cloud.edit(&id, change);
            let report = apply(&world);
            assert_eq!(only(&report).step, Doing::Keep, "{name}");
            assert!(only(&report).reason.contains(reason), "{name}: {}", only(&report).reason);
            world.pass(SignedDuration::from_mins(2));
            runs(&world, 100);
            assert!(matches!(lease(&world, &id).state, State::Dirty { .. }), "{name}");
            assert!(lease(&world, &id).kept.is_some_and(|kept| kept.contains(reason)), "{name}");
            assert_eq!(deletions(&world), [], "{name}");
        }
    }
}

/// What a look at a stack alone does not show.
const HANGING: [&str; 5] = ["exported", "trusted role", "encoded policy", "absent role", "nested role"];

#[test]
fn i11_people_are_told_of_no_stack_that_is_kept_anyway() {
    for (name, change, reason) in CHANGES.into_iter().filter(|(name, ..)| !HANGING.contains(name)) {
        for before in [marked as fn(&World, &StackArn) -> Lease, |_, id| expired(id)] {
            let (world, id) = with(before);
            world.cloud.edit(&id, change);
            runs(&world, 2);
            let report = lease(&world, &id);
            assert!(report.kept.as_ref().is_some_and(|kept| kept.contains(reason)), "{name}: {report:?}");
            assert_eq!(world.cloud.messages.borrow().len(), 0, "{name}");
            world.cloud.put(stack(&id));
            world.pass(SignedDuration::from_hours(1));
            apply(&world);
            assert_eq!(world.cloud.messages.borrow().len(), 1, "{name}");
        }
    }
}

#[test]
fn i9_after_the_tombstone_a_near_miss_goes_into_quarantine_unless_it_may_pass() {
    for (name, change, reason) in CHANGES {
        let (world, id) = with(released);
        surroundings(&world);
        world.cloud.edit(&id, change);
        let deleting = State::Deleting { notice: Notice::Release { at: world.now() }, attempts: 0 };
        world.leases.put(Lease { state: deleting.clone(), ..lease(&world, &id) });
        runs(&world, 5);
        match lease(&world, &id).state {
            State::Quarantined { why, .. } => assert!(why.contains(reason), "{name}: {why}"),
            stands => assert!(stands == deleting && reason.contains("IN_PROGRESS"), "{name}: {stands:?}"),
        }
        assert_eq!(deletions(&world), [], "{name}");
    }
}

#[test]
fn i9_a_stack_of_which_nothing_is_amiss_is_deleted_beside_them() {
    let (world, id) = with(released);
    surroundings(&world);
    world.cloud.edit(&id, |live| {
        live.resources = vec![resource("Plain", "AWS::IAM::Role"), resource("Never", "AWS::IAM::Role")];
        live.resources[1].physical.clear();
        live.facts.exports = vec!["unused".into()];
    });
    runs(&world, 2);
    assert!(matches!(lease(&world, &id).state, State::Gone { .. }));
}

/// Names that could only come from a record that was written by hand.
#[test]
fn i9_other_names_are_kept_whatever_the_record_says() {
    let long = format!("shop-pr-42{}", "x".repeat(118));
    for name in
        ["shop-pr-42-prod", "shop-PR-42", "shop-prod", "other-pr-42", "shop-flowgate", "StackSet-shop-pr-42-1", &long]
    {
        let (world, id) = (world(), arn(name, "1"));
        world.cloud.put(stack(&id));
        world.leases.put(released(&world, &id));
        assert_eq!(only(&apply(&world)).step, Doing::Keep, "{name}");
        runs(&world, 3);
        assert_eq!(deletions(&world), [], "{name}");
    }
    let (world, id) = (world(), arn(&format!("shop-pr-{}", "4".repeat(120)), "1"));
    world.cloud.put(stack(&id));
    world.leases.put(released(&world, &id));
    apply(&world);
    assert_eq!(deletions(&world), [id]);
}

#[test]
fn i5_only_the_stack_of_the_very_id_is_deleted() {
    let other = |text: &str| text.parse::<StackArn>().expect("an ARN");
    for id in [
        other("arn:aws:cloudformation:us-east-1:111122223333:stack/shop-pr-42/1"),
        other("arn:aws:cloudformation:eu-west-1:444455556666:stack/shop-pr-42/1"),
        arn("shop-pr-420", "1"),
    ] {
        let world = world();
        world.cloud.put(stack(&id));
        world.cloud.put(stack(&arn(STACK, "2")));
        for deleting in [false, true] {
            let notice = Notice::Release { at: world.now() };
            let state = if deleting { State::Deleting { notice, attempts: 0 } } else { released(&world, &id).state };
            let stack = STACK.parse().expect("a name");
            world.leases.put(Lease { stack, state, ..released(&world, &id) });
            let report = apply(&world);
            assert_eq!(only(&report).step, Doing::Keep, "{id}");
            assert!(only(&report).reason.contains("is not the stack of this lease"), "{report:?}");
            assert_eq!(effects(&world), ["find due leases", "read parameter", "read lease", "replace lease"], "{id}");
        }
        assert_eq!(deletions(&world), [], "{id}");
    }
}

#[test]
fn i5_a_stack_that_was_created_anew_under_the_name_after_the_lease_expired_stays() {
    for before in [released, told] {
        let (world, id) = with(before);
        world.cloud.edit(&id, |live| live.facts.status = StackStatus("DELETE_COMPLETE".into()));
        let anew = arn(STACK, "2");
        world.cloud.put(stack(&anew));
        world.cloud.put(stack(&arn("shop-pr-420", "1")));
        assert_eq!(only(&apply(&world)).step, Doing::Gone);
        runs(&world, 5);
        assert_eq!(deletions(&world), []);
    }
}
