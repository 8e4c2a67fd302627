//! Stopping: <https://docs.aws.amazon.com/codepipeline/latest/userguide/pipelines-stop.html>.

use super::transcript::brief;
use super::world::World;
use super::*;

const THREE: &str = "Source: Fetch >Code
                     Build: One; Two; Late @2
                     Prod: Deploy <Code";

/// "The execution is in a Stopping state until the in-progress actions are complete. Then the execution is in a Stopped
/// state. The stage unlocks after the actions are complete."
#[test]
fn a_stop_waits_for_what_runs_and_begins_nothing_more() {
    brief(
        THREE,
        "
        start e1; ok e1 Fetch
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Build InProgress, run Build/One, run Build/Two
        start e2; ok e2 Fetch
            e2 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded
        stop e1 wrong commit
            e1 Stopping wrong commit, Build Stopping
        ok e1 One
            e1 Build/One Succeeded
        ok e1 Two
            e1 Build/Two Succeeded, Build Stopped, Stopped wrong commit
            e2 Build InProgress, run Build/One, run Build/Two
        ",
    );
}

/// "After the actions complete (that is, the action fails or succeeds), the pipeline execution changes to a Stopped state
/// and the action changes to a Failed or Succeeded state."
#[test]
fn what_fails_while_it_is_stopped_is_stopped() {
    brief(
        "Source: Fetch >Code
         Build retry=ALL_ACTIONS: One; Two",
        "
        start e1; ok e1 Fetch
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Build InProgress, run Build/One, run Build/Two
        stop e1
            e1 Stopping, Build Stopping
        fail e1 One no
            e1 Build/One Failed JobFailed: no
        ok e1 Two
            e1 Build/Two Succeeded, Build Stopped, Stopped
        ",
    );
}

/// "The action execution is in an Abandoned state while the pipeline execution is in a Stopped state. The stage unlocks."
/// "The action provider continues any tasks related to the action": what it reports comes too late.
#[test]
fn an_abandoned_action_is_not_heard_any_more() {
    brief(
        THREE,
        "
        start e1; ok e1 Fetch; ok e1 One
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Build InProgress, run Build/One, run Build/Two, Build/One Succeeded
        abandon e1 at once
            e1 Stopping at once, Build Stopping, Build/Two Abandoned, Build Stopped, Stopped at once
        news e1 Two; ok e1 Two; continued e1 Two
        start e2; ok e2 Fetch
            e2 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Build InProgress, run Build/One, run Build/Two
        ",
    );
}

/// "If you already chose to stop and wait, you cannot make that request again. You can choose to stop and abandon now."
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_StopPipelineExecution.html>
#[test]
fn a_stop_that_takes_too_long_can_be_abandoned_once() {
    brief(
        THREE,
        "
        start e1; ok e1 Fetch
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Build InProgress, run Build/One, run Build/Two
        stop e1 wrong commit
            e1 Stopping wrong commit, Build Stopping
        stop e1
            refused: execution e1 is being stopped already; it can still be abandoned, once
        abandon e1
            e1 Build/One Abandoned, Build/Two Abandoned, Build Stopped, Stopped wrong commit
        abandon e1
            refused: execution e1 cannot be stopped: it is no longer in progress
        stop e1
            refused: execution e1 cannot be stopped: it is no longer in progress
        ",
    );
}

/// "While the inbound execution is waiting, it can be manually stopped." "When an inbound execution has been stopped, it
/// cannot be retried because there are no failed actions to retry. When an inbound execution has been stopped, and the
/// transition is enabled, the stopped inbound execution does not continue into the stage."
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html>
#[test]
fn who_waits_is_stopped_at_once_and_for_good() {
    brief(
        THREE,
        r#"
        close Build in not now
        start e1; ok e1 Fetch
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded
        stop e1 no more
            e1 Stopping no more, Stopped no more
        open Build in
        retry e1 Build
            refused: stage "Build" of execution e1 cannot be retried: it was never in it
        retry e1 Source
            refused: stage "Source" of execution e1 cannot be retried: it succeeded
        "#,
    );
}

/// An approval is an action: it is waited for as any other.
#[test]
fn a_question_is_waited_for_or_abandoned() {
    let definition = "Source: Fetch >Code
                      Approve: Ask ?
                      Prod: Deploy";
    brief(
        definition,
        "
        start e1; ok e1 Fetch
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Approve InProgress, run Approve/Ask ?token-4 until 1970-01-08T00:00:02Z
        stop e1
            e1 Stopping, Approve Stopping
        yes e1 Ask
            e1 Approve/Ask Succeeded, Approve Stopped, Stopped
        start e2; ok e2 Fetch
            e2 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Approve InProgress, run Approve/Ask ?token-8 until 1970-01-08T00:00:06Z
        abandon e2
            e2 Stopping, Approve Stopping, Approve/Ask Abandoned, Approve Stopped, Stopped
        yes e2 Ask
        ",
    );
    let mut world = World::new(definition);
    for line in ["start e1", "ok e1 Fetch", "abandon e1"] {
        world.tell(line);
    }
    let token = world.history["e1"].stages[1].actions[0].approval.clone().unwrap().token;
    assert!(world.engine.awaiting("Approve", "Ask", &token).is_err());
    assert_eq!(world.engine.due(), None);
}

/// Rules only look: nobody waits for them.
#[test]
fn rules_are_not_waited_for() {
    brief(
        "Source: Fetch >Code
         Prod entry=FAIL(Window,Quiet): Deploy",
        "
        start e1; ok e1 Fetch
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Prod InProgress, ask Prod/BeforeEntry/Window alarm, ask Prod/BeforeEntry/Quiet alarm
        stop e1
            e1 Stopping, Prod Stopping, Prod/BeforeEntry/Window Abandoned, Prod/BeforeEntry/Quiet Abandoned, Prod Stopped, Stopped
        holds e1 Window
        retry e1 Prod
            e1 InProgress, Prod InProgress, ask Prod/BeforeEntry/Window alarm, ask Prod/BeforeEntry/Quiet alarm
        ",
    );
}

/// "For a pipeline execution in a Stopped state, the actions in the stage where the execution stopped can be retried."
#[test]
fn a_stopped_stage_is_tried_again_where_it_was() {
    brief(
        THREE,
        "
        start e1; ok e1 Fetch; ok e1 One
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Build InProgress, run Build/One, run Build/Two, Build/One Succeeded
        abandon e1
            e1 Stopping, Build Stopping, Build/Two Abandoned, Build Stopped, Stopped
        retry e1 Build
            e1 InProgress, Build InProgress, run Build/Two
        ok e1 Two
            e1 Build/Two Succeeded, run Build/Late
        ",
    );
}

/// The reason is told with the execution, and is gone when it goes on.
#[test]
fn the_reason_is_kept_while_it_counts() {
    let mut world = World::new(THREE);
    for line in ["start e1", "stop e1 wrong commit", "fail e1 Fetch no"] {
        world.tell(line);
    }
    let stopped = world.history["e1"].clone();
    assert_eq!((stopped.status, stopped.stop_reason.as_deref()), (ExecutionStatus::Stopped, Some("wrong commit")));
    assert_eq!(stopped.stages[0].status, StageStatus::Stopped);
    world.tell("retry e1 Source");
    assert_eq!((world.history["e1"].stop_reason.clone(), world.history["e1"].attempt), (None, 2));
}
