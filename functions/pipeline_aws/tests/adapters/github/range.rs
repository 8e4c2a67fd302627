//! What a commit adds to what was released before.

use pipeline_core::{
    gate::source::{Made, ReadSource, Repository, Why},
    ports::PortError,
};
use serde_json::{Value, json};

use super::{
    makers::{ALICE, Name, id, made, shown},
    shapes::{activity, commit, comparison, merge_commit, on, sha},
    world::{REPOSITORY, Reply, Served, World},
};
use crate::server::connected;

const BOB: Name = (Some("bob"), "bob@example.com");
const CAROL: Name = (None, "carol@example.com");

fn path() -> String {
    format!("compare/{}...{}", sha('0'), sha('a'))
}

/// A world in which `a` adds these to `0`, the oldest first.
fn world(added: Vec<Value>, activities: Vec<Value>) -> World {
    let mut world = World::default();
    world.ones.insert(format!("commits/{}", sha('a')), commit(&sha('a'), ALICE, ALICE));
    world.lists.insert("activity".to_owned(), activities);
    world.compared.insert(path(), added);
    world
}

fn found(served: &Served, since: Option<char>) -> Result<Made, PortError> {
    let repository = Repository::GitHub(REPOSITORY.to_owned());
    connected(served.sources(None).made(&repository, "main", &id('a'), since.map(id).as_ref()))
}

fn own() -> Value {
    commit(&sha('a'), ALICE, ALICE)
}

#[test]
fn who_made_what_the_commit_adds_had_a_part_in_it_and_who_pushed_that() {
    let (a, b, c) = (sha('a'), sha('b'), sha('c'));
    let added = vec![merge_commit(&c, CAROL), commit(&b, BOB, CAROL), own()];
    let activities = vec![
        on("late", activity("branch_creation", &b, Some("reviewer"))),
        activity("push", &a, Some("alice")),
        activity("pr_merge", &c, Some("merger")),
        activity("push", &sha('d'), Some("stranger")),
        on("feature", activity("push", &b, Some("eve"))),
        activity("push", &sha('0'), Some("stranger")),
    ];
    let found = found(&Served::new(world(added, activities)), Some('0')).unwrap();
    assert_eq!(found.commits, [id('a'), id('b'), id('c')]);
    let expected = [
        made(Why::Pushed, &["alice"]),
        made(Why::Contributed, &["eve"]),
        made(Why::Contributed, &["merger"]),
        made(Why::Wrote, &["alice", "alice@example.com"]),
        made(Why::Committed, &["alice", "alice@example.com"]),
        made(Why::Contributed, &["bob", "bob@example.com"]),
        made(Why::Contributed, &["carol@example.com"]),
    ];
    assert_eq!(found.makers.into_iter().map(shown).collect::<Vec<_>>(), expected);
}

#[test]
fn where_nothing_was_released_before_or_nothing_is_new_the_commit_is_alone() {
    for since in [None, Some('a'), Some('0')] {
        // What was released before may be newer.
        let served = Served::new(world(vec![], vec![activity("push", &sha('a'), Some("alice"))]));
        let made = found(&served, since).unwrap();
        assert_eq!((made.commits, made.makers.len()), (vec![id('a')], 3), "{since:?}");
        let compared = served.asked().iter().filter(|path| path.starts_with("compare")).count();
        assert_eq!(compared, usize::from(since == Some('0')));
    }
}

#[test]
fn i24_a_push_of_nobody_known_among_them_is_not_nobodys() {
    let added = vec![commit(&sha('b'), BOB, BOB), own()];
    let activities = vec![activity("push", &sha('a'), Some("alice")), activity("push", &sha('b'), None)];
    let error = found(&Served::new(world(added, activities)), Some('0')).unwrap_err();
    assert!(error.to_string().contains("does not tell who pushed it"), "{error}");
}

fn line(count: usize) -> Vec<Value> {
    let others = (1..count).map(|number| commit(&format!("{number:040}"), CAROL, BOB));
    others.chain([own()]).collect()
}

#[test]
fn a_comparison_is_read_through_all_its_pages_and_so_much_is_released_at_once_and_no_more() {
    for (count, pages) in [(1, 1), (100, 1), (101, 2), (250, 3)] {
        let served = Served::new(world(line(count), vec![]));
        let found = found(&served, Some('0')).unwrap();
        assert_eq!((found.commits.len(), &found.commits[0]), (count, &id('a')));
        let compared: Vec<String> = served.asked().into_iter().filter(|path| path.starts_with("compare")).collect();
        assert_eq!(compared.len(), pages, "{count}");
        assert_eq!(compared[0], format!("{}?per_page=100", path()));
    }
    let error = found(&Served::new(world(line(251), vec![])), Some('0')).unwrap_err();
    assert!(matches!(&error, PortError::Unusable { .. }), "{error}");
    assert!(error.to_string().contains("251 commits, more than 250; release in smaller steps"), "{error}");
}

#[test]
fn what_was_released_before_and_is_not_there_hides_what_is_new() {
    let mut world = world(vec![], vec![]);
    world.compared.clear();
    let error = found(&Served::new(world), Some('0')).unwrap_err();
    assert!(matches!(&error, PortError::Unusable { .. }), "{error}");
    assert!(error.to_string().contains("the commit that was released before is not in the repository"), "{error}");
}

#[test]
fn a_comparison_that_is_not_whole_is_asked_for_again_later() {
    let b = commit(&sha('b'), BOB, BOB);
    let mut nameless = comparison(&[&b, &own()], 2);
    nameless["commits"][0]["sha"] = json!("main");
    let mut uncounted = comparison(&[&own()], 1);
    uncounted.as_object_mut().unwrap().remove("total_commits");
    for odd in [comparison(&[&own()], 2), comparison(&[&b], 1), comparison(&[], 1), nameless, uncounted, json!([])] {
        let served = Served::new(world(vec![], vec![]));
        served.world().scripted.insert(path(), [Reply::new(200, &[], &odd)].into());
        let error = found(&served, Some('0')).unwrap_err();
        assert!(matches!(error, PortError::Unavailable { .. }), "{odd}: {error}");
    }
}
