//! Who approved, and whether that counts.

use std::iter;

use futures_util::future::join;
use jiff::SignedDuration;
use pipeline_core::{
    gate::{
        decision::Outcome,
        observation::Execution,
        people::Person,
        source::{Identity, Why},
    },
    memory::World,
    ports::{Clock, Parameter},
    verdict::{FailureKind, Report},
};
use serde_json::{Value, json};

use crate::{
    gate::{changed, count, decision, denies, passes},
    release::{
        ALICE, ALICE_TOO, BOB, CAROL, PEOPLE, ROOT, STRANGER, UNNAMED, answer, approved, artifact, commit, earlier,
        execution, gate, gate_job, makers, parameters, people, push, pushed, run_gate, standard,
    },
    support::{failure, reports, success, world},
};
#[test]
fn i21_another_person_approves_and_the_release_goes_out() {
    let world = world();
    approved(&world, &[BOB]);
    let said = passes(&world, &parameters());
    assert!(said.starts_with("bob@example.com approved at 2026-11-21T09:00:30Z; it is of commit 8f2c"), "{said}");
    let decision = decision(&world);
    assert_eq!((decision.outcome, decision.votes.len(), decision.excluded.len()), (Outcome::Approve, 1, 1));
    assert!(decision.digest.is_some());
}

#[test]
fn i21_who_pushed_cannot_approve_under_any_identity() {
    for identity in [ALICE, ALICE_TOO] {
        let world = world();
        approved(&world, &[identity]);
        let said = denies(&world, &parameters());
        let expected = "denied: alice@example.com approved at 2026-11-21T09:00:30Z; alice@example.com pushed this commit \
                        and does not count; one more is needed: retry all actions of Approve";
        assert_eq!(said, expected);
    }
}

#[test]
fn i21_nobody_counts_who_wrote_or_started_or_is_nobody() {
    type Spoil = fn(&World);
    let wrote: Spoil = |world| makers(world, &[(Identity::Address("BOB@example.com".into()), Why::Wrote)]);
    let committed: Spoil = |world| makers(world, &[(Identity::Account("Bob".into()), Why::Committed)]);
    let started: Spoil = |world| {
        let by_hand = Execution { started_by: Some(BOB.into()), ..standard() };
        world.release.executions.borrow_mut().insert(execution(), by_hand);
    };
    let cases: [(&str, Spoil, &str); 7] = [
        (BOB, wrote, "bob@example.com wrote this commit and does not count"),
        (BOB, committed, "bob@example.com committed this and does not count"),
        (BOB, started, "bob@example.com started this execution and does not count"),
        (ROOT, |_| (), "root is the root user and does not count"),
        (UNNAMED, |_| (), "is a session that no e-mail address names, as /flowgate/time-service/people expects"),
        (STRANGER, |_| (), "is not in the people map /flowgate/time-service/people and does not count"),
        ("", |_| (), "somebody unknown is not in the people map"),
    ];
    for (by, spoil, words) in cases {
        let world = world();
        approved(&world, &[by]);
        spoil(&world);
        let said = denies(&world, &parameters());
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn i21_as_many_people_as_asked_for_and_each_of_them_once() {
    for (by, needed, passed) in [
        (&[BOB, CAROL][..], 2, true),
        (&[BOB, BOB], 2, false),
        (&[BOB, ALICE], 2, false),
        (&[BOB, ALICE], 1, true),
        (&[ALICE, ALICE_TOO, BOB], 2, false),
        (&[BOB, CAROL], 3, false),
        (&[BOB, ROOT, CAROL], 2, true),
    ] {
        let world = world();
        approved(&world, by);
        run_gate(&world, &count(needed));
        assert_eq!(matches!(reports(&world)[..], [Report::Succeed { .. }]), passed, "{by:?} of {needed}");
    }
    let world = world();
    approved(&world, &[BOB, BOB]);
    let said = denies(&world, &count(2));
    assert!(said.contains("bob@example.com also answered Approve2, which counts once"), "{said}");
    assert!(said.contains("Approve3 did not ask anybody in this execution"), "{said}");
}

#[test]
fn a_policy_that_nobody_can_satisfy_says_so() {
    let world = world();
    approved(&world, &[ALICE]);
    let map = json!({ALICE: "alice@example.com"});
    people(&world, &map.to_string());
    let said = denies(&world, &parameters());
    assert!(said.contains("names too few people who may approve: add them"), "{said}");
}

#[test]
fn an_approval_that_was_asked_for_again_is_none_until_it_is_given_again() {
    for (status, minutes) in [("InProgress", 10), ("Failed", 0), ("Abandoned", 0)] {
        let world = world();
        approved(&world, &[BOB]);
        answer(&world, "Approve", BOB, status);
        let begin = world.now();
        let said = denies(&world, &parameters());
        assert!(said.contains(&format!("Approve is {status} and not an approval")), "{said}");
        assert_eq!(world.now().duration_since(begin), SignedDuration::from_mins(minutes), "{status}");
    }
    let world = world();
    approved(&world, &[ALICE]);
    answer(&world, "Approve", BOB, "Succeeded");
    passes(&world, &parameters());
}

#[test]
fn an_approval_that_codepipeline_does_not_show_yet_is_waited_for() {
    for status in [None, Some("InProgress")] {
        let world = world();
        pushed(&world);
        if let Some(status) = status {
            answer(&world, "Approve", BOB, status);
        }
        let late = async {
            world.sleep_until(world.now() + SignedDuration::from_mins(3)).await;
            world.release.runs.borrow_mut().clear();
            answer(&world, "Approve", BOB, "Succeeded");
        };
        world.run(join(gate(&world, gate_job(&parameters())), late));
        success(&reports(&world));
    }
    let world = world();
    approved(&world, &[ALICE]);
    let begin = world.now();
    let said = denies(
        &world,
        &changed(|parameters| {
            parameters["rules"]["approved"]["count"] = json!(2);
            parameters["approvals"] = json!(["Approve", "Approve2"]);
        }),
    );
    assert!(said.contains("2 more are needed"), "{said}");
    assert_eq!(world.now(), begin, "the one that may come would not be enough");
}

#[test]
fn runs_whose_order_nobody_knows_are_no_approval() {
    let untold = |world: &World, run: usize| world.release.runs.borrow_mut()[run].1.asked = None;
    for run in [0, 1] {
        let world = world();
        approved(&world, &[BOB]);
        answer(&world, "Approve", BOB, "Succeeded");
        untold(&world, run);
        assert!(denies(&world, &parameters()).contains("nobody knows which of the runs of Approve is the latest"));
    }
    let world = world();
    approved(&world, &[BOB]);
    untold(&world, 0);
    passes(&world, &parameters());
}

#[test]
fn runs_that_began_at_once_count_as_the_worse_one() {
    let world = world();
    approved(&world, &[BOB]);
    answer(&world, "Approve", BOB, "InProgress");
    let asked = world.release.runs.borrow()[0].1.asked;
    world.release.runs.borrow_mut()[1].1.asked = asked;
    assert!(denies(&world, &parameters()).contains("Approve is InProgress"));
}

#[test]
fn two_stages_with_one_approval_s_name_are_told_apart_by_nobody() {
    let world = world();
    approved(&world, &[BOB]);
    answer(&world, "Approve", BOB, "Succeeded");
    world.release.runs.borrow_mut()[1].1.stage = "Beta".into();
    assert!(denies(&world, &parameters()).contains("more than one stage has an action named Approve"));
}

#[test]
fn an_approval_of_another_execution_or_of_another_action_is_none() {
    let world = world();
    approved(&world, &[BOB]);
    world.release.runs.borrow_mut()[0].0 = earlier();
    assert!(denies(&world, &parameters()).contains("Approve did not ask anybody in this execution"));
    let world = self::world();
    approved(&world, &[BOB]);
    assert!(
        denies(&world, &changed(|parameters| parameters["approvals"] = json!(["Other"]))).contains("Other did not")
    );
}

#[test]
fn i24_an_unknown_pusher_denies_and_says_what_to_do() {
    let world = world();
    approved(&world, &[BOB]);
    world.release.pushes.borrow_mut().clear();
    assert!(denies(&world, &parameters()).contains("push another commit"));
    let [vote] = &decision(&world).votes[..] else { panic!("the vote that was seen is kept") };
    assert_eq!(vote.person, Person::of("bob@example.com"));

    let world = self::world();
    approved(&world, &[BOB]);
    world.release.pushes.borrow_mut().push(push(&commit(), STRANGER));
    assert!(denies(&world, &parameters()).contains("user/stranger\" pushed this commit, and the people map"));

    let world = self::world();
    approved(&world, &[BOB]);
    let nobody = changed(|parameters| parameters["repository"] = json!(null));
    assert!(
        denies(&world, &nobody)
            .contains("the action names no repository and branch, so nobody knows who made the commit")
    );
}

#[test]
fn i24_whoever_started_it_must_be_known_and_nobody_is_behind_a_rule() {
    let started = |by: Option<&str>| {
        let world = world();
        approved(&world, &[BOB]);
        let execution = Execution { started_by: by.map(str::to_owned), ..standard() };
        world.release.executions.borrow_mut().insert(self::execution(), execution);
        world
    };
    for (by, words) in [
        (
            STRANGER,
            "user/stranger\" started this execution, and the people map /flowgate/time-service/people does not say who that is: \
             add",
        ),
        (ROOT, "root\" started this execution, but is the root user: have somebody whom the map knows"),
        (UNNAMED, "started this execution, but is a session that no e-mail address names"),
        ("arn:aws:iam::111122223333:role/Robot", "role/Robot\" started this execution, and the people map"),
        ("arn:aws:sts::111122223333:federated-user/eve", "federated-user/eve\" started this execution"),
    ] {
        let said = denies(&started(Some(by)), &parameters());
        assert!(said.contains(words), "{said}");
    }
    for by in [
        None,
        Some(ALICE),
        Some("arn:aws:events:eu-west-1:111122223333:rule/push"),
        Some("arn:aws:codepipeline:eu-west-1:111122223333:webhook:push"),
        Some("arn:aws:codeconnections:eu-west-1:111122223333:connection/0"),
    ] {
        passes(&started(by), &parameters());
    }
}

#[test]
fn everybody_who_pushed_the_commit_is_excluded() {
    let world = world();
    approved(&world, &[BOB]);
    world.release.pushes.borrow_mut().push(push(&commit(), BOB));
    assert!(denies(&world, &parameters()).contains("bob@example.com pushed this commit and does not count"));
}

#[test]
fn i24_on_github_the_source_says_who_pushed_or_nobody_does() {
    let github = changed(|parameters| parameters["repository"] = json!({"github": "ada/time"}));
    let account = |login: &str| Identity::Account(login.into());
    for (known, words) in [
        (vec![], Some("nobody knows who pushed")),
        (vec![(account("alice"), Why::Wrote)], Some("nobody knows who pushed")),
        (vec![(account("mallory"), Why::Pushed)], Some("github:mallory\" pushed this commit, and the people map")),
        (vec![(account("BOB"), Why::Pushed)], Some("bob@example.com pushed this commit and does not count")),
        (vec![(account("alice"), Why::Pushed)], None),
    ] {
        let world = world();
        approved(&world, &[BOB]);
        makers(&world, &known);
        match words {
            Some(words) => assert!(denies(&world, &github).contains(words), "{known:?}"),
            None => drop(passes(&world, &github)),
        }
    }
}

#[test]
fn i21_who_wrote_it_cannot_approve_under_any_address() {
    let noreply = "1234+alice@users.noreply.github.com";
    let judged = |map: Value| {
        let world = world();
        approved(&world, &[ALICE]);
        world.release.pushes.borrow_mut().clear();
        world.release.pushes.borrow_mut().push(push(&commit(), CAROL));
        makers(&world, &[(Identity::Address(noreply.into()), Why::Wrote)]);
        people(&world, &map.to_string());
        denies(&world, &parameters())
    };
    let said = judged(json!({ALICE: "alice@example.com", CAROL: "carol@example.com"}));
    let add = format!(
        "\"{noreply}\" wrote this commit, and the people map {PEOPLE} does not say who that is: add \"{noreply}\""
    );
    assert!(said.contains(&add), "{said}");
    let said = judged(json!({ALICE: "alice@example.com", CAROL: "carol@example.com", noreply: "alice@example.com"}));
    assert!(said.contains("alice@example.com wrote this commit and does not count"), "{said}");
}

#[test]
fn i21_a_session_is_the_person_that_the_map_says_its_address_is() {
    let world = world();
    approved(&world, &["arn:aws:sts::111122223333:assumed-role/Dev/alice@corp.example"]);
    makers(&world, &[(Identity::Address("alice@corp.example".into()), Why::Wrote)]);
    world.release.pushes.borrow_mut().clear();
    world.release.pushes.borrow_mut().push(push(&commit(), CAROL));
    let map = json!({
        "arn:aws:iam::111122223333:role/Dev": "sso", "alice@corp.example": "alice.smith@corp.example",
        CAROL: "carol@example.com",
    });
    people(&world, &map.to_string());
    let said = denies(&world, &parameters());
    assert!(said.contains("alice.smith@corp.example wrote this commit and does not count"), "{said}");
}

#[test]
fn a_people_map_that_is_missing_or_misleading_denies() {
    let plain = |text: &str| Some(Parameter::Plain(text.to_owned()));
    for (map, words) in [
        (None, "the people map /flowgate/time-service/people does not exist"),
        (Some(Parameter::Secret), "people cannot be used: it is a SecureString; make it a String"),
        (plain("alice"), "the people map /flowgate/time-service/people cannot be used"),
        (plain(r#"{"arn:aws:iam::1:root": "a@b"}"#), "the root user is nobody"),
    ] {
        let world = world();
        approved(&world, &[BOB]);
        let mut parameters = world.release.parameters.borrow_mut();
        parameters.clear();
        parameters.extend(map.map(|map| (PEOPLE.to_owned(), map)));
        drop(parameters);
        let said = denies(&world, &self::parameters());
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn what_the_action_got_wrong_is_a_configuration_error() {
    for (inputs, parameters, words) in [
        (0, parameters(), "declares 0 input artifacts"),
        (2, parameters(), "declares 2 input artifacts"),
        (1, changed(|parameters| parameters["rules"] = json!({})), "there are no rules"),
        (1, json!("x"), "UserParameters"),
    ] {
        let world = world();
        approved(&world, &[BOB]);
        let mut job = gate_job(&parameters);
        job.inputs = iter::repeat_n(artifact(), inputs).collect();
        world.run(gate(&world, job));
        let (kind, message) = failure(&reports(&world));
        assert_eq!((kind, message.contains(words)), (FailureKind::ConfigurationError, true), "{message}");
    }
}

#[test]
fn i25_taking_an_approval_away_never_turns_a_denial_into_a_release() {
    let everybody = [ALICE, ALICE_TOO, BOB, CAROL, ROOT, STRANGER];
    let verdict = |votes: &[&str], needed: usize| {
        let world = world();
        approved(&world, votes);
        run_gate(&world, &count(needed));
        matches!(reports(&world)[..], [Report::Succeed { .. }])
    };
    for one in everybody {
        for two in everybody {
            for three in everybody {
                for needed in 1..=3 {
                    let whole = verdict(&[one, two, three], needed);
                    let people = [BOB, CAROL].iter().filter(|who| [one, two, three].contains(who)).count();
                    assert_eq!(whole, people >= needed, "{one}, {two}, {three} of {needed}");
                    assert!(whole || !verdict(&[one, two], needed), "{one}, {two} of {needed}");
                }
            }
        }
    }
}
