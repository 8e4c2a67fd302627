//! Writing comments on a pull request.

use pipeline_core::{
    ids::Nonce,
    ports::PortError,
    record::speak::{CommentId, Speak},
};
use serde_json::json;

use super::{
    refusals::{Kind, TOKEN, cases, kind},
    shapes::user,
    talk::{COMMENTS, comment, host, hosted, we, world},
    world::{Reply, Served, refused},
};
use crate::{requests::logged, server::connected};

const TEXT: &str = "It is *there*.\n\nSENTINEL of service time, pr-7";

fn nonce() -> Nonce {
    Nonce::from_random(uuid::Uuid::nil())
}

fn write(served: &Served, text: &str) -> Result<CommentId, PortError> {
    connected(host(served).comment(7, text, nonce()))
}

fn edit(served: &Served, id: &str, text: &str) -> Result<(), PortError> {
    connected(host(served).edit(7, &CommentId(id.to_owned()), text))
}

#[test]
fn a_comment_is_written_and_written_anew() {
    let served = Served::new(world(vec![comment(1, &user("carol"), "well")]));
    let id = write(&served, TEXT).expect("a comment");
    assert_eq!(id, CommentId("5001".to_owned()));
    assert_eq!(edit(&served, &id.0, "It is gone."), Ok(()));
    assert_eq!(served.world().said(), [(1, "well".to_owned()), (5001, "It is gone.".to_owned())]);
    let written = served.written();
    assert_eq!(written[0], ("POST".to_owned(), COMMENTS.to_owned(), json!({"body": TEXT})));
    assert_eq!(written[1], ("PATCH".to_owned(), "issues/comments/5001".to_owned(), json!({"body": "It is gone."})));
}

#[test]
fn what_is_longer_than_github_takes_is_cut_and_keeps_its_last_line() {
    let served = Served::new(world(vec![]));
    let id = write(&served, &format!("{}\nmark", "é😀\"".repeat(30_000))).expect("a comment");
    assert_eq!(edit(&served, &id.0, &format!("{}\nmark", "x".repeat(70_000))), Ok(()));
    for (_, _, body) in served.written() {
        let text = body["body"].as_str().expect("text");
        assert!((65_530..=65_536).contains(&text.encode_utf16().count()) && text.ends_with("\nmark"));
    }
}

#[test]
fn a_comment_is_not_written_twice_when_the_answer_is_lost() {
    let served = Served::new(world(vec![]));
    served.world().lost = 1;
    let lost = write(&served, TEXT).expect_err("an error");
    assert_eq!(kind(&lost), Kind::Unavailable, "{lost}");
    assert_eq!(served.world().said(), [(5000, TEXT.to_owned())]);
    let found = connected(host(&served).find(7, "SENTINEL of service time, pr-7"));
    assert_eq!(found, Ok(Some(CommentId("5000".to_owned()))), "and so it is found");
}

#[test]
fn a_comment_that_was_refused_for_its_token_is_written_once_with_the_new_one() {
    let served = Served::new(world(vec![]));
    let host = host(&served);
    let other = "another-token-0123456789";
    connected(async {
        host.comment(7, "one", nonce()).await.expect("a comment");
        let kept = json!({"Parameter": {"Name": "/token", "Type": "SecureString", "Value": other, "Version": 2}});
        served.world().aws.insert("AmazonSSM.GetParameter".to_owned(), [Reply::new(200, &[], kept)].into());
        served.world().token = Some(other.to_owned());
        host.comment(7, "two", nonce()).await.expect("a comment");
    });
    assert_eq!(served.world().said(), [(5000, "one".to_owned()), (5001, "two".to_owned())]);
    assert_eq!(served.written().len(), 3);
}

#[test]
fn a_comment_that_was_deleted_or_is_another_hosts_is_not_there() {
    let served = Served::new(world(vec![]));
    for id in ["5000", "18446744073709551616", "", "-1", "../1", "ff30b348EXAMPLEb9aa670f"] {
        let error = edit(&served, id, TEXT).expect_err("an error");
        assert_eq!(kind(&error), Kind::NotFound, "{id} {error}");
    }
    assert_eq!(served.written().len(), 1, "GitHub is asked for numbers only");
    served.world().scripted.insert("issues/comments/1".to_owned(), [refused(410, "Gone")].into());
    assert_eq!(edit(&served, "1", TEXT).map_err(|error| kind(&error)), Err(Kind::NotFound));
}

#[test]
fn of_a_repository_that_cannot_be_seen_it_is_not_said_that_a_comment_was_deleted() {
    for (reply, expected) in [
        (refused(404, "Not Found"), Kind::Unavailable),
        (refused(403, "Resource not accessible by integration"), Kind::Denied),
        (refused(500, "Server Error"), Kind::Unavailable),
    ] {
        let served = Served::new(world(vec![comment(5, &we(), "before")]));
        let scripts = [("issues/comments/5", refused(404, "Not Found")), ("", reply)];
        let scripts = scripts.map(|(path, reply)| (path.to_owned(), [reply].into()));
        served.world().scripted.extend(scripts);
        let error = edit(&served, "5", TEXT).expect_err("an error");
        assert_eq!(kind(&error), expected, "{error}");
        assert_eq!(edit(&served, "5", TEXT), Ok(()), "when it can be seen again");
    }
}

#[test]
fn what_is_refused_is_told_by_what_can_be_done_about_it() {
    for (reply, expected, words) in cases().into_iter().filter(|(reply, ..)| reply.status != 200) {
        let served = Served::new(world(vec![comment(5, &we(), "before")]));
        let scripts = [COMMENTS, "issues/comments/5"].map(|path| (path.to_owned(), [reply.clone()].into()));
        served.world().scripted.extend(scripts);
        let errors = [
            (write(&served, TEXT).expect_err("an error"), "pull request 7 of octo-org/time on GitHub"),
            (edit(&served, "5", TEXT).expect_err("an error"), "comment 5 on pull request 7 of octo-org/time on GitHub"),
        ];
        for (error, what) in errors {
            assert_eq!(kind(&error), expected, "{} {error}", reply.status);
            let words = words.replace("may see, ", "may see (it needs Pull requests: write), ");
            assert!(error.to_string().contains(&words) && error.to_string().contains(what), "{error}");
        }
        assert_eq!(served.written().len(), 2, "one attempt each");
        assert_eq!(served.world().said(), [(5, "before".to_owned())]);
    }
}

#[test]
fn an_answer_that_is_not_documented_is_not_believed() {
    for reply in [
        Reply::new(201, &[], "<html>"),
        Reply::new(201, &[], "{}"),
        Reply::new(201, &[], json!({"id": null})),
        Reply::new(200, &[], json!({"id": 1})),
        Reply::new(202, &[], json!({"id": 1})),
    ] {
        let served = Served::new(world(vec![]));
        served.world().scripted.insert(COMMENTS.to_owned(), [reply].into());
        assert_eq!(write(&served, TEXT).map_err(|error| kind(&error)), Err(Kind::Unavailable));
    }
}

#[test]
fn who_may_not_write_is_told_what_it_takes() {
    let served = Served::new(world(vec![]));
    let refusals = [refused(403, "Resource not accessible by integration"), refused(404, "Not Found")];
    served.world().scripted.insert(COMMENTS.to_owned(), refusals.into());
    let [denied, unseen] = [(), ()].map(|()| write(&served, TEXT).expect_err("an error").to_string());
    assert!(
        denied.contains("not permitted to comment on pull request 7")
            && denied.contains("it needs Pull requests: write"),
        "{denied}"
    );
    assert!(unseen.contains("as far as the token may see (it needs Pull requests: write), does not exist"), "{unseen}");
    let alone = connected(hosted(&served, None).comment(7, TEXT, nonce())).expect_err("an error");
    assert_eq!(kind(&alone), Kind::Denied);
    assert!(alone.to_string().contains("GitHub wants a token"), "{alone}");
}

#[test]
fn i26_neither_the_token_nor_what_is_written_is_in_an_error_or_a_log_whatever_repeats_it() {
    let mut said = vec![];
    let logged = logged(|| {
        for (mut reply, ..) in cases().into_iter().filter(|(reply, ..)| reply.status != 200) {
            let echo = format!("what was sent: Bearer {TOKEN} {}", json!({"body": TEXT}));
            reply.headers.push(("x-echo".to_owned(), format!("Bearer {TOKEN}")));
            reply.body = json!({"message": echo, "errors": [{"message": TEXT}, TOKEN]}).to_string();
            let served = Served::new(world(vec![]));
            served.world().scripted.insert(COMMENTS.to_owned(), [reply].into());
            let error = write(&served, TEXT).expect_err("an error");
            said.push(format!("{error:?} {error} {:?}", host(&served)));
        }
    });
    assert!(logged.contains("logging works") && said.len() > 15);
    assert!(!logged.contains("SENTINEL") && !said.concat().contains("SENTINEL"), "{logged} {said:#?}");
}
