//! Pushes to a connection's repository, and what they start.

use flowgate::cloud::authority::Iam;
use serde_json::{Value, json};

use crate::git::{Work, git, text};
use crate::world::World;

fn short(event: &str, name: &str, commit: &str) -> String {
    format!("{event} {name} {}", &commit[..7])
}

#[tokio::test]
async fn a_first_push_makes_the_repository_and_starts_what_waits_for_its_branch() {
    let mut world = World::new().await;
    world.pipeline("p", &Value::Null);
    let (work, url) = (world.work("shop").await, world.url("ada/shop"));
    let first = work.commit("a", b"1").await;
    work.git(&["push", "-q", &url, "main:topic", "main:other"]).await;
    assert_eq!(world.told("p").await, [""; 0]);
    work.git(&["push", "-q", &url, "main"]).await;
    assert_eq!(world.told("p").await, [short("PUSH", "main", &first)]);
    let variables = world.variables().await;
    let of = |name: &str| variables.get(name).map(String::as_str);
    assert_eq!((of("CommitId"), of("BranchName")), (Some(first.as_str()), Some("main")));
    assert_eq!((of("FullRepositoryName"), of("PullRequestId")), (Some("ada/shop"), None));

    // The address that providers give ends in `.git`; the repository is the same.
    let clone = world.work("clone").await;
    clone.git(&["pull", "-q", &format!("{url}.git"), "main"]).await;
    assert_eq!(clone.head().await, first);
    work.git(&["push", "-q", &url, ":topic"]).await;
    assert_eq!(world.told("p").await.len(), 1);
}

#[tokio::test]
async fn triggers_choose_by_branch_file_and_tag() {
    let world = World::new().await;
    world.pipeline(
        "files",
        &json!({"push": [{"branches": {"includes": ["main"]}, "filePaths": {"includes": ["src/**"]}}]}),
    );
    world.pipeline("features", &json!({"push": [{"branches": {"includes": ["feature/*"]}}]}));
    world.pipeline("tags", &json!({"push": [{"tags": {"includes": ["v*"], "excludes": ["v0"]}}]}));
    let (work, url) = (world.work("shop").await, world.url("ada/shop"));
    std::fs::create_dir(work.path.join("src")).unwrap();
    let push = async |work: &Work, what: &[&str]| work.git(&[&["push", "-q", &url][..], what].concat()).await;

    // A new branch is not known to have changed any file.
    work.commit("src/a", b"1").await;
    push(&work, &["main"]).await;
    work.commit("other", b"1").await;
    push(&work, &["main"]).await;
    assert_eq!(world.told("files").await, [""; 0]);
    let second = work.commit("src/a", b"2").await;
    push(&work, &["main"]).await;
    assert_eq!(world.told("files").await, [short("PUSH", "main", &second)]);

    push(&work, &["main:feature/one", "main:feature/two/three"]).await;
    assert_eq!(world.told("features").await, [short("PUSH", "feature/one", &second)]);

    work.git(&["tag", "v0"]).await;
    work.git(&["tag", "-a", "-m", "the first", "v1"]).await;
    push(&work, &["--tags"]).await;
    assert_eq!(world.told("tags").await, [short("PUSH", "v1", &second)], "by its commit, not by the tag's own id");
    push(&work, &[":refs/tags/v1"]).await;
    assert_eq!(world.told("tags").await.len(), 1);
}

#[tokio::test]
async fn a_repository_that_nobody_pushed_to_is_not_there() {
    let world = World::new().await;
    let work = world.work("work").await;
    work.commit("a", b"1").await;
    let refused = work.refused(&["clone", "-q", &world.url("ada/shop"), "clone"]).await;
    assert!(refused.contains("not found"), "{refused}");
    for name in ["ada/-x", "a%2fb/c", "../x"] {
        let refused = work.refused(&["push", "-q", &world.url(name), "main"]).await;
        assert!(refused.contains("not found") || refused.contains("error"), "{name}: {refused}");
    }
    let state = &world.runner.context().state;
    assert!(!state.join("repositories").join("ada").exists());
}

#[tokio::test]
async fn where_permission_is_needed_who_pushes_says_who_they_are() {
    let world = World::with(Iam::Enforce).await;
    let work = world.work("work").await;
    work.commit("a", b"1").await;
    let refused = work.refused(&["push", "-q", &world.url("ada/shop"), "main"]).await;
    assert!(refused.contains("could not read Username"), "{refused}");
    let signed = |user: &str| world.url("ada/shop").replacen("http://", &format!("http://{user}@"), 1);
    let refused = work.refused(&["push", "-q", &signed("author:wrong"), "main"]).await;
    assert!(refused.contains("403"), "{refused}");
    let pushed = git(&work.path, &["push", &signed("author:author"), "main"]).await;
    assert!(pushed.is_ok(), "{}", pushed.map_or_else(|error| error, |output| text(&output)));
}
