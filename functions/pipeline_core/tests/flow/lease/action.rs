//! Leases as an action of a pipeline, through the envelope.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use pipeline_core::{
    drive::Delivered,
    job::Job,
    lease::action::LeaseAction,
    memory::{Fault, World},
    ports::{Clock, Settled},
    verdict::{FailureKind, Report},
};
use serde_json::{Value, json};

use super::{EXECUTION, MINE, PR, STACK, THEIRS, about, claim, deploy, granted, id, leases, standing};
use crate::support::{deadline, deliver, failure, job, reports, world};

fn act(world: &World, parameters: Option<&str>) -> Option<Delivered> {
    let job = Job { user_parameters: parameters.map(str::to_owned), ..job("") };
    world.run(deliver(world, Ok((job, LeaseAction { leases: leases(world, world) })), deadline(world)))
}

fn request(world: &World, request: &Value) -> Vec<Report> {
    act(world, Some(&request.to_string()));
    reports(world)
}

#[test]
fn what_comes_of_it_is_there_for_later_actions() {
    let world = world();
    let [Report::Succeed { summary, outputs }] = &request(&world, &claim(MINE, PR))[..] else { panic!("no success") };
    let token = standing(&world).token.to_string();
    assert_eq!(*summary, format!("stack shop-pr-42 is HELD, token {token}"));
    let expected = [("token", token.as_str()), ("expires_at", "2026-11-21T13:00:00Z")];
    assert_eq!(*outputs, BTreeMap::from(expected.map(|(key, value)| (key.to_owned(), value.to_owned()))));
}

#[test]
fn a_bound_stack_is_an_output_too() {
    let world = world();
    granted(&world, &claim(MINE, PR));
    deploy(&world, &id("a"), "CREATE_COMPLETE", standing(&world).token);
    let [Report::Succeed { outputs, .. }] = &request(&world, &about(&world, "bind", &json!({})))[..] else {
        panic!("no success")
    };
    assert_eq!(outputs["stack_id"], id("a").as_str());
}

#[test]
fn a_refusal_fails_the_action_with_its_words() {
    let world = world();
    granted(&world, &claim(THEIRS, "pull request 43"));
    let (kind, message) = failure(&request(&world, &claim(MINE, PR)));
    assert_eq!(kind, FailureKind::JobFailed);
    assert!(message.starts_with("stack shop-pr-42 is held for \"pull request 43\""), "{message}");
}

#[test]
fn what_the_pipeline_s_author_can_mend_is_a_configuration_error() {
    for (parameters, words) in [
        (None, "UserParameters: missing"),
        (Some(""), "UserParameters: the request is not a JSON object"),
        (Some("shop-pr-42"), "UserParameters: the request is not a JSON object"),
        (Some(r#"{"operation": "list"}"#), "UserParameters: list and show are not for a pipeline"),
        (
            Some(r#"{"operation": "show", "stack": "shop-pr-42"}"#),
            "UserParameters: list and show are not for a pipeline",
        ),
        (
            Some(r#"{"operation": "release", "stack": "shop-pr-42", "token": 1, "quarantined": true}"#),
            "UserParameters: quarantined: only a person can tell what was mended",
        ),
        (Some(r#"{"operation": "release", "stack": "shop-pr-42"}"#), "UserParameters: missing field `token`"),
    ] {
        let world = world();
        act(&world, parameters);
        let (kind, message) = failure(&reports(&world));
        assert_eq!((kind, message.contains(words)), (FailureKind::ConfigurationError, true), "{message}");
    }
}

#[test]
fn a_store_that_stays_away_is_said_to_be_so() {
    let world = world();
    world.outage("replace lease", Fault::Throttled);
    assert_eq!(failure(&request(&world, &claim(MINE, PR))).0, FailureKind::SystemUnavailable);
}

#[test]
fn i16_i19_killed_at_any_effect_the_next_delivery_sends_the_one_verdict_of_one_claim() {
    let whole = world();
    request(&whole, &claim(MINE, PR));
    let sites = whole.effects.borrow().clone();
    let expected = ["read verdict", "read lease", "replace lease", "record verdict", "settle job", "mark sent"];
    assert_eq!(sites, expected);
    for (effect, site) in sites.iter().enumerate() {
        for fault in [Fault::KilledBefore, Fault::KilledAfter, Fault::ReplyLost, Fault::Refused, Fault::Throttled] {
            let world = world();
            world.strike(effect, fault);
            request(&world, &claim(MINE, PR));
            request(&world, &claim(MINE, PR));
            let accepted = world.reports.borrow().iter().filter(|(.., answer)| *answer == Settled::Accepted).count();
            let mut distinct = reports(&world);
            distinct.dedup();
            assert_eq!((accepted, distinct.len()), (1, 1), "{fault:?} at {site}");
            assert_eq!(world.leases.history.borrow().len(), 1, "{fault:?} at {site}");
        }
    }
}

#[test]
fn who_may_not_enter_yet_is_asked_again_and_keeps_no_function_meanwhile() {
    for (waited, expected) in [(None, true), (Some(119), true), (Some(121), false)] {
        let world = world();
        granted(&world, &claim(MINE, PR));
        deploy(&world, &id("a"), "UPDATE_IN_PROGRESS", standing(&world).token);
        let begin = world.now();
        let enter = json!({
            "operation": "enter", "stack": STACK, "token": standing(&world).token, "pipeline": "shop-previews",
            "execution": EXECUTION,
        });
        let continuation = waited.map(|minutes| (begin - SignedDuration::from_mins(minutes)).to_string());
        let job = Job { user_parameters: Some(enter.to_string()), continuation, ..job("") };
        let action = LeaseAction { leases: leases(&world, &world) };
        world.run(deliver(&world, Ok((job, action)), begin + SignedDuration::from_mins(15)));
        assert!(world.now().duration_since(begin) < SignedDuration::from_mins(1), "{waited:?}");
        let told: Vec<Report> = world.reports.borrow().iter().map(|(_, report, _)| report.clone()).collect();
        match (&told[..], expected) {
            ([Report::Continue { token, summary, .. }], true) => {
                let since = begin - SignedDuration::from_mins(waited.unwrap_or_default());
                assert_eq!(token.parse::<Timestamp>().unwrap(), since, "{waited:?}");
                assert!(summary.contains("UPDATE_IN_PROGRESS"), "{summary}");
            }
            ([Report::Fail { message, .. }], false) => assert!(message.contains("UPDATE_IN_PROGRESS"), "{message}"),
            reports => panic!("{waited:?}: {reports:?}"),
        }
    }
}

#[test]
fn what_was_built_of_another_commit_does_not_enter() {
    let world = world();
    granted(&world, &claim(MINE, PR));
    let (head, revision) = ("a".repeat(40), "b".repeat(40));
    let enter = json!({
        "operation": "enter", "stack": STACK, "token": standing(&world).token, "pipeline": "shop-previews",
        "execution": EXECUTION, "head": head, "revision": revision,
    });
    let (kind, message) = failure(&request(&world, &enter));
    let words = format!("superseded: commit {revision} was built, and {head} is to be deployed");
    assert_eq!((kind, message), (FailureKind::JobFailed, words));
    assert_eq!(standing(&world).executions, []);
}
