//! Automatic rollbacks: what comes back, and when nothing does. <https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-rollback-auto.html>

use super::transcript::check;
use super::world::World;
use super::*;

const BAKED: &str = "Source: Fetch >Code ns=Src
                     Prod success=ROLLBACK(Bake): Deploy <Code arg=#{Src.CommitId}/#{variables.Stack}/#{codepipeline.PipelineExecutionId}
                     Last: Finish";

#[test]
fn a_bad_bake_brings_back_what_succeeded_last_with_its_artifacts_and_variables() {
    check(
        BAKED,
        "
        start e1 Stack=one
            e1 InProgress
            e1 Source InProgress
            e1 Source/Fetch InProgress
            run e1 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000002
        ok e1 Fetch CommitId=aaa rev=aaa
            e1 Source/Fetch Succeeded
            e1 Source Succeeded
            e1 Prod InProgress
            e1 Prod/Deploy InProgress
            run e1 Prod/Deploy aaa/one/e1 <Code@aaa store/a-pipeline-with-a-lo/Code/0000002
        ok e1 Deploy
            e1 Prod/Deploy Succeeded
            e1 Prod/OnSuccess/Bake InProgress
            ask e1 Prod/OnSuccess/Bake alarm
        holds e1 Bake
            e1 Prod/OnSuccess/Bake Succeeded
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
            run e2 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000007
        ok e2 Fetch CommitId=bbb rev=bbb
            e2 Source/Fetch Succeeded
            e2 Source Succeeded
            e2 Prod InProgress
            e2 Prod/Deploy InProgress
            run e2 Prod/Deploy bbb/two/e2 <Code@bbb store/a-pipeline-with-a-lo/Code/0000007
        ok e2 Deploy
            e2 Prod/Deploy Succeeded
            e2 Prod/OnSuccess/Bake InProgress
            ask e2 Prod/OnSuccess/Bake alarm
        start e3
            e3 InProgress
            e3 Source InProgress
            e3 Source/Fetch InProgress
            run e3 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000011
        ok e3 Fetch CommitId=ccc rev=ccc
            e3 Source/Fetch Succeeded
            e3 Source Succeeded
        breaks e2 Bake errors
            e2 Prod/OnSuccess/Bake Failed errors
            e2 Prod Failed
            e2 Failed the success condition of stage \"Prod\" is not met: rule \"Bake\" failed: errors; execution back-12 rolls it back
            back-12 InProgress
            back-12 Prod InProgress
            back-12 Prod/Deploy InProgress
            run back-12 Prod/Deploy aaa/one/back-12 <Code@aaa store/a-pipeline-with-a-lo/Code/0000002
        start e4
            e4 InProgress
            e4 Source InProgress
            e4 Source/Fetch InProgress
            run e4 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000015
        ok back-12 Deploy
            back-12 Prod/Deploy Succeeded
            back-12 Prod/OnSuccess/Bake InProgress
            ask back-12 Prod/OnSuccess/Bake alarm
        holds back-12 Bake
            back-12 Prod/OnSuccess/Bake Succeeded
            back-12 Prod Succeeded
            back-12 Succeeded
            e3 Prod InProgress
            e3 Prod/Deploy InProgress
            run e3 Prod/Deploy ccc/beta/e3 <Code@ccc store/a-pipeline-with-a-lo/Code/0000011
        ok e3 Deploy
            e3 Prod/Deploy Succeeded
            e3 Prod/OnSuccess/Bake InProgress
            ask e3 Prod/OnSuccess/Bake alarm
        ",
    );
}

#[test]
fn the_first_execution_has_nothing_to_go_back_to() {
    check(
        BAKED,
        "
        start e1
            e1 InProgress
            e1 Source InProgress
            e1 Source/Fetch InProgress
            run e1 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000002
        ok e1 Fetch CommitId=aaa
            e1 Source/Fetch Succeeded
            e1 Source Succeeded
            e1 Prod InProgress
            e1 Prod/Deploy InProgress
            run e1 Prod/Deploy aaa/beta/e1 <Code store/a-pipeline-with-a-lo/Code/0000002
        ok e1 Deploy
            e1 Prod/Deploy Succeeded
            e1 Prod/OnSuccess/Bake InProgress
            ask e1 Prod/OnSuccess/Bake alarm
        breaks e1 Bake errors
            e1 Prod/OnSuccess/Bake Failed errors
            e1 Prod Failed
            e1 Failed the success condition of stage \"Prod\" is not met: rule \"Bake\" failed: errors; there is nothing to roll back to: no earlier execution of this version of the pipeline succeeded in it
        ",
    );
}

#[test]
fn the_newest_success_comes_back_and_its_failure_goes_no_further() {
    check(
        "Source: Fetch >Code
         Prod failure=ROLLBACK: Deploy <Code",
        "
        start e1
            e1 InProgress
            e1 Source InProgress
            e1 Source/Fetch InProgress
            run e1 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000002
        ok e1 Fetch
            e1 Source/Fetch Succeeded
            e1 Source Succeeded
            e1 Prod InProgress
            e1 Prod/Deploy InProgress
            run e1 Prod/Deploy <Code store/a-pipeline-with-a-lo/Code/0000002
        ok e1 Deploy
            e1 Prod/Deploy Succeeded
            e1 Prod Succeeded
            e1 Succeeded
        start e2
            e2 InProgress
            e2 Source InProgress
            e2 Source/Fetch InProgress
            run e2 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000005
        ok e2 Fetch
            e2 Source/Fetch Succeeded
            e2 Source Succeeded
            e2 Prod InProgress
            e2 Prod/Deploy InProgress
            run e2 Prod/Deploy <Code store/a-pipeline-with-a-lo/Code/0000005
        ok e2 Deploy
            e2 Prod/Deploy Succeeded
            e2 Prod Succeeded
            e2 Succeeded
        start e3
            e3 InProgress
            e3 Source InProgress
            e3 Source/Fetch InProgress
            run e3 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000008
        ok e3 Fetch
            e3 Source/Fetch Succeeded
            e3 Source Succeeded
            e3 Prod InProgress
            e3 Prod/Deploy InProgress
            run e3 Prod/Deploy <Code store/a-pipeline-with-a-lo/Code/0000008
        fail e3 Deploy no
            e3 Prod/Deploy Failed JobFailed: no
            e3 Prod Failed
            e3 Failed action \"Deploy\" of stage \"Prod\" failed; execution back-10 rolls it back
            back-10 InProgress
            back-10 Prod InProgress
            back-10 Prod/Deploy InProgress
            run back-10 Prod/Deploy <Code store/a-pipeline-with-a-lo/Code/0000005
        fail back-10 Deploy no again
            back-10 Prod/Deploy Failed JobFailed: no again
            back-10 Prod Failed
            back-10 Failed action \"Deploy\" of stage \"Prod\" failed; a rollback is not rolled back again
        ",
    );
}

#[test]
fn a_rollback_that_succeeded_is_not_what_comes_back() {
    check(
        "Source: Fetch >Code
         Prod failure=ROLLBACK: Deploy <Code",
        "
        start e1
            e1 InProgress
            e1 Source InProgress
            e1 Source/Fetch InProgress
            run e1 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000002
        ok e1 Fetch
            e1 Source/Fetch Succeeded
            e1 Source Succeeded
            e1 Prod InProgress
            e1 Prod/Deploy InProgress
            run e1 Prod/Deploy <Code store/a-pipeline-with-a-lo/Code/0000002
        ok e1 Deploy
            e1 Prod/Deploy Succeeded
            e1 Prod Succeeded
            e1 Succeeded
        start e2
            e2 InProgress
            e2 Source InProgress
            e2 Source/Fetch InProgress
            run e2 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000005
        ok e2 Fetch
            e2 Source/Fetch Succeeded
            e2 Source Succeeded
            e2 Prod InProgress
            e2 Prod/Deploy InProgress
            run e2 Prod/Deploy <Code store/a-pipeline-with-a-lo/Code/0000005
        fail e2 Deploy no
            e2 Prod/Deploy Failed JobFailed: no
            e2 Prod Failed
            e2 Failed action \"Deploy\" of stage \"Prod\" failed; execution back-7 rolls it back
            back-7 InProgress
            back-7 Prod InProgress
            back-7 Prod/Deploy InProgress
            run back-7 Prod/Deploy <Code store/a-pipeline-with-a-lo/Code/0000002
        ok back-7 Deploy
            back-7 Prod/Deploy Succeeded
            back-7 Prod Succeeded
            back-7 Succeeded
        start e3
            e3 InProgress
            e3 Source InProgress
            e3 Source/Fetch InProgress
            run e3 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000010
        ok e3 Fetch
            e3 Source/Fetch Succeeded
            e3 Source Succeeded
            e3 Prod InProgress
            e3 Prod/Deploy InProgress
            run e3 Prod/Deploy <Code store/a-pipeline-with-a-lo/Code/0000010
        fail e3 Deploy no
            e3 Prod/Deploy Failed JobFailed: no
            e3 Prod Failed
            e3 Failed action \"Deploy\" of stage \"Prod\" failed; execution back-12 rolls it back
            back-12 InProgress
            back-12 Prod InProgress
            back-12 Prod/Deploy InProgress
            run back-12 Prod/Deploy <Code store/a-pipeline-with-a-lo/Code/0000002
        ",
    );
}

#[test]
fn a_failure_condition_that_is_met_rolls_back() {
    check(
        "Source: Fetch >Code
         Prod failure=ROLLBACK(Alarmed): Deploy",
        "
        start e1
            e1 InProgress
            e1 Source InProgress
            e1 Source/Fetch InProgress
            run e1 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000002
        ok e1 Fetch
            e1 Source/Fetch Succeeded
            e1 Source Succeeded
            e1 Prod InProgress
            e1 Prod/Deploy InProgress
            run e1 Prod/Deploy
        ok e1 Deploy
            e1 Prod/Deploy Succeeded
            e1 Prod Succeeded
            e1 Succeeded
        start e2
            e2 InProgress
            e2 Source InProgress
            e2 Source/Fetch InProgress
            run e2 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000005
        ok e2 Fetch
            e2 Source/Fetch Succeeded
            e2 Source Succeeded
            e2 Prod InProgress
            e2 Prod/Deploy InProgress
            run e2 Prod/Deploy
        fail e2 Deploy no
            e2 Prod/Deploy Failed JobFailed: no
            e2 Prod/OnFailure/Alarmed InProgress
            ask e2 Prod/OnFailure/Alarmed alarm
        holds e2 Alarmed it is in ALARM
            e2 Prod/OnFailure/Alarmed Succeeded it is in ALARM
            e2 Prod Failed
            e2 Failed action \"Deploy\" of stage \"Prod\" failed; execution back-8 rolls it back
            back-8 InProgress
            back-8 Prod InProgress
            back-8 Prod/Deploy InProgress
            run back-8 Prod/Deploy
        ",
    );
}

#[test]
fn a_rollback_reads_within_its_stage_what_it_made_itself() {
    check(
        "Source: Fetch >Code
         Prod failure=ROLLBACK: Make <Code >App ns=Own; Deploy @2 <App arg=#{Own.V}",
        "
        start e1
            e1 InProgress
            e1 Source InProgress
            e1 Source/Fetch InProgress
            run e1 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000002
        ok e1 Fetch
            e1 Source/Fetch Succeeded
            e1 Source Succeeded
            e1 Prod InProgress
            e1 Prod/Make InProgress
            run e1 Prod/Make <Code store/a-pipeline-with-a-lo/Code/0000002 >App store/a-pipeline-with-a-lo/App/0000004
        ok e1 Make V=first
            e1 Prod/Make Succeeded
            e1 Prod/Deploy InProgress
            run e1 Prod/Deploy first <App store/a-pipeline-with-a-lo/App/0000004
        ok e1 Deploy
            e1 Prod/Deploy Succeeded
            e1 Prod Succeeded
            e1 Succeeded
        start e2
            e2 InProgress
            e2 Source InProgress
            e2 Source/Fetch InProgress
            run e2 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000007
        ok e2 Fetch
            e2 Source/Fetch Succeeded
            e2 Source Succeeded
            e2 Prod InProgress
            e2 Prod/Make InProgress
            run e2 Prod/Make <Code store/a-pipeline-with-a-lo/Code/0000007 >App store/a-pipeline-with-a-lo/App/0000009
        fail e2 Make no
            e2 Prod/Make Failed JobFailed: no
            e2 Prod Failed
            e2 Failed action \"Make\" of stage \"Prod\" failed; execution back-10 rolls it back
            back-10 InProgress
            back-10 Prod InProgress
            back-10 Prod/Make InProgress
            run back-10 Prod/Make <Code store/a-pipeline-with-a-lo/Code/0000002 >App store/a-pipeline-with-a-lo/App/0000012
        ok back-10 Make
            back-10 Prod/Make Succeeded
            back-10 Prod/Deploy Failed ConfigurationError: variable #{Own.V} could not be resolved; the action that owns the namespace did not produce it
            back-10 Prod Failed
            back-10 Failed action \"Deploy\" of stage \"Prod\" failed; a rollback is not rolled back again
        ",
    );
}

#[test]
fn only_the_same_version_of_the_pipeline_comes_back() {
    let mut world = World::new(BAKED);
    for line in ["start e1", "ok e1 Fetch CommitId=a", "ok e1 Deploy", "holds e1 Bake", "ok e1 Finish"] {
        world.tell(line);
    }
    for line in ["change", "start e2", "ok e2 Fetch CommitId=b", "ok e2 Deploy", "breaks e2 Bake"] {
        world.tell(line);
    }
    assert_eq!(world.engine.state().executions.len(), 2);
    let summary = world.engine.state().executions[1].status_summary.clone().unwrap();
    assert!(summary.ends_with("no earlier execution of this version of the pipeline succeeded in it"), "{summary}");
}

#[test]
fn the_state_says_what_was_rolled_back_and_why() {
    let mut world = World::new(BAKED);
    for line in ["start e1 Stack=one", "ok e1 Fetch CommitId=a rev=a", "ok e1 Deploy", "holds e1 Bake", "ok e1 Finish"]
    {
        world.tell(line);
    }
    for line in ["start e2 rev=b", "ok e2 Fetch CommitId=b rev=b", "ok e2 Deploy", "breaks e2 Bake"] {
        world.tell(line);
    }
    let [first, failed, back] = world.engine.state().executions.as_slice() else { panic!("three") };
    assert_eq!((failed.execution_type, failed.rollback_target.clone()), (ExecutionType::Standard, None));
    assert_eq!((back.execution_type, back.rollback_target.as_ref()), (ExecutionType::Rollback, Some(&first.id)));
    assert_eq!((&back.variables, &back.source_revisions), (&first.variables, &first.source_revisions));
    assert_eq!(back.trigger.trigger_type, TriggerType::AutomatedRollback);
    assert_eq!(back.trigger.trigger_detail, "{\"FailedPipelineExecutionId\":\"e2\"}");
}
