//! Conditions that could not be evaluated. <https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-conditions.html>

use super::transcript::brief;
use super::world::World;
use super::*;

/// What could not be found out is no reason to pass a stage by; in time, or at all.
#[test]
fn a_condition_that_could_not_be_evaluated_skips_nothing() {
    brief(
        "Source: Fetch >Code ns=Src
         Prod entry=SKIP(Wanted~5!#{Src.Wanted}): Deploy",
        r#"
        start e1; ok e1 Fetch Wanted=yes; errs e1 Wanted what is that
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Prod InProgress, ask Prod/BeforeEntry/Wanted yes, Prod/BeforeEntry/Wanted Failed what is that, Prod Failed, Failed the entry condition of stage "Prod" is not met: rule "Wanted" failed: what is that
        start e2; ok e2 Fetch Wanted=yes; wait 5
            e2 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Prod InProgress, ask Prod/BeforeEntry/Wanted yes, Prod/BeforeEntry/Wanted Failed the rule did not end before its timeout at 1970-01-01T00:05:05Z, Prod Failed, Failed the entry condition of stage "Prod" is not met: rule "Wanted" failed: the rule did not end before its timeout at 1970-01-01T00:05:05Z
        start e3; ok e3 Fetch
            e3 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Prod InProgress, Prod/BeforeEntry/Wanted Failed variable #{Src.Wanted} could not be resolved; the action that owns the namespace did not produce it, Prod Failed, Failed the entry condition of stage "Prod" is not met: rule "Wanted" failed: variable #{Src.Wanted} could not be resolved; the action that owns the namespace did not produce it
        start e4; ok e4 Fetch Wanted=yes; breaks e4 Wanted no
            e4 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Prod InProgress, ask Prod/BeforeEntry/Wanted yes, Prod/BeforeEntry/Wanted Failed no, Prod Skipped, Succeeded
        "#,
    );
    let mut world = World::new("Source: Fetch >Code\nProd entry=SKIP(Wanted): Deploy");
    for line in ["start e1", "ok e1 Fetch", "errs e1 Wanted"] {
        world.tell(line);
    }
    let condition = world.history["e1"].stages[1].condition(ConditionKind::BeforeEntry).unwrap();
    assert_eq!((condition.status, condition.rules[0].status), (ConditionStatus::Errored, RuleStatus::Failed));
}

/// What was deployed may be as bad as anything as long as nobody knows.
#[test]
fn a_condition_that_could_not_be_evaluated_rolls_back() {
    brief(
        "Source: Fetch >Code
         Prod success=ROLLBACK(Bake): Deploy",
        r#"
        start e1; ok e1 Fetch; ok e1 Deploy; holds e1 Bake
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Prod InProgress, run Prod/Deploy, Prod/Deploy Succeeded, ask Prod/OnSuccess/Bake alarm, Prod/OnSuccess/Bake Succeeded, Prod Succeeded, Succeeded
        start e2; ok e2 Fetch; ok e2 Deploy; errs e2 Bake no such alarm
            e2 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Prod InProgress, run Prod/Deploy, Prod/Deploy Succeeded, ask Prod/OnSuccess/Bake alarm, Prod/OnSuccess/Bake Failed no such alarm, Prod Failed, Failed the success condition of stage "Prod" is not met: rule "Bake" failed: no such alarm; execution back-9 rolls it back
            back-9 InProgress, Prod InProgress, run Prod/Deploy
        "#,
    );
}
