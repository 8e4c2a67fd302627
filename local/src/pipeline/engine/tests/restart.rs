//! Whoever carried out the commands is gone. CodePipeline has no such page: nobody restarts it.

use super::transcript::brief;
use super::world::World;
use super::*;

/// Work fails and can be tried again, questions wait on, rules are asked again, and who waits goes on.
#[test]
fn work_is_lost_and_everything_else_goes_on() {
    brief(
        "Source: Fetch >Code
         Approve: Ask ?; Work
         Prod entry=FAIL(Window,Quiet): Deploy",
        r#"
        start e1; ok e1 Fetch; yes e1 Ask; ok e1 Work; holds e1 Quiet
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Approve InProgress, run Approve/Ask ?token-4 until 1970-01-08T00:00:02Z, run Approve/Work, Approve/Ask Succeeded, Approve/Work Succeeded, Approve Succeeded, Prod InProgress, ask Prod/BeforeEntry/Window alarm, ask Prod/BeforeEntry/Quiet alarm, Prod/BeforeEntry/Quiet Succeeded
        start e2; ok e2 Fetch
            e2 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Approve InProgress, run Approve/Ask ?token-11 until 1970-01-08T00:00:07Z, run Approve/Work
        start e3; ok e3 Fetch
            e3 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded
        start e4
            e4 InProgress, Source InProgress, run Source/Fetch
        restart
            e1 ask Prod/BeforeEntry/Window alarm
            e2 Approve/Work Failed SystemUnavailable: flowgate ended while the action ran; what it had begun may have gone on: look, then retry
            e4 Source/Fetch Failed SystemUnavailable: flowgate ended while the action ran; what it had begun may have gone on: look, then retry, Source Failed, Failed action "Fetch" of stage "Source" failed
        ok e2 Work; ok e4 Fetch
        holds e1 Window; yes e2 Ask
            e1 Prod/BeforeEntry/Window Succeeded, run Prod/Deploy
            e2 Approve/Ask Succeeded, Approve Failed, Failed action "Work" of stage "Approve" failed
            e3 Approve InProgress, run Approve/Ask ?token-19 until 1970-01-08T00:00:15Z, run Approve/Work
        retry e4 Source
            e4 InProgress, Source InProgress, run Source/Fetch
        "#,
    );
}

/// What is asked or begun because of the restart is asked or begun once.
#[test]
fn what_begins_because_of_the_restart_is_not_lost() {
    brief(
        "Source: Fetch >Code
         Beta retry=ALL_ACTIONS: Try
         Prod failure=ROLLBACK(Alarmed): Deploy",
        r#"
        start e1; ok e1 Fetch; ok e1 Try
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Beta InProgress, run Beta/Try, Beta/Try Succeeded, Beta Succeeded, Prod InProgress, run Prod/Deploy
        start e2; ok e2 Fetch
            e2 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Beta InProgress, run Beta/Try
        restart
            e1 Prod/Deploy Failed SystemUnavailable: flowgate ended while the action ran; what it had begun may have gone on: look, then retry, ask Prod/OnFailure/Alarmed alarm
            e2 Beta/Try Failed SystemUnavailable: flowgate ended while the action ran; what it had begun may have gone on: look, then retry, Beta InProgress, run Beta/Try
        restart
            e1 ask Prod/OnFailure/Alarmed alarm
            e2 Beta/Try Failed SystemUnavailable: flowgate ended while the action ran; what it had begun may have gone on: look, then retry, Beta Failed, Failed action "Try" of stage "Beta" failed
        "#,
    );
}

/// What is being stopped or cancelled is over then.
#[test]
fn what_was_waited_for_is_over() {
    brief(
        "Source: Fetch >Code
         Prod: Deploy",
        r#"
        start e1; ok e1 Fetch; stop e1; start e2
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Prod InProgress, run Prod/Deploy, Stopping, Prod Stopping
            e2 InProgress, Source InProgress, run Source/Fetch
        restart
            e1 Prod/Deploy Failed SystemUnavailable: flowgate ended while the action ran; what it had begun may have gone on: look, then retry, Prod Stopped, Stopped
            e2 Source/Fetch Failed SystemUnavailable: flowgate ended while the action ran; what it had begun may have gone on: look, then retry, Source Failed, Failed action "Fetch" of stage "Source" failed
        start e3; change
            e3 InProgress, Source InProgress, run Source/Fetch
        restart
            e3 Source/Fetch Failed SystemUnavailable: flowgate ended while the action ran; what it had begun may have gone on: look, then retry, Source Cancelled, Cancelled the pipeline was changed
        "#,
    );
}

/// The new definition is kept first. When nothing else could be, executions of the earlier one come to their end all the
/// same, and nothing of them is tried again.
#[test]
fn a_change_that_was_only_half_kept_is_made_up_for() {
    let mut world = World::new("Source retry=ALL_ACTIONS: Fetch >Code\nProd: Deploy");
    for line in ["start e1", "start e2"] {
        world.tell(line);
    }
    let (before, state) = (world.engine.pipeline().clone(), world.engine.state().clone());
    world.tell("change");
    world.engine = Engine::restored(world.engine.pipeline().clone(), vec![before], state);
    world.tell("restart");
    for id in ["e1", "e2"] {
        assert_eq!(world.history[id].status, ExecutionStatus::Cancelled, "{id}");
    }
    assert_eq!(world.history["e1"].stages[0].actions.len(), 1, "it is not tried again");
}

/// Somebody else goes on from the state and the definitions alone.
#[test]
fn the_state_and_the_definitions_are_all_that_is_needed() {
    let mut world = World::new("mode=PARALLEL\nSource: Fetch >Code\nProd: Deploy <Code\nLast: Finish");
    for line in ["start e1", "ok e1 Fetch rev=abc"] {
        world.tell(line);
    }
    let earlier = vec![world.engine.pipeline().clone()];
    for line in ["change without=Last mode=QUEUED", "start e2"] {
        world.tell(line);
    }
    let before = world.engine.clone();
    world.restore(earlier);
    assert_eq!(world.engine, before);
    world.tell("ok e1 Deploy");
    assert_eq!(world.history["e1"].stages[2].name, "Last", "it goes on as it began");
    world.restore(Vec::new());
    assert_eq!(world.engine.pipeline().stages.len(), 2);
}
