//! Pushes, and the events that tell of them.

use flowgate::identity::{APPROVER, AUTHOR};
use serde_json::{Value, json};

use crate::bus::Heard;
use crate::git::{Work, git};
use crate::world::World;

fn detail(event: &str, id: &str, branch: &str, commits: &[(&str, &str)], by: &str) -> Value {
    let mut detail = json!({
        "event": event, "repositoryName": "service", "repositoryId": id, "referenceType": "branch",
        "referenceName": branch, "referenceFullName": format!("refs/heads/{branch}"), "callerUserArn": by,
    });
    for (key, commit) in commits {
        detail[key] = json!(commit);
    }
    detail
}

async fn id(world: &World) -> String {
    let repository = world.codecommit.get_repository().repository_name("service").send().await.unwrap();
    repository.repository_metadata.unwrap().repository_id.unwrap()
}

#[tokio::test]
async fn each_move_of_a_branch_is_told_once() {
    let world = World::new().await;
    let heard = Heard::begin(&world).await;
    let url = world.create("service").await;
    assert_eq!(url, format!("{}/v1/repos/service", world.cloud.endpoint()));
    let id = id(&world).await;
    let work = world.work("work").await;
    let told = |event, branch, commits: &[(&str, &str)]| vec![detail(event, &id, branch, commits, AUTHOR.arn)];

    let first = work.commit("a", b"1").await;
    work.git(&["push", "-q", &url, "main"]).await;
    let event = heard.events().await.remove(0);
    assert_eq!(vec![event["detail"].clone()], told("referenceCreated", "main", &[("commitId", &first)]));
    assert_eq!(event["detail-type"], "CodeCommit Repository State Change");
    assert_eq!(event["resources"], json!(["arn:aws:codecommit:us-east-1:000000000000:service"]));
    assert_eq!(event["account"], "000000000000");

    let second = work.commit("a", b"2").await;
    work.git(&["push", "-q", &url, "main"]).await;
    let moved = [("commitId", &*second), ("oldCommitId", &*first)];
    assert_eq!(heard.details().await, told("referenceUpdated", "main", &moved));

    work.git(&["reset", "-q", "--hard", &first]).await;
    let other = work.commit("a", b"3").await;
    let refused = work.refused(&["push", "-q", &url, "main"]).await;
    assert!(refused.contains("fetch first") || refused.contains("non-fast-forward"), "{refused}");
    assert_eq!(heard.details().await, Vec::<Value>::new());
    work.git(&["push", "-q", "--force", &url, "main"]).await;
    let moved = [("commitId", &*other), ("oldCommitId", &*second)];
    assert_eq!(heard.details().await, told("referenceUpdated", "main", &moved));

    work.git(&["push", "-q", &url, "main:feature/one"]).await;
    assert_eq!(heard.details().await, told("referenceCreated", "feature/one", &[("commitId", &other)]));
    work.git(&["push", "-q", &url, ":feature/one"]).await;
    assert_eq!(heard.details().await, told("referenceDeleted", "feature/one", &[("oldCommitId", &other)]));

    work.git(&[
        "push",
        "-q",
        &url,
        "main:one",
        &format!("{first}:refs/heads/two"),
        &format!("{first}:main"),
        "--force",
    ])
    .await;
    let expected = [
        detail("referenceUpdated", &id, "main", &[("commitId", &first), ("oldCommitId", &other)], AUTHOR.arn),
        detail("referenceCreated", &id, "one", &[("commitId", &other)], AUTHOR.arn),
        detail("referenceCreated", &id, "two", &[("commitId", &first)], AUTHOR.arn),
    ];
    assert_eq!(heard.details().await, expected);
}

#[tokio::test]
async fn a_push_is_whose_key_it_names() {
    let world = World::new().await;
    let heard = Heard::begin(&world).await;
    let url = world.create("service").await;
    let work = world.work("work").await;
    let root = "arn:aws:iam::000000000000:root";
    let basic = ["YXBwcm92ZXI6YXBwcm92ZXI=", "YXV0aG9yOmF1dGhvcg==", "c29tZWJvZHk6c2VjcmV0"];
    for (credentials, arn) in basic.into_iter().zip([APPROVER.arn, AUTHOR.arn, root]) {
        work.commit("a", arn.as_bytes()).await;
        let header = format!("http.extraHeader=Authorization: Basic {credentials}");
        work.git(&["-c", &header, "push", "-q", &url, "main"]).await;
        let details = heard.details().await;
        assert_eq!(details.len(), 1);
        assert_eq!(details[0]["callerUserArn"], arn);
    }
}

#[tokio::test]
async fn pushes_at_the_same_moment_tell_of_their_own_branch_alone() {
    let world = World::new().await;
    let heard = Heard::begin(&world).await;
    let url = world.create("service").await;
    let work = world.work("work").await;
    let first = work.commit("a", b"1").await;
    let branches: Vec<String> = (0..6).map(|n| format!("main:branch-{n}")).collect();
    let push = async |branch| git(&work.path, &["push", "-q", &url, branch]).await;
    for pushed in futures_util::future::join_all(branches.iter().map(|branch| push(branch))).await {
        pushed.unwrap();
    }
    let mut told: Vec<_> = heard.details().await;
    told.sort_by_key(|detail| detail["referenceName"].to_string());
    let id = id(&world).await;
    let expected: Vec<_> = (0..6)
        .map(|n| detail("referenceCreated", &id, &format!("branch-{n}"), &[("commitId", &first)], AUTHOR.arn))
        .collect();
    assert_eq!(told, expected);
}

#[tokio::test]
async fn of_two_pushes_of_one_branch_at_the_same_moment_one_moves_it() {
    let world = World::new().await;
    let heard = Heard::begin(&world).await;
    let url = world.create("service").await;
    let (one, other) = (world.work("one").await, world.work("other").await);
    let ids = [one.commit("a", b"1").await, other.commit("a", b"2").await];
    let push = async |work: &Work| git(&work.path, &["push", "-q", &url, "main"]).await;
    let (first, second) = futures_util::future::join(push(&one), push(&other)).await;
    let won = usize::from(first.is_err());
    assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
    assert_eq!(world.head("service", "main").await.as_ref(), Some(&ids[won]));
    let expected = detail("referenceCreated", &id(&world).await, "main", &[("commitId", &ids[won])], AUTHOR.arn);
    assert_eq!(heard.details().await, [expected]);
}

#[tokio::test]
async fn the_same_content_again_is_told_once() {
    let world = World::new().await;
    let heard = Heard::begin(&world).await;
    let url = world.create("service").await;
    let work = world.work("work").await;
    let first = work.commit("a", b"1").await;
    work.git(&["push", "-q", &url, "main"]).await;
    work.git(&["push", "-q", &url, "main"]).await;
    let id = id(&world).await;
    let expected = [detail("referenceCreated", &id, "main", &[("commitId", &first)], AUTHOR.arn)];
    assert_eq!(heard.details().await, expected);
    assert_eq!(world.head("service", "main").await, Some(first));
}

#[tokio::test]
async fn each_move_of_a_tag_is_told_by_its_commit() {
    let world = World::new().await;
    let heard = Heard::begin(&world).await;
    let url = world.create("service").await;
    let id = id(&world).await;
    let work = world.work("work").await;
    let first = work.commit("a", b"1").await;
    let told = |event, commits: &[(&str, &str)]| {
        let mut detail = detail(event, &id, "v1", commits, AUTHOR.arn);
        detail["referenceType"] = json!("tag");
        detail["referenceFullName"] = json!("refs/tags/v1");
        vec![detail]
    };
    work.git(&["tag", "v1"]).await;
    work.git(&["push", "-q", &url, "v1"]).await;
    assert_eq!(heard.details().await, told("referenceCreated", &[("commitId", &first)]));
    let second = work.commit("a", b"2").await;
    work.git(&["tag", "-f", "-a", "-m", "with a message, and an id of its own", "v1"]).await;
    work.git(&["push", "-q", "--force", &url, "v1"]).await;
    assert_eq!(heard.details().await, told("referenceUpdated", &[("commitId", &second), ("oldCommitId", &first)]));
    work.git(&["push", "-q", &url, ":refs/tags/v1"]).await;
    assert_eq!(heard.details().await, told("referenceDeleted", &[("oldCommitId", &second)]));
}
