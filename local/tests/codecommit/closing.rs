//! What ends a pull request: a merge of each kind, by the API or by a push, and branches that go away.

use flowgate::identity::{APPROVER, AUTHOR};
use serde_json::{Value, json};

use crate::api::{succeeds, succeeds_as};
use crate::bus::Heard;
use crate::git::Work;
use crate::pulls::{client, create, prepared, short};
use crate::world::World;

/// Its status, and its only target.
async fn state(world: &World, id: &str) -> (Value, Value) {
    let mut got = succeeds(world, "GetPullRequest", json!({"pullRequestId": id})).await;
    let pull = &mut got["pullRequest"];
    (pull["pullRequestStatus"].take(), pull["pullRequestTargets"][0].take())
}

#[tokio::test]
async fn a_merge_says_who_made_it_how_and_as_which_commit() {
    let world = World::new().await;
    let (work, url, [_, second]) = prepared(&world).await;
    let author = client(&world, &AUTHOR);
    for (number, (way, option)) in
        [("FastForward", "FAST_FORWARD_MERGE"), ("Squash", "SQUASH_MERGE"), ("ThreeWay", "THREE_WAY_MERGE")]
            .into_iter()
            .enumerate()
    {
        let id = create(&author, way, "topic").await.pull_request_id.unwrap();
        assert_eq!(state(&world, &id).await.1["mergeMetadata"], json!({"isMerged": false}));
        let operation = format!("MergePullRequestBy{way}");
        let merge = json!({"pullRequestId": id, "repositoryName": "service"});
        succeeds_as(&world, APPROVER.access_key, &operation, merge).await;
        let head = world.head("service", "main").await.unwrap();
        let (status, target) = state(&world, &id).await;
        let expected =
            json!({"isMerged": true, "mergedBy": APPROVER.arn, "mergeCommitId": head, "mergeOption": option});
        assert_eq!((status, &target["mergeMetadata"]), (json!("CLOSED"), &expected));
        assert_eq!(head == target["sourceCommit"], number == 0, "only a fast-forward makes no commit");
        assert_eq!(number == 0, head == second);
        work.commit(way, b"more").await;
        work.git(&["push", "-q", &url, "topic"]).await;
    }
}

/// A pull request from `topic` into `main`, and one from `other`, which stays.
async fn two(world: &World) -> (Work, String, [String; 2]) {
    let prepared = prepared(world).await;
    prepared.0.git(&["push", "-q", &prepared.1, "main:other", "main:release"]).await;
    let author = client(world, &AUTHOR);
    create(&author, "t", "topic").await;
    create(&author, "o", "other").await;
    prepared
}

#[tokio::test]
async fn a_fast_forward_that_is_pushed_merges_and_any_other_push_does_not() {
    let world = World::new().await;
    let (work, url, [first, second]) = two(&world).await;
    let heard = Heard::begin(&world).await;
    work.git(&["checkout", "-q", "main"]).await;
    work.git(&["merge", "-q", "--no-ff", "--no-edit", "topic"]).await;
    work.git(&["push", "-q", &url, "main"]).await;
    assert_eq!(state(&world, "1").await.0, "OPEN", "a merge commit is no fast-forward");
    work.git(&["push", "-q", "--force", &url, &format!("{first}:main")]).await;
    work.git(&["reset", "-q", "--hard", &first]).await;
    let elsewhere = work.commit("c", b"c").await;
    work.git(&["push", "-q", &url, "main"]).await;
    work.git(&["push", "-q", "--force", &url, "topic:main"]).await;
    assert_eq!(state(&world, "1").await.0, "OPEN", "what threw {elsewhere} away is no fast-forward");
    work.git(&["push", "-q", "--force", &url, &format!("{first}:main")]).await;
    assert_eq!(elsewhere.len(), second.len());
    heard.details().await;

    work.git(&["push", "-q", &url, "topic:main"]).await;
    let (status, target) = state(&world, "1").await;
    let expected =
        json!({"isMerged": true, "mergedBy": AUTHOR.arn, "mergeCommitId": second, "mergeOption": "FAST_FORWARD_MERGE"});
    assert_eq!((status, &target["mergeMetadata"]), (json!("CLOSED"), &expected));
    assert_eq!((&target["destinationCommit"], &target["sourceCommit"]), (&json!(first), &json!(second)));
    assert_eq!(state(&world, "2").await.0, "OPEN");
    let told = heard.details().await;
    assert_eq!(
        told.iter().map(short).collect::<Vec<_>>()[1..],
        ["pullRequestMergeStatusUpdated 1 Closed True  FAST_FORWARD_MERGE"]
    );
}

#[tokio::test]
async fn commits_that_come_with_the_push_that_merges_them_are_a_revision_of_their_own() {
    let world = World::new().await;
    let (work, url, _) = two(&world).await;
    let revision = |got: Value| got["pullRequest"]["revisionId"].clone();
    let one = json!({"pullRequestId": "1"});
    let before = revision(succeeds(&world, "GetPullRequest", one.clone()).await);
    let third = work.commit("b", b"3").await;
    work.git(&["push", "-q", &url, "topic", "topic:main"]).await;
    let (status, target) = state(&world, "1").await;
    assert_eq!((status, &target["mergeMetadata"]["mergeCommitId"]), (json!("CLOSED"), &json!(third)));
    assert_ne!(revision(succeeds(&world, "GetPullRequest", one).await), before);
}

#[tokio::test]
async fn a_branch_that_goes_away_closes_what_is_from_it_or_into_it() {
    let world = World::new().await;
    let (work, url, _) = two(&world).await;
    let target = json!([{"repositoryName": "service", "sourceReference": "other", "destinationReference": "release"}]);
    succeeds(&world, "CreatePullRequest", json!({"title": "r", "targets": target})).await;
    let heard = Heard::begin(&world).await;
    for (branch, closed, open) in [("topic", "1", "2"), ("release", "3", "2")] {
        work.git(&["push", "-q", &url, &format!(":{branch}")]).await;
        let (status, target) = state(&world, closed).await;
        assert_eq!((status, &target["mergeMetadata"]), (json!("CLOSED"), &json!({"isMerged": false})), "{branch}");
        assert_eq!(state(&world, open).await.0, "OPEN", "{branch}");
        let told: Vec<_> = heard.details().await.iter().map(short).collect();
        assert_eq!(told[1..], [format!("pullRequestStatusChanged {closed} Closed False")], "{branch}");
    }
}
