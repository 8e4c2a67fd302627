//! Whole runs of actions alone. <https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html>

use super::transcript::check;

const SMALL: &str = "Source: Fetch >Code ns=Src
                     Build: Make <Code >Application
                     Beta: Deploy <Application";

#[test]
fn one_execution_runs_from_start_to_finish() {
    check(
        SMALL,
        "
        start e1
            e1 InProgress
            e1 Source InProgress
            e1 Source/Fetch InProgress
            run e1 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000002
        ok e1 Fetch rev=abc
            e1 Source/Fetch Succeeded
            e1 Source Succeeded
            e1 Build InProgress
            e1 Build/Make InProgress
            run e1 Build/Make <Code@abc store/a-pipeline-with-a-lo/Code/0000002 >Application store/a-pipeline-with-a-lo/Applicatio/0000004
        ok e1 Make rev=only-sources-have-revisions
            e1 Build/Make Succeeded
            e1 Build Succeeded
            e1 Beta InProgress
            e1 Beta/Deploy InProgress
            run e1 Beta/Deploy <Application store/a-pipeline-with-a-lo/Applicatio/0000004
        ok e1 Deploy
            e1 Beta/Deploy Succeeded
            e1 Beta Succeeded
            e1 Succeeded
        ",
    );
}

#[test]
fn equal_run_orders_run_in_parallel_and_higher_ones_wait_for_all() {
    check(
        "Source: Fetch >Code
         Build: Late @20; One @3; Two @3",
        "
        start e1
            e1 InProgress
            e1 Source InProgress
            e1 Source/Fetch InProgress
            run e1 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000002
        ok e1 Fetch
            e1 Source/Fetch Succeeded
            e1 Source Succeeded
            e1 Build InProgress
            e1 Build/One InProgress
            run e1 Build/One
            e1 Build/Two InProgress
            run e1 Build/Two
        ok e1 Two
            e1 Build/Two Succeeded
        ok e1 One
            e1 Build/One Succeeded
            e1 Build/Late InProgress
            run e1 Build/Late
        ok e1 Late
            e1 Build/Late Succeeded
            e1 Build Succeeded
            e1 Succeeded
        ",
    );
}

#[test]
fn a_failure_lets_the_rest_of_its_group_end_and_starts_nothing_more() {
    check(
        "Source: Fetch >Code
         Build: One; Two; Late @2
         Beta: Deploy",
        "
        start e1
            e1 InProgress
            e1 Source InProgress
            e1 Source/Fetch InProgress
            run e1 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000002
        ok e1 Fetch
            e1 Source/Fetch Succeeded
            e1 Source Succeeded
            e1 Build InProgress
            e1 Build/One InProgress
            run e1 Build/One
            e1 Build/Two InProgress
            run e1 Build/Two
        fail e1 One it broke
            e1 Build/One Failed JobFailed: it broke
        ok e1 Two
            e1 Build/Two Succeeded
            e1 Build Failed
            e1 Failed action \"One\" of stage \"Build\" failed
        ",
    );
}

#[test]
fn a_waiting_execution_is_superseded_and_a_running_one_is_not_interrupted() {
    check(
        "Source: Fetch >Code
         Beta: Deploy",
        "
        start e1
            e1 InProgress
            e1 Source InProgress
            e1 Source/Fetch InProgress
            run e1 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000002
        start e2
            e2 InProgress
        start e3
            e3 InProgress
            e2 Superseded superseded by execution e3
        ok e1 Fetch
            e1 Source/Fetch Succeeded
            e1 Source Succeeded
            e1 Beta InProgress
            e1 Beta/Deploy InProgress
            run e1 Beta/Deploy
            e3 Source InProgress
            e3 Source/Fetch InProgress
            run e3 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000005
        start e4
            e4 InProgress
        ok e3 Fetch
            e3 Source/Fetch Succeeded
            e3 Source Succeeded
            e4 Source InProgress
            e4 Source/Fetch InProgress
            run e4 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000007
        ok e4 Fetch
            e4 Source/Fetch Succeeded
            e4 Source Succeeded
            e3 Superseded superseded by execution e4
        fail e1 Deploy no
            e1 Beta/Deploy Failed JobFailed: no
            e1 Beta Failed
            e1 Failed action \"Deploy\" of stage \"Beta\" failed
            e4 Beta InProgress
            e4 Beta/Deploy InProgress
            run e4 Beta/Deploy
        ok e4 Deploy
            e4 Beta/Deploy Succeeded
            e4 Beta Succeeded
            e4 Succeeded
        ",
    );
}

#[test]
fn variables_of_every_kind_reach_the_configuration() {
    check(
        "Source: Fetch >Code ns=Src
         Beta: Deploy arg=#{variables.Stack}/#{Src.CommitId}/#{codepipeline.PipelineExecutionId}",
        "
        start e1 Stack=gamma rev=0f1e
            e1 InProgress
            e1 Source InProgress
            e1 Source/Fetch InProgress
            run e1 Source/Fetch >Code@0f1e store/a-pipeline-with-a-lo/Code/0000002
        ok e1 Fetch CommitId=0f1e
            e1 Source/Fetch Succeeded
            e1 Source Succeeded
            e1 Beta InProgress
            e1 Beta/Deploy InProgress
            run e1 Beta/Deploy gamma/0f1e/e1
        ",
    );
}

#[test]
fn a_variable_that_nobody_produced_fails_the_action_but_not_its_neighbours() {
    check(
        "Source: Fetch >Code ns=Src
         Beta: Deploy arg=#{Src.CommitId}; Other",
        "
        start e1
            e1 InProgress
            e1 Source InProgress
            e1 Source/Fetch InProgress
            run e1 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000002
        ok e1 Fetch
            e1 Source/Fetch Succeeded
            e1 Source Succeeded
            e1 Beta InProgress
            e1 Beta/Deploy Failed ConfigurationError: variable #{Src.CommitId} could not be resolved; the action that owns the namespace did not produce it
            e1 Beta/Other InProgress
            run e1 Beta/Other
        ok e1 Other
            e1 Beta/Other Succeeded
            e1 Beta Failed
            e1 Failed action \"Deploy\" of stage \"Beta\" failed
        ",
    );
}

#[test]
fn an_execution_that_fails_at_once_makes_room_for_the_next() {
    check(
        "Source: Fetch >Code ns=Src
         Beta: Deploy arg=#{Src.CommitId}",
        "
        start e1
            e1 InProgress
            e1 Source InProgress
            e1 Source/Fetch InProgress
            run e1 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000002
        start e2
            e2 InProgress
        ok e1 Fetch
            e1 Source/Fetch Succeeded
            e1 Source Succeeded
            e1 Beta InProgress
            e1 Beta/Deploy Failed ConfigurationError: variable #{Src.CommitId} could not be resolved; the action that owns the namespace did not produce it
            e1 Beta Failed
            e1 Failed action \"Deploy\" of stage \"Beta\" failed
            e2 Source InProgress
            e2 Source/Fetch InProgress
            run e2 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000005
        ",
    );
}

#[test]
fn late_duplicate_and_unknown_reports_change_nothing() {
    check(
        "Source: Fetch >Code
         Beta: Deploy",
        "
        start e1
            e1 InProgress
            e1 Source InProgress
            e1 Source/Fetch InProgress
            run e1 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000002
        start e1
        news e1 Nothing 1
        fail e1 Nothing x
        news e1 Fetch percent=40 cloning
            e1 Source/Fetch InProgress 40% cloning
        news e1 Fetch percent=40 cloning
        news e1 Fetch percent=50
            e1 Source/Fetch InProgress 50% cloning
        ok e1 Fetch
            e1 Source/Fetch Succeeded 50% cloning
            e1 Source Succeeded
            e1 Beta InProgress
            e1 Beta/Deploy InProgress
            run e1 Beta/Deploy
        fail e1 Fetch too late
        ok e1 Fetch
        news e1 Fetch percent=60
        fail e1 Deploy no
            e1 Beta/Deploy Failed JobFailed: no
            e1 Beta Failed
            e1 Failed action \"Deploy\" of stage \"Beta\" failed
        ok e1 Deploy
        ",
    );
}
