//! The pull request that brought a commit.

use pipeline_core::{
    gate::source::{Identity, PullRequest, PullRequestState, ReadSource, Repository, Reviewed, Why},
    ports::PortError,
};
use serde_json::{Value, json};

use super::{
    shapes::{activity, commit, listed, merge_commit, merged, on, pull, review, sha},
    world::{REPOSITORY, Reply, Served, World},
};
use crate::server::connected;

/// A world in which commit `a` was looked for, and the pull request is this.
pub(super) fn world(pull: &Value, reviews: Vec<Value>) -> World {
    let mut world = World::default();
    world.lists.insert(format!("commits/{}/pulls", sha('a')), vec![listed(pull.clone())]);
    world.ones.insert("pulls/7".to_owned(), pull.clone());
    world.lists.insert("pulls/7/reviews".to_owned(), reviews);
    let alice = (Some("alice"), "alice@example.com");
    let made = commit(&sha('c'), alice, (Some("bob"), "bob@example.com"));
    world.lists.insert("pulls/7/commits".to_owned(), vec![made]);
    let merge = activity("pr_merge", &sha('a'), Some("merger"));
    let merge = on(pull["base"]["ref"].as_str().expect("a branch"), merge);
    world.lists.insert("activity".to_owned(), vec![merge, on("feature", activity("push", &sha('c'), Some("eve")))]);
    world
}

pub(super) fn ours() -> Value {
    merged(pull(&sha('c'), Some("alice")), &sha('a'))
}

pub(super) fn found(served: &Served) -> Result<Option<PullRequest>, PortError> {
    let repository = Repository::GitHub(REPOSITORY.to_owned());
    connected(served.sources(None).pull_request(&repository, &sha('a').parse().expect("a commit"), "main"))
}

pub(super) fn found_in(world: World) -> Result<Option<PullRequest>, PortError> {
    found(&Served::new(world))
}

pub(super) fn with(change: impl FnOnce(&mut Value)) -> Value {
    let mut pull = ours();
    change(&mut pull);
    pull
}

#[test]
fn the_pull_request_that_was_merged_as_the_commit_is_told_whole() {
    let found = found_in(world(&ours(), vec![review(1, Some("Carol"), "APPROVED", &sha('c'))])).unwrap().unwrap();
    let told = (&found.number[..], found.state, &found.branch[..], found.revision, found.rules);
    assert_eq!(told, ("7", PullRequestState::Merged, "main", sha('c'), None));
    let [review] = &found.reviews[..] else { panic!("{:?}", found.reviews) };
    assert_eq!((&review.by, review.opinion), (&Identity::Account("Carol".into()), Reviewed::Approved));
    assert_eq!(review.revision, sha('c'));
    let makers: Vec<(Why, usize)> = found.makers.iter().map(|maker| (maker.why, maker.names.len())).collect();
    assert_eq!(makers, [(Why::Proposed, 1), (Why::Contributed, 2), (Why::Contributed, 2), (Why::Updated, 1)]);
    assert_eq!(found.makers[3].names, [Identity::Account("eve".into())]);
    assert_eq!(found.commits, [sha('c').parse().unwrap()]);
    assert_eq!(found.makers[2].names, [Identity::Account("bob".into()), Identity::Address("bob@example.com".into())]);
}

#[test]
fn what_became_of_a_pull_request_is_told() {
    let closed = with(|pull| {
        *pull = self::pull(&sha('a'), Some("alice"));
        pull["state"] = json!("closed");
    });
    let elsewhere = with(|pull| pull["base"]["ref"] = json!("develop"));
    for (pull, state, branch) in [
        (pull(&sha('a'), Some("alice")), PullRequestState::Open, "main"),
        (closed, PullRequestState::Closed, "main"),
        (elsewhere, PullRequestState::Merged, "develop"),
        // Before it is merged, this is a test of the merge.
        (with(|pull| *pull = self::pull(&sha('c'), None)), PullRequestState::Open, "main"),
        // Pushed to the branch as it is.
        (merged(pull(&sha('a'), None), &sha('d')), PullRequestState::Merged, "main"),
    ] {
        let mut pull = pull;
        if state == PullRequestState::Open {
            pull["merge_commit_sha"] = json!(sha('a'));
        }
        let found = found_in(world(&pull, vec![])).unwrap().unwrap();
        assert_eq!((found.state, &found.branch[..]), (state, branch), "{pull}");
    }
    let mut none = world(&ours(), vec![]);
    none.lists.insert(format!("commits/{}/pulls", sha('a')), vec![]);
    assert_eq!(found_in(none), Ok(None));
}

#[test]
fn a_commit_that_is_only_a_part_of_what_was_merged_was_not_reviewed_as_it_is() {
    let error = found_in(world(&merged(pull(&sha('c'), None), &sha('d')), vec![])).unwrap_err();
    let words = format!("it was merged as {}", sha('d'));
    assert!(matches!(&error, PortError::Unusable { why, .. } if why.starts_with(&words)), "{error}");
}

#[test]
fn of_several_pull_requests_the_one_counts_that_brought_the_commit_to_the_branch() {
    let numbered = |pull: Value, number: u64| {
        let mut pull = listed(pull);
        pull["number"] = json!(number);
        pull
    };
    let elsewhere = with(|pull| pull["base"]["ref"] = json!("develop"));
    let others = [pull(&sha('a'), None), elsewhere, merged(pull(&sha('c'), None), &sha('d'))];
    let mut all: Vec<Value> = (1..).zip(others).map(|(number, other)| numbered(other, number)).collect();
    all.push(listed(ours()));
    let mut world = world(&ours(), vec![]);
    world.lists.insert(format!("commits/{}/pulls", sha('a')), all);
    assert_eq!(found_in(world).unwrap().unwrap().number, "7");
}

/// By whom, what, and of which commit.
type Said<'a> = (&'a str, Reviewed, &'a str);

#[test]
fn each_reviewer_is_told_once_with_what_they_said_last() {
    let (c, old) = (sha('c'), sha('b'));
    let by = |id, who, state| review(id, Some(who), state, &sha('c'));
    let mut late = by(1, "erin", "CHANGES_REQUESTED");
    late["submitted_at"] = json!("2026-11-21T13:00:00Z");
    let mut forgotten = by(1, "frank", "APPROVED");
    forgotten["commit_id"] = json!(null);
    let outsider = |association: &str| {
        let mut outsiders = by(2, "mallory", "CHANGES_REQUESTED");
        outsiders["author_association"] = json!(association);
        outsiders
    };
    let mut unrelated = outsider("");
    unrelated.as_object_mut().unwrap().remove("author_association");
    let (approved, refused, dismissed) = (Reviewed::Approved, Reviewed::Refused, Reviewed::Dismissed);
    let cases: Vec<(Vec<Value>, Vec<Said>)> = vec![
        (vec![by(1, "carol", "APPROVED"), by(2, "carol", "CHANGES_REQUESTED")], vec![("carol", refused, &c)]),
        (vec![by(1, "carol", "CHANGES_REQUESTED"), by(2, "Carol", "APPROVED")], vec![("Carol", approved, &c)]),
        (vec![by(1, "carol", "APPROVED"), by(2, "carol", "COMMENTED")], vec![("carol", approved, &c)]),
        (vec![by(1, "carol", "APPROVED"), by(2, "carol", "PENDING")], vec![("carol", approved, &c)]),
        (vec![by(1, "carol", "APPROVED"), by(2, "carol", "DISMISSED")], vec![("carol", dismissed, &c)]),
        (vec![by(1, "carol", "DISMISSED"), by(2, "carol", "APPROVED")], vec![("carol", approved, &c)]),
        // A word that GitHub may add.
        (vec![by(1, "carol", "APPROVED"), by(2, "carol", "RECONSIDERED")], vec![("carol", dismissed, &c)]),
        (vec![by(1, "carol", "COMMENTED"), by(2, "dave", "PENDING")], vec![]),
        // Stale: of an earlier commit.
        (vec![review(1, Some("carol"), "APPROVED", &old)], vec![("carol", approved, &old)]),
        (vec![forgotten], vec![("frank", approved, "")]),
        // Begun first, and said last.
        (vec![late, by(2, "erin", "APPROVED")], vec![("erin", refused, &c)]),
        (
            vec![by(1, "carol", "APPROVED"), by(2, "dave", "CHANGES_REQUESTED")],
            vec![("carol", approved, &c), ("dave", refused, &c)],
        ),
        // Anybody may review what is public, and holds up nothing by it; what they said before is taken back all the same.
        (vec![outsider("NONE")], vec![("mallory", dismissed, &c)]),
        (vec![by(1, "mallory", "APPROVED"), outsider("CONTRIBUTOR")], vec![("mallory", dismissed, &c)]),
        (vec![outsider("OWNER")], vec![("mallory", refused, &c)]),
        (vec![outsider("MEMBER")], vec![("mallory", refused, &c)]),
        (vec![unrelated], vec![("mallory", refused, &c)]),
        // Accounts that are gone may be several people's.
        (
            vec![review(1, None, "CHANGES_REQUESTED", &c), review(2, None, "APPROVED", &c)],
            vec![("ghost", refused, &c), ("ghost", approved, &c)],
        ),
    ];
    for (reviews, expected) in cases {
        let found = found_in(world(&ours(), reviews.clone())).unwrap().unwrap().reviews;
        let told: Vec<(Identity, Reviewed, String)> =
            found.into_iter().map(|review| (review.by, review.opinion, review.revision)).collect();
        let expected = expected.into_iter().map(|(by, opinion, of)| (Identity::Account(by.into()), opinion, of.into()));
        assert_eq!(told, expected.collect::<Vec<_>>(), "{reviews:?}");
    }
}

#[test]
fn lists_are_read_through_all_their_pages() {
    let commits: Vec<Value> = (0..250)
        .map(|number| merge_commit(&format!("{number:040}"), (None, &format!("{}@example.com", number % 50))))
        .collect();
    let reviews = (0..301).map(|id| review(id, Some(&format!("reviewer-{id}")), "APPROVED", &sha('c'))).collect();
    let mut world = world(&with(|pull| pull["commits"] = json!(250)), reviews);
    world.lists.insert("pulls/7/commits".to_owned(), commits);
    let served = Served::new(world);
    let found = found(&served).unwrap().unwrap();
    assert_eq!((found.reviews.len(), found.makers.len()), (301, 51));
    assert_eq!((found.commits.len(), found.commits[0].as_str()), (250, &format!("{:040}", 249)[..]));
    let asked = |start: &str| served.asked().iter().filter(|path| path.starts_with(start)).count();
    assert_eq!((asked("pulls/7/commits?"), asked("pulls/7/reviews?")), (3, 4));
}

#[test]
fn what_is_not_whole_is_not_judged() {
    let many = with(|pull| pull["commits"] = json!(251));
    let error = found_in(world(&many, vec![])).unwrap_err();
    assert!(error.to_string().contains("it has 251 commits"), "{error}");
    let uncounted = with(|pull| drop(pull.as_object_mut().unwrap().remove("commits")));
    assert!(matches!(found_in(world(&uncounted, vec![])), Err(PortError::Unusable { .. })));
    let missing = with(|pull| pull["commits"] = json!(2));
    assert!(matches!(found_in(world(&missing, vec![])), Err(PortError::Unavailable { .. })));
    let reviews = (0..1001).map(|id| review(id, Some("carol"), "APPROVED", &sha('c'))).collect();
    let error = found_in(world(&ours(), reviews)).unwrap_err();
    assert!(error.to_string().contains("there are more than 1000"), "{error}");
}

#[test]
fn i22_a_pull_request_that_changes_while_it_is_read_is_read_again_later() {
    type Change = fn(&mut Value);
    let changes: [Change; 4] = [
        |pull| pull["head"]["sha"] = json!(sha('d')),
        |pull| pull["base"]["ref"] = json!("develop"),
        |pull| pull["state"] = json!("open"),
        |pull| pull["merge_commit_sha"] = json!(sha('d')),
    ];
    for change in changes {
        let served = Served::new(world(&ours(), vec![review(1, Some("carol"), "APPROVED", &sha('c'))]));
        served.world().ones.insert("pulls/7".to_owned(), with(change));
        served.world().scripted.insert("pulls/7".to_owned(), [Reply::new(200, &[], ours())].into());
        let error = found(&served).unwrap_err();
        assert!(matches!(&error, PortError::Unavailable { detail, .. } if detail.contains("changed while")), "{error}");
    }
}
