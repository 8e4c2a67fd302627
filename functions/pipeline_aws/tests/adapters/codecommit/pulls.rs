//! The pull request that brought a commit, its rules and who approved.

#![expect(clippy::unwrap_used, reason = "a test that cannot prepare its world has failed")]

use pipeline_core::{
    gate::source::{
        ApprovalRule, ApprovalRules, Identity, PullRequest, PullRequestState, ReadSource, Repository, Reviewed, Why,
    },
    ports::PortError,
};
use serde_json::{Value, json};

use super::{
    commits::sources,
    shapes::{
        REPOSITORY, approved, arn, commit, commits, evaluated, id, listed, merged, overridden, refused, rule, target,
        told, with,
    },
};
use crate::canned::{Canned, run};

type Found = Result<Option<PullRequest>, PortError>;

fn found(answers: impl IntoIterator<Item = (u16, Value)>) -> (Found, Canned) {
    let (sources, canned) = sources(answers);
    let repository = Repository::CodeCommit(REPOSITORY.into());
    (run(sources.pull_request(&repository, &id('a').parse().expect("a commit"), "main")), canned)
}

fn theirs() -> (u16, Value) {
    let carol = "carol@example.com";
    commits(&[commit(&id('b'), &[], "base@example.com", ""), commit(&id('c'), &[&id('b')], carol, carol)])
}

/// A merged pull request, and what is said of its rules.
fn judged(pull: &Value, said: [(u16, Value); 3]) -> Found {
    found([listed(&["42"], None), told(pull)].into_iter().chain(said).chain([theirs(), told(pull)])).0
}

fn rules(pull: &Value, said: [(u16, Value); 3]) -> ApprovalRules {
    judged(pull, said).unwrap().unwrap().rules.unwrap()
}

fn plain() -> [(u16, Value); 3] {
    [evaluated(&["two"], &[], false), overridden(None), approved(&[])]
}

#[test]
fn the_pull_request_that_was_merged_as_the_commit_is_told_whole() {
    let carol = "arn:aws:sts::111122223333:assumed-role/Dev/carol";
    let said =
        [evaluated(&["two"], &[], false), overridden(None), approved(&[(carol, "APPROVE"), (&arn("dave"), "REVOKE")])];
    let answers = [listed(&["42"], None), told(&merged())].into_iter().chain(said).chain([theirs(), told(&merged())]);
    let (found, canned) = found(answers);
    let found = found.unwrap().unwrap();
    let head = (&found.number[..], found.state, &found.branch[..], &found.revision[..]);
    assert_eq!(head, ("42", PullRequestState::Merged, "main", "r1"));
    let rule = ApprovalRule { name: "two".into(), needed: Some(2), satisfied: true };
    assert_eq!(found.rules, Some(ApprovalRules { rules: vec![rule], overridden: None }));
    let reviews: Vec<_> =
        found.reviews.iter().map(|review| (&review.by, review.opinion, &review.revision[..])).collect();
    let (carol, dave) = (Identity::Principal(carol.into()), Identity::Principal(arn("dave")));
    assert_eq!(reviews, [(&carol, Reviewed::Approved, "r1"), (&dave, Reviewed::Dismissed, "r1")]);
    let makers: Vec<_> = found.makers.iter().map(|maker| (maker.why, &maker.names[0])).collect();
    let (alice, merger) = (Identity::Principal(arn("alice")), Identity::Principal(arn("merger")));
    let wrote = Identity::Address("carol@example.com".into());
    assert_eq!(makers, [(Why::Proposed, &alice), (Why::Pushed, &merger), (Why::Contributed, &wrote)]);
    assert_eq!(found.commits, [id('c').parse().unwrap()]);
    for asked in &canned.asked()[2..5] {
        assert_eq!(asked.json(), json!({"pullRequestId": "42", "revisionId": "r1"}));
    }
}

#[test]
fn what_became_of_a_pull_request_is_told() {
    let unmerged = |status: &str, source: char| {
        with(|pull| {
            pull["pullRequestStatus"] = json!(status);
            target(pull)["mergeMetadata"] = json!({"isMerged": false});
            target(pull)["sourceCommit"] = json!(id(source));
        })
    };
    let state = |pull: &Value| {
        let (found, canned) = found([listed(&["42"], None), told(pull)]);
        (found.unwrap().map(|found| found.state), canned.asked().len())
    };
    assert_eq!(state(&unmerged("OPEN", 'a')), (Some(PullRequestState::Open), 2));
    assert_eq!(state(&unmerged("CLOSED", 'a')), (Some(PullRequestState::Closed), 2));
    assert_eq!(state(&unmerged("OPEN", 'c')), (None, 2));
    assert_eq!(state(&with(|pull| target(pull)["mergeMetadata"]["mergeCommitId"] = json!(id('d')))), (None, 2));
    assert_eq!(found([listed(&[], None)]).0, Ok(None));
    let elsewhere = with(|pull| target(pull)["destinationReference"] = json!("refs/heads/develop"));
    let told = judged(&elsewhere, plain()).unwrap().unwrap();
    assert_eq!((told.state, &told.branch[..]), (PullRequestState::Merged, "develop"));
}

#[test]
fn a_fast_forward_brought_the_source_itself() {
    for id_of_merge in [Value::Null, json!(id('a'))] {
        let pull = with(|pull| {
            target(pull)["sourceCommit"] = json!(id('a'));
            target(pull)["mergeMetadata"]["mergeCommitId"] = id_of_merge;
            target(pull)["mergeMetadata"]["mergeOption"] = json!("FAST_FORWARD_MERGE");
        });
        let own = commits(&[commit(&id('b'), &[], "x@y", ""), commit(&id('a'), &[&id('b')], "carol@example.com", "")]);
        let before = [listed(&["42"], None), told(&pull)].into_iter().chain(plain());
        let found = found(before.chain([own, told(&pull)])).0.unwrap().unwrap();
        assert_eq!((found.state, found.makers.len()), (PullRequestState::Merged, 3));
    }
}

#[test]
fn i24_rules_are_told_as_they_are_and_not_as_they_should_be() {
    let with_rules = |rules: Value| with(|pull| pull["approvalRules"] = rules);
    let none = rules(&with_rules(json!([])), [evaluated(&[], &[], false), overridden(None), approved(&[])]);
    assert_eq!(none, ApprovalRules { rules: vec![], overridden: None });
    let content = r#"{"Statements": [{"Type": "Approvers", "NumberOfApprovalsNeeded": 0}]}"#;
    let pull = with_rules(json!([rule("zero", content), rule("odd", "{}"), rule("open", content)]));
    let all = rules(&pull, [evaluated(&["zero", "odd"], &["open", "new"], false), overridden(None), approved(&[])]);
    let told = |name: &str, needed, satisfied| ApprovalRule { name: name.into(), needed, satisfied };
    let expected =
        [told("new", None, false), told("odd", None, true), told("open", Some(0), false), told("zero", Some(0), true)];
    assert_eq!(all.rules, expected);
    // Neither satisfied nor not, and both.
    let unjudged = rules(&merged(), [evaluated(&[], &[], false), overridden(None), approved(&[])]);
    assert_eq!(unjudged.rules, [told("two", Some(2), false)]);
    let both = rules(&merged(), [evaluated(&["two"], &["two"], false), overridden(None), approved(&[])]);
    assert_eq!(both.rules, [told("two", Some(2), false)]);
}

#[test]
fn i24_an_override_is_told_by_either_answer() {
    let by =
        |evaluation, state| rules(&merged(), [evaluated(&[], &["two"], evaluation), state, approved(&[])]).overridden;
    assert_eq!(by(true, overridden(Some(&arn("eve")))), Some(arn("eve")));
    assert_eq!(by(false, overridden(Some(&arn("eve")))), Some(arn("eve")));
    assert_eq!(by(true, overridden(None)).as_deref(), Some("somebody whom CodeCommit does not name"));
    assert_eq!(by(false, overridden(None)), None);
}

#[test]
fn an_approval_that_was_revoked_is_not_kept() {
    let said = [evaluated(&[], &["two"], false), overridden(None), approved(&[])];
    assert_eq!(judged(&merged(), said).unwrap().unwrap().reviews, []);
}

#[test]
fn i22_a_pull_request_that_changes_while_it_is_read_is_read_again_later() {
    for again in [
        with(|pull| pull["revisionId"] = json!("r2")),
        with(|pull| pull["approvalRules"] = json!([])),
        with(|pull| target(pull)["sourceCommit"] = json!(id('d'))),
    ] {
        let answers = [listed(&["42"], None), told(&merged())].into_iter().chain(plain());
        let error = found(answers.chain([theirs(), told(&again)])).0.unwrap_err();
        assert!(matches!(&error, PortError::Unavailable { detail, .. } if detail.contains("changed")), "{error}");
    }
    let error = found([listed(&["42"], None), told(&merged()), refused("RevisionNotCurrentException")]).0.unwrap_err();
    assert!(matches!(&error, PortError::Unavailable { detail, .. } if detail.contains("changed")), "{error}");
}

#[test]
fn pull_requests_of_all_pages_are_looked_at_the_newest_first_and_until_it_is_found() {
    let other = with(|pull| target(pull)["mergeMetadata"]["mergeCommitId"] = json!(id('d')));
    let before = [listed(&["7", "9"], Some("t")), listed(&["42", "100"], None), told(&other), told(&merged())];
    let (found, canned) = found(before.into_iter().chain(plain()).chain([theirs(), told(&merged())]));
    assert_eq!(found.unwrap().unwrap().number, "42");
    let asked: Vec<Value> = canned.asked().iter().map(crate::canned::Asked::json).collect();
    let (first, second) =
        (json!({"repositoryName": REPOSITORY}), json!({"repositoryName": REPOSITORY, "nextToken": "t"}));
    assert_eq!(asked[..2], [first, second]);
    assert_eq!(asked[2..4], [json!({"pullRequestId": "100"}), json!({"pullRequestId": "42"})]);
}

#[test]
fn so_many_are_looked_at_and_no_more() {
    let ids: Vec<String> = (1..=201).map(|number| number.to_string()).collect();
    let ids: Vec<&str> = ids.iter().map(|id| &id[..]).collect();
    let other = with(|pull| target(pull)["mergeMetadata"]["mergeCommitId"] = json!(id('d')));
    let look = |count: usize| {
        let answers = std::iter::once(listed(&ids[..count], None)).chain(std::iter::repeat_n(told(&other), 200));
        let (found, canned) = found(answers);
        assert_eq!(canned.asked().len(), 201);
        found
    };
    assert_eq!(look(200), Ok(None));
    let error = look(201).unwrap_err();
    assert!(error.to_string().contains("none of the newest 200 pull requests brought it"), "{error}");
}

#[test]
fn what_cannot_be_read_is_an_error() {
    let list = || listed(&["42"], None);
    let foreign = with(|pull| target(pull)["repositoryName"] = json!("other"));
    for answers in [
        vec![refused("AccessDeniedException")],
        vec![listed(&["42"], Some("t")), listed(&[], Some("t"))],
        vec![list(), refused("PullRequestDoesNotExistException")],
        vec![list(), (200, json!({}))],
        vec![list(), told(&foreign)],
        vec![list(), told(&merged()), refused("AccessDeniedException")],
        vec![list(), told(&merged()), evaluated(&[], &[], false), refused("AccessDeniedException")],
        vec![list(), told(&merged()), evaluated(&[], &[], false), overridden(None), refused("ThrottlingException")],
    ] {
        assert!(found(answers.clone()).0.is_err(), "{answers:?}");
    }
    let missing = found([refused("RepositoryDoesNotExistException")]).0;
    assert!(matches!(missing, Err(PortError::NotFound { .. })), "{missing:?}");
}
