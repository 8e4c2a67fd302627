//! What GitHub sent: read, passed on once, and answered.

use super::*;

#[test]
fn what_github_signed_is_passed_on_and_remembered_then() {
    let here = Here::new();
    assert_eq!(here.answer(&push()), Answer::ACCEPTED);
    assert_eq!(here.passed_on(), [change()]);
    assert_eq!(here.known.borrow().len(), 1);
}

#[test]
fn a_form_and_a_body_in_base64_are_read_as_well() {
    let encoded = Sent { encoded: true, ..push() };
    let json = push().with("content-type", "Application/JSON; charset=utf-8");
    for sent in [push().into_form(), encoded, json] {
        let here = Here::new();
        assert_eq!(here.answer(&sent), Answer::ACCEPTED, "{sent:?}");
        assert_eq!(here.passed_on(), [change()]);
    }
}

#[test]
fn names_of_headers_have_no_case() {
    let here = Here::new();
    let mut sent = push();
    sent.headers = sent.headers.into_iter().map(|(name, value)| (name.to_uppercase(), value)).collect();
    assert_eq!(here.answer(&sent), Answer::ACCEPTED);
}

#[test]
fn a_delivery_that_comes_again_has_no_effect_and_another_one_has() {
    let here = Here::new();
    assert_eq!(here.answer(&push()).status, 202);
    for _ in 0..3 {
        let again = here.answer(&push());
        assert_eq!((again.status, again.message.contains("no effect")), (200, true));
    }
    assert_eq!(here.passed_on().len(), 1);
    assert_eq!(here.answer(&push().with("x-github-delivery", "another")).status, 202);
    assert_eq!(here.passed_on().len(), 1);
}

#[test]
fn what_could_not_be_passed_on_is_not_remembered_and_can_be_sent_again() {
    for broken in ["look up", "pass on", "silent", "read secret"] {
        let here = Here::new();
        here.broken.set(Some(broken));
        let began = here.world.now();
        assert_eq!(here.answer(&push()), Answer::unavailable(), "{broken}");
        assert!(here.world.now().duration_since(began).as_secs() < 10, "{broken}: GitHub has given up");
        assert!(here.known.borrow().is_empty() && here.passed_on().is_empty(), "{broken}");
        here.broken.set(None);
        assert_eq!(here.answer(&push()), Answer::ACCEPTED, "{broken}");
        assert_eq!(here.passed_on(), [change()], "{broken}");
    }
}

#[test]
fn what_was_passed_on_is_accepted_though_it_cannot_be_remembered() {
    let here = Here::new();
    here.broken.set(Some("remember"));
    assert_eq!(here.answer(&push()), Answer::ACCEPTED);
    assert_eq!(here.passed_on(), [change()]);
}

#[test]
fn what_previews_do_not_depend_on_is_answered_and_changes_nothing() {
    let tag = json!({"ref": "v1", "ref_type": "tag", "repository": {"full_name": REPOSITORY}});
    let mut elsewhere = pushed();
    elsewhere["repository"]["full_name"] = json!("octocat/Hello-World-2");
    for (event, body) in [
        ("ping", json!({"zen": "Keep it logically awesome.", "hook_id": 1})),
        ("push", json!({"ref": "refs/heads/main"})),
        ("issues", json!({})),
        ("an_event_of_tomorrow", json!({"number": "x"})),
        ("delete", tag),
        ("pull_request", elsewhere),
        ("delete", json!({"ref": "a", "ref_type": "branch", "repository": {"full_name": "eve/Hello-World"}})),
    ] {
        let here = Here::new();
        let answer = here.answer(&Sent::by_github(event, body.to_string()));
        assert_eq!(answer.status, 200, "{event}: {body}: {answer:?}");
        assert!(here.passed_on().is_empty() && here.known.borrow().is_empty(), "{event}");
    }
}

#[test]
fn a_deleted_branch_is_passed_on() {
    let here = Here::new();
    let body = json!({
        "ref": "feature/a", "ref_type": "branch", "pusher_type": "user", "repository": {"full_name": REPOSITORY},
    });
    assert_eq!(here.answer(&Sent::by_github("delete", body.to_string())), Answer::ACCEPTED);
    assert_eq!(here.passed_on(), [Change::BranchDeleted { branch: "feature/a".to_owned() }]);
}

#[test]
fn a_pull_request_is_known_by_its_number_whatever_else_is_missing_or_new() {
    let only = |pull: &Value| json!({"number": 7, "pull_request": pull, "repository": {"full_name": REPOSITORY}});
    for pull in [
        json!(null),
        json!({}),
        json!({"updated_at": null, "head": null}),
        json!({"updated_at": "soon", "head": {"sha": null}}),
        json!({"updated_at": "", "head": {"sha": "HEAD", "ref": 7}, "new": {"deep": [[[]]]}}),
    ] {
        let here = Here::new();
        let body = json!({"new": true, "action": "invented"});
        let mut body: Value = body;
        body.as_object_mut().unwrap().extend(only(&pull).as_object().unwrap().clone());
        assert_eq!(here.answer(&Sent::by_github("pull_request", body.to_string())), Answer::ACCEPTED, "{body}");
        assert_eq!(here.passed_on(), [Change::PullRequest { number: 7, updated: None, head: None }]);
    }
}
