//! Rollbacks by hand: <https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-rollback-manual.html>.

use super::transcript::{brief, check};
use super::world::World;
use super::*;

const THREE: &str = "Source: Fetch >Code
                     Prod: Deploy <Code arg=#{variables.Stack}
                     Last: Finish";

/// "CodePipeline will use the variables and artifacts from the execution to which it is rolling back." "The rolled back
/// operation will result in a new execution."
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-rollback.html>
#[test]
fn a_stage_goes_back_to_what_an_earlier_execution_made_of_it() {
    check(
        THREE,
        "
        start e1 Stack=one
            e1 InProgress
            e1 Source InProgress
            e1 Source/Fetch InProgress
            run e1 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000002
        ok e1 Fetch rev=aaa
            e1 Source/Fetch Succeeded
            e1 Source Succeeded
            e1 Prod InProgress
            e1 Prod/Deploy InProgress
            run e1 Prod/Deploy one <Code@aaa store/a-pipeline-with-a-lo/Code/0000002
        ok e1 Deploy
            e1 Prod/Deploy Succeeded
            e1 Prod Succeeded
            e1 Last InProgress
            e1 Last/Finish InProgress
            run e1 Last/Finish
        ok e1 Finish
            e1 Last/Finish Succeeded
            e1 Last Succeeded
            e1 Succeeded
        start e2 Stack=two
            e2 InProgress
            e2 Source InProgress
            e2 Source/Fetch InProgress
            run e2 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000006
        ok e2 Fetch rev=bbb
            e2 Source/Fetch Succeeded
            e2 Source Succeeded
            e2 Prod InProgress
            e2 Prod/Deploy InProgress
            run e2 Prod/Deploy two <Code@bbb store/a-pipeline-with-a-lo/Code/0000006
        ok e2 Deploy
            e2 Prod/Deploy Succeeded
            e2 Prod Succeeded
            e2 Last InProgress
            e2 Last/Finish InProgress
            run e2 Last/Finish
        ok e2 Finish
            e2 Last/Finish Succeeded
            e2 Last Succeeded
            e2 Succeeded
        rollback e1 Prod
            back-9 InProgress
            back-9 Prod InProgress
            back-9 Prod/Deploy InProgress
            run back-9 Prod/Deploy one <Code@aaa store/a-pipeline-with-a-lo/Code/0000002
        ok back-9 Deploy
            back-9 Prod/Deploy Succeeded
            back-9 Prod Succeeded
            back-9 Succeeded
        ",
    );
}

/// The stage is locked as for any other execution, and who waits goes on behind it.
#[test]
fn who_waits_goes_on_when_the_rollback_is_over() {
    brief(
        THREE,
        r#"
        start e1; ok e1 Fetch; ok e1 Deploy; ok e1 Finish
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Prod InProgress, run Prod/Deploy beta, Prod/Deploy Succeeded, Prod Succeeded, Last InProgress, run Last/Finish, Last/Finish Succeeded, Last Succeeded, Succeeded
        close Prod in stay out
        start e2; ok e2 Fetch
            e2 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded
        rollback e1 Prod
            back-7 InProgress, Prod InProgress, run Prod/Deploy beta
        open Prod in
        rollback e1 Prod
            refused: stage "Prod" cannot be rolled back to execution e1: the stage is in progress
        ok back-7 Deploy
            back-7 Prod/Deploy Succeeded, Prod Succeeded, Succeeded
            e2 Prod InProgress, run Prod/Deploy beta
        "#,
    );
}

/// "You can roll back a stage to an execution that was successful in that stage." "You cannot roll back a source stage."
/// "The pipeline can only roll back to a previous execution if the previous execution was started in the current pipeline
/// structure version." "You cannot roll back to a target execution ID that is a rollback execution type."
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-rollback.html>
#[test]
fn a_rollback_is_refused_where_there_is_nothing_to_go_back_to() {
    brief(
        THREE,
        r#"
        start e1; ok e1 Fetch; ok e1 Deploy
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Prod InProgress, run Prod/Deploy beta, Prod/Deploy Succeeded, Prod Succeeded, Last InProgress, run Last/Finish
        rollback e1 Source
            refused: stage "Source" cannot be rolled back to execution e1: the stage of source actions has nothing to go back to
        rollback e1 Last
            refused: stage "Last" cannot be rolled back to execution e1: it did not succeed there
        rollback e1 Nowhere
            refused: the pipeline has no stage "Nowhere"
        rollback e1 Prod
            back-5 InProgress, Prod InProgress, run Prod/Deploy beta
        ok back-5 Deploy
            back-5 Prod/Deploy Succeeded, Prod Succeeded, Succeeded
        rollback back-5 Prod
            refused: stage "Prod" cannot be rolled back to execution back-5: that is a rollback itself
        ok e1 Finish
            e1 Last/Finish Succeeded, Last Succeeded, Succeeded
        change
        rollback e1 Prod
            refused: execution e1 is outdated: the pipeline has changed since it started
        "#,
    );
}

/// "You cannot perform a manual rollback to a stage in Skipped status."
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-conditions.html>
#[test]
fn a_skipped_stage_does_not_go_back() {
    brief(
        "Source: Fetch >Code
         Prod entry=SKIP(Wanted): Deploy",
        r#"
        start e1; ok e1 Fetch; holds e1 Wanted; ok e1 Deploy
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Prod InProgress, ask Prod/BeforeEntry/Wanted alarm, Prod/BeforeEntry/Wanted Succeeded, run Prod/Deploy, Prod/Deploy Succeeded, Prod Succeeded, Succeeded
        start e2; ok e2 Fetch; breaks e2 Wanted no
            e2 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Prod InProgress, ask Prod/BeforeEntry/Wanted alarm, Prod/BeforeEntry/Wanted Failed no, Prod Skipped, Succeeded
        rollback e1 Prod
            refused: stage "Prod" cannot be rolled back to execution e1: the stage was skipped
        "#,
    );
}

/// One that passes the stage by has brought nothing back.
#[test]
fn a_rollback_whose_stage_is_skipped_fails() {
    brief(
        "Source: Fetch >Code
         Prod entry=SKIP(Wanted): Deploy",
        r#"
        start e1; ok e1 Fetch; holds e1 Wanted; ok e1 Deploy
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Prod InProgress, ask Prod/BeforeEntry/Wanted alarm, Prod/BeforeEntry/Wanted Succeeded, run Prod/Deploy, Prod/Deploy Succeeded, Prod Succeeded, Succeeded
        rollback e1 Prod
            back-5 InProgress, Prod InProgress, ask Prod/BeforeEntry/Wanted alarm
        breaks back-5 Wanted no
            back-5 Prod/BeforeEntry/Wanted Failed no, Prod Skipped, Failed the stage was skipped: nothing was brought back
        retry back-5 Prod
            refused: stage "Prod" of execution back-5 cannot be retried: it was skipped
        "#,
    );
}

/// A rollback that failed can be tried again, though what it brings back was long ago.
#[test]
fn a_failed_rollback_is_tried_again_with_what_it_brings_back() {
    let mut world = World::new(THREE);
    for number in 1..=3 {
        for verb in ["start eN", "ok eN Fetch", "ok eN Deploy", "ok eN Finish"] {
            world.tell(&verb.replace('N', &number.to_string()));
        }
    }
    let back = world.tell("rollback e1 Prod");
    let Some(Command::Run(first)) = back.last() else { panic!("{back:?}") };
    let id = first.execution.clone();
    world.tell(&format!("fail {id} Deploy no"));
    for line in ["start e4", "fail e4 Fetch no"] {
        world.tell(line);
    }
    let again = world.tell(&format!("retry {id} Prod"));
    let Some(Command::Run(second)) = again.last() else { panic!("{again:?}") };
    assert_eq!((&second.inputs, &second.configuration), (&first.inputs, &first.configuration));
    let execution = &world.history[&id];
    assert_eq!(execution.rollback_target, Some(ExecutionId("e1".into())));
    assert_eq!(execution.trigger.trigger_type, TriggerType::ManualRollback);
}
