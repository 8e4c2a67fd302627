//! The JSON API, under both names of the service.

use std::process::Stdio;
use std::sync::Arc;

use flowgate::cloud::authority::Iam;
use flowgate::cloud::install::{EMULATOR, Installer};
use flowgate::cloud::python;
use flowgate::supervise::Child;

use crate::world::{World, state, supervisor};

/// Runs the script of that name beside this file with the local cloud's own boto3.
async fn script(world: &World, name: &str) -> (bool, String) {
    let installer = Installer {
        state: state(),
        supervisor: supervisor(),
        progress: Arc::new(|line| eprintln!("{line}")),
        python: python::program(),
    };
    let python = installer.install(EMULATOR).await.unwrap().join("python");
    let mut command = world.cloud.command(python.to_str().unwrap());
    let script = format!("{}/tests/connections/{name}", env!("CARGO_MANIFEST_DIR"));
    let child = Child::spawn(command.arg(script).stdout(Stdio::piped()).stderr(Stdio::piped())).unwrap();
    let output = child.wait_with_output().await.unwrap();
    (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

#[tokio::test]
async fn an_ordinary_client_makes_finds_tags_and_deletes_connections() {
    let world = World::new().await;
    let (succeeded, said) = script(&world, "connections.py").await;
    assert!(succeeded, "{said}");
}

#[tokio::test]
async fn where_permission_is_needed_each_operation_has_its_own() {
    let world = World::with(Iam::Enforce).await;
    let (succeeded, said) = script(&world, "permissions.py").await;
    assert!(succeeded, "{said}");
}
