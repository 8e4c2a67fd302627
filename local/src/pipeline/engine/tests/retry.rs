//! Stages that are tried again: <https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-retry.html>.

use super::transcript::{brief, check};
use super::world::World;
use super::*;

const BUILT: &str = "Source: Fetch >Code
                     Build: Make <Code >App ns=Made; Test; Ship @2 <App arg=#{Made.V}
                     Prod: Deploy";

/// "When you retry the failed actions in a stage, failed actions are triggered again." What succeeded is not done again,
/// and what it made is read.
#[test]
fn failed_actions_are_done_again_and_what_did_not_begin_follows() {
    check(
        BUILT,
        r#"
        start e1
            e1 InProgress
            e1 Source InProgress
            e1 Source/Fetch InProgress
            run e1 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000002
        ok e1 Fetch
            e1 Source/Fetch Succeeded
            e1 Source Succeeded
            e1 Build InProgress
            e1 Build/Make InProgress
            run e1 Build/Make <Code store/a-pipeline-with-a-lo/Code/0000002 >App store/a-pipeline-with-a-lo/App/0000004
            e1 Build/Test InProgress
            run e1 Build/Test
        ok e1 Make V=first
            e1 Build/Make Succeeded
        fail e1 Test flaky
            e1 Build/Test Failed JobFailed: flaky
            e1 Build Failed
            e1 Failed action "Test" of stage "Build" failed
        retry e1 Build
            e1 InProgress
            e1 Build InProgress
            e1 Build/Test InProgress
            run e1 Build/Test
        ok e1 Test
            e1 Build/Test Succeeded
            e1 Build/Ship InProgress
            run e1 Build/Ship first <App store/a-pipeline-with-a-lo/App/0000004
        ok e1 Ship
            e1 Build/Ship Succeeded
            e1 Build Succeeded
            e1 Prod InProgress
            e1 Prod/Deploy InProgress
            run e1 Prod/Deploy
        "#,
    );
}

/// "Retrying a failed stage retries all actions in the stage from the first action. This overrides output artifacts of
/// previously successful actions in the same execution."
#[test]
fn all_actions_are_done_again_and_what_they_made_is_overridden() {
    check(
        BUILT,
        r#"
        start e1
            e1 InProgress
            e1 Source InProgress
            e1 Source/Fetch InProgress
            run e1 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000002
        ok e1 Fetch
            e1 Source/Fetch Succeeded
            e1 Source Succeeded
            e1 Build InProgress
            e1 Build/Make InProgress
            run e1 Build/Make <Code store/a-pipeline-with-a-lo/Code/0000002 >App store/a-pipeline-with-a-lo/App/0000004
            e1 Build/Test InProgress
            run e1 Build/Test
        ok e1 Make V=first
            e1 Build/Make Succeeded
        fail e1 Test flaky
            e1 Build/Test Failed JobFailed: flaky
            e1 Build Failed
            e1 Failed action "Test" of stage "Build" failed
        retry e1 Build all
            e1 InProgress
            e1 Build InProgress
            e1 Build/Make InProgress
            run e1 Build/Make <Code store/a-pipeline-with-a-lo/Code/0000002 >App store/a-pipeline-with-a-lo/App/0000007
            e1 Build/Test InProgress
            run e1 Build/Test
        ok e1 Test
            e1 Build/Test Succeeded
        ok e1 Make V=second
            e1 Build/Make Succeeded
            e1 Build/Ship InProgress
            run e1 Build/Ship second <App store/a-pipeline-with-a-lo/App/0000007
        "#,
    );
}

/// A variable that the last run of an action does not set is not set, whatever an earlier run said.
#[test]
fn only_the_last_run_of_an_action_counts() {
    brief(
        BUILT,
        r#"
        start e1; ok e1 Fetch; ok e1 Make V=first; fail e1 Test
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Build InProgress, run Build/Make, run Build/Test, Build/Make Succeeded, Build/Test Failed JobFailed: , Build Failed, Failed action "Test" of stage "Build" failed
        retry e1 Build all
            e1 InProgress, Build InProgress, run Build/Make, run Build/Test
        ok e1 Make; ok e1 Test
            e1 Build/Make Succeeded, Build/Test Succeeded, Build/Ship Failed ConfigurationError: variable #{Made.V} could not be resolved; the action that owns the namespace did not produce it, Build Failed, Failed action "Ship" of stage "Build" failed
        "#,
    );
}

/// "The execution history of previously successful actions is still retained."
#[test]
fn every_attempt_is_counted_and_kept() {
    let mut world = World::new(BUILT);
    for line in ["start e1", "ok e1 Fetch", "ok e1 Make", "fail e1 Test", "retry e1 Build", "fail e1 Test"] {
        world.tell(line);
    }
    world.tell("retry e1 Build all");
    let execution = &world.history["e1"];
    let build = &execution.stages[1];
    let runs = build.actions.iter().map(|run| (run.name.as_str(), run.status)).collect::<Vec<_>>();
    let (well, badly, runs_now) = (ActionStatus::Succeeded, ActionStatus::Failed, ActionStatus::InProgress);
    let again = [("Make", well), ("Test", badly), ("Test", badly), ("Make", runs_now), ("Test", runs_now)];
    assert_eq!(runs, again);
    assert_eq!((execution.attempt, build.attempts.manual, build.attempts.automatic), (3, 2, 0));
    assert_eq!(build.attempts.last, Some((RetryTrigger::ManualStageRetry, world.now())));
    assert_eq!((execution.stages.len(), execution.status), (2, ExecutionStatus::InProgress));
}

/// Not retryable: "All actions in the stage succeeded, and so the stage is not in a failed status. The overall pipeline
/// structure changed after the stage failed. Another retry attempt in the stage is already in progress."
#[test]
fn what_did_not_fail_or_runs_or_has_changed_is_not_tried_again() {
    brief(
        BUILT,
        r#"
        start e1; ok e1 Fetch
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Build InProgress, run Build/Make, run Build/Test
        retry e1 Build
            refused: stage "Build" of execution e1 cannot be retried: it is in progress
        fail e1 Make no; ok e1 Test
            e1 Build/Make Failed JobFailed: no, Build/Test Succeeded, Build Failed, Failed action "Make" of stage "Build" failed
        retry e1 Source
            refused: stage "Source" of execution e1 cannot be retried: it succeeded
        retry e1 Prod
            refused: stage "Prod" of execution e1 cannot be retried: it was never in it
        retry e1 Nowhere
            refused: the pipeline has no stage "Nowhere"
        retry e1 Build
            e1 InProgress, Build InProgress, run Build/Make
        retry e1 Build all
            refused: stage "Build" of execution e1 cannot be retried: it is in progress
        fail e1 Make no
            e1 Build/Make Failed JobFailed: no, Build Failed, Failed action "Make" of stage "Build" failed
        change
        retry e1 Build
            refused: stage "Build" of execution e1 cannot be retried: the pipeline has changed since
        "#,
    );
}

/// "The stage will make one retry attempt."
#[test]
fn a_stage_tries_itself_again_once() {
    brief(
        "Source: Fetch >Code
         Build retry=FAILED_ACTIONS: One; Two; Three @2
         Prod retry=ALL_ACTIONS: Deploy; Check",
        r#"
        start e1; ok e1 Fetch
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Build InProgress, run Build/One, run Build/Two
        fail e1 One flaky
            e1 Build/One Failed JobFailed: flaky
        ok e1 Two
            e1 Build/Two Succeeded, Build InProgress, run Build/One
        ok e1 One; ok e1 Three
            e1 Build/One Succeeded, run Build/Three, Build/Three Succeeded, Build Succeeded, Prod InProgress, run Prod/Deploy, run Prod/Check
        ok e1 Check; fail e1 Deploy flaky
            e1 Prod/Check Succeeded, Prod/Deploy Failed JobFailed: flaky, Prod InProgress, run Prod/Deploy, run Prod/Check
        ok e1 Check; fail e1 Deploy again
            e1 Prod/Check Succeeded, Prod/Deploy Failed JobFailed: again, Prod Failed, Failed action "Deploy" of stage "Prod" failed
        retry e1 Prod
            e1 InProgress, Prod InProgress, run Prod/Deploy
        fail e1 Deploy and again
            e1 Prod/Deploy Failed JobFailed: and again, Prod Failed, Failed action "Deploy" of stage "Prod" failed
        "#,
    );
}

/// "You can configure automatic retry on stage failure for all actions, including Source actions."
#[test]
fn sources_are_fetched_again_too_and_each_stage_has_its_own_attempt() {
    brief(
        "Source retry=FAILED_ACTIONS: Fetch >Code
         Prod retry=FAILED_ACTIONS: Deploy",
        r#"
        start e1
            e1 InProgress, Source InProgress, run Source/Fetch
        fail e1 Fetch throttled
            e1 Source/Fetch Failed JobFailed: throttled, Source InProgress, run Source/Fetch
        ok e1 Fetch
            e1 Source/Fetch Succeeded, Source Succeeded, Prod InProgress, run Prod/Deploy
        fail e1 Deploy no
            e1 Prod/Deploy Failed JobFailed: no, Prod InProgress, run Prod/Deploy
        fail e1 Deploy no
            e1 Prod/Deploy Failed JobFailed: no, Prod Failed, Failed action "Deploy" of stage "Prod" failed
        "#,
    );
    let mut world = World::new("Source: Fetch >Code\nProd retry=ALL_ACTIONS: Deploy");
    for line in ["start e1", "ok e1 Fetch"] {
        world.tell(line);
    }
    let told = world.tell("fail e1 Deploy");
    let attempts =
        told.iter().filter_map(|it| if let Command::Changed(change) = it { Some(change.attempt) } else { None });
    assert_eq!(attempts.collect::<Vec<_>>(), [1, 2, 2], "what is told is told of the attempt that it was of");
    let Command::Changed(again) = &told[1] else { panic!("{told:?}") };
    let line = serde_json::to_value(again).unwrap();
    assert_eq!((&line["attempt"], &line["retried"]), (&json!(2), &json!(world.now())));
    assert_eq!(serde_json::from_value::<Change>(line).unwrap(), *again);
    let execution = &world.history["e1"];
    let attempts = &execution.stages[1].attempts;
    assert_eq!((execution.attempt, attempts.automatic, attempts.manual), (2, 1, 0));
    assert_eq!(attempts.last, Some((RetryTrigger::AutomatedStageRetry, world.now())));
}

/// Conditions: an entry that let the execution in is asked again only where everything is done again; a success that was
/// refused is asked again in any case.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-conditions.html>
#[test]
fn conditions_are_asked_again_where_the_retry_goes_past_them() {
    brief(
        "Source: Fetch >Code
         Prod entry=FAIL(Window) success=FAIL(Bake): Deploy",
        r#"
        start e1; ok e1 Fetch
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Prod InProgress, ask Prod/BeforeEntry/Window alarm
        breaks e1 Window closed
            e1 Prod/BeforeEntry/Window Failed closed, Prod Failed, Failed the entry condition of stage "Prod" is not met: rule "Window" failed: closed
        retry e1 Prod
            e1 InProgress, Prod InProgress, ask Prod/BeforeEntry/Window alarm
        holds e1 Window
            e1 Prod/BeforeEntry/Window Succeeded, run Prod/Deploy
        fail e1 Deploy no
            e1 Prod/Deploy Failed JobFailed: no, Prod Failed, Failed action "Deploy" of stage "Prod" failed
        retry e1 Prod
            e1 InProgress, Prod InProgress, run Prod/Deploy
        ok e1 Deploy; breaks e1 Bake errors
            e1 Prod/Deploy Succeeded, ask Prod/OnSuccess/Bake alarm, Prod/OnSuccess/Bake Failed errors, Prod Failed, Failed the success condition of stage "Prod" is not met: rule "Bake" failed: errors
        retry e1 Prod
            e1 InProgress, Prod InProgress, ask Prod/OnSuccess/Bake alarm
        breaks e1 Bake errors
            e1 Prod/OnSuccess/Bake Failed errors, Prod Failed, Failed the success condition of stage "Prod" is not met: rule "Bake" failed: errors
        retry e1 Prod all
            e1 InProgress, Prod InProgress, ask Prod/BeforeEntry/Window alarm
        "#,
    );
}

/// A stage may try itself again after a failed action and go back after a bad bake.
#[test]
fn a_stage_with_both_tries_again_first() {
    brief(
        "Source: Fetch >Code
         Prod success=ROLLBACK(Bake) retry=ALL_ACTIONS: Deploy",
        r#"
        start e1; ok e1 Fetch; ok e1 Deploy; holds e1 Bake
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Prod InProgress, run Prod/Deploy, Prod/Deploy Succeeded, ask Prod/OnSuccess/Bake alarm, Prod/OnSuccess/Bake Succeeded, Prod Succeeded, Succeeded
        start e2; ok e2 Fetch
            e2 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Prod InProgress, run Prod/Deploy
        fail e2 Deploy no
            e2 Prod/Deploy Failed JobFailed: no, Prod InProgress, run Prod/Deploy
        ok e2 Deploy
            e2 Prod/Deploy Succeeded, ask Prod/OnSuccess/Bake alarm
        breaks e2 Bake errors
            e2 Prod/OnSuccess/Bake Failed errors, Prod Failed, Failed the success condition of stage "Prod" is not met: rule "Bake" failed: errors; execution back-10 rolls it back
            back-10 InProgress, Prod InProgress, run Prod/Deploy
        "#,
    );
}

/// "You cannot perform a manual stage retry on a stage in Skipped status."
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-conditions.html>
#[test]
fn a_skipped_stage_is_not_tried_again() {
    brief(
        "Source: Fetch >Code
         Beta entry=SKIP(Wanted): Deploy",
        r#"
        start e1; ok e1 Fetch
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Beta InProgress, ask Beta/BeforeEntry/Wanted alarm
        breaks e1 Wanted no
            e1 Beta/BeforeEntry/Wanted Failed no, Beta Skipped, Succeeded
        retry e1 Beta
            refused: stage "Beta" of execution e1 cannot be retried: it was skipped
        "#,
    );
}

/// A retry that was asked for twice, or too late, changes nothing.
#[test]
fn a_late_retry_changes_nothing() {
    let mut world = World::new("Source: Fetch >Code\nProd: Deploy");
    for line in ["start e1", "ok e1 Fetch", "fail e1 Deploy"] {
        world.tell(line);
    }
    let retry = world.engine.retry(&world.history["e1"], "Prod", RetryMode::AllActions).unwrap();
    let mut changed = world.engine.clone();
    changed.apply(
        Event::Replaced(Box::new(pipeline("Source: Fetch >Code\nOther: Deploy"))),
        world.now(),
        &mut world.ids,
    );
    assert!(!world.apply(retry.clone()).is_empty());
    assert!(world.apply(retry.clone()).is_empty(), "it runs");
    world.tell("fail e1 Deploy");
    assert!(world.apply(retry.clone()).is_empty(), "that attempt is over");
    for line in ["retry e1 Prod", "start e2", "ok e2 Fetch", "fail e1 Deploy"] {
        world.tell(line);
    }
    assert!(world.apply(retry).is_empty(), "another one is in the stage");
}
