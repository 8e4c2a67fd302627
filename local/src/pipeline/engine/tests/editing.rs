//! Pipelines that are changed while executions run:
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/execution-modes.html>.

use super::transcript::brief;
use super::world::World;
use super::*;

const THREE: &str = "Source: Fetch >Code
                     Build: Make; Test; Ship @2
                     Prod: Deploy";

/// "Active executions are cancelled after in-progress actions complete. Pending executions are cancelled." The stage is
/// locked until then.
#[test]
fn who_takes_turns_is_cancelled_when_its_actions_are_over_and_who_waits_at_once() {
    brief(
        THREE,
        "
        start e1; ok e1 Fetch
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Build InProgress, run Build/Make, run Build/Test
        start e2; ok e2 Fetch
            e2 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded
        start e3
            e3 InProgress, Source InProgress, run Source/Fetch
        change
            e2 Cancelled the pipeline was changed
        start e4; ok e4 Fetch
            e4 InProgress
        ok e1 Make
            e1 Build/Make Succeeded
        fail e1 Test no
            e1 Build/Test Failed JobFailed: no, Build Cancelled, Cancelled the pipeline was changed
        ok e3 Fetch
            e3 Source/Fetch Succeeded, Source Cancelled, Cancelled the pipeline was changed
            e4 Source InProgress, run Source/Fetch
        ",
    );
}

/// The same for every change of the mode of executions that take turns, and what was queued does not go on.
#[test]
fn so_it_is_in_every_mode_that_takes_turns_whatever_the_next_one_is() {
    for (before, after) in
        [("SUPERSEDED", "QUEUED"), ("QUEUED", "SUPERSEDED"), ("QUEUED", "QUEUED"), ("QUEUED", "PARALLEL")]
    {
        let mut world = World::new(&format!("mode={before}\n{THREE}"));
        for line in ["start e1", "start e2", &format!("change mode={after}"), "start e3"] {
            world.tell(line);
        }
        assert_eq!(world.history["e2"].status, ExecutionStatus::Cancelled, "{before} {after}");
        assert_eq!(world.history["e1"].status, ExecutionStatus::InProgress, "{before} {after}");
        world.tell("ok e1 Fetch");
        let first = &world.history["e1"];
        assert_eq!((first.status, first.stages[0].status), (ExecutionStatus::Cancelled, StageStatus::Cancelled));
        assert_eq!(first.stages[0].actions[0].status, ActionStatus::Succeeded);
        assert_eq!(first.status_summary.as_deref(), Some("the pipeline was changed"));
        assert!(world.history["e3"].stages.len() == 1, "{before} {after}: the stage is free");
    }
}

/// "All executions are allowed to run independently of pipeline definition updates."
#[test]
fn who_runs_beside_others_goes_on_as_it_began() {
    brief(
        &format!("mode=PARALLEL\n{THREE}"),
        r#"
        start e1; start e2; ok e2 Fetch
            e1 InProgress, Source InProgress, run Source/Fetch
            e2 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Build InProgress, run Build/Make, run Build/Test
        change without=Prod
        start e3; ok e3 Fetch; ok e3 Make; ok e3 Test; ok e3 Ship
            e3 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Build InProgress, run Build/Make, run Build/Test, Build/Make Succeeded, Build/Test Succeeded, run Build/Ship, Build/Ship Succeeded, Build Succeeded, Succeeded
        ok e1 Fetch; ok e1 Make; ok e1 Test; ok e1 Ship
            e1 Source/Fetch Succeeded, Source Succeeded, Build InProgress, run Build/Make, run Build/Test, Build/Make Succeeded, Build/Test Succeeded, run Build/Ship, Build/Ship Succeeded, Build Succeeded, Prod InProgress, run Prod/Deploy
        ok e1 Deploy
            e1 Prod/Deploy Succeeded, Prod Succeeded, Succeeded
        fail e2 Make no; ok e2 Test
            e2 Build/Make Failed JobFailed: no, Build/Test Succeeded, Build Failed, Failed action "Make" of stage "Build" failed
        retry e2 Build
            refused: stage "Build" of execution e2 cannot be retried: the pipeline has changed since
        "#,
    );
}

/// `PARALLEL` to another mode: "the execution started in PARALLEL mode will continue to run." It does not take turns with
/// those that begin now.
#[test]
fn who_ran_beside_others_goes_on_beside_those_that_take_turns() {
    brief(
        &format!("mode=PARALLEL\n{THREE}"),
        "
        start e1; ok e1 Fetch
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Build InProgress, run Build/Make, run Build/Test
        change mode=QUEUED
        start e2; ok e2 Fetch
            e2 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Build InProgress, run Build/Make, run Build/Test
        ok e1 Make; ok e1 Test
            e1 Build/Make Succeeded, Build/Test Succeeded, run Build/Ship
        start e3; ok e3 Fetch
            e3 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded
        change mode=SUPERSEDED
            e3 Cancelled the pipeline was changed
        ok e1 Ship
            e1 Build/Ship Succeeded, Build Succeeded, Prod InProgress, run Prod/Deploy
        ",
    );
}

/// A closed transition keeps them from a stage that only they still come to, until somebody opens it.
#[test]
fn who_runs_beside_others_waits_before_a_closed_stage_that_is_gone() {
    brief(
        &format!("mode=PARALLEL\n{THREE}"),
        r#"
        close Prod in not now
        start e1; ok e1 Fetch; ok e1 Make; ok e1 Test; ok e1 Ship
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Build InProgress, run Build/Make, run Build/Test, Build/Make Succeeded, Build/Test Succeeded, run Build/Ship, Build/Ship Succeeded, Build Succeeded
        start e2; ok e2 Fetch
            e2 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Build InProgress, run Build/Make, run Build/Test
        change without=Prod
        ok e2 Make; ok e2 Test; ok e2 Ship
            e2 Build/Make Succeeded, Build/Test Succeeded, run Build/Ship, Build/Ship Succeeded, Build Succeeded
        open Prod in
            e1 Prod InProgress, run Prod/Deploy
            e2 Prod InProgress, run Prod/Deploy
        close Prod in again
        fail e1 Deploy no; fail e2 Deploy no
            e1 Prod/Deploy Failed JobFailed: no, Prod Failed, Failed action "Deploy" of stage "Prod" failed
            e2 Prod/Deploy Failed JobFailed: no, Prod Failed, Failed action "Deploy" of stage "Prod" failed
        open Prod in
            refused: the pipeline has no stage "Prod"
        "#,
    );
}

/// When nobody comes to the stage any more its transitions are forgotten, and who takes turns comes to no other stage.
#[test]
fn a_stage_that_comes_back_is_open() {
    for mode in ["PARALLEL", "SUPERSEDED"] {
        let before = pipeline(&format!("mode={mode}\n{THREE}"));
        let mut world = World::new(&format!("mode={mode}\n{THREE}"));
        for line in ["start e1", "close Prod in not now", "change without=Prod"] {
            world.tell(line);
        }
        let kept = world.engine.state().stages.get("Prod").is_some_and(|seen| seen.inbound.disabled.is_some());
        assert_eq!(kept, mode == "PARALLEL");
        world.tell("fail e1 Fetch no");
        let mut again = before.clone();
        again.set_version(3);
        world.apply(Event::Replaced(Box::new(again)));
        assert!(!world.engine.state().stages.contains_key("Prod"), "{mode}");
    }
}

/// What the executions of an earlier definition ask can be answered, though the stage is gone.
#[test]
fn a_question_of_an_earlier_definition_is_answered() {
    let mut world =
        World::new("mode=PARALLEL\nSource: Fetch >Code\nApprove: Ask ?\nProd entry=FAIL(Window): Deploy\nLast: Finish");
    for line in [
        "start e1",
        "ok e1 Fetch",
        "start e2",
        "ok e2 Fetch",
        "yes e2 Ask",
        "change without=Approve",
        "change without=Prod",
    ] {
        world.tell(line);
    }
    let token = world.history["e1"].stages[1].actions[0].approval.clone().unwrap().token;
    assert_eq!(world.engine.awaiting("Approve", "Ask", &token), Ok(world.run("e1", "Ask")));
    let unknown = world.engine.awaiting("Approve", "Ask", &Token::new("other"));
    assert_eq!(unknown, Err(ApprovalError::StageNotFound("Approve".into())));
    assert!(!world.tell("yes e1 Ask").is_empty());
    assert!(!world.tell("override e2 Prod entry").is_empty());
}

/// Nobody works on a question or a rule: those are over at once.
#[test]
fn questions_and_rules_are_not_waited_for() {
    let definition = "Source: Fetch >Code
                      Approve: Ask ?; Work
                      Prod entry=FAIL(Window): Deploy";
    brief(
        definition,
        "
        start e1; ok e1 Fetch; yes e1 Ask; ok e1 Work
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Approve InProgress, run Approve/Ask ?token-4 until 1970-01-08T00:00:02Z, run Approve/Work, Approve/Ask Succeeded, Approve/Work Succeeded, Approve Succeeded, Prod InProgress, ask Prod/BeforeEntry/Window alarm
        start e2; ok e2 Fetch
            e2 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Approve InProgress, run Approve/Ask ?token-10 until 1970-01-08T00:00:06Z, run Approve/Work
        change
            e1 Prod/BeforeEntry/Window Abandoned, Prod Cancelled, Cancelled the pipeline was changed
            e2 Approve/Ask Abandoned
        yes e2 Ask; holds e1 Window
        ok e2 Work
            e2 Approve/Work Succeeded, Approve Cancelled, Cancelled the pipeline was changed
        ",
    );
    let mut world = World::new(definition);
    for line in ["start e1", "ok e1 Fetch", "yes e1 Ask", "ok e1 Work", "change"] {
        world.tell(line);
    }
    let condition = world.history["e1"].stages[2].condition(ConditionKind::BeforeEntry).unwrap();
    assert_eq!((condition.status, condition.rules[0].status), (ConditionStatus::Cancelled, RuleStatus::Abandoned));
    assert_eq!(world.engine.due(), None);
}

/// A failure does not go back, nor does it try again: nothing begins any more.
#[test]
fn nothing_is_tried_again_or_brought_back_after_the_change() {
    brief(
        "Source: Fetch >Code
         Beta retry=ALL_ACTIONS: Try
         Prod failure=ROLLBACK: Deploy",
        r#"
        start e1; ok e1 Fetch; ok e1 Try; ok e1 Deploy
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Beta InProgress, run Beta/Try, Beta/Try Succeeded, Beta Succeeded, Prod InProgress, run Prod/Deploy, Prod/Deploy Succeeded, Prod Succeeded, Succeeded
        start e2; ok e2 Fetch; ok e2 Try
            e2 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Beta InProgress, run Beta/Try, Beta/Try Succeeded, Beta Succeeded, Prod InProgress, run Prod/Deploy
        start e3; ok e3 Fetch
            e3 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Beta InProgress, run Beta/Try
        change
        fail e2 Deploy no
            e2 Prod/Deploy Failed JobFailed: no, Prod Cancelled, Cancelled the pipeline was changed
        fail e3 Try no
            e3 Beta/Try Failed JobFailed: no, Beta Cancelled, Cancelled the pipeline was changed
        retry e3 Beta
            refused: stage "Beta" of execution e3 cannot be retried: the pipeline has changed since
        stop e3
            refused: execution e3 cannot be stopped: it is no longer in progress
        "#,
    );
}

/// What is being stopped is stopped, and what is being cancelled can be abandoned.
#[test]
fn a_stop_and_a_change_may_come_together() {
    brief(
        THREE,
        "
        start e1; ok e1 Fetch; start e2
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Build InProgress, run Build/Make, run Build/Test
            e2 InProgress, Source InProgress, run Source/Fetch
        stop e1 enough
            e1 Stopping enough, Build Stopping
        change
        ok e1 Make; ok e1 Test
            e1 Build/Make Succeeded, Build/Test Succeeded, Build Stopped, Stopped enough
        abandon e2
            e2 Stopping, Source Stopping, Source/Fetch Abandoned, Source Stopped, Stopped
        ",
    );
}

/// What is remembered of stages that are gone is forgotten, and so is what succeeded as the pipeline was.
#[test]
fn nothing_is_remembered_of_what_is_gone() {
    let mut world = World::new(THREE);
    for line in
        ["start e1", "ok e1 Fetch", "ok e1 Make", "ok e1 Test", "ok e1 Ship", "ok e1 Deploy", "change without=Build"]
    {
        world.tell(line);
    }
    let stages = &world.engine.state().stages;
    assert_eq!(stages.keys().collect::<Vec<_>>(), ["Prod", "Source"]);
    assert_eq!((stages["Prod"].latest, stages["Prod"].succeeded), (Some(1), None));
}
