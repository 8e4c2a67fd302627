//! A build's time, by a clock that the tests turn.

use std::fs;
use std::path::Path;
use std::time::Duration;

use tokio::time::{advance, pause};

use crate::world::{World, plain, spec, until};

/// Tells where the commands' processes are, and waits for ever.
const FOR_EVER: &str = "sleep 1000 & setsid sleep 1000 & echo $$ $! >pids; echo started; wait";

/// The processes that wrote down their ids.
fn running(world: &World) -> Vec<String> {
    let pids = fs::read_to_string(world.root().join("src/pids")).unwrap();
    assert_eq!(pids.split_whitespace().count(), 2, "{pids}");
    let lives = |pid: &&str| Path::new("/proc").join(pid).join("cmdline").exists();
    pids.split_whitespace().filter(lives).map(str::to_owned).collect()
}

#[tokio::test]
async fn a_build_that_takes_too_long_ends_with_all_its_processes() {
    let world = World::new();
    let mut job = world.job(&spec("0.2", &[("pre_build", &["true"]), ("build", &[FOR_EVER])]), &[]);
    job.timeout = Duration::from_mins(45);
    let mut lines = world.watch();
    let clock = async {
        until(&mut lines, "started").await;
        assert_eq!(running(&world).len(), 2);
        pause();
        advance(Duration::from_mins(45)).await;
    };
    let (outcome, ()) = tokio::join!(world.run(job), clock);
    assert_eq!(running(&world), Vec::<String>::new(), "nothing runs on");
    let message = outcome.built.err().unwrap();
    let begins = "Build terminated with state: TIMED_OUT. Phase: BUILD, Code: BUILD_TIMED_OUT, Message: Build has timed \
                  out. It may take 45 minutes: raise the project's TimeoutInMinutes";
    assert!(message.starts_with(begins), "{message}");
    let last = world.lines().pop().unwrap();
    assert!(last.starts_with("Phase context status code: BUILD_TIMED_OUT Message: Build has timed out"), "{last}");
}

#[tokio::test]
async fn a_build_waits_no_longer_for_others_than_its_project_allows() {
    let world = World::new();
    let quick = spec("0.2", &[("build", &["true"])]);
    let first = world.build(&quick).await.built.unwrap();
    let mut job = world.job(&quick, &[]);
    job.queued_timeout = Duration::from_mins(5);
    let mut lines = world.watch();
    let clock = async {
        until(&mut lines, "Waiting for another build of this project").await;
        pause();
        advance(Duration::from_mins(5)).await;
    };
    let (outcome, ()) = tokio::join!(world.run(job), clock);
    let message = outcome.built.err().unwrap();
    let begins = "Build terminated with state: TIMED_OUT. Phase: QUEUED, Code: BUILD_TIMED_OUT, Message: ";
    assert!(message.starts_with(begins), "{message}");
    assert!(message.contains("QueuedTimeoutInMinutes"), "{message}");
    drop(first);
}

/// Abandons a build that has said it started, and gives its directory's lock once that is free.
async fn abandon(world: &World, command: &str) -> fs::File {
    let mut lines = world.watch();
    let mut job = world.job(&spec("0.2", &[("build", &["export KEPT=hunter2", command])]), &[]);
    job.overrides.insert("SECRET".into(), plain("hunter2"));
    tokio::select! {
        outcome = world.run(job) => panic!("it ended: {:?}", outcome.built.err()),
        () = until(&mut lines, "started") => {}
    }
    let lock = fs::File::open(world.root().join("lock")).unwrap();
    let free = async {
        while lock.try_lock().is_err() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), free).await.expect("the commands still run");
    lock
}

/// A process that takes no notice of SIGTERM has a second to live: the next build must not begin meanwhile.
#[tokio::test]
async fn an_abandoned_build_keeps_its_directory_until_all_its_processes_are_gone() {
    for command in [FOR_EVER, &format!("trap '' TERM; {FOR_EVER}")] {
        let world = World::new();
        let _lock = abandon(&world, command).await;
        assert_eq!(running(&world), Vec::<String>::new(), "{command}");
    }
}

/// I26
#[tokio::test]
async fn an_abandoned_build_leaves_no_variables_on_the_disk() {
    let world = World::new();
    let _lock = abandon(&world, FOR_EVER).await;
    assert!(!world.root().join("run").exists());
}

/// I26
#[tokio::test]
async fn what_a_running_build_saves_is_its_owners_alone() {
    let world = World::new();
    let outcome = world.build(&spec("0.2", &[("build", &["umask 022", "stat -c %a ../run/exports .."])])).await;
    assert_eq!(outcome.output, ["600", "700"]);
}

/// I26
#[tokio::test]
async fn a_shell_that_does_not_start_leaves_no_variables_on_the_disk() {
    let world = World::new();
    let mut job = world.job(&spec("0.2", &[("build", &["true"])]), &[]);
    job.base.insert("PATH".into(), "/nonexistent".into());
    assert!(world.run(job).await.built.err().unwrap().contains("INTERNAL_SERVICE_ERROR"));
    assert!(!world.root().join("run").exists());
}
