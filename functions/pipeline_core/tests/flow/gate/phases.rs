//! Before anybody is asked, and before what was decided happens.

use jiff::SignedDuration;
use pipeline_core::memory::World;
use serde_json::{Value, json};

use crate::{
    gate::{again, changed, denies, passes},
    release::{ALICE, BOB, CAROL, approved, parameters, people, pushed, ran},
    support::world,
};

fn phase(phase: &str, count: usize) -> Value {
    changed(|parameters| {
        parameters["phase"] = json!(phase);
        parameters["approvals"] = json!(["Approve", "Approve2", "Approve3"]);
        parameters["rules"]["approved"]["count"] = json!(count);
    })
}

/// A release of alice's, with a map of users alone.
fn among(users: &[&str]) -> World {
    let world = world();
    pushed(&world);
    let entry = |arn: &&str| {
        let name = arn.rsplit('/').next().expect("a name");
        ((*arn).to_owned(), json!(format!("{name}@example.com")))
    };
    people(&world, &Value::Object(users.iter().map(entry).collect()).to_string());
    world
}

#[test]
fn nobody_is_asked_where_too_few_could_approve() {
    for (users, count, is_let) in [
        (&[ALICE, BOB, CAROL][..], 1, true),
        (&[ALICE, BOB, CAROL], 2, true),
        (&[ALICE, BOB, CAROL], 3, false),
        (&[ALICE, BOB], 1, true),
        (&[ALICE, BOB], 2, false),
        (&[ALICE], 1, false),
    ] {
        let world = among(users);
        if is_let {
            passes(&world, &phase("ask", count));
        } else {
            let said = denies(&world, &phase("ask", count));
            assert!(said.contains("alice@example.com pushed this commit") && said.contains("add them"), "{said}");
        }
    }
    // A role whose sessions name people may stand for any number of them.
    let world = world();
    pushed(&world);
    passes(&world, &phase("ask", 3));
}

#[test]
fn i23_what_was_decided_before_anybody_was_asked_is_no_approval() {
    let world = world();
    approved(&world, &[BOB]);
    passes(&world, &phase("ask", 1));
    assert!(again(&world, &phase("enter", 1)).is_err());
    // Nor by a rule that needs nobody's vote.
    let tested = |phase: &str| {
        changed(|parameters| {
            parameters["phase"] = json!(phase);
            parameters["rules"] = json!({"tested": {"actions": ["Beta/Test"]}});
        })
    };
    for (before, is_let) in [("ask", false), ("decide", true)] {
        let world = self::world();
        pushed(&world);
        ran(&world, "Beta", "Test", "Succeeded");
        passes(&world, &tested(before));
        assert_eq!(again(&world, &tested("enter")).is_ok(), is_let, "{before}");
    }
}

#[test]
fn i23_an_execution_is_entered_while_its_approvals_count_and_no_longer() {
    for (hours, is_let) in [(0, true), (164, true), (166, false), (1000, false)] {
        let world = world();
        approved(&world, &[BOB]);
        passes(&world, &parameters());
        world.pass(SignedDuration::from_hours(hours));
        let said = again(&world, &phase("enter", 1));
        assert_eq!(said.is_ok(), is_let, "after {hours} hours: {said:?}");
    }
}

#[test]
fn i23_an_execution_is_entered_by_as_many_as_are_asked_for_now() {
    for (count, is_let) in [(1, true), (2, true), (3, false)] {
        let world = world();
        approved(&world, &[BOB, CAROL]);
        passes(&world, &phase("decide", 2));
        assert_eq!(again(&world, &phase("enter", count)).is_ok(), is_let, "{count}");
    }
}
