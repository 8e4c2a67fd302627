//! Who wrote commits.

use pipeline_aws::source::Sources;
use pipeline_core::{
    gate::source::{Identity, Maker, ReadSource, Repository, Why},
    ids::CommitId,
    ports::PortError,
};
use serde_json::{Value, json};

use super::shapes::{
    REPOSITORY, approved, codecommit, commit, commits, evaluated, id, listed, merged, overridden, refused, target,
    told, with,
};
use crate::{
    canned::{Asked, Canned, run},
    server::nobody,
};

/// Sources of which CodeCommit answers so.
pub(super) fn sources(answers: impl IntoIterator<Item = (u16, Value)>) -> (Sources, Canned) {
    let (codecommit, canned) = codecommit(answers);
    let api = format!("http://{}", nobody()).parse().expect("an API");
    (Sources { codecommit, github: pipeline_aws::github::GitHub::new(&canned.config(), api, None) }, canned)
}

fn makers(answer: (u16, Value)) -> Result<Vec<Maker>, PortError> {
    let (sources, canned) = sources([answer]);
    let made = run(sources.made(&Repository::CodeCommit(REPOSITORY.into()), "main", &commit_id('a'), None));
    let asked = canned.asked();
    assert_eq!(asked[0].json(), json!({"repositoryName": REPOSITORY, "commitId": id('a')}));
    made.map(|made| {
        assert_eq!(made.commits, [commit_id('a')]);
        made.makers
    })
}

pub(super) fn commit_id(digit: char) -> CommitId {
    id(digit).parse().expect("a commit")
}

pub(super) fn maker(why: Why, address: &str) -> Maker {
    Maker { names: vec![Identity::Address(address.to_owned())], why }
}

#[test]
fn who_wrote_and_committed_a_commit_is_told_by_their_addresses() {
    let told = |author, committer| makers((200, json!({"commit": commit(&id('a'), &[], author, committer)})));
    assert_eq!(told("a@b", "c@d"), Ok(vec![maker(Why::Wrote, "a@b"), maker(Why::Committed, "c@d")]));
    assert_eq!(told("a@b", ""), Ok(vec![maker(Why::Wrote, "a@b")]));
    assert_eq!(told(" ", "c@d"), Ok(vec![maker(Why::Committed, "c@d")]));
    assert_eq!(makers((200, json!({"commit": {"commitId": id('a'), "parents": []}}))), Ok(vec![]));
}

#[test]
fn a_commit_that_cannot_be_read_is_an_error() {
    for missing in ["CommitIdDoesNotExistException", "RepositoryDoesNotExistException"] {
        assert!(matches!(makers(refused(missing)), Err(PortError::NotFound { .. })), "{missing}");
    }
    assert!(matches!(makers(refused("AccessDeniedException")), Err(PortError::Denied { .. })));
    assert!(matches!(makers(refused("ThrottlingException")), Err(PortError::Throttled { .. })));
    for answer in [
        refused("EncryptionKeyDisabledException"),
        (200, json!({})),
        (200, json!({"commit": commit(&id('b'), &[], "a@b", "a@b")})),
    ] {
        assert!(matches!(makers(answer.clone()), Err(PortError::Unavailable { .. })), "{answer:?}");
    }
}

/// Who contributed to a pull request from `c` whose destination had `b`, when commits are told in these steps.
fn contributed(
    pull: &Value,
    steps: impl IntoIterator<Item = (u16, Value)>,
) -> (Result<Vec<String>, PortError>, Vec<Asked>) {
    let before = [listed(&["42"], None), told(pull), evaluated(&[], &[], false), overridden(None), approved(&[])];
    let (sources, canned) = sources(before.into_iter().chain(steps).chain([told(pull)]));
    let repository = Repository::CodeCommit(REPOSITORY.into());
    let found = run(sources.pull_request(&repository, &id('a').parse().expect("a commit"), "main"));
    let addresses = |makers: Vec<Maker>| {
        let contributed = makers.into_iter().filter(|maker| maker.why == Why::Contributed);
        let mut addresses: Vec<String> = contributed.map(|maker| format!("{:?}", maker.names)).collect();
        addresses.sort();
        addresses
    };
    let found = found.map(|found| addresses(found.expect("a pull request").makers));
    let asked = canned.asked();
    let batches = asked
        .into_iter()
        .filter(|asked| asked.header("x-amz-target").is_some_and(|op| op.ends_with("BatchGetCommits")));
    (found, batches.collect())
}

fn addresses(of: &[&str]) -> Vec<String> {
    of.iter().map(|address| format!("{:?}", [Identity::Address((*address).to_owned())])).collect()
}

pub(super) fn by(who: &str, id_of: char, parents: &[char]) -> Value {
    let parents: Vec<String> = parents.iter().map(|parent| id(*parent)).collect();
    let parents: Vec<&str> = parents.iter().map(|parent| &parent[..]).collect();
    commit(&id(id_of), &parents, &format!("{who}@example.com"), &format!("{who}@example.com"))
}

#[test]
fn contributors_are_those_of_the_commits_that_the_destination_had_not() {
    // c → d → b, and b → 9: two of the source.
    let (found, asked) = contributed(
        &merged(),
        [
            commits(&[by("base", 'b', &['9']), by("carol", 'c', &['d'])]),
            commits(&[by("old", '9', &[]), by("dave", 'd', &['b'])]),
        ],
    );
    assert_eq!(found, Ok(addresses(&["carol@example.com", "dave@example.com"])));
    assert_eq!(asked[0].json(), json!({"repositoryName": REPOSITORY, "commitIds": [id('b'), id('c')]}));
    assert_eq!(asked[1].json()["commitIds"], json!([id('9'), id('d')]));
}

#[test]
fn who_wrote_what_was_merged_from_the_destination_did_not_contribute() {
    // The destination is 9 → 8 → b, and the source parted at 9: d, and then the merge c of d and b.
    let (found, _) = contributed(
        &merged(),
        [
            commits(&[by("base", 'b', &['8']), by("carol", 'c', &['d', 'b'])]),
            commits(&[by("base", '8', &['9']), by("dave", 'd', &['9'])]),
        ],
    );
    assert_eq!(found, Ok(addresses(&["carol@example.com", "dave@example.com"])));
    // And when it is seen only later that 9 is the destination's.
    let (found, _) = contributed(
        &merged(),
        [
            commits(&[by("base", 'b', &['8']), by("carol", 'c', &['9', 'b'])]),
            commits(&[by("base", '8', &['7']), by("base", '9', &['6'])]),
            commits(&[by("base", '7', &['9']), by("old", '6', &[])]),
        ],
    );
    assert_eq!(found, Ok(addresses(&["carol@example.com"])));
}

#[test]
fn without_a_base_the_destination_is_where_it_ends_and_without_either_nothing_is_known() {
    let without = |fields: &[&str]| {
        with(|pull| {
            for field in fields {
                target(pull).as_object_mut().expect("an object").remove(*field);
            }
        })
    };
    let steps = || [commits(&[by("base", 'b', &[]), by("carol", 'c', &['b'])])];
    assert_eq!(contributed(&without(&["mergeBase"]), steps()).0, Ok(addresses(&["carol@example.com"])));
    for fields in [&["mergeBase", "destinationCommit"][..], &["sourceCommit"]] {
        let error = contributed(&without(fields), []).0.unwrap_err();
        assert!(error.to_string().contains("does not tell its commits"), "{error}");
    }
}

#[test]
fn a_commit_that_is_missing_hides_who_wrote_it() {
    let missing = json!({
        "commits": [by("base", 'b', &[])],
        "errors": [{"commitId": id('c'), "errorCode": "CommitIdDoesNotExist", "errorMessage": "no"}],
    });
    let error = contributed(&merged(), [(200, missing)]).0.unwrap_err();
    assert!(matches!(&error, PortError::Unavailable { detail, .. } if detail.contains(&id('c'))), "{error}");
    assert!(matches!(contributed(&merged(), [refused("AccessDeniedException")]).0, Err(PortError::Denied { .. })));
}

#[test]
fn so_many_commits_are_looked_at_and_no_more() {
    let name = |number: usize| format!("{number:040}");
    let line = |length: usize| -> Vec<(u16, Value)> {
        let first = commits(&[by("base", 'b', &[]), commit(&id('c'), &[&name(1)], "a@b", "a@b")]);
        let next = (1..length).map(|number| {
            let parent = if number + 1 == length { id('b') } else { name(number + 1) };
            commits(&[commit(&name(number), &[&parent], "a@b", "a@b")])
        });
        std::iter::once(first).chain(next).collect()
    };
    let (found, asked) = contributed(&merged(), line(250));
    assert_eq!((found, asked.len()), (Ok(addresses(&["a@b"])), 250));
    let error = contributed(&merged(), line(251)).0.unwrap_err();
    assert!(error.to_string().contains("more than 250 commits"), "{error}");
    let (endless, asked) = contributed(&merged(), line(2000));
    assert!(endless.unwrap_err().to_string().contains("more than 250 commits"));
    assert_eq!(asked.len(), 1000);
}
