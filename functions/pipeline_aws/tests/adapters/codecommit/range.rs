//! What a commit adds to what was released before.

use pipeline_core::{
    gate::source::{Made, ReadSource, Repository, Why},
    ports::PortError,
};
use serde_json::{Value, json};

use super::{
    commits::{by, commit_id, maker, sources},
    shapes::{REPOSITORY, commit, commits, id, refused},
};
use crate::canned::{Asked, run};

/// What `a` adds to another, when commits are told in these steps.
fn made(since: char, steps: impl IntoIterator<Item = (u16, Value)>) -> (Result<Made, PortError>, Vec<Asked>) {
    let own = (200, json!({"commit": commit(&id('a'), &[], "alice@example.com", "")}));
    let (sources, canned) = sources(std::iter::once(own).chain(steps));
    let repository = Repository::CodeCommit(REPOSITORY.into());
    (run(sources.made(&repository, "main", &commit_id('a'), Some(&commit_id(since)))), canned.asked())
}

#[test]
fn who_made_what_the_commit_adds_had_a_part_in_it() {
    // 0 → b → c, and a merges c and d, which parted at 0.
    let (made, asked) = made(
        '0',
        [
            commits(&[by("old", '0', &['9']), by("alice", 'a', &['c', 'd'])]),
            commits(&[by("older", '9', &[]), by("carol", 'c', &['b']), by("dave", 'd', &['0'])]),
            commits(&[by("carol", 'b', &['0'])]),
        ],
    );
    let made = made.unwrap();
    assert_eq!(made.commits, ['a', 'c', 'd', 'b'].map(commit_id));
    let contributed = |who: &str| maker(Why::Contributed, &format!("{who}@example.com"));
    assert_eq!(made.makers, [maker(Why::Wrote, "alice@example.com"), contributed("carol"), contributed("dave")]);
    assert_eq!(asked[1].json()["commitIds"], json!([id('0'), id('a')]));
    assert_eq!(asked[3].json()["commitIds"], json!([id('b')]));
}

#[test]
fn where_nothing_is_new_the_commit_is_alone() {
    let (same, asked) = made('a', []);
    assert_eq!((same.unwrap().commits, asked.len()), (vec![commit_id('a')], 1));
    // What was released before is newer.
    let steps = [commits(&[by("alice", 'a', &['9']), by("new", 'f', &['a'])])];
    let (older, _) = made('f', steps);
    let older = older.unwrap();
    assert_eq!((older.commits, older.makers), (vec![commit_id('a')], vec![maker(Why::Wrote, "alice@example.com")]));
}

#[test]
fn what_was_released_before_and_is_not_there_hides_what_is_new() {
    let missing = |of: char, told: &[Value]| {
        let error = json!({"commitId": id(of), "errorCode": "CommitDoesNotExist", "errorMessage": "no"});
        (200, json!({"commits": told, "errors": [error]}))
    };
    let error = made('0', [missing('0', &[by("alice", 'a', &['b'])])]).0.unwrap_err();
    assert!(matches!(&error, PortError::Unusable { .. }), "{error}");
    assert!(error.to_string().contains("the commit that was released before is not in the repository"), "{error}");
    // Anything else that is missing may be there later.
    for answer in [missing('a', &[by("old", '0', &[])]), commits(&[by("alice", 'a', &[])])] {
        let error = made('0', [answer]).0.unwrap_err();
        assert!(matches!(error, PortError::Unavailable { .. }), "{error}");
    }
    assert!(matches!(made('0', [refused("AccessDeniedException")]).0, Err(PortError::Denied { .. })));
}

#[test]
fn so_much_is_released_at_once_and_no_more() {
    let name = |number: usize| format!("{number:040}");
    let line = |length: usize| -> Vec<(u16, Value)> {
        let first = commits(&[by("old", '0', &[]), commit(&id('a'), &[&name(1)], "a@b", "a@b")]);
        let next = (1..length).map(|number| {
            let parent = if number + 1 == length { id('0') } else { name(number + 1) };
            commits(&[commit(&name(number), &[&parent], "a@b", "a@b")])
        });
        std::iter::once(first).chain(next).collect()
    };
    assert_eq!(made('0', line(250)).0.unwrap().commits.len(), 250);
    let error = made('0', line(251)).0.unwrap_err();
    assert!(matches!(&error, PortError::Unusable { .. }), "{error}");
    assert!(error.to_string().contains("more than 250 commits") && error.to_string().contains("smaller steps"));
}
