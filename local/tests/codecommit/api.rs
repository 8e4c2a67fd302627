//! The JSON API.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::sync::Arc;

use aws_sdk_codecommit::error::ProvideErrorMetadata as _;
use flowgate::cloud::install::{EMULATOR, Installer};
use flowgate::cloud::python;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use crate::world::{World, state, supervisor};

/// A call as it goes over the wire: the status, and the body.
pub(crate) async fn call(world: &World, operation: &str, request: &str, key: &str) -> (u16, Value) {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let target = format!("CodeCommit_20150413.{operation}");
    let post = http.post(world.cloud.endpoint()).header("x-amz-target", target);
    let post = post.header("content-type", "application/x-amz-json-1.1").body(request.to_owned());
    let scope = "20260101/us-east-1/codecommit/aws4_request";
    let post = post.header("authorization", format!("AWS4-HMAC-SHA256 Credential={key}/{scope}"));
    let answer = post.send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/x-amz-json-1.1");
    (answer.status().as_u16(), answer.json().await.unwrap())
}

pub(crate) async fn succeeds(world: &World, operation: &str, request: Value) -> Value {
    succeeds_as(world, "author", operation, request).await
}

pub(crate) async fn succeeds_as(world: &World, key: &str, operation: &str, request: Value) -> Value {
    let (status, body) = call(world, operation, &request.to_string(), key).await;
    assert_eq!(status, 200, "{operation} {request}: {body}");
    body
}

/// The exception that it is refused with.
pub(crate) async fn refused(world: &World, operation: &str, request: Value) -> String {
    let (status, body) = call(world, operation, &request.to_string(), "author").await;
    assert!(status == 400 && !body["message"].as_str().unwrap().is_empty(), "{operation} {request}: {body}");
    body["__type"].as_str().unwrap().to_owned()
}

/// What the model of the local cloud's own botocore says of the responses.
pub(crate) async fn judged(responses: &[(&str, Value)]) -> String {
    let installer = Installer {
        state: state(),
        supervisor: supervisor(),
        progress: Arc::new(|line| eprintln!("{line}")),
        python: python::program(),
    };
    let python = installer.install(EMULATOR).await.unwrap().join("python");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/codecommit/shapes.py");
    let mut judge = tokio::process::Command::new(python);
    let mut judge = judge.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let lines = responses.iter().map(|(operation, response)| json!({"operation": operation, "response": response}));
    let lines: String = lines.map(|line| format!("{line}\n")).collect();
    judge.stdin.take().unwrap().write_all(lines.as_bytes()).await.unwrap();
    let output = judge.wait_with_output().await.unwrap();
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

#[tokio::test]
async fn responses_agree_with_the_model_of_the_api() {
    let world = World::new().await;
    let named = json!({"repositoryName": "service", "repositoryDescription": "tells the time"});
    let created = succeeds(&world, "CreateRepository", named.clone()).await;
    let work = world.work("work").await;
    let first = work.commit("a", b"1").await;
    let second = work.commit("a", b"2").await;
    work.git(&["push", "-q", created["repositoryMetadata"]["cloneUrlHttp"].as_str().unwrap(), "main"]).await;
    let commit = json!({"repositoryName": "service", "commitId": second});
    let responses = [
        ("CreateRepository", created.clone()),
        ("GetRepository", succeeds(&world, "GetRepository", named.clone()).await),
        ("ListRepositories", succeeds(&world, "ListRepositories", json!({})).await),
        ("GetBranch", succeeds(&world, "GetBranch", json!({"repositoryName": "service", "branchName": "main"})).await),
        ("GetCommit", succeeds(&world, "GetCommit", commit).await),
        ("DeleteRepository", succeeds(&world, "DeleteRepository", named.clone()).await),
        ("DeleteRepository", succeeds(&world, "DeleteRepository", named).await),
    ];
    assert_eq!(judged(&responses).await, "7 agree");
    let wrong = [("GetBranch", json!({"branch": {"commitId": 1}, "more": true})), ("GetCommit", json!({}))];
    let complaints = judged(&wrong).await;
    assert_eq!(complaints.lines().count(), 3, "{complaints}");

    let before = &created["repositoryMetadata"];
    let repository = &responses[1].1["repositoryMetadata"];
    for key in ["repositoryId", "creationDate", "cloneUrlHttp", "Arn", "accountId"] {
        assert_eq!(before[key], repository[key], "{key}");
    }
    uuid::Uuid::parse_str(before["repositoryId"].as_str().unwrap()).unwrap();
    assert_eq!(before["Arn"], "arn:aws:codecommit:us-east-1:000000000000:service");
    assert_eq!(before["cloneUrlHttp"], format!("{}/v1/repos/service", world.cloud.endpoint()));
    assert_eq!(before.get("defaultBranch"), None);
    assert_eq!(repository["defaultBranch"], "main");
    assert_eq!(repository["repositoryDescription"], "tells the time");
    assert!(repository["lastModifiedDate"].as_f64() > before["lastModifiedDate"].as_f64());

    let commit = &responses[4].1["commit"];
    assert_eq!((&commit["parents"], &commit["message"]), (&json!([first]), &json!("Change a")));
    assert_eq!(commit["treeId"], work.git(&["rev-parse", "HEAD^{tree}"]).await.trim_end());
    let date = work.git(&["show", "-s", "--format=%ad", "--date=raw"]).await.trim_end().to_owned();
    assert_eq!(commit["author"], json!({"name": "Ada", "email": "ada@example.com", "date": date}));
    let id = &before["repositoryId"];
    assert_eq!((&responses[5].1, &responses[6].1), (&json!({"repositoryId": id}), &json!({})));
}

#[tokio::test]
async fn what_cannot_be_is_the_documented_exception_and_changes_nothing() {
    let world = World::new().await;
    let url = world.create("service").await;
    let work = world.work("work").await;
    work.commit("a", b"1").await;
    work.git(&["push", "-q", &url, "main:feature/one"]).await;
    let before = succeeds(&world, "ListRepositories", json!({})).await;
    let absent = "0123456789012345678901234567890123456789";
    for (operation, request, exception) in [
        ("CreateRepository", json!({"repositoryName": "service"}), "RepositoryNameExistsException"),
        ("CreateRepository", json!({}), "RepositoryNameRequiredException"),
        ("CreateRepository", json!({"repositoryName": ""}), "RepositoryNameRequiredException"),
        ("CreateRepository", json!({"repositoryName": "a b"}), "InvalidRepositoryNameException"),
        ("CreateRepository", json!({"repositoryName": "../up"}), "InvalidRepositoryNameException"),
        ("CreateRepository", json!({"repositoryName": "owner/name"}), "InvalidRepositoryNameException"),
        ("CreateRepository", json!({"repositoryName": "x.git"}), "InvalidRepositoryNameException"),
        ("CreateRepository", json!({"repositoryName": "x".repeat(101)}), "InvalidRepositoryNameException"),
        (
            "CreateRepository",
            json!({"repositoryName": "x", "repositoryDescription": "x".repeat(1001)}),
            "InvalidRepositoryDescriptionException",
        ),
        ("CreateRepository", json!({"repositoryName": 5}), "SerializationException"),
        ("GetRepository", json!({"repositoryName": "absent"}), "RepositoryDoesNotExistException"),
        ("ListRepositories", json!({"nextToken": "gone"}), "InvalidContinuationTokenException"),
        ("ListRepositories", json!({"sortBy": "size"}), "InvalidSortByException"),
        ("DeleteRepository", json!({"repositoryName": "../service"}), "InvalidRepositoryNameException"),
        ("GetBranch", json!({"repositoryName": "absent", "branchName": "main"}), "RepositoryDoesNotExistException"),
        ("GetBranch", json!({"repositoryName": "service"}), "BranchNameRequiredException"),
        ("GetBranch", json!({"repositoryName": "service", "branchName": "main"}), "BranchDoesNotExistException"),
        ("GetBranch", json!({"repositoryName": "service", "branchName": "feature"}), "BranchDoesNotExistException"),
        ("GetBranch", json!({"repositoryName": "service", "branchName": "feature/*"}), "BranchDoesNotExistException"),
        ("GetCommit", json!({"repositoryName": "service", "commitId": absent}), "CommitIdDoesNotExistException"),
        ("GetCommit", json!({"repositoryName": "service", "commitId": "abc"}), "CommitIdDoesNotExistException"),
        ("GetCommit", json!({"repositoryName": "service", "commitId": "main"}), "InvalidCommitIdException"),
        ("GetCommit", json!({"repositoryName": "service"}), "CommitIdRequiredException"),
        ("MergeBranchesByFastForward", json!({}), "UnknownOperationException"),
    ] {
        let (status, body) = call(&world, operation, &request.to_string(), "author").await;
        assert_eq!((status, body["__type"].as_str()), (400, Some(exception)), "{operation} {request}: {body}");
        assert!(!body["message"].as_str().unwrap().is_empty());
    }
    let (status, body) = call(&world, "GetRepository", "{", "author").await;
    assert_eq!((status, &body["__type"]), (400, &json!("SerializationException")));
    assert_eq!(succeeds(&world, "ListRepositories", json!({})).await, before);
}

#[tokio::test]
async fn an_ordinary_client_pages_through_all_repositories() {
    let world = World::new().await;
    let names: BTreeSet<String> = (0..105).map(|n| format!("repository-{n}")).collect();
    for name in &names {
        flowgate::repository::Store::new(&world.context.state).create(name, None).await.unwrap();
    }
    // Of a connection, which CodeCommit knows nothing of.
    flowgate::repository::Store::new(&world.context.state).create("owner/name", None).await.unwrap();
    let mut pages = world.codecommit.list_repositories().into_paginator().send();
    let (mut seen, mut sizes) = (Vec::new(), Vec::new());
    while let Some(page) = pages.next().await {
        let page = page.unwrap().repositories.unwrap_or_default();
        sizes.push(page.len());
        seen.extend(page.into_iter().map(|pair| pair.repository_name.unwrap()));
    }
    assert_eq!(sizes, [100, 5]);
    assert_eq!((seen.len(), BTreeSet::from_iter(seen)), (105, names));
}

#[tokio::test]
async fn a_deleted_repository_is_gone_and_its_name_free() {
    let world = World::new().await;
    let url = world.create("service").await;
    let work = world.work("work").await;
    work.commit("a", b"1").await;
    work.git(&["push", "-q", &url, "main"]).await;
    let deleted = world.codecommit.delete_repository().repository_name("service").send().await.unwrap();
    let refused = world.codecommit.get_repository().repository_name("service").send().await.unwrap_err();
    assert_eq!(refused.code(), Some("RepositoryDoesNotExistException"));
    let refused = work.refused(&["push", &url, "main"]).await;
    assert!(refused.contains("not found"), "{refused}");
    world.create("service").await;
    let anew = world.codecommit.get_repository().repository_name("service").send().await.unwrap();
    assert_ne!(anew.repository_metadata.unwrap().repository_id, deleted.repository_id);
    assert_eq!(world.head("service", "main").await, None);
}

#[tokio::test]
async fn commits_are_told_together_and_what_is_none_beside_them() {
    let world = World::new().await;
    let url = world.create("service").await;
    let work = world.work("work").await;
    let ids = [work.commit("a", b"1").await, work.commit("a", b"2").await];
    work.git(&["push", "-q", &url, "main"]).await;
    let absent = "0123456789012345678901234567890123456789";
    let of = |ids: Value| json!({"repositoryName": "service", "commitIds": ids});
    let told = succeeds(&world, "BatchGetCommits", of(json!([ids[1], absent, ids[0], "main", &ids[0][..7]]))).await;
    for (at, id) in [(0, &ids[1]), (1, &ids[0])] {
        let alone = json!({"repositoryName": "service", "commitId": id});
        assert_eq!(told["commits"][at], succeeds(&world, "GetCommit", alone).await["commit"]);
    }
    let errors: Vec<_> =
        told["errors"].as_array().unwrap().iter().map(|one| (&one["commitId"], &one["errorCode"])).collect();
    let expected = [absent, "main", &ids[0][..7]].map(|id| json!(id));
    let codes = ["CommitIdDoesNotExistException", "InvalidCommitIdException", "CommitIdDoesNotExistException"]
        .map(|code| json!(code));
    assert_eq!(errors, expected.iter().zip(&codes).collect::<Vec<_>>());
    assert_eq!(judged(&[("BatchGetCommits", told)]).await, "1 agree");
    for (request, exception) in [
        (of(json!([])), "CommitIdsListRequiredException"),
        (json!({"repositoryName": "service"}), "CommitIdsListRequiredException"),
        (of(json!(vec![absent; 101])), "CommitIdsLimitExceededException"),
        (json!({"repositoryName": "absent", "commitIds": [absent]}), "RepositoryDoesNotExistException"),
        (json!({"commitIds": [absent]}), "RepositoryNameRequiredException"),
    ] {
        assert_eq!(refused(&world, "BatchGetCommits", request.clone()).await, exception, "{request}");
    }
}
