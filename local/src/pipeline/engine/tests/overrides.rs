//! Conditions that somebody overrides: <https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-conditions.html>.

use super::transcript::brief;
use super::world::World;
use super::*;
use crate::pipeline::action::{Failure, Outcome};

/// Entry, `FAIL`: "The stage proceeds." "The rule status is Abandoned due to the override."
#[test]
fn an_entry_that_is_overridden_lets_the_execution_in() {
    brief(
        "Source: Fetch >Code
         Prod entry=FAIL(Window,Quiet) success=ROLLBACK(Bake): Deploy",
        r#"
        start e1; ok e1 Fetch; holds e1 Quiet
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Prod InProgress, ask Prod/BeforeEntry/Window alarm, ask Prod/BeforeEntry/Quiet alarm, Prod/BeforeEntry/Quiet Succeeded
        override e1 Prod entry
            e1 Prod/BeforeEntry/Window Abandoned, run Prod/Deploy
        breaks e1 Window late
        override e1 Prod entry
            refused: the condition of stage "Prod" cannot be overridden: it is not being evaluated
        override e1 Prod success
            refused: the condition of stage "Prod" cannot be overridden: it is not being evaluated
        ok e1 Deploy
            e1 Prod/Deploy Succeeded, ask Prod/OnSuccess/Bake alarm
        override e1 Prod success
            e1 Prod/OnSuccess/Bake Abandoned, Prod Succeeded, Succeeded
        override e1 Prod success
            refused: execution e1 is not the latest in stage "Prod"; ask for the pipeline's state
        "#,
    );
}

/// Success, `FAIL`: "The stage proceeds."
#[test]
fn a_success_that_is_overridden_lets_the_execution_on() {
    brief(
        "Source: Fetch >Code
         Prod success=FAIL(Bake): Deploy
         Last: Finish",
        "
        start e1; ok e1 Fetch; ok e1 Deploy
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Prod InProgress, run Prod/Deploy, Prod/Deploy Succeeded, ask Prod/OnSuccess/Bake alarm
        override e1 Prod success
            e1 Prod/OnSuccess/Bake Abandoned, Prod Succeeded, Last InProgress, run Last/Finish
        ",
    );
}

/// "You cannot override a condition if the condition is configured with a Skip result." The API overrides `BEFORE_ENTRY`
/// and `ON_SUCCESS` only.
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_OverrideStageCondition.html>
#[test]
fn a_skip_and_a_failure_condition_are_not_overridden() {
    brief(
        "Source: Fetch >Code
         Beta entry=SKIP(Wanted): Deploy
         Prod failure=ROLLBACK(Alarmed): Deploy",
        r#"
        override e1 Nowhere entry
            refused: the pipeline has no stage "Nowhere"
        start e1; ok e1 Fetch
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Beta InProgress, ask Beta/BeforeEntry/Wanted alarm
        override e1 Beta entry
            refused: the condition of stage "Beta" cannot be overridden: its result is SKIP
        breaks e1 Wanted no
            e1 Beta/BeforeEntry/Wanted Failed no, Beta Skipped, Prod InProgress, run Prod/Deploy
        override e1 Beta entry
            refused: execution e1 is not the latest in stage "Beta"; ask for the pipeline's state
        fail e1 Deploy no
            e1 Prod/Deploy Failed JobFailed: no, ask Prod/OnFailure/Alarmed alarm
        override e1 Prod failure
            refused: the condition of stage "Prod" cannot be overridden: only those of entry and success can be
        override e2 Prod entry
            refused: execution e2 is not the latest in stage "Prod"; ask for the pipeline's state
        "#,
    );
}

/// Who did it is kept with the condition. A verdict is not changed afterwards.
#[test]
fn the_condition_tells_who_overrode_it() {
    let mut world = World::new("Source: Fetch >Code\nProd entry=FAIL(Window): Deploy");
    for line in ["start e1", "ok e1 Fetch"] {
        world.tell(line);
    }
    let kind = ConditionKind::BeforeEntry;
    let id = ExecutionId("e1".into());
    let event = world.engine.override_condition(&id, "Prod", kind, "arn:somebody".into()).unwrap();
    let mut failed = world.engine.clone();
    world.apply(event.clone());
    let run = world.history["e1"].stages[1].condition(kind).unwrap();
    assert_eq!((run.status, run.summary.as_deref()), (ConditionStatus::Overridden, Some("overridden by arn:somebody")));
    assert_eq!(run.rules[0].status, RuleStatus::Abandoned);

    let breaks =
        Outcome::Failed(Failure { code: "JobFailed".into(), message: "no".into(), external_execution_id: None });
    failed.apply(Event::RuleFinished { run: world.run("e1", "Window"), outcome: breaks }, world.now(), &mut world.ids);
    let before = failed.state().clone();
    assert!(failed.apply(event, world.now(), &mut world.ids).is_empty());
    assert_eq!(*failed.state(), before);
}
