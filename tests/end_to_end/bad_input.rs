//! What cannot be run is refused with one message that says what is wrong and what to do, and leaves nothing behind.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::run::{Ended, end};
use crate::world::{World, fixture};

/// The documented exit codes.
const BAD_INPUT: i32 = 2;
const NO_CLOUD: i32 = 3;

/// Runs what is refused before anything starts.
async fn refused(world: &World, service: &Path) -> Ended {
    let run = end(world.run(service)).await;
    assert_eq!(run.code, Some(BAD_INPUT), "{run:?}");
    assert!(run.lines.iter().all(|line| line["status"] == "Error"), "nothing was begun: {run:?}");
    assert!(!world.state().exists(), "nothing was begun: {run:?}");
    run
}

#[tokio::test]
async fn a_folder_that_does_not_exist_is_named() {
    let run = refused(&World::empty(), Path::new("/nonexistent/service")).await;
    assert_eq!(run.error(), "/nonexistent/service is not a folder; give the folder of a service");
}

#[tokio::test]
async fn a_folder_without_app_sam_yaml_is_told_what_a_service_needs() {
    let world = World::empty();
    let service = world.copy("plain");
    fs::remove_file(service.join("app-sam.yaml")).unwrap();
    let run = refused(&world, &service).await;
    let expected = "has no app-sam.yaml; a service needs app-sam.yaml, test-sam.yaml, buildspec.yml";
    assert_eq!(run.error(), format!("{} {expected}", service.display()));
}

#[tokio::test]
async fn a_name_that_a_preview_could_have_is_refused() {
    let world = World::empty();
    let service = world.copy_as("plain", "shop_pr_7");
    let run = refused(&world, &service).await;
    assert!(run.error().starts_with("\"shop-pr-7\" cannot name a service:"), "{run:?}");
    assert!(run.error().ends_with("rename the folder"), "{run:?}");
}

#[tokio::test]
async fn an_unknown_option_is_named() {
    let world = World::empty();
    let mut command = world.run(&fixture("plain"));
    command.arg("--aprove");
    let run = end(command).await;
    assert_eq!(run.code, Some(BAD_INPUT), "{run:?}");
    assert!(run.error().contains("unexpected argument '--aprove'") && run.stderr.contains("Usage:"), "{run:?}");
    assert!(!world.state().exists());
}

#[tokio::test]
async fn a_folder_that_git_takes_nothing_of_is_named() {
    let world = World::new().await;
    let service = world.copy("plain");
    fs::write(service.join(".gitignore"), "*\n").unwrap();
    let run = end(world.run(&service)).await;
    assert_eq!(run.code, Some(BAD_INPUT), "{run:?}");
    assert!(run.error().contains(&format!("{} holds no file that git would take", service.display())), "{run:?}");
    assert!(world.left_behind().is_empty(), "{:?}", world.left_behind());
}

#[tokio::test]
async fn a_busy_port_is_named() {
    let world = World::new().await;
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let mut command = world.run(&fixture("plain"));
    command.args(["--port", &port]);
    let run = end(command).await;
    assert_eq!(run.code, Some(NO_CLOUD), "{run:?}");
    assert!(run.error().starts_with(&format!("port {port} on 127.0.0.1 cannot be used:")), "{run:?}");
    assert!(run.error().contains("choose another"), "{run:?}");
    assert!(world.left_behind().is_empty(), "{:?}", world.left_behind());
}

#[tokio::test]
async fn a_chosen_python_that_is_not_there_is_named_and_the_next_run_is_not_spoilt() {
    let world = World::empty();
    let service = world.copy("plain");
    for _ in 0..2 {
        let run = no_python(&world, &service, ("FLOWGATE_PYTHON", "/nonexistent/python".as_ref())).await;
        assert!(run.error().starts_with("no python: /nonexistent/python cannot be started"), "{run:?}");
    }
}

#[tokio::test]
async fn a_machine_without_python_is_told_to_install_one() {
    let world = World::empty();
    let path = world.path().join("bin");
    fs::create_dir(&path).unwrap();
    for program in ["cargo", "rustc", "git"] {
        symlink(which(program), path.join(program)).unwrap();
    }
    let run = no_python(&world, &fixture("plain"), ("PATH", &path)).await;
    assert!(run.error().starts_with("no python: python3 cannot be started"), "{run:?}");
}

async fn no_python(world: &World, service: &Path, (variable, value): (&str, &Path)) -> Ended {
    let mut command = world.run(service);
    command.env_remove("FLOWGATE_PYTHON").env(variable, value);
    let run = end(command).await;
    assert_eq!(run.code, Some(NO_CLOUD), "{run:?}");
    assert!(run.error().ends_with("install Python 3.10 or newer, or set FLOWGATE_PYTHON to one"), "{run:?}");
    assert!(world.left_behind().is_empty(), "{:?}", world.left_behind());
    run
}

fn which(program: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    std::env::split_paths(&path).map(|dir| dir.join(program)).find(|file| file.is_file()).unwrap()
}
