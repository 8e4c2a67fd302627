//! How a pull request was merged, and who pushed what it brought.

use pipeline_core::{
    gate::source::{PullRequest, PullRequestState, Why},
    ports::PortError,
};
use serde_json::{Value, json};

use super::{
    makers::shown,
    pulls::{found_in, ours, with, world},
    shapes::{activity, commit, merged, on, pull, sha},
};

type Said = (Why, Vec<String>);

/// Who is said to have pushed, or had a part in, a pull request of commits `d` and `c`, when that happened.
fn pushers(pull: &Value, activities: Vec<Value>) -> Result<Vec<Said>, PortError> {
    let mut pull = pull.clone();
    pull["commits"] = json!(2);
    let mut world = world(&pull, vec![]);
    let nobody = (None, " ");
    let commits = ['d', 'c'].map(|id| commit(&sha(id), nobody, nobody));
    world.lists.insert("pulls/7/commits".to_owned(), commits.into());
    world.lists.insert("activity".to_owned(), activities);
    let makers = found_in(world)?.expect("a pull request").makers;
    Ok(makers.into_iter().filter(|maker| maker.why != Why::Proposed).map(shown).collect())
}

fn merge() -> Value {
    activity("pr_merge", &sha('a'), Some("merger"))
}

fn pushed(branch: &str, commit: char, by: &str) -> Value {
    on(branch, activity("push", &sha(commit), Some(by)))
}

fn said(why: Why, who: &[&str]) -> Vec<Said> {
    who.iter().map(|who| (why, vec![(*who).to_owned()])).collect()
}

#[test]
fn who_pushed_the_commits_of_a_pull_request_had_a_part_in_it() {
    let late = on("late", activity("branch_creation", &sha('c'), Some("reviewer")));
    let all = vec![
        late,
        merge(),
        pushed("feature", 'c', "carol"),
        on("feature", activity("force_push", &sha('c'), Some("frank"))),
        pushed("feature", 'd', "dave"),
        pushed("sketch", 'd', "eve"),
        pushed("feature", 'e', "stranger"),
    ];
    let mut found = pushers(&ours(), all).unwrap();
    found.sort();
    assert_eq!(found, said(Why::Updated, &["carol", "dave", "eve", "frank"]));
}

#[test]
fn i24_who_is_not_known_to_have_pushed_its_tip_to_its_branch_hides_who_did() {
    let elsewhere = vec![merge(), pushed("feature", 'd', "dave"), pushed("sketch", 'c', "carol")];
    assert_eq!(pushers(&ours(), elsewhere), Ok(said(Why::Contributed, &["carol", "dave"])));
    assert_eq!(pushers(&ours(), vec![merge()]), Ok(vec![]));
    let nobody = on("feature", activity("push", &sha('c'), None));
    let error = pushers(&ours(), vec![merge(), nobody]).unwrap_err();
    assert!(error.to_string().contains("does not tell who pushed it"), "{error}");
}

#[test]
fn i24_who_pushed_to_a_fork_is_not_told_whoever_brings_its_commits_here() {
    let brought = || vec![merge(), pushed("feature", 'c', "carol")];
    let fork = with(|pull| pull["head"]["repo"]["id"] = json!(7));
    let gone = with(|pull| pull["head"]["repo"] = json!(null));
    for pull in [fork, gone] {
        let error = pushers(&pull, brought()).unwrap_err();
        assert!(
            matches!(&error, PortError::Unusable { .. }) && error.to_string().contains("is from a fork"),
            "{error}"
        );
    }
    assert_eq!(pushers(&ours(), brought()), Ok(said(Why::Updated, &["carol"])));
}

fn found(pull: &Value, activities: Vec<Value>) -> Result<Option<PullRequest>, PortError> {
    let mut world = world(pull, vec![]);
    world.lists.insert("activity".to_owned(), activities);
    found_in(world)
}

#[test]
fn i24_a_merge_that_somebody_pushed_was_reviewed_by_nobody() {
    let push = |kind: &str| activity(kind, &sha('a'), Some("mallory"));
    for activities in [
        vec![push("push")],
        vec![push("force_push")],
        vec![push("branch_creation")],
        vec![push("rewrite")],
        vec![push("push"), on("other", push("pr_merge"))],
    ] {
        let error = found(&ours(), activities).unwrap_err();
        assert!(matches!(&error, PortError::Unusable { .. }), "{error}");
        assert!(error.to_string().contains("was merged by a push, which nobody reviewed"), "{error}");
    }
    for activities in [vec![merge()], vec![push("merge_queue_merge")], vec![push("force_push"), merge()]] {
        assert_eq!(found(&ours(), activities).unwrap().unwrap().state, PullRequestState::Merged);
    }
}

#[test]
fn what_is_not_told_yet_is_asked_for_again_later() {
    for activities in [vec![], vec![on("other", merge())], vec![activity("push", &sha('b'), Some("bob"))]] {
        let error = found(&ours(), activities).unwrap_err();
        assert!(matches!(error, PortError::Unavailable { .. }), "{error}");
    }
}

#[test]
fn what_was_pushed_as_it_was_reviewed_needs_no_merge() {
    let pull = merged(pull(&sha('a'), Some("alice")), &sha('a'));
    let pushed = vec![activity("push", &sha('a'), Some("mallory"))];
    assert_eq!(found(&pull, pushed).unwrap().unwrap().state, PullRequestState::Merged);
}

#[test]
fn of_what_is_not_merged_nobody_asks_who_pushed_it() {
    let open = pull(&sha('a'), Some("alice"));
    let found = found(&open, vec![activity("push", &sha('a'), None)]).unwrap().unwrap();
    assert_eq!(found.state, PullRequestState::Open);
    assert!(found.makers.iter().all(|maker| maker.why != Why::Updated), "{:?}", found.makers);
}
