//! A pull request as previews need it.

use pipeline_core::{
    ports::PortError,
    preview::pull::{Pull, PullStatus, ReadPulls},
};
use serde_json::{Value, json};

use super::{
    refusals::{Kind, cases, kind},
    shapes::{merged, pull, sha},
    talk::{host, hosted, world},
    world::{Reply, Served, refused},
};
use crate::server::connected;

/// What is read of pull request 7 when the host tells this of it.
fn read(told: Value) -> Result<Option<Pull>, PortError> {
    let served = Served::new(world(vec![]));
    served.world().ones.insert("pulls/7".to_owned(), told);
    connected(host(&served).pull(7))
}

/// The same, of the usual one with a change.
fn changed(change: impl FnOnce(&mut Value)) -> Result<Option<Pull>, PortError> {
    let mut told = pull(&sha('c'), Some("alice"));
    change(&mut told);
    read(told)
}

#[test]
fn a_pull_request_is_told_whole() {
    let expected = Pull {
        number: 7,
        status: PullStatus::Open,
        is_draft: false,
        is_fork: false,
        head: sha('c').parse().expect("a commit"),
        branch: Some("feature".to_owned()),
        author: "alice".to_owned(),
        updated: "2026-11-21T12:00:00Z".parse().expect("a time"),
    };
    assert_eq!(changed(|_| ()), Ok(Some(expected)));
}

#[test]
fn where_it_stands_is_told() {
    let status = |told: Value| read(told).map(|pull| pull.map(|pull| pull.status));
    let usual = || pull(&sha('c'), Some("alice"));
    assert_eq!(status(usual()), Ok(Some(PullStatus::Open)));
    assert_eq!(status(merged(usual(), &sha('a'))), Ok(Some(PullStatus::Merged)));
    let mut closed = usual();
    closed["state"] = json!("closed");
    closed["closed_at"] = json!("2026-11-21T12:00:00Z");
    assert_eq!(status(closed), Ok(Some(PullStatus::Closed)));
}

#[test]
fn a_draft_a_fork_and_who_is_gone_are_told() {
    let told = |change: fn(&mut Value)| changed(change).expect("an answer").expect("a pull request");
    assert!(told(|pull| pull["draft"] = json!(true)).is_draft);
    assert!(!told(|pull| drop(pull.as_object_mut().expect("an object").remove("draft"))).is_draft);
    let fork = told(|pull| pull["head"]["repo"] = json!({"id": 9, "full_name": "octo-org/time", "fork": true}));
    assert_eq!((fork.is_fork, fork.branch.as_deref()), (true, Some("feature")), "a name can be taken over, an id not");
    let gone = told(|pull| pull["head"]["repo"] = json!(null));
    assert_eq!((gone.is_fork, gone.branch), (true, None));
    let renamed = told(|pull| pull["head"]["repo"]["full_name"] = json!("octo-org/old-name"));
    assert!(!renamed.is_fork);
    assert_eq!(told(|pull| pull["user"] = json!(null)).author, "ghost");
    assert_eq!(told(|pull| pull["head"]["sha"] = json!(sha('C'))).head.as_str(), sha('c'));
}

#[test]
fn what_is_not_documented_is_no_pull_request_and_not_none() {
    for change in [
        |pull: &mut Value| pull["state"] = json!("locked"),
        |pull: &mut Value| pull["state"] = json!(null),
        |pull: &mut Value| pull["number"] = json!(8),
        |pull: &mut Value| pull["head"]["sha"] = json!("main"),
        |pull: &mut Value| pull["head"] = json!(null),
        |pull: &mut Value| pull["updated_at"] = json!("yesterday"),
        |pull: &mut Value| *pull = json!({}),
        |pull: &mut Value| *pull = json!(null),
    ] {
        let error = changed(change).expect_err("an error");
        assert_eq!(kind(&error), Kind::Unavailable, "{error}");
        assert!(error.to_string().contains("read pull request 7 of octo-org/time on GitHub"), "{error}");
    }
}

#[test]
fn there_is_none_only_where_the_repository_can_be_seen() {
    let served = Served::new(world(vec![]));
    let look = |number| connected(host(&served).pull(number));
    for number in [0, 8, u64::MAX] {
        assert_eq!(look(number), Ok(None));
    }
    assert_eq!(served.asked().last().map(String::as_str), Some(""), "the repository itself");
    served.world().ones.remove("");
    let error = look(8).expect_err("an error");
    assert_eq!(kind(&error), Kind::NotFound, "{error}");
    assert!(error.to_string().contains("repository octo-org/time on GitHub, as far as the token may see,"), "{error}");
}

#[test]
fn whether_the_repository_can_be_seen_may_not_be_known_either() {
    let served = Served::new(world(vec![]));
    let look = || connected(host(&served).pull(7)).map_err(|error| kind(&error));
    served.world().scripted.insert("pulls/7".to_owned(), [refused(404, "no"), refused(410, "Gone")].into());
    served.world().scripted.insert(String::new(), [refused(500, "no")].into());
    assert_eq!(look(), Err(Kind::Unavailable));
    assert_eq!(look(), Ok(None));
}

#[test]
fn what_is_public_is_read_without_a_token() {
    let served = Served::new(world(vec![]));
    served.world().token = None;
    let read = connected(hosted(&served, None).pull(7)).expect("an answer");
    assert_eq!(read.map(|pull| pull.number), Some(7));
    assert_eq!(served.headers("authorization"), [None]);
}

#[test]
fn what_is_refused_is_told_by_what_can_be_done_about_it() {
    for (reply, expected, _) in cases() {
        // There is none, which is no error.
        if expected == Kind::NotFound {
            continue;
        }
        let served = Served::new(world(vec![]));
        served.world().scripted.insert("pulls/7".to_owned(), [reply.clone()].into());
        let error = connected(host(&served).pull(7)).expect_err("an error");
        assert_eq!(kind(&error), expected, "{} {error}", reply.status);
    }
}

#[test]
fn another_answer_is_not_asked_for_when_the_first_got_lost() {
    let served = Served::new(world(vec![]));
    let broken = Reply { breaks: true, ..Reply::new(200, &[], "{") };
    served.world().scripted.insert("pulls/7".to_owned(), [broken].into());
    assert_eq!(connected(host(&served).pull(7)).map_err(|error| kind(&error)), Err(Kind::Unavailable));
    assert_eq!(served.asked().len(), 2, "the token's place, and one attempt");
}
