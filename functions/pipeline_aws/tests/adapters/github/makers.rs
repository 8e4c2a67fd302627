//! Who made a commit.

use pipeline_core::{
    gate::source::{Identity, Maker, ReadSource, Repository, Why},
    ids::CommitId,
    ports::PortError,
};
use serde_json::{Value, json};

use super::{
    shapes::{activity, commit, merge_commit, on, sha},
    world::{REPOSITORY, Served, World},
};
use crate::server::connected;

pub(super) type Name<'a> = (Option<&'a str>, &'a str);

pub(super) const ALICE: Name = (Some("alice"), "alice@example.com");

fn world(commit: Value, activities: Vec<Value>) -> World {
    let mut world = World::default();
    world.ones.insert(format!("commits/{}", sha('a')), commit);
    world.lists.insert("activity".to_owned(), activities);
    world
}

fn makers(served: &Served) -> Result<Vec<Maker>, PortError> {
    let repository = Repository::GitHub(REPOSITORY.to_owned());
    let made = connected(served.sources(None).made(&repository, "main", &id('a'), None))?;
    assert_eq!(made.commits, [id('a')]);
    Ok(made.makers)
}

pub(super) fn id(digit: char) -> CommitId {
    sha(digit).parse().expect("a commit")
}

fn told(commit: Value, activities: Vec<Value>) -> Result<Vec<(Why, Vec<String>)>, PortError> {
    Ok(makers(&Served::new(world(commit, activities)))?.into_iter().map(shown).collect())
}

pub(super) fn shown(maker: Maker) -> (Why, Vec<String>) {
    let name = |name: Identity| match name {
        Identity::Account(login) => login,
        Identity::Address(address) => address,
        Identity::Principal(arn) => panic!("{arn}"),
    };
    (maker.why, maker.names.into_iter().map(name).collect())
}

pub(super) fn made(why: Why, names: &[&str]) -> (Why, Vec<String>) {
    (why, names.iter().map(|name| (*name).to_owned()).collect())
}

#[test]
fn who_wrote_committed_and_pushed_a_commit_is_told_by_all_names_that_github_knows() {
    let a = sha('a');
    let wrote = || made(Why::Wrote, &["alice", "alice@example.com"]);
    let bob = (Some("Bob"), "bob@example.com");
    let committed = || made(Why::Committed, &["Bob", "bob@example.com"]);
    let mut empty = commit(&a, ALICE, bob);
    empty["author"] = json!({});
    let mut nameless = commit(&a, ALICE, bob);
    nameless["commit"]["committer"] = json!(null);
    nameless["committer"] = json!(null);
    nameless["commit"]["author"] = json!({"name": "Somebody"});
    let mut forged = commit(&a, ALICE, (Some("web-flow"), "noreply@github.com"));
    forged["commit"]["verification"] = json!(null);
    let push = |by| vec![activity("push", &a, Some(by))];
    let pushed = |by| made(Why::Pushed, &[by]);
    for (commit, activities, expected) in [
        (commit(&a, ALICE, bob), push("Bob"), vec![pushed("Bob"), wrote(), committed()]),
        // An address that is no account's.
        (
            commit(&a, (None, "carol@example.com"), bob),
            vec![],
            vec![made(Why::Wrote, &["carol@example.com"]), committed()],
        ),
        (empty, vec![], vec![made(Why::Wrote, &["alice@example.com"]), committed()]),
        (nameless, vec![], vec![made(Why::Wrote, &["alice"])]),
        // Merged on GitHub's pages, which then commits itself.
        (merge_commit(&a, ALICE), vec![activity("pr_merge", &a, Some("merger"))], vec![pushed("merger"), wrote()]),
        (forged, vec![], vec![wrote(), made(Why::Committed, &["web-flow", "noreply@github.com"])]),
        // Two who had a branch point at it, one of them twice, and others elsewhere.
        (
            merge_commit(&a, ALICE),
            vec![
                activity("pr_merge", &a, Some("merger")),
                activity("push", &sha('b'), Some("other")),
                activity("branch_deletion", &sha('0'), None),
                activity("force_push", &a, Some("forcer")),
                activity("branch_creation", &a, Some("forcer")),
            ],
            vec![pushed("merger"), pushed("forcer"), wrote()],
        ),
        // Who pushed it elsewhere first has a part in it, and who points a branch at it later has none.
        (
            merge_commit(&a, ALICE),
            vec![
                on("late", activity("branch_creation", &a, Some("reviewer"))),
                activity("push", &a, Some("merger")),
                on("other", activity("push", &a, Some("other"))),
                on("feature", activity("push", &a, Some("first"))),
            ],
            vec![pushed("merger"), pushed("first"), wrote()],
        ),
        // Nobody is known to have brought it to the branch.
        (
            merge_commit(&a, ALICE),
            vec![
                on("late", activity("branch_creation", &a, Some("late"))),
                on("feature", activity("push", &a, Some("first"))),
            ],
            vec![made(Why::Contributed, &["first"]), wrote()],
        ),
        (
            merge_commit(&a, ALICE),
            vec![activity("merge_queue_merge", &a, Some("github-merge-queue[bot]"))],
            vec![pushed("github-merge-queue[bot]"), wrote()],
        ),
    ] {
        assert_eq!(told(commit.clone(), activities), Ok(expected), "{commit}");
    }
}

#[test]
fn i24_a_push_of_nobody_known_is_not_nobodys() {
    let a = sha('a');
    let told = told(commit(&a, ALICE, ALICE), vec![activity("push", &a, Some("alice")), activity("push", &a, None)]);
    let error = told.unwrap_err();
    assert!(
        matches!(&error, PortError::Unusable { why, .. } if why.contains("does not tell who pushed it")),
        "{error}"
    );
}

#[test]
fn what_happened_is_followed_by_its_cursor_through_all_pages_and_no_further_than_ten() {
    let a = sha('a');
    let pages = |count: usize| -> Vec<Value> {
        let other = activity("push", &sha('b'), Some("other"));
        let before = std::iter::repeat_n(other, count * 100 - 1);
        before.chain([activity("push", &a, Some("first"))]).collect()
    };
    for (count, asked, pushed) in [(1, 1, 1), (4, 4, 1), (10, 10, 1), (11, 10, 0)] {
        let served = Served::new(world(commit(&a, ALICE, ALICE), pages(count)));
        let found = makers(&served).unwrap();
        assert_eq!(found.iter().filter(|maker| maker.why == Why::Pushed).count(), pushed, "{count}");
        for first in ["activity?per_page=100&ref=refs/heads/main", "activity?per_page=100"] {
            let is_filtered = first.contains("ref=");
            let told = served.asked().into_iter();
            let of_pages: Vec<String> =
                told.filter(|path| path.starts_with("activity") && path.contains("ref=") == is_filtered).collect();
            assert_eq!(of_pages.len(), asked);
            assert_eq!(of_pages[0], first);
            assert!(of_pages[1..].iter().all(|path| path.contains("&after=")), "{of_pages:?}");
        }
    }
}

#[test]
fn what_happened_elsewhere_hides_nothing_of_the_branch() {
    let a = sha('a');
    let noise = std::iter::repeat_n(on("noise", activity("push", &sha('b'), Some("other"))), 1000);
    let all = noise.chain([activity("push", &a, Some("bob"))]).collect();
    let found = told(commit(&a, ALICE, ALICE), all).unwrap();
    assert_eq!(found[0], made(Why::Pushed, &["bob"]));
}

#[test]
fn a_branch_is_asked_for_by_its_name_whatever_is_in_it() {
    let branch = "fix/a&ref=b#c%20+é";
    let a = sha('a');
    let activities = vec![activity("push", &a, Some("other")), on(branch, activity("push", &a, Some("bob")))];
    let served = Served::new(world(commit(&a, ALICE, ALICE), activities));
    let repository = Repository::GitHub(REPOSITORY.to_owned());
    let found = connected(served.sources(None).made(&repository, branch, &id('a'), None)).unwrap();
    let pushed = found.makers.into_iter().filter(|maker| maker.why == Why::Pushed).map(shown);
    assert_eq!(pushed.collect::<Vec<_>>(), [made(Why::Pushed, &["bob"])]);
}

#[test]
fn another_commit_than_the_one_asked_for_is_no_answer() {
    let error = told(commit(&sha('b'), ALICE, ALICE), vec![]).unwrap_err();
    assert!(matches!(error, PortError::Unavailable { .. }), "{error}");
}
