//! Mode `SUPERSEDED`: <https://docs.aws.amazon.com/codepipeline/latest/userguide/execution-modes.html> and
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html>.

use super::transcript::brief;
use super::world::World;

const TWO: &str = "Source: Fetch >Code
                   Prod: Deploy <Code";

/// "Executions are only superseded in between stages. A locked stage holds one execution at the front of the stage
/// awaiting the stage to complete. A more recent execution overtakes a waiting execution and continues to the next stage
/// as soon as the stage is unlocked. The superseded execution does not continue."
#[test]
fn of_those_that_wait_for_a_stage_the_newest_goes_on_when_it_is_unlocked() {
    brief(
        TWO,
        "
        start e1; ok e1 Fetch
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Prod InProgress, run Prod/Deploy
        start e2; ok e2 Fetch
            e2 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded
        start e3; ok e3 Fetch
            e3 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded
            e2 Superseded superseded by execution e3
        ok e2 Fetch; fail e2 Fetch late
        ok e1 Deploy
            e1 Prod/Deploy Succeeded, Prod Succeeded, Succeeded
            e3 Prod InProgress, run Prod/Deploy
        ok e3 Deploy
            e3 Prod/Deploy Succeeded, Prod Succeeded, Succeeded
        ",
    );
}

/// "A failure releases the lock on the stage." "Another execution enters the failed stage and supersedes the failed
/// execution. At this point, the failed execution cannot be retried."
#[test]
fn a_failure_unlocks_the_stage_for_whoever_waits_and_then_it_is_too_late_for_a_retry() {
    brief(
        TWO,
        r#"
        start e1; ok e1 Fetch
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Prod InProgress, run Prod/Deploy
        start e2; ok e2 Fetch
            e2 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded
        fail e1 Deploy no
            e1 Prod/Deploy Failed JobFailed: no, Prod Failed, Failed action "Deploy" of stage "Prod" failed
            e2 Prod InProgress, run Prod/Deploy
        retry e1 Prod
            refused: execution e1 is not the latest in stage "Prod"; ask for the pipeline's state
        ok e2 Deploy
            e2 Prod/Deploy Succeeded, Prod Succeeded, Succeeded
        retry e1 Prod
            refused: execution e1 is not the latest in stage "Prod"; ask for the pipeline's state
        "#,
    );
}

/// "When an execution is stopped, the execution does not continue in a stage and the stage is unlocked."
#[test]
fn a_stop_unlocks_the_stage() {
    brief(
        TWO,
        "
        start e1; ok e1 Fetch
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Prod InProgress, run Prod/Deploy
        start e2; ok e2 Fetch
            e2 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded
        stop e1
            e1 Stopping, Prod Stopping
        ok e1 Deploy
            e1 Prod/Deploy Succeeded, Prod Stopped, Stopped
            e2 Prod InProgress, run Prod/Deploy
        ok e2 Deploy
            e2 Prod/Deploy Succeeded, Prod Succeeded, Succeeded
        ",
    );
}

/// "A stage with an approval action is locked until the approval action is approved or rejected or has timed out."
#[test]
fn an_approval_locks_its_stage_until_it_is_over() {
    brief(
        "Source: Fetch >Code
         Approve: Ask ?60",
        r#"
        start e1; ok e1 Fetch
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Approve InProgress, run Approve/Ask ?token-4 until 1970-01-01T01:00:02Z
        start e2; ok e2 Fetch
            e2 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded
        start e3; ok e3 Fetch
            e3 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded
            e2 Superseded superseded by execution e3
        wait 59
        wait 1
            e1 Approve/Ask Failed JobTimedOut: nobody answered before the approval expired at 1970-01-01T01:00:02Z, Approve Failed, Failed action "Ask" of stage "Approve" failed
            e3 Approve InProgress, run Approve/Ask ?token-10 until 1970-01-01T02:00:08Z
        no e3 Ask
            e3 Approve/Ask Failed JobFailed: rejected by arn:approver, Approve Failed, Failed action "Ask" of stage "Approve" failed
        "#,
    );
}

/// What was due before an event happens before it: the stage is free when the newer one comes, and the older is inside.
#[test]
fn what_is_due_happens_before_what_comes_later() {
    brief(
        "Source: Fetch >Code
         Approve: Ask ?20",
        r#"
        start e1; ok e1 Fetch
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Approve InProgress, run Approve/Ask ?token-4 until 1970-01-01T00:20:02Z
        start e2; ok e2 Fetch
            e2 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded
        start e3; later 20
            e3 InProgress, Source InProgress, run Source/Fetch
        ok e3 Fetch
            e1 Approve/Ask Failed JobTimedOut: nobody answered before the approval expired at 1970-01-01T00:20:02Z, Approve Failed, Failed action "Ask" of stage "Approve" failed
            e2 Approve InProgress, run Approve/Ask ?token-10 until 1970-01-01T00:40:06Z
            e3 Source/Fetch Succeeded, Source Succeeded
        "#,
    );
}

/// The limit of concurrent executions is documented for the other modes.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/troubleshooting.html>
#[test]
fn there_is_always_room_for_a_newer_one() {
    let mut world = World::new(TWO);
    for number in 1..=60 {
        assert!(!world.tell(&format!("start e{number}")).is_empty());
    }
    assert_eq!(world.engine.state().live().count(), 2, "one runs, and the newest waits");
}
