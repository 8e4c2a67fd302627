//! git over HTTP, at its edges.

use std::process::Stdio;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::git::{Work, command, git, text};
use crate::world::World;

/// The status that a request gets which no HTTP library would send.
async fn status(url: &str, method: &str, target: &str, rest: &str) -> String {
    let address = url.strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).await.unwrap();
    let request = format!("{method} {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{rest}\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await.unwrap();
    text(&answer).split(' ').nth(1).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn what_was_pushed_is_cloned_whole() {
    let world = World::new().await;
    let url = world.create("service").await;
    let empty = world.place("empty");
    git(&world.work("somewhere").await.path, &["clone", "-q", &url, empty.to_str().unwrap()]).await.unwrap();

    let work = Work { path: empty };
    work.git(&["checkout", "-q", "-b", "trunk"]).await;
    // More than git sends in one piece, and than any buffer holds; nothing of it can be packed smaller.
    let big: Vec<u8> = (0..500_000).flat_map(|_| uuid::Uuid::new_v4().into_bytes()).collect();
    let id = work.commit("big", &big).await;
    work.git(&["push", "-q", "origin", "trunk"]).await;
    assert_eq!(world.head("service", "trunk").await, Some(id));

    let clone = world.place("clone");
    work.git(&["clone", "-q", &url, clone.to_str().unwrap()]).await;
    assert_eq!(std::fs::read(clone.join("big")).unwrap(), big);
    let clone = Work { path: clone };
    assert_eq!(clone.git(&["branch", "--show-current"]).await.trim_end(), "trunk", "the first branch is the default");
}

#[tokio::test]
async fn a_request_that_git_compresses_is_understood() {
    let world = World::new().await;
    let url = world.create("service").await;
    let (here, there) = (world.work("here").await, world.work("there").await);
    there.commit("a", b"theirs").await;
    there.git(&["push", "-q", &url, "main"]).await;
    for n in 0..60 {
        here.git(&["commit", "-q", "--allow-empty", "-m", &n.to_string()]).await;
    }
    let fetch = command(&here.path, &["fetch", &url, "main"]).env("GIT_TRACE_CURL", "1").output().await.unwrap();
    let trace = text(&fetch.stderr).to_lowercase();
    assert!(fetch.status.success() && trace.contains("content-encoding: gzip"), "{trace}");
    assert_eq!(here.git(&["rev-parse", "FETCH_HEAD"]).await.trim_end(), there.head().await);
}

#[tokio::test]
async fn an_unknown_repository_is_refused_and_not_made() {
    let world = World::new().await;
    let work = world.work("work").await;
    work.commit("a", b"1").await;
    let url = format!("{}/v1/repos/absent", world.cloud.endpoint());
    for refused in [
        work.refused(&["push", &url, "main"]).await,
        work.refused(&["clone", &url, "clone"]).await,
        work.refused(&["push", &format!("{}/v1/repos/owner/name", world.cloud.endpoint()), "main"]).await,
    ] {
        assert!(refused.contains("not found"), "{refused}");
    }
    let post = "Content-Type: application/x-git-receive-pack-request\r\nContent-Length: 6\r\n\r\n0000";
    assert_eq!(status(world.cloud.endpoint(), "POST", "/v1/repos/absent/git-receive-pack", post).await, "404");
    assert!(!world.context.state.join("repositories").exists());
}

#[tokio::test]
async fn no_path_leads_out_of_the_store() {
    let world = World::new().await;
    world.create("service").await;
    // Bait: a repository beside the store, and files inside a repository.
    let outside = world.context.state.join("outside.git");
    git(&world.context.state, &["init", "-q", "--bare", outside.to_str().unwrap()]).await.unwrap();
    let absolute = outside.display();
    let encoded = outside.to_str().unwrap().replace('/', "%2F");
    for path in [
        "../outside",
        "..%2Foutside",
        "%2e%2e/outside",
        "%2e%2e%2foutside",
        "service/../../outside",
        "service/..%2f..%2foutside",
        "service.git/../../outside",
        ".",
        "..",
        "%2e",
        "%2e%2e",
        "-x",
        "service%00",
        "service.git",
        "service%2Fx",
        "service/../service",
        "./service",
        &encoded,
        &format!("/{absolute}"),
    ] {
        for url in [world.cloud.endpoint(), &world.runner_url] {
            let target = format!("/v1/repos/{path}/info/refs?service=git-upload-pack");
            assert_eq!(status(url, "GET", &target, "").await, "404", "{target}");
        }
    }
    for (target, expected) in [
        ("service/info/refs?service=git-upload-pack", "200"),
        ("service/info/refs", "403"),
        ("service/info/refs?service=git-upload-archive", "403"),
        ("service/info/refs?service=git-upload-pack&service=git-receive-pack", "403"),
        ("service/HEAD", "404"),
        ("service/config", "404"),
        ("service/objects/info/packs", "404"),
        ("service/repository.json", "404"),
        ("service/git-upload-pack", "405"),
    ] {
        let target = format!("/v1/repos/{target}");
        assert_eq!(status(world.cloud.endpoint(), "GET", &target, "").await, expected, "{target}");
    }
}

#[tokio::test]
async fn a_web_page_of_another_site_reaches_no_repository() {
    let world = World::new().await;
    world.create("service").await;
    for url in [world.cloud.endpoint(), &world.runner_url] {
        let target = "/v1/repos/service/info/refs?service=git-upload-pack";
        assert_eq!(status(url, "GET", target, "Origin: https://evil.example\r\n").await, "403");
    }
}

#[tokio::test]
async fn a_push_whose_client_goes_away_half_way_changes_nothing_and_hinders_nobody() {
    let world = World::new().await;
    let url = world.create("service").await;
    let work = world.work("work").await;
    let id = work.commit("a", b"1").await;
    for endpoint in [world.cloud.endpoint(), &world.runner_url] {
        let address = endpoint.strip_prefix("http://").unwrap();
        let mut connection = TcpStream::connect(address).await.unwrap();
        let head = "POST /v1/repos/service/git-receive-pack HTTP/1.1\r\nContent-Length: 1000000\r\n";
        let begin =
            format!("{head}Host: {address}\r\nContent-Type: application/x-git-receive-pack-request\r\n\r\n00a5");
        connection.write_all(begin.as_bytes()).await.unwrap();
        // Another push comes while this one hangs.
        work.git(&["push", "-q", &url, "main"]).await;
        assert_eq!(world.head("service", "main").await.as_ref(), Some(&id));
        drop(connection);
    }
}

#[tokio::test]
async fn no_hook_has_a_say() {
    let world = World::new().await;
    let url = world.create("service").await;
    let hooks = world.context.state.join("repositories/service.git/hooks");
    std::fs::create_dir_all(&hooks).unwrap();
    let hook = hooks.join("pre-receive");
    std::fs::write(&hook, "#!/bin/sh\nexit 1\n").unwrap();
    let chmod = tokio::process::Command::new("chmod").arg("+x").arg(&hook).stdin(Stdio::null()).status().await;
    assert!(chmod.unwrap().success());
    let work = world.work("work").await;
    let id = work.commit("a", b"1").await;
    work.git(&["push", "-q", &url, "main"]).await;
    assert_eq!(world.head("service", "main").await, Some(id));
}
