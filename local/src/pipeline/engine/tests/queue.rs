//! Mode `QUEUED`: <https://docs.aws.amazon.com/codepipeline/latest/userguide/execution-modes.html>.

use super::transcript::brief;
use super::world::World;
use super::*;

const TWO: &str = "mode=QUEUED
                   Source: Fetch >Code
                   Prod: Deploy <Code";

/// "Executions are processed one by one in the order that they are queued."
#[test]
fn executions_go_through_in_the_order_of_their_starts() {
    brief(
        TWO,
        "
        start e1
            e1 InProgress, Source InProgress, run Source/Fetch
        start e2; start e3
            e2 InProgress
            e3 InProgress
        ok e1 Fetch
            e1 Source/Fetch Succeeded, Source Succeeded, Prod InProgress, run Prod/Deploy
            e2 Source InProgress, run Source/Fetch
        ok e2 Fetch
            e2 Source/Fetch Succeeded, Source Succeeded
            e3 Source InProgress, run Source/Fetch
        ok e3 Fetch
            e3 Source/Fetch Succeeded, Source Succeeded
        ok e1 Deploy
            e1 Prod/Deploy Succeeded, Prod Succeeded, Succeeded
            e2 Prod InProgress, run Prod/Deploy
        ok e2 Deploy
            e2 Prod/Deploy Succeeded, Prod Succeeded, Succeeded
            e3 Prod InProgress, run Prod/Deploy
        ok e3 Deploy
            e3 Prod/Deploy Succeeded, Prod Succeeded, Succeeded
        ",
    );
}

/// "A failure releases the lock on the stage."
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html>
#[test]
fn a_failure_and_a_stop_let_the_next_in_line_in() {
    brief(
        TWO,
        r#"
        start e1; start e2; start e3; start e4
            e1 InProgress, Source InProgress, run Source/Fetch
            e2 InProgress
            e3 InProgress
            e4 InProgress
        fail e1 Fetch no
            e1 Source/Fetch Failed JobFailed: no, Source Failed, Failed action "Fetch" of stage "Source" failed
            e2 Source InProgress, run Source/Fetch
        stop e3
            e3 Stopping, Stopped
        ok e2 Fetch
            e2 Source/Fetch Succeeded, Source Succeeded, Prod InProgress, run Prod/Deploy
            e4 Source InProgress, run Source/Fetch
        abandon e4
            e4 Stopping, Source Stopping, Source/Fetch Abandoned, Source Stopped, Stopped
        fail e2 Deploy no
            e2 Prod/Deploy Failed JobFailed: no, Prod Failed, Failed action "Deploy" of stage "Prod" failed
        "#,
    );
}

/// A stage that is tried again is left to the one that tries it: nobody has entered since.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-retry.html>
#[test]
fn a_failed_one_that_is_tried_again_is_first_in_line_until_somebody_has_entered_the_stage() {
    brief(
        TWO,
        r#"
        start e1; ok e1 Fetch; start e2
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Prod InProgress, run Prod/Deploy
            e2 InProgress, Source InProgress, run Source/Fetch
        fail e1 Deploy no
            e1 Prod/Deploy Failed JobFailed: no, Prod Failed, Failed action "Deploy" of stage "Prod" failed
        retry e1 Prod
            e1 InProgress, Prod InProgress, run Prod/Deploy
        ok e2 Fetch
            e2 Source/Fetch Succeeded, Source Succeeded
        fail e1 Deploy again
            e1 Prod/Deploy Failed JobFailed: again, Prod Failed, Failed action "Deploy" of stage "Prod" failed
            e2 Prod InProgress, run Prod/Deploy
        retry e1 Prod
            refused: execution e1 is not the latest in stage "Prod"; ask for the pipeline's state
        "#,
    );
}

/// A closed transition keeps everyone, and they go on in their order.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/transitions.html>
#[test]
fn the_line_stands_before_a_closed_transition() {
    brief(
        TWO,
        "
        close Prod in later
        start e1; ok e1 Fetch; start e2; ok e2 Fetch; start e3; ok e3 Fetch
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded
            e2 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded
            e3 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded
        open Prod in
            e1 Prod InProgress, run Prod/Deploy
        ok e1 Deploy
            e1 Prod/Deploy Succeeded, Prod Succeeded, Succeeded
            e2 Prod InProgress, run Prod/Deploy
        ok e2 Deploy
            e2 Prod/Deploy Succeeded, Prod Succeeded, Succeeded
            e3 Prod InProgress, run Prod/Deploy
        ",
    );
}

/// "The maximum number of concurrent executions for a pipeline in QUEUED mode is 50 executions."
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/troubleshooting.html>
#[test]
fn fifty_executions_run_and_wait_at_most() {
    for mode in ["QUEUED", "PARALLEL"] {
        let mut world = World::new(&TWO.replace("QUEUED", mode));
        for number in 1..=50 {
            assert!(!world.tell(&format!("start e{number}")).is_empty());
        }
        assert_eq!(world.ask("start e51"), Err(Refusal::TooMany), "{mode}");
        assert_eq!(
            Refusal::TooMany.to_string(),
            "50 executions of the pipeline run or wait already; wait until one has ended, or stop one"
        );
        world.tell("fail e1 Fetch no");
        assert!(world.ask("start e51").is_ok(), "{mode}");
        let (stage, execution) = ("Source".to_owned(), ExecutionId("e1".into()));
        let late = if mode == "QUEUED" { Refusal::NotLatest { stage, execution } } else { Refusal::TooMany };
        assert_eq!(world.ask("retry e1 Source"), Err(late), "{mode}");
    }
}
