//! A pull request as previews need it.

use pipeline_aws::{environment::Environment, host::Host};
use pipeline_core::{
    ids::CommitId,
    ports::PortError,
    preview::pull::{Pull, PullStatus, ReadPulls},
    record::speak::{Light, Speak, Status},
};
use serde_json::{Value, json};

use super::shapes::{REPOSITORY, arn, codecommit, id, merged, refused, target, told, with};
use crate::{
    canned::{Canned, run},
    server::config,
};

/// The host of a service, when it answers so.
pub(super) fn host(answers: impl IntoIterator<Item = (u16, Value)>) -> (Host, Canned) {
    let (codecommit, canned) = codecommit(answers);
    (Host::CodeCommit { codecommit, repository: REPOSITORY.to_owned() }, canned)
}

/// Pull request 42, from `feature`, changed.
pub(super) fn open(change: impl FnOnce(&mut Value)) -> Value {
    with(|pull| {
        pull["pullRequestStatus"] = json!("OPEN");
        target(pull)["mergeMetadata"] = json!({"isMerged": false});
        change(pull);
    })
}

fn branch() -> (u16, Value) {
    (200, json!({"branch": {"branchName": "feature", "commitId": id('c')}}))
}

fn read(answers: impl IntoIterator<Item = (u16, Value)>) -> Result<Option<Pull>, PortError> {
    run(host(answers).0.pull(42))
}

#[test]
fn a_pull_request_is_told_whole() {
    let (host, canned) = host([told(&open(|_| ())), branch()]);
    let expected = Pull {
        number: 42,
        status: PullStatus::Open,
        is_draft: false,
        is_fork: false,
        head: id('c').parse().expect("a commit"),
        branch: Some("feature".to_owned()),
        author: arn("alice"),
        updated: "2017-10-25T20:20:23.285Z".parse().expect("a time"),
    };
    assert_eq!(run(host.pull(42)), Ok(Some(expected)));
    let asked: Vec<Value> = canned.asked().iter().map(crate::canned::Asked::json).collect();
    assert_eq!(asked, [json!({"pullRequestId": "42"}), json!({"repositoryName": REPOSITORY, "branchName": "feature"})]);
}

#[test]
fn where_it_stands_is_told() {
    let status = |pull: &Value| read([told(pull), branch()]).map(|pull| pull.map(|pull| pull.status));
    assert_eq!(status(&open(|_| ())), Ok(Some(PullStatus::Open)));
    assert_eq!(status(&open(|pull| pull["pullRequestStatus"] = json!("CLOSED"))), Ok(Some(PullStatus::Closed)));
    assert_eq!(status(&merged()), Ok(Some(PullStatus::Merged)));
    let unknown = status(&open(|pull| pull["pullRequestStatus"] = json!("PAUSED")));
    assert!(matches!(unknown, Err(PortError::Unavailable { .. })), "{unknown:?}");
}

#[test]
fn a_branch_that_is_gone_is_told() {
    let gone = read([told(&open(|_| ())), refused("BranchDoesNotExistException")]).expect("an answer");
    assert_eq!(gone.map(|pull| (pull.branch, pull.status)), Some((None, PullStatus::Open)));
    for (code, words) in [
        ("RepositoryDoesNotExistException", "repository time_service does not exist"),
        ("AccessDeniedException", "not permitted to read branch feature of repository time_service"),
        ("EncryptionKeyDisabledException", "could not read branch feature"),
    ] {
        let error = read([told(&open(|_| ())), refused(code)]).expect_err("an error").to_string();
        assert!(error.starts_with(words), "{error}");
    }
}

#[test]
fn there_is_none_where_codecommit_says_so_and_where_it_is_another_repositorys() {
    for none in ["PullRequestDoesNotExistException", "InvalidPullRequestIdException"] {
        assert_eq!(read([refused(none)]), Ok(None), "{none}");
    }
    let other = open(|pull| target(pull)["repositoryName"] = json!("other"));
    assert_eq!(read([told(&other)]), Ok(None));
    for number in [0, u64::MAX] {
        let (host, canned) = host([refused("InvalidPullRequestIdException")]);
        assert_eq!(run(host.pull(number)), Ok(None));
        assert_eq!(canned.asked()[0].json(), json!({"pullRequestId": number.to_string()}));
    }
}

#[test]
fn what_cannot_be_read_is_an_error_and_not_none() {
    for change in [
        |pull: &mut Value| pull["pullRequestId"] = json!("43"),
        |pull: &mut Value| pull["pullRequestTargets"] = json!([]),
        |pull: &mut Value| pull["authorArn"] = json!(null),
        |pull: &mut Value| pull["lastActivityDate"] = json!(null),
        |pull: &mut Value| pull["pullRequestStatus"] = json!(null),
        |pull: &mut Value| target(pull)["sourceCommit"] = json!("main"),
        |pull: &mut Value| target(pull)["sourceCommit"] = json!(null),
    ] {
        let error = read([told(&open(change)), branch()]).expect_err("an error");
        assert!(matches!(error, PortError::Unavailable { .. }), "{error}");
        assert!(error.to_string().contains("read pull request 42"), "{error}");
    }
    assert!(matches!(read([(200, json!({}))]), Err(PortError::Unavailable { .. })));
    assert!(matches!(read([refused("AccessDeniedException")]), Err(PortError::Denied { .. })));
    assert!(matches!(read([refused("ThrottlingException")]), Err(PortError::Throttled { .. })));
    assert!(matches!(read([(503, json!({}))]), Err(PortError::Unavailable { .. })));
}

#[test]
fn codecommit_has_no_statuses() {
    let (host, canned) = host([]);
    let status = Status { light: Light::Success, line: "deployed".to_owned(), url: None };
    let commit: CommitId = id('c').parse().expect("a commit");
    assert_eq!(run(host.status(42, &commit, &status)), Ok(()));
    assert_eq!(canned.asked().len(), 0);
}

#[test]
fn the_environment_names_the_host_and_its_repository() {
    let made = |provider: &str, repository: &str| {
        let read = |name: &str| match name {
            "PROVIDER" => Some(provider.to_owned()),
            "REPOSITORY" => Some(repository.to_owned()),
            _ => None,
        };
        Host::new(&config("127.0.0.1:1"), &Environment(&read), "time").map_err(|error| error.to_string())
    };
    let own = made("CodeCommit", "time_service");
    assert!(matches!(&own, Ok(Host::CodeCommit { repository, .. }) if repository == "time_service"), "{own:?}");
    let theirs = made("GitHub", "octo-org/time");
    let expected = ("octo-org/time", "time");
    assert!(
        matches!(&theirs, Ok(Host::GitHub { repository, service, .. }) if (&repository[..], &service[..]) == expected),
        "{theirs:?}"
    );
    for (provider, repository, words) in [
        ("", "a", "PROVIDER is missing or empty"),
        ("github", "a/b", "PROVIDER is \"github\": it is neither CodeCommit nor GitHub"),
        ("CodeCommit", " ", "REPOSITORY is missing or empty"),
        ("GitHub", "", "REPOSITORY is missing or empty"),
        ("GitHub", "time", "REPOSITORY is \"time\": it is not OWNER/NAME"),
        ("GitHub", "a/b/c", "REPOSITORY is \"a/b/c\": it is not OWNER/NAME"),
    ] {
        let error = made(provider, repository).expect_err("an error");
        assert!(error.contains(words), "{error}");
    }
}
