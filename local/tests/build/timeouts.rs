//! A build's time, by a clock that the tests turn.

use std::fs;
use std::path::Path;
use std::time::Duration;

use tokio::time::{advance, pause};

use crate::world::{World, spec, until};

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

#[tokio::test]
async fn an_abandoned_build_ends_with_all_its_processes() {
    let world = World::new();
    let mut lines = world.watch();
    let job = world.job(&spec("0.2", &[("build", &[FOR_EVER])]), &[]);
    tokio::select! {
        outcome = world.run(job) => panic!("it ended: {:?}", outcome.built.err()),
        () = until(&mut lines, "started") => {}
    }
    let gone = async {
        while !running(&world).is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone).await.expect("the commands still run");
}
