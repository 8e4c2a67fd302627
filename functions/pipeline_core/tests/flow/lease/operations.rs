//! What each operation does and answers.

use jiff::SignedDuration;
use pipeline_core::{
    lease::{
        record::{Notice, State},
        view::{Answer, View},
    },
    memory::World,
    ports::Clock,
};
use serde_json::{Value, json};

use super::{EXECUTION, MINE, PR, STACK, THEIRS, about, claim, deploy, granted, id, put, refused, run, standing};
use crate::support::world;

fn shown(view: &View) -> Value {
    serde_json::to_value(view).expect("a view has a JSON form")
}

#[test]
fn a_lease_from_its_claim_to_its_release() {
    let world = world();
    let claimed = granted(&world, &claim(MINE, PR));
    let token = world.now().as_second();
    let held = json!({
        "stack": STACK, "state": "HELD", "token": token, "holder": MINE, "source": PR, "empty_buckets": false,
        "expires_at": "2026-11-21T13:00:00Z", "due": "2026-11-21T13:01:00Z",
    });
    assert_eq!(shown(&claimed), held);
    let entered = about(&world, "enter", &json!({"pipeline": "shop-previews", "execution": EXECUTION}));
    assert_eq!(shown(&granted(&world, &entered)), held);
    deploy(&world, &id("a"), "CREATE_COMPLETE", standing(&world).token);
    let bound = granted(&world, &about(&world, "bind", &json!({"stack_id": id("a")})));
    assert_eq!(bound.stack_id, Some(id("a")));
    world.pass(SignedDuration::from_mins(30));
    let renewed = granted(&world, &about(&world, "renew", &json!({"ttl": 7200})));
    assert_eq!(shown(&renewed)["expires_at"], "2026-11-21T14:30:00Z");
    let kept = granted(&world, &about(&world, "hold", &json!({"until": "2026-11-22T12:00:00+01:00"})));
    assert_eq!((shown(&kept)["hold_until"].clone(), shown(&kept)["due"].clone()), {
        let until = json!("2026-11-22T11:00:00Z");
        (until.clone(), until)
    });
    let released = granted(&world, &about(&world, "release", &json!({})));
    assert_eq!(
        shown(&released),
        json!({
            "stack": STACK, "state": "DIRTY", "token": token, "holder": MINE, "source": PR, "stack_id": id("a"),
            "empty_buckets": false, "hold_until": "2026-11-22T11:00:00Z", "due": "2026-11-22T11:00:00Z",
        })
    );
    assert_eq!(granted(&world, &json!({"operation": "show", "stack": STACK})), released);
    assert_eq!(standing(&world).executions[0].pipeline, "shop-previews");
}

#[test]
fn a_refusal_has_a_code_and_says_what_to_do() {
    let world = world();
    granted(&world, &claim(MINE, PR));
    let refusal = run(&world, &claim(THEIRS, "pull request 43")).unwrap().unwrap_err();
    let words = "stack shop-pr-42 is held for \"pull request 42\" until 2026-11-21T13:00:00Z; it is free once sweep has \
                 deleted it";
    assert_eq!(serde_json::to_value(&refusal).unwrap(), json!({"error": {"code": "Held", "message": words}}));
}

#[test]
fn i2_i7_a_newer_claim_for_the_same_source_fences_the_older_one() {
    let world = world();
    let old = granted(&world, &claim(MINE, PR));
    let new = granted(&world, &claim(THEIRS, PR));
    assert_eq!(new.token.0, old.token.0 + 1);
    let before = standing(&world);
    for (operation, fields, code) in [
        ("renew", json!({"ttl": 60}), "StaleToken"),
        ("release", json!({}), "StaleToken"),
        ("hold", json!({"until": "2026-11-22T12:00:00Z"}), "StaleToken"),
        ("bind", json!({"stack_id": id("a")}), "StaleToken"),
        ("enter", json!({"pipeline": "shop-previews", "execution": EXECUTION}), "Superseded"),
    ] {
        let mut request = about(&world, operation, &fields);
        request["token"] = json!(old.token);
        assert_eq!(refused(&world, &request).0, code, "{operation}");
        assert_eq!(standing(&world), before, "{operation}");
    }
}

#[test]
fn the_same_claim_again_is_answered_as_the_first_time() {
    let world = world();
    let first = granted(&world, &claim(MINE, PR));
    world.pass(SignedDuration::from_mins(5));
    assert_eq!(granted(&world, &claim(MINE, PR)), first);
    assert_eq!(world.leases.history.borrow().len(), 1);
}

#[test]
fn a_claim_that_was_taken_over_has_ended_for_its_holder() {
    let world = world();
    granted(&world, &claim(MINE, PR));
    granted(&world, &claim(THEIRS, PR));
    let before = standing(&world);
    let words = "superseded: this holder's claim of stack shop-pr-42 has ended; claim with a new holder";
    assert_eq!(refused(&world, &claim(MINE, PR)), ("Superseded", words.to_owned()));
    granted(&world, &about(&world, "release", &json!({})));
    assert_eq!(refused(&world, &claim(MINE, PR)).0, "Superseded");
    assert_eq!(standing(&world).holder, before.holder);
}

#[test]
fn without_an_id_the_stack_of_that_name_is_bound_if_its_tags_have_this_token() {
    let world = world();
    granted(&world, &claim(MINE, PR));
    let bind = about(&world, "bind", &json!({}));
    assert_eq!(refused(&world, &bind), ("BadRequest", "stack shop-pr-42 does not exist; deploy it first".to_owned()));
    deploy(&world, &id("a"), "CREATE_COMPLETE", pipeline_core::ids::FencingToken(7));
    assert_eq!(refused(&world, &bind).0, "WrongStack");
    deploy(&world, &id("a"), "UPDATE_COMPLETE", standing(&world).token);
    assert_eq!(granted(&world, &bind).stack_id, Some(id("a")));
}

#[test]
fn i4_i5_an_id_that_is_deleted_unknown_or_elsewhere_is_not_bound() {
    let world = world();
    granted(&world, &claim(MINE, PR));
    for status in ["DELETE_COMPLETE", "DELETE_IN_PROGRESS"] {
        deploy(&world, &id("a"), status, standing(&world).token);
        let (code, words) = refused(&world, &about(&world, "bind", &json!({"stack_id": id("a")})));
        assert_eq!((code, words.contains(status)), ("WrongStack", true), "{words}");
    }
    assert_eq!(refused(&world, &about(&world, "bind", &json!({"stack_id": id("unknown")}))).0, "WrongStack");
    let looked = world.effects.borrow().len();
    let foreign = id("a").to_string().replace("eu-west-1", "eu-west-2");
    assert_eq!(refused(&world, &about(&world, "bind", &json!({"stack_id": foreign}))).0, "WrongStack");
    // I5: CloudFormation was not asked about it.
    assert_eq!(world.effects.borrow()[looked..], ["read lease"]);
    assert_eq!(standing(&world).bound, None);
}

#[test]
fn i4_quarantine_says_why_and_is_left_by_a_person_s_release() {
    let world = world();
    granted(&world, &claim(MINE, PR));
    put(&world, State::Quarantined { at: world.now(), why: "bucket shop-pr-42-files is not empty".into() });
    let view = granted(&world, &json!({"operation": "show", "stack": STACK}));
    assert_eq!(view.why.as_deref(), Some("bucket shop-pr-42-files is not empty"));
    let (code, words) = refused(&world, &claim(THEIRS, PR));
    assert_eq!((code, words.contains("bucket shop-pr-42-files is not empty")), ("Quarantined", true));
    let release = about(&world, "release", &json!({}));
    let words = "stack shop-pr-42 is in quarantine; mend what stands in the way, then release it as quarantined: bucket \
                 shop-pr-42-files is not empty";
    assert_eq!(refused(&world, &release), ("Quarantined", words.to_owned()));
    let mended = about(&world, "release", &json!({"quarantined": true}));
    assert_eq!(granted(&world, &mended).state, "DELETING");
    assert_eq!(granted(&world, &mended).state, "DELETING");
}

fn listed(world: &World, request: &Value) -> (Vec<String>, Option<String>) {
    match run(world, request).expect("no fault").expect("a list") {
        Answer::Leases { leases, next } => (leases.iter().map(|view| view.stack.to_string()).collect(), next),
        Answer::Lease(view) => panic!("one lease: {view:?}"),
    }
}

#[test]
fn a_list_goes_by_what_is_due_page_by_page_and_leaves_out_what_is_gone() {
    let world = world();
    for number in [3, 1, 2, 4] {
        let mut request = claim(&MINE.replace("111111abcdef", &format!("{number:012}")), PR);
        request["stack"] = json!(format!("shop-pr-{number}"));
        request["ttl"] = json!(number * 60);
        granted(&world, &request);
    }
    let mut gone = world.leases.get(&"shop-pr-4".parse().unwrap()).unwrap();
    (gone.state, gone.due) = (State::Gone { at: world.now() }, None);
    world.leases.put(gone);
    let (first, next) = listed(&world, &json!({"operation": "list", "limit": 2}));
    assert_eq!(first, ["shop-pr-1", "shop-pr-2"]);
    let rest = listed(&world, &json!({"operation": "list", "limit": 2, "after": next.expect("there is more")}));
    assert_eq!(rest, (vec!["shop-pr-3".to_owned()], None));
    assert_eq!(listed(&world, &json!({"operation": "list"})).0.len(), 3);
}

#[test]
fn a_hold_of_what_was_released_makes_sweep_tell_people_first() {
    let world = world();
    granted(&world, &claim(MINE, PR));
    granted(&world, &about(&world, "release", &json!({})));
    granted(&world, &about(&world, "hold", &json!({"until": "2026-11-22T12:00:00Z"})));
    let notice = Notice::Mark { at: world.now(), told_at: None, changed: None };
    assert_eq!(standing(&world).state, State::Dirty { notice, absent_at: None });
}
