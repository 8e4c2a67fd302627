//! What follows a command that fails.

use crate::world::{World, spec};

#[tokio::test]
async fn a_failing_command_ends_its_phase_and_is_told_with_its_output() {
    let text = "
version: 0.2
phases:
  build:
    commands: ['for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo line $i; done; (exit 7)', 'echo never']
    finally: ['echo finally $CODEBUILD_BUILD_SUCCEEDING']
  post_build:
    commands: ['echo after $CODEBUILD_BUILD_SUCCEEDING']
";
    let outcome = World::new().build(text).await;
    assert_eq!(outcome.output[11..], ["line 12", "finally 0", "after 0"]);
    let message = outcome.built.err().unwrap();
    let begins = "Build terminated with state: FAILED. Phase: BUILD, Code: COMMAND_EXECUTION_ERROR, \
                  Message: Error while executing command: for i in 1 2";
    assert!(message.starts_with(begins), "{message}");
    assert!(message.contains("; (exit 7). Reason: exit status 7\n    line 3\n"), "{message}");
    assert!(message.ends_with("    line 12"), "{message}");
}

#[tokio::test]
async fn a_failed_install_runs_its_finally_and_nothing_more() {
    let text = "
version: 0.2
phases:
  install: {commands: ['false'], finally: ['echo tidy']}
  build: {commands: ['echo never']}
  post_build: {commands: ['echo never']}
";
    let outcome = World::new().build(text).await;
    assert_eq!(outcome.output, ["tidy"]);
    let message = outcome.built.err().unwrap();
    assert!(message.contains("Phase: INSTALL, Code: COMMAND_EXECUTION_ERROR, Message: "), "{message}");
    assert!(message.ends_with("Error while executing command: false. Reason: exit status 1"), "{message}");
}

#[tokio::test]
async fn a_phase_is_run_again_while_its_failure_is_one_to_retry() {
    let text = |on_failure: &str| {
        format!(
            "
version: 0.2
phases:
  build:
    on-failure: {on_failure:?}
    commands: ['echo x >>tried; echo try $(wc -l <tried)', 'test $(wc -l <tried) -ge 3 || (echo out of luck; exit 75)']
  post_build: {{commands: ['echo post $CODEBUILD_BUILD_SUCCEEDING']}}
"
        )
    };
    let world = World::new();
    let outcome = world.build(&text("RETRY")).await;
    assert_eq!(outcome.output, ["try 1", "out of luck", "try 2", "out of luck", "try 3", "post 1"]);
    assert!(outcome.built.is_ok());
    assert!(world.lines().contains(&"Retrying phase BUILD, attempt 2 of 3".to_owned()));
    drop(outcome);
    for (on_failure, tries) in [("RETRY-1", 2), ("RETRY-5-no such words", 1), ("RETRY-1-out of luck", 2)] {
        let outcome = world.build(&text(on_failure)).await;
        let tried = outcome.output.iter().filter(|line| line.starts_with("try")).count();
        assert_eq!((tried, outcome.output.last().unwrap().as_str()), (tries, "post 0"), "{on_failure}");
        assert!(outcome.built.err().unwrap().contains("exit status 75\n    out of luck"), "{on_failure}");
    }
}

#[tokio::test]
async fn the_log_tells_of_phases_in_the_words_of_codebuild() {
    let world = World::new();
    let outcome = world.build(&spec("0.2", &[("install", &["true"]), ("build", &["(exit 4)"])])).await;
    assert!(outcome.built.is_err());
    assert_eq!(
        world.lines(),
        [
            "Entering phase INSTALL",
            "Running command true",
            "Phase complete: INSTALL State: SUCCEEDED",
            "Entering phase BUILD",
            "Running command (exit 4)",
            "Phase complete: BUILD State: FAILED",
            "Phase context status code: COMMAND_EXECUTION_ERROR Message: Error while executing command: (exit 4). Reason: \
             exit status 4",
        ]
    );
}
