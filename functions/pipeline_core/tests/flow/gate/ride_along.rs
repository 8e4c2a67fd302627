//! What a release adds beside its own commit: commits that were pushed before it and never came to be released (I21).

use jiff::SignedDuration;
use pipeline_core::{
    gate::source::{Identity, Made, Maker, Why},
    ids::CommitId,
    memory::World,
    record::facts::Push,
};
use serde_json::json;

use crate::{
    gate::{
        changed, denies, passes,
        well::{merged, pull_request},
    },
    release::{ALICE, BOB, CAROL, STRANGER, approved, commit, makers, parameters, push},
    support::world,
};

fn below() -> CommitId {
    "be10".repeat(10).parse().expect("a commit id")
}

/// The release is of two commits, the lower of which these made.
fn rides_along(world: &World, makers: &[(Identity, Why)]) {
    let makers = makers.iter().map(|(name, why)| Maker { names: vec![name.clone()], why: *why }).collect();
    world.release.made.borrow_mut().insert(commit(), Made { makers, commits: vec![commit(), below()] });
}

#[test]
fn i21_whoever_wrote_or_pushed_a_commit_that_rides_along_cannot_approve() {
    type Others<'a> = &'a [(Identity, Why)];
    type Spoil = fn(&World);
    let bob = Identity::Address("bob@example.com".into());
    let cases: [(Others<'_>, Spoil, bool); 4] = [
        (&[], |_| (), true),
        (&[(bob, Why::Contributed)], |_| (), false),
        (&[], |world| world.release.pushes.borrow_mut().push(push(&below(), BOB)), false),
        (&[], |world| world.release.pushes.borrow_mut().push(push(&below(), CAROL)), true),
    ];
    for (made, spoil, is_let) in cases {
        let world = world();
        approved(&world, &[BOB]);
        rides_along(&world, made);
        spoil(&world);
        if is_let {
            passes(&world, &parameters());
        } else {
            let said = denies(&world, &parameters());
            assert!(said.contains("bob@example.com made a part of this release and does not count"), "{said}");
        }
    }
}

#[test]
fn i24_nobody_unknown_rides_along() {
    let world = world();
    approved(&world, &[BOB]);
    rides_along(&world, &[]);
    world.release.pushes.borrow_mut().push(push(&below(), STRANGER));
    let said = denies(&world, &parameters());
    assert!(said.contains("user/stranger\" made a part of this release, and the people map"), "{said}");
}

fn pushed(by: Option<&str>, reference: &str, minutes: i64) -> Push {
    let first = push(&commit(), ALICE);
    let at = first.at.map(|at| at + SignedDuration::from_mins(minutes));
    Push { by: by.map(str::to_owned), reference: Some(format!("refs/heads/{reference}")), at, ..first }
}

#[test]
fn a_branch_that_is_made_later_where_a_commit_is_makes_nobody_its_pusher() {
    for (later, is_let) in [
        (pushed(Some(BOB), "hotfix", 5), true),
        (pushed(Some(STRANGER), "hotfix", 5), true),
        // Before it came to the branch, whoever brought it first is its pusher.
        (pushed(Some(BOB), "topic", -5), false),
        (pushed(Some(BOB), "main", 5), false),
        (pushed(Some(STRANGER), "main", 5), false),
        // What an earlier version recorded says neither.
        (Push { reference: None, at: None, ..pushed(Some(BOB), "hotfix", 5) }, false),
    ] {
        let world = world();
        approved(&world, &[BOB]);
        world.release.pushes.borrow_mut().push(later.clone());
        if is_let {
            passes(&world, &parameters());
        } else {
            denies(&world, &parameters());
        }
    }
}

/// Bob may have moved the branch to what alice had pushed elsewhere, and the event of that is not there yet.
#[test]
fn i24_who_pushed_it_elsewhere_is_not_who_brought_it_here() {
    for (reference, is_let) in [("topic", false), ("main", true)] {
        let world = world();
        approved(&world, &[BOB]);
        world.release.pushes.borrow_mut().clear();
        world.release.pushes.borrow_mut().push(pushed(Some(ALICE), reference, 0));
        if is_let {
            passes(&world, &parameters());
        } else {
            assert!(denies(&world, &parameters()).contains("nobody knows who pushed"));
        }
    }
}

#[test]
fn i24_a_push_that_nobody_is_named_for_is_by_nobody_until_its_pull_request_tells() {
    let world = world();
    approved(&world, &[BOB]);
    world.release.pushes.borrow_mut().clear();
    world.release.pushes.borrow_mut().extend([pushed(None, "main", 0), pushed(Some(ALICE), "hotfix", 5)]);
    let said = denies(&world, &parameters());
    assert!(said.contains("somebody who is not named pushed this commit, and the people map"), "{said}");

    let world = self::world();
    approved(&world, &[BOB]);
    world.release.pushes.borrow_mut().clear();
    world.release.pushes.borrow_mut().push(pushed(None, "main", 0));
    let mut by_carol = pull_request();
    by_carol.makers.push(Maker { names: vec![Identity::Principal(CAROL.into())], why: Why::Pushed });
    merged(&world, by_carol);
    passes(&world, &changed(|parameters| parameters["rules"]["pull_request"] = json!({})));
}

#[test]
fn i24_a_bot_that_others_can_make_push_hides_who_did() {
    let github = changed(|parameters| parameters["repository"] = json!({"github": "ada/time"}));
    let account = |login: &str| Identity::Account(login.into());
    for (pushers, is_let) in
        [(vec!["github-actions[bot]"], false), (vec!["github-actions[bot]", "alice"], true), (vec!["alice"], true)]
    {
        let world = world();
        approved(&world, &[BOB]);
        let map = json!({
            BOB: "bob@example.com", "github:alice": "alice@example.com", "github:github-actions[bot]": "bot@example.com",
        });
        crate::release::people(&world, &map.to_string());
        let pushers: Vec<(Identity, Why)> = pushers.into_iter().map(|login| (account(login), Why::Pushed)).collect();
        makers(&world, &pushers);
        if is_let {
            passes(&world, &github);
        } else {
            assert!(denies(&world, &github).contains("nobody knows who pushed"), "{pushers:?}");
        }
    }
}
