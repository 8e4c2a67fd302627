//! What the function tells itself, what the clock says, and branches that go.

use pipeline_core::{
    memory::Fault,
    preview::{pull::Pull, subject::Subject},
};
use serde_json::json;

use crate::town::{Town, at, commit, deleted, of_pull, pull, up};

#[test]
fn a_deleted_branch_has_the_previews_of_it_looked_at() {
    let town = Town::new([pull(1, "8f2c"), pull(2, "8f2d")]);
    for number in ["1", "2"] {
        town.takes(&of_pull("pullRequestCreated", &json!(number)));
    }
    for number in [1, 2] {
        town.shows(Pull { branch: None, ..pull(number, "8f2c") });
    }
    town.takes(&deleted("topic-1"));
    assert_eq!((town.phase("pr-1"), town.phase("pr-2")), (Some("REMOVING"), Some("RUNNING")));
    town.handle(&up(&commit("8f2e")).to_string()).unwrap();
    town.takes(&json!({"branch_deleted": "dev/alice"}));
    assert_eq!(town.phase("dev-alice"), Some("RUNNING"), "a developer gives it back themselves");
}

#[test]
fn what_the_host_does_not_show_yet_is_an_error_so_that_lambda_delivers_it_again() {
    let town = Town::of_github([pull(42, "8f2c")]);
    let newer = json!({"pull_request": 42, "updated": "2026-11-22T12:00:01Z", "head": commit("8f2d")});
    let error = town.handle(&newer.to_string()).unwrap_err();
    assert!(error.contains("pull request 42"), "{error}");
    assert_eq!(town.started(), []);
    town.shows(Pull { updated: at("2026-11-22T12:00:01Z"), ..pull(42, "8f2d") });
    town.takes(&newer);
    assert_eq!(town.started(), [(Subject::PullRequest(42), commit("8f2d"))]);
    town.takes(&json!({"pull_request": 42}));
    assert_eq!(town.started().len(), 1);
}

#[test]
fn a_tick_goes_on_with_what_a_crash_left() {
    let town = Town::new([pull(42, "8f2c")]);
    town.world.outage("start execution", Fault::Refused);
    town.handle(&of_pull("pullRequestCreated", &json!("42")).to_string()).unwrap_err();
    assert_eq!(town.started(), []);
    // The next tick makes up for it.
    town.takes(&json!({"tick": true}));
    assert_eq!(town.started(), []);
    town.world.recover();
    town.takes(&json!({"tick": true}));
    assert_eq!(town.started(), [(Subject::PullRequest(42), commit("8f2c"))]);
}
