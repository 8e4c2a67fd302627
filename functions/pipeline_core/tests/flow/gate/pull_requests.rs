//! The rule `pull_request`.

use futures_util::future::join;
use jiff::SignedDuration;
use pipeline_core::{
    gate::{
        decision::Noted,
        source::{ApprovalRule, Identity, PullRequest, PullRequestState, Reviewed, Why},
    },
    memory::{Fault, World},
    ports::Clock,
    record::facts::Push,
};
use serde_json::{Value, json};

use crate::{
    gate::{
        changed, decision, denies, only, passes,
        well::{DAVE, maker, merged, pull_request, review, topic},
    },
    release::{
        ALICE, ALICE_TOO, BOB, CAROL, ROOT, STRANGER, approved, commit, gate, gate_job, makers, parameters, push,
        pushed,
    },
    support::{reports, success, world},
};

type Change = fn(&mut PullRequest);

fn rule() -> Value {
    only("pull_request", &json!({"count": 1}))
}

fn principal(arn: &str) -> Identity {
    Identity::Principal(arn.into())
}

fn account(login: &str) -> Identity {
    Identity::Account(login.into())
}

/// A pull request with this change.
fn with(change: impl FnOnce(&mut PullRequest)) -> PullRequest {
    let mut changed = pull_request();
    change(&mut changed);
    changed
}

fn reviewed_by(pull_request: &mut PullRequest, by: &[Identity]) {
    pull_request.reviews = by.iter().map(|by| review(by.clone(), Reviewed::Approved)).collect();
}

#[test]
fn a_pull_request_that_another_person_approved_lets_through_and_is_kept() {
    let world = world();
    pushed(&world);
    merged(&world, pull_request());
    let said = passes(&world, &rule());
    assert!(said.starts_with("carol@example.com approved pull request 7; it is of commit"), "{said}");
    let pushed_by_alice = with(|p| p.makers.push(maker(principal(ALICE), Why::Updated)));
    assert_eq!(decision(&world).inputs.pull_request, Some(Noted::Seen(Some(pushed_by_alice))));
}

#[test]
fn a_commit_that_no_pull_request_brought_is_denied() {
    let world = world();
    pushed(&world);
    let said = denies(&world, &rule());
    assert!(said.contains(&format!("no pull request brought {} to main: release by merging one", commit())), "{said}");
}

#[test]
fn what_is_wrong_with_a_pull_request_denies_and_says_so() {
    let cases: [(&str, Change); 17] = [
        ("pull request 7 is open: merge it", |p| p.state = PullRequestState::Open),
        ("pull request 7 was closed and not merged", |p| p.state = PullRequestState::Closed),
        ("pull request 7 was merged into next, and that is not what is released", |p| p.branch = "next".into()),
        ("nobody approved it", |p| p.reviews.clear()),
        ("user/carol approved what it was before its last change", |p| p.reviews[0].revision = "first".into()),
        ("nobody approved it", |p| p.reviews[0].opinion = Reviewed::Dismissed),
        ("user/carol asked for changes of pull request 7", |p| p.reviews[0].opinion = Reviewed::Refused),
        ("github:mallory asked for changes", |p| p.reviews.push(review(account("mallory"), Reviewed::Refused))),
        ("user/bob asked for changes", |p| {
            p.reviews.push(review(principal(BOB), Reviewed::Refused));
            p.reviews[1].revision = "first".into();
        }),
        ("alice@example.com approved it", |p| reviewed_by(p, &[principal(ALICE)])),
        ("alice@example.com approved it", |p| reviewed_by(p, &[principal(ALICE_TOO)])),
        ("alice@example.com approved it", |p| reviewed_by(p, &[account("Alice")])),
        ("carol@example.com approved it", |p| {
            p.makers.push(maker(Identity::Address("Carol@Example.com".into()), Why::Contributed));
        }),
        ("carol@example.com approved it", |p| p.makers.push(maker(principal(CAROL), Why::Committed))),
        ("github:mallory approved it and is not in the people map", |p| reviewed_by(p, &[account("mallory")])),
        ("user/stranger approved it and is not in the people map", |p| reviewed_by(p, &[principal(STRANGER)])),
        ("root approved it and is not in the people map", |p| reviewed_by(p, &[principal(ROOT)])),
    ];
    for (words, change) in cases {
        let world = world();
        pushed(&world);
        merged(&world, with(change));
        let begin = world.now();
        let said = denies(&world, &rule());
        assert!(said.contains(words), "{words}: {said}");
        assert_eq!(world.now(), begin, "{words}");
    }
}

/// Whoever that is may be the one who reviewed it.
#[test]
fn i24_a_writer_whom_the_map_does_not_know_denies() {
    for name in [Identity::Address("carol@home".into()), account("ccc"), principal(STRANGER)] {
        let world = world();
        pushed(&world);
        merged(&world, with(|p| p.makers.push(maker(name.clone(), Why::Contributed))));
        let said = denies(&world, &rule());
        assert!(said.contains("made a part of this release, and the people map"), "{said}");
    }
}

#[test]
fn i24_approval_rules_of_codecommit_that_say_nothing_deny() {
    type Spoil = fn(&mut Vec<ApprovalRule>);
    let more = |needed, satisfied| ApprovalRule { name: "more".into(), needed, satisfied };
    let cases: [(&str, Spoil); 4] = [
        ("had no approval rule: associate an approval rule template", Vec::clear),
        ("approval rule one other of pull request 7 needs nobody", |rules| rules[0].needed = Some(0)),
        ("approval rule one other of pull request 7 is not understood", |rules| rules[0].needed = None),
        ("approval rule one other of pull request 7 is not satisfied", |rules| rules[0].satisfied = false),
    ];
    for (words, spoil) in cases {
        let world = world();
        pushed(&world);
        merged(&world, with(|p| spoil(&mut p.rules.as_mut().expect("rules").rules)));
        let said = denies(&world, &rule());
        assert!(said.contains(words), "{said}");
    }
    for one in [more(Some(0), true), more(None, true), more(Some(1), false)] {
        let world = world();
        pushed(&world);
        merged(&world, with(|p| p.rules.as_mut().expect("rules").rules.push(one.clone())));
        assert!(denies(&world, &rule()).contains("approval rule more of pull request 7"), "{one:?}");
    }
    let world = world();
    pushed(&world);
    merged(&world, with(|p| p.rules.as_mut().expect("rules").overridden = Some(BOB.into())));
    let said = denies(&world, &rule());
    assert!(said.contains("user/bob set the approval rules of pull request 7 aside"), "{said}");
}

#[test]
fn as_many_reviewers_as_asked_for_and_each_of_them_once() {
    let all = || [principal(CAROL), principal(BOB), principal(DAVE)];
    let cases: [(Vec<Identity>, usize); 6] = [
        (vec![], 0),
        (all()[..1].to_vec(), 1),
        (all()[..2].to_vec(), 2),
        (all().to_vec(), 3),
        (vec![principal(BOB), account("bob")], 1),
        (vec![principal(BOB), principal(ALICE), account("bob"), account("mallory"), principal(CAROL)], 2),
    ];
    for (by, people) in cases {
        for count in 1..=3 {
            let world = world();
            pushed(&world);
            merged(&world, with(|p| reviewed_by(p, &by)));
            let rule = only("pull_request", &json!({"count": count}));
            if people >= count {
                passes(&world, &rule);
            } else {
                let said = denies(&world, &rule);
                assert!(said.contains(&format!("needs {} more", count - people)), "{by:?}: {said}");
            }
        }
    }
}

#[test]
fn a_provider_without_approval_rules_is_taken_at_its_reviews() {
    let github = || {
        let mut rule = rule();
        rule["repository"] = json!({"github": "ada/time"});
        rule
    };
    for (login, passed) in [("Bob", true), ("alice", false), ("mallory", false)] {
        let world = world();
        pushed(&world);
        merged(
            &world,
            with(|p| {
                p.rules = None;
                p.makers = vec![maker(account("alice"), Why::Proposed), maker(account("alice"), Why::Updated)];
                reviewed_by(p, &[account(login)]);
            }),
        );
        if passed {
            passes(&world, &github());
        } else {
            denies(&world, &github());
        }
    }
}

#[test]
fn whoever_merged_it_may_have_reviewed_it_and_may_not_approve_its_release() {
    let by_bob = || with(|p| p.makers.push(maker(principal(BOB), Why::Pushed)));
    let world = world();
    pushed(&world);
    let mut reviewed = by_bob();
    reviewed_by(&mut reviewed, &[principal(BOB)]);
    merged(&world, reviewed);
    passes(&world, &rule());

    let world = self::world();
    approved(&world, &[BOB]);
    merged(&world, by_bob());
    assert!(denies(&world, &both()).contains("bob@example.com pushed this commit and does not count"));
}

fn both() -> Value {
    changed(|parameters| parameters["rules"]["pull_request"] = json!({}))
}

#[test]
fn i21_whoever_opened_it_or_wrote_any_of_it_cannot_approve_its_release() {
    for (why, words) in [(Why::Proposed, "opened its pull request"), (Why::Contributed, "made a part of this release")]
    {
        let world = world();
        approved(&world, &[BOB]);
        merged(&world, with(|p| p.makers.push(maker(account("bob"), why))));
        let said = denies(&world, &both());
        assert!(said.contains(&format!("bob@example.com {words} and does not count")), "{said}");
    }
    let world = world();
    approved(&world, &[BOB]);
    merged(&world, pull_request());
    passes(&world, &both());
}

#[test]
fn i21_whoever_pushed_what_was_merged_cannot_have_reviewed_it_nor_approve_its_release() {
    let world = world();
    pushed(&world);
    merged(&world, pull_request());
    let before = push(&topic(), CAROL);
    let at = before.at.map(|at| at + SignedDuration::from_mins(5));
    world.release.pushes.borrow_mut().push(Push { at, ..before });
    assert!(passes(&world, &rule()).contains("carol"), "a branch that is at it later is no push of it");

    // Carol pushed it first, under alice's name.
    let pushed_by_carol = |world: &World| {
        merged(world, pull_request());
        let mut pushes = world.release.pushes.borrow_mut();
        let last = pushes.last_mut().expect("the push");
        last.by = Some(CAROL.into());
    };
    let world = self::world();
    pushed(&world);
    pushed_by_carol(&world);
    assert!(denies(&world, &rule()).contains("carol@example.com approved it"));
    let world = self::world();
    approved(&world, &[CAROL]);
    pushed_by_carol(&world);
    assert!(denies(&world, &both()).contains("carol@example.com pushed to its pull request and does not count"));
}

#[test]
fn i24_a_pull_request_whose_pushes_nobody_saw_is_waited_for_and_denied() {
    let world = world();
    pushed(&world);
    merged(&world, pull_request());
    world.release.pushes.borrow_mut().retain(|push| push.commit != topic());
    let said = denies(&world, &rule());
    assert!(
        said.contains("nobody knows who pushed the commits of pull request 7; that did not change in 10m"),
        "{said}"
    );
}

/// Nor is a bot's push, or one of another of its commits, word of who pushed what was reviewed.
#[test]
fn i24_only_somebody_who_pushed_its_tip_is_known_to_have() {
    let below = || "be10".repeat(10).parse().expect("a commit id");
    let by_the_bot = |p: &mut PullRequest| p.makers.push(maker(account("github-actions[bot]"), Why::Updated));
    let world = world();
    pushed(&world);
    merged(&world, with(by_the_bot));
    world.release.pushes.borrow_mut().retain(|push| push.commit != topic());
    assert!(denies(&world, &rule()).contains("nobody knows who pushed the commits of pull request 7"));

    for (commits, is_let) in [(vec![below(), topic()], false), (vec![topic(), below()], true)] {
        let world = self::world();
        pushed(&world);
        merged(&world, with(|p| p.commits.clone_from(&commits)));
        if is_let {
            passes(&world, &rule());
        } else {
            assert!(denies(&world, &rule()).contains("nobody knows who pushed the commits of pull request 7"));
        }
    }
}

#[test]
fn whoever_merged_it_is_known_to_have_pushed_it() {
    let unpushed = |pull_request| {
        let world = world();
        approved(&world, &[BOB]);
        world.release.pushes.borrow_mut().clear();
        makers(&world, &[]);
        merged(&world, pull_request);
        world
    };
    assert!(denies(&unpushed(pull_request()), &both()).contains("nobody knows who pushed"));
    passes(&unpushed(with(|p| p.makers.push(maker(principal(CAROL), Why::Pushed)))), &both());
}

#[test]
fn i24_what_cannot_be_read_is_waited_for_and_then_denied() {
    for fault in [Fault::Throttled, Fault::ReplyLost] {
        for minutes in [3, 11] {
            let world = world();
            pushed(&world);
            merged(&world, pull_request());
            world.outage("read pull request", fault);
            let recovery = async {
                world.sleep_until(world.now() + SignedDuration::from_mins(minutes)).await;
                world.recover();
            };
            world.run(join(gate(&world, gate_job(&rule())), recovery));
            if minutes < 10 {
                success(&reports(&world));
            } else {
                let (_, said) = crate::support::failure(&reports(&world));
                assert!(said.contains("read pull request") && said.contains("that did not change in 10m"), "{said}");
            }
        }
    }
}

/// A pull request that is pushed to while it is read is one that could not be read (the port's contract).
#[test]
fn a_pull_request_that_moved_is_read_again() {
    let world = world();
    pushed(&world);
    merged(&world, pull_request());
    let read = {
        let other = self::world();
        pushed(&other);
        merged(&other, pull_request());
        passes(&other, &rule());
        other.effects.borrow().iter().position(|effect| *effect == "read pull request").expect("it is read")
    };
    world.strike(read, Fault::ReplyLost);
    passes(&world, &rule());
    assert_eq!(world.effects.borrow().iter().filter(|effect| **effect == "read pull request").count(), 2);
}

#[test]
fn a_pull_request_is_not_asked_for_by_any_other_rule() {
    let world = world();
    approved(&world, &[BOB]);
    passes(&world, &parameters());
    assert!(!world.effects.borrow().contains(&"read pull request"));
}
