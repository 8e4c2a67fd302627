//! Whoever carried out the commands is gone. CodePipeline has no such page: nobody restarts it.

use super::transcript::brief;
use super::world::World;
use super::*;

const TWO: &str = "Source: Fetch >Code
                   Prod: Deploy";

/// As [`brief`]; `lost` stands for what is said of an action that was under way, and `lost rule` of a rule.
fn lost(definition: &str, transcript: &str) {
    let why = |what: &str| {
        format!("flowgate ended while the {what} ran; what it had begun may have gone on: look, then retry")
    };
    let transcript = transcript.replace("lost rule", &why("rule"));
    brief(definition, &transcript.replace("Failed lost", &format!("Failed Interrupted: {}", why("action"))));
}

/// Work fails and can be tried again, questions wait on, rules are asked again, and who waits goes on.
#[test]
fn work_is_lost_and_everything_else_goes_on() {
    lost(
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
            e2 Approve/Work Failed lost
            e4 Source/Fetch Failed lost, Source Failed, Failed action "Fetch" of stage "Source" failed
            e1 ask Prod/BeforeEntry/Window alarm
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

/// However long nobody was there: that the work was due to end meanwhile says nothing of who begins only now.
#[test]
fn what_begins_because_of_the_restart_is_not_lost() {
    lost(
        &format!("mode=QUEUED\n{TWO}"),
        r#"
        start e1; ok e1 Fetch; start e2; ok e2 Fetch
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Prod InProgress, run Prod/Deploy
            e2 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded
        later 10; restart
            e1 Prod/Deploy Failed lost, Prod Failed, Failed action "Deploy" of stage "Prod" failed
            e2 Prod InProgress, run Prod/Deploy
        later 30; restart
            e2 Prod/Deploy Failed lost, Prod Failed, Failed action "Deploy" of stage "Prod" failed
        ok e2 Deploy
        "#,
    );
    lost(
        &format!("mode=QUEUED\n{TWO}"),
        r#"
        start e1; ok e1 Fetch; start e2; ok e2 Fetch
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Prod InProgress, run Prod/Deploy
            e2 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded
        later 30; restart
            e1 Prod/Deploy Failed lost, Prod Failed, Failed action "Deploy" of stage "Prod" failed
            e2 Prod InProgress, run Prod/Deploy
        ok e2 Deploy
            e2 Prod/Deploy Succeeded, Prod Succeeded, Succeeded
        "#,
    );
}

/// Nothing is done about it by itself. Once somebody has looked and tried it again, a failure is one as before.
#[test]
fn what_was_interrupted_is_neither_tried_again_nor_brought_back_by_itself() {
    lost(
        "Source: Fetch >Code
         Beta retry=ALL_ACTIONS: Try
         Prod failure=ROLLBACK(Alarmed): Deploy",
        r#"
        start e1; ok e1 Fetch; ok e1 Try; ok e1 Deploy
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Beta InProgress, run Beta/Try, Beta/Try Succeeded, Beta Succeeded, Prod InProgress, run Prod/Deploy, Prod/Deploy Succeeded, Prod Succeeded, Succeeded
        start e2; ok e2 Fetch; ok e2 Try
            e2 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Beta InProgress, run Beta/Try, Beta/Try Succeeded, Beta Succeeded, Prod InProgress, run Prod/Deploy
        start e3; ok e3 Fetch
            e3 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Beta InProgress, run Beta/Try
        restart
            e2 Prod/Deploy Failed lost, Prod Failed, Failed action "Deploy" of stage "Prod" failed
            e3 Beta/Try Failed lost, Beta Failed, Failed action "Try" of stage "Beta" failed
        retry e2 Prod; retry e3 Beta
            e2 InProgress, Prod InProgress, run Prod/Deploy
            e3 InProgress, Beta InProgress, run Beta/Try
        restart
            e2 Prod/Deploy Failed lost, Prod Failed, Failed action "Deploy" of stage "Prod" failed
            e3 Beta/Try Failed lost, Beta Failed, Failed action "Try" of stage "Beta" failed
        retry e2 Prod; retry e3 Beta all
            e2 InProgress, Prod InProgress, run Prod/Deploy
            e3 InProgress, Beta InProgress, run Beta/Try
        fail e2 Deploy no; fail e3 Try no
            e2 Prod/Deploy Failed JobFailed: no, ask Prod/OnFailure/Alarmed alarm
            e3 Beta/Try Failed JobFailed: no, Beta InProgress, run Beta/Try
        holds e2 Alarmed; fail e3 Try no
            e2 Prod/OnFailure/Alarmed Succeeded, Prod Failed, Failed action "Deploy" of stage "Prod" failed; execution back-18 rolls it back
            back-18 InProgress, Prod InProgress, run Prod/Deploy
            e3 Beta/Try Failed JobFailed: no, Beta Failed, Failed action "Try" of stage "Beta" failed
        "#,
    );
}

/// That something else of the stage failed, before or after, changes nothing about that.
#[test]
fn what_was_interrupted_and_failed_besides_was_interrupted() {
    lost(
        "Source: Fetch >Code
         Beta retry=FAILED_ACTIONS: Try; Test
         Prod failure=ROLLBACK: Deploy; Ask ?",
        r#"
        start e1; ok e1 Fetch; ok e1 Try; ok e1 Test; ok e1 Deploy; yes e1 Ask
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Beta InProgress, run Beta/Try, run Beta/Test, Beta/Try Succeeded, Beta/Test Succeeded, Beta Succeeded, Prod InProgress, run Prod/Deploy, run Prod/Ask ?token-7 until 1970-01-08T00:00:04Z, Prod/Deploy Succeeded, Prod/Ask Succeeded, Prod Succeeded, Succeeded
        start e2; ok e2 Fetch; ok e2 Try; ok e2 Test
            e2 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Beta InProgress, run Beta/Try, run Beta/Test, Beta/Try Succeeded, Beta/Test Succeeded, Beta Succeeded, Prod InProgress, run Prod/Deploy, run Prod/Ask ?token-14 until 1970-01-08T00:00:10Z
        start e3; ok e3 Fetch; fail e3 Try no
            e3 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Beta InProgress, run Beta/Try, run Beta/Test, Beta/Try Failed JobFailed: no
        restart
            e2 Prod/Deploy Failed lost
            e3 Beta/Test Failed lost, Beta Failed, Failed action "Try" of stage "Beta" failed
        no e2 Ask
            e2 Prod/Ask Failed JobFailed: rejected by arn:approver, Prod Failed, Failed action "Deploy" of stage "Prod" failed
        retry e2 Prod; no e2 Ask; fail e2 Deploy no
            e2 InProgress, Prod InProgress, run Prod/Deploy, run Prod/Ask ?token-21 until 1970-01-08T00:00:16Z, Prod/Ask Failed JobFailed: rejected by arn:approver, Prod/Deploy Failed JobFailed: no, Prod Failed, Failed action "Deploy" of stage "Prod" failed; execution back-22 rolls it back
            back-22 InProgress, Prod InProgress, run Prod/Deploy, run Prod/Ask ?token-25 until 1970-01-08T00:00:18Z
        "#,
    );
}

/// It fails before the answer too: whoever answers does not know.
#[test]
fn a_rule_that_does_more_than_look_is_not_asked_twice() {
    lost(
        "Source: Fetch >Code
         Beta entry=SKIP(Hook^,Other^,Wanted): Try
         Prod success=ROLLBACK(Watch,Hook^): Deploy",
        r#"
        start e1; ok e1 Fetch; holds e1 Hook; holds e1 Other; holds e1 Wanted; ok e1 Try; ok e1 Deploy; holds e1 Watch; holds e1 Hook
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Beta InProgress, ask Beta/BeforeEntry/Hook alarm, ask Beta/BeforeEntry/Other alarm, ask Beta/BeforeEntry/Wanted alarm, Beta/BeforeEntry/Hook Succeeded, Beta/BeforeEntry/Other Succeeded, Beta/BeforeEntry/Wanted Succeeded, run Beta/Try, Beta/Try Succeeded, Beta Succeeded, Prod InProgress, run Prod/Deploy, Prod/Deploy Succeeded, ask Prod/OnSuccess/Watch alarm, ask Prod/OnSuccess/Hook alarm, Prod/OnSuccess/Watch Succeeded, Prod/OnSuccess/Hook Succeeded, Prod Succeeded, Succeeded
        start e2; ok e2 Fetch; holds e2 Hook; holds e2 Other; holds e2 Wanted; ok e2 Try; ok e2 Deploy
            e2 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Beta InProgress, ask Beta/BeforeEntry/Hook alarm, ask Beta/BeforeEntry/Other alarm, ask Beta/BeforeEntry/Wanted alarm, Beta/BeforeEntry/Hook Succeeded, Beta/BeforeEntry/Other Succeeded, Beta/BeforeEntry/Wanted Succeeded, run Beta/Try, Beta/Try Succeeded, Beta Succeeded, Prod InProgress, run Prod/Deploy, Prod/Deploy Succeeded, ask Prod/OnSuccess/Watch alarm, ask Prod/OnSuccess/Hook alarm
        start e3; ok e3 Fetch
            e3 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Beta InProgress, ask Beta/BeforeEntry/Hook alarm, ask Beta/BeforeEntry/Other alarm, ask Beta/BeforeEntry/Wanted alarm
        restart
            e2 Prod/OnSuccess/Watch Abandoned, Prod/OnSuccess/Hook Failed lost rule, Prod Failed, Failed the success condition of stage "Prod" is not met: rule "Hook" failed: lost rule
            e3 Beta/BeforeEntry/Hook Failed lost rule, Beta/BeforeEntry/Other Abandoned, Beta/BeforeEntry/Wanted Abandoned, Beta Failed, Failed the entry condition of stage "Beta" is not met: rule "Hook" failed: lost rule
        holds e2 Hook; holds e3 Hook
        retry e2 Prod; breaks e2 Hook no
            e2 InProgress, Prod InProgress, ask Prod/OnSuccess/Watch alarm, ask Prod/OnSuccess/Hook alarm, Prod/OnSuccess/Watch Abandoned, Prod/OnSuccess/Hook Failed no, Prod Failed, Failed the success condition of stage "Prod" is not met: rule "Hook" failed: no; execution back-26 rolls it back
            back-26 InProgress, Prod InProgress, run Prod/Deploy
        "#,
    );
    lost(
        "Source: Fetch >Code
         Prod failure=ROLLBACK(Hook^): Deploy",
        r#"
        start e1; ok e1 Fetch; ok e1 Deploy
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Prod InProgress, run Prod/Deploy, Prod/Deploy Succeeded, Prod Succeeded, Succeeded
        start e2; ok e2 Fetch; fail e2 Deploy no
            e2 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Prod InProgress, run Prod/Deploy, Prod/Deploy Failed JobFailed: no, ask Prod/OnFailure/Hook alarm
        restart
            e2 Prod/OnFailure/Hook Failed lost rule, Prod Failed, Failed action "Deploy" of stage "Prod" failed
        "#,
    );
}

/// Who was asked last before a failure is still asked, and what comes of that comes of it.
#[test]
fn a_failure_that_was_one_before_stays_one() {
    lost(
        "Source: Fetch >Code
         Prod failure=ROLLBACK(Alarmed): Deploy",
        r#"
        start e1; ok e1 Fetch; ok e1 Deploy
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Prod InProgress, run Prod/Deploy, Prod/Deploy Succeeded, Prod Succeeded, Succeeded
        start e2; ok e2 Fetch; fail e2 Deploy no
            e2 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Prod InProgress, run Prod/Deploy, Prod/Deploy Failed JobFailed: no, ask Prod/OnFailure/Alarmed alarm
        restart
            e2 ask Prod/OnFailure/Alarmed alarm
        holds e2 Alarmed
            e2 Prod/OnFailure/Alarmed Succeeded, Prod Failed, Failed action "Deploy" of stage "Prod" failed; execution back-8 rolls it back
            back-8 InProgress, Prod InProgress, run Prod/Deploy
        "#,
    );
}

/// What nobody decided in time is not asked again, and who comes next is asked once.
#[test]
fn a_rule_that_was_due_meanwhile_is_over() {
    lost(
        "Source: Fetch >Code
         Prod entry=FAIL(Window~5,Quiet): Deploy",
        r#"
        start e1; ok e1 Fetch; start e2; ok e2 Fetch
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Prod InProgress, ask Prod/BeforeEntry/Window alarm, ask Prod/BeforeEntry/Quiet alarm
            e2 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded
        later 4; restart
            e1 ask Prod/BeforeEntry/Window alarm, ask Prod/BeforeEntry/Quiet alarm
        later 2; restart
            e1 Prod/BeforeEntry/Window Failed the rule did not end before its timeout at 1970-01-01T00:05:02Z, Prod/BeforeEntry/Quiet Abandoned, Prod Failed, Failed the entry condition of stage "Prod" is not met: rule "Window" failed: the rule did not end before its timeout at 1970-01-01T00:05:02Z
            e2 Prod InProgress, ask Prod/BeforeEntry/Window alarm, ask Prod/BeforeEntry/Quiet alarm
        "#,
    );
}

/// What is being stopped or cancelled is over then.
#[test]
fn what_was_waited_for_is_over() {
    lost(
        TWO,
        r#"
        start e1; ok e1 Fetch; stop e1; start e2
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Prod InProgress, run Prod/Deploy, Stopping, Prod Stopping
            e2 InProgress, Source InProgress, run Source/Fetch
        restart
            e1 Prod/Deploy Failed lost, Prod Stopped, Stopped
            e2 Source/Fetch Failed lost, Source Failed, Failed action "Fetch" of stage "Source" failed
        start e3; change
            e3 InProgress, Source InProgress, run Source/Fetch
        restart
            e3 Source/Fetch Failed lost, Source Cancelled, Cancelled the pipeline was changed
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
