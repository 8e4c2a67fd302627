//! Comments on a pull request.

use pipeline_core::{
    ids::Nonce,
    ports::PortError,
    record::speak::{CommentId, Speak},
};
use serde_json::{Value, json};

use super::{
    previews::{host, open},
    shapes::{REPOSITORY, arn, id, refused, target, told},
};
use crate::canned::{Canned, answered, run};

const MARK: &str = "Kept up to date (time pr-42).";
const WE: &str = "arn:aws:sts::111122223333:assumed-role/record-role/time-record";
const NONCE: &str = "11111111-abcd-1111-abcd-111111abcdef";

fn nonce() -> Nonce {
    serde_json::from_value(json!(NONCE)).expect("a nonce")
}

/// A comment of somebody, at a time.
fn comment(id: &str, by: &str, at: f64, content: &str) -> Value {
    json!({
        "commentId": id, "content": content, "inReplyTo": "", "creationDate": at, "lastModifiedDate": at,
        "authorArn": by, "deleted": false, "clientRequestToken": "t", "callerReactions": [], "reactionCounts": {},
    })
}

fn marked(id: &str, by: &str, at: f64) -> Value {
    comment(id, by, at, &format!("It is there.\n\n{MARK}\n"))
}

/// What is said of some commits.
fn said(repository: &str, comments: &[Value]) -> Value {
    json!({
        "pullRequestId": "42", "repositoryName": repository, "beforeCommitId": id('b'), "afterCommitId": id('c'),
        "comments": comments,
    })
}

fn page(of: &[Value], next: Option<&str>) -> (u16, Value) {
    (200, json!({"commentsForPullRequestData": of, "nextToken": next}))
}

/// What is found when there are these pages, and we are asked for if `is_asked`.
fn found(pages: Vec<(u16, Value)>, is_asked: bool) -> (Result<Option<CommentId>, PortError>, Canned) {
    let we = answered("GetCallerIdentity", &format!("<Arn>{WE}</Arn><UserId>A:b</UserId><Account>1</Account>"));
    let pages = pages.into_iter().map(|(status, page)| (status, page.to_string()));
    let canned = Canned::new(pages.chain(is_asked.then_some(we)));
    let codecommit = pipeline_aws::codecommit::CodeCommit::new(&canned.config());
    let host = pipeline_aws::host::Host::CodeCommit { codecommit, repository: REPOSITORY.to_owned() };
    (run(host.find(42, MARK)), canned)
}

fn ours(id: &str) -> CommentId {
    CommentId(id.to_owned())
}

#[test]
fn our_comment_is_found_by_its_mark_on_all_pages_and_commits() {
    let other = comment("o", WE, 1.0, "Kept up to date (time pr-420).");
    let quoted = comment("q", WE, 1.0, &format!("> {MARK}\n\n{MARK}\n\nWhy?"));
    let mut deleted = marked("d", WE, 1.0);
    deleted["deleted"] = json!(true);
    let first = page(&[said(REPOSITORY, &[other.clone(), quoted, deleted]), said(REPOSITORY, &[])], Some("next"));
    let second =
        page(&[said(REPOSITORY, &[marked("late", WE, 3.0)]), said(REPOSITORY, &[marked("early", WE, 2.0)])], None);
    let (found, canned) = found(vec![first, second], true);
    assert_eq!(found, Ok(Some(ours("early"))));
    let asked = canned.asked();
    assert_eq!(asked[0].json(), json!({"pullRequestId": "42"}));
    assert_eq!(asked[1].json(), json!({"pullRequestId": "42", "nextToken": "next"}));
    assert_eq!(asked[2].field("Action").as_deref(), Some("GetCallerIdentity"));
}

#[test]
fn who_we_are_is_asked_only_if_there_is_a_mark() {
    let others = said(REPOSITORY, &[comment("o", &arn("carol"), 1.0, "well")]);
    for pages in [vec![page(&[], None)], vec![page(&[others], None)], vec![(200, json!({}))]] {
        let (found, canned) = found(pages, false);
        assert_eq!((found, canned.asked().len()), (Ok(None), 1));
    }
}

#[test]
fn a_comment_of_somebody_else_who_copies_the_mark_is_not_ours() {
    let session = "arn:aws:sts::111122223333:assumed-role/record-role/somebody";
    let mut nobody = marked("n", "", 1.5);
    nobody["authorArn"] = json!(null);
    let stranger = [marked("s", &arn("carol"), 1.0), marked("t", session, 1.0), nobody];
    let elsewhere = said("other", &[marked("e", WE, 1.0)]);
    let here = said(REPOSITORY, &stranger);
    assert_eq!(found(vec![page(&[here.clone(), elsewhere.clone()], None)], true).0, Ok(None));
    let with_ours = page(&[here, elsewhere, said(REPOSITORY, &[marked("ours", WE, 9.0)])], None);
    assert_eq!(found(vec![with_ours], true).0, Ok(Some(ours("ours"))));
}

#[test]
fn what_cannot_be_listed_is_an_error_and_not_none() {
    let is = |pages: Vec<(u16, Value)>| found(pages, false).0.expect_err("an error");
    let again = || page(&[], Some("t"));
    assert!(matches!(is(vec![again(), again()]), PortError::Unavailable { .. }));
    assert!(matches!(is(vec![again(), refused("ThrottlingException")]), PortError::Throttled { .. }));
    assert!(matches!(is(vec![refused("AccessDeniedException")]), PortError::Denied { .. }));
    let missing = is(vec![refused("PullRequestDoesNotExistException")]);
    assert_eq!(missing.to_string(), "pull request 42 in repository time_service does not exist");
}

/// What writing comes to when it is answered so.
fn written(answers: impl IntoIterator<Item = (u16, Value)>, text: &str) -> (Result<CommentId, PortError>, Canned) {
    let (host, canned) = host([told(&open(|_| ()))].into_iter().chain(answers));
    (run(host.comment(42, text, nonce())), canned)
}

fn posted() -> (u16, Value) {
    (200, json!({"repositoryName": REPOSITORY, "pullRequestId": "42", "comment": marked("new", WE, 5.0)}))
}

#[test]
fn a_comment_is_written_on_the_commits_of_now_and_once_for_a_nonce() {
    let (written, canned) = written([posted()], "It is *there*.");
    assert_eq!(written, Ok(CommentId("new".to_owned())));
    let expected = json!({
        "pullRequestId": "42", "repositoryName": REPOSITORY, "beforeCommitId": id('b'), "afterCommitId": id('c'),
        "content": "It is *there*.", "clientRequestToken": NONCE,
    });
    assert_eq!(canned.asked()[1].json(), expected);
}

#[test]
fn what_is_longer_than_codecommit_takes_is_cut_and_keeps_its_last_line() {
    let long = format!("{}\nmark", "é😀".repeat(9_000));
    let (_, canned) = written([posted()], &long);
    let (host, edits) = host([posted()]);
    assert_eq!(run(host.edit(42, &CommentId("new".to_owned()), &long)), Ok(()));
    for asked in [&canned.asked()[1], &edits.asked()[0]] {
        let asked = asked.json();
        let text = asked["content"].as_str().expect("text");
        assert!((10_235..=10_240).contains(&text.encode_utf16().count()) && text.ends_with("\nmark"));
    }
}

#[test]
fn why_no_comment_can_be_written_is_told_with_what_to_do() {
    for (code, words) in [
        ("BeforeCommitIdAndAfterCommitIdAreSameException", "source and destination are at the same commit"),
        ("CommitDoesNotExistException", "push its branch again"),
        ("PullRequestDoesNotExistException", "pull request 42 in repository time_service does not exist"),
        ("RepositoryNotAssociatedWithPullRequestException", "repository time_service does not exist"),
        ("IdempotencyParameterMismatchException", "it was written already, of other commits or in other words"),
        ("AccessDeniedException", "not permitted to comment on pull request 42"),
        ("ThrottlingException", "throttled on trying to comment on pull request 42"),
        ("EncryptionKeyDisabledException", "could not comment on pull request 42"),
    ] {
        let error = written([refused(code)], "text").0.expect_err("an error").to_string();
        assert!(error.contains(words), "{code}: {error}");
    }
    let unnamed = written([(200, json!({}))], "text").0.expect_err("an error");
    assert!(matches!(unnamed, PortError::Unavailable { .. }), "{unnamed}");
}

#[test]
fn nothing_is_said_on_another_repositorys_pull_request() {
    let other = open(|pull| target(pull)["repositoryName"] = json!("other"));
    let (host, canned) = host([told(&other)]);
    let error = run(host.comment(42, "text", nonce())).expect_err("an error");
    assert_eq!(error.to_string(), "pull request 42 in repository time_service does not exist");
    assert_eq!(canned.asked().len(), 1);
}

#[test]
fn a_comment_that_cannot_be_edited_any_more_is_not_there() {
    let edit = |answer| {
        let (host, canned) = host([answer]);
        let edited = run(host.edit(42, &CommentId("new".to_owned()), "It is gone."));
        assert_eq!(canned.asked()[0].json(), json!({"commentId": "new", "content": "It is gone."}));
        edited
    };
    assert_eq!(edit(posted()), Ok(()));
    for lost in [
        "CommentDeletedException",
        "CommentDoesNotExistException",
        "CommentNotCreatedByCallerException",
        "InvalidCommentIdException",
    ] {
        let error = edit(refused(lost)).expect_err("an error");
        assert_eq!(error.to_string(), "comment new of ours on pull request 42 does not exist", "{lost}");
    }
    assert!(matches!(edit(refused("AccessDeniedException")), Err(PortError::Denied { .. })));
    assert!(matches!(edit(refused("ThrottlingException")), Err(PortError::Throttled { .. })));
    assert!(matches!(edit((500, json!({}))), Err(PortError::Unavailable { .. })));
}
