//! Stage conditions: what they let pass, and what they stop. <https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-conditions.html>

use super::transcript::check;
use super::world::World;
use super::*;

const ENTRY: &str = "Source: Fetch >Code ns=Src
                     Prod entry=FAIL(Window,Healthy!#{Src.Alarm}): Deploy <Code
                     Last: Finish";

#[test]
fn all_rules_of_an_entry_condition_run_at_once_and_before_any_action() {
    check(
        ENTRY,
        "
        start e1
            e1 InProgress
            e1 Source InProgress
            e1 Source/Fetch InProgress
            run e1 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000002
        ok e1 Fetch Alarm=errors
            e1 Source/Fetch Succeeded
            e1 Source Succeeded
            e1 Prod InProgress
            e1 Prod/BeforeEntry/Window InProgress
            ask e1 Prod/BeforeEntry/Window alarm
            e1 Prod/BeforeEntry/Healthy InProgress
            ask e1 Prod/BeforeEntry/Healthy errors
        holds e1 Healthy
            e1 Prod/BeforeEntry/Healthy Succeeded
        start e2
            e2 InProgress
            e2 Source InProgress
            e2 Source/Fetch InProgress
            run e2 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000006
        ok e2 Fetch Alarm=errors
            e2 Source/Fetch Succeeded
            e2 Source Succeeded
        holds e1 Window it is Monday
            e1 Prod/BeforeEntry/Window Succeeded it is Monday
            e1 Prod/Deploy InProgress
            run e1 Prod/Deploy <Code store/a-pipeline-with-a-lo/Code/0000002
        holds e1 Window
        ok e1 Deploy
            e1 Prod/Deploy Succeeded
            e1 Prod Succeeded
            e1 Last InProgress
            e1 Last/Finish InProgress
            run e1 Last/Finish
            e2 Prod InProgress
            e2 Prod/BeforeEntry/Window InProgress
            ask e2 Prod/BeforeEntry/Window alarm
            e2 Prod/BeforeEntry/Healthy InProgress
            ask e2 Prod/BeforeEntry/Healthy errors
        ",
    );
}

#[test]
fn a_rule_that_waits_says_for_what_once_and_not_when_it_is_over() {
    check(
        ENTRY,
        r#"
        start e1
            e1 InProgress
            e1 Source InProgress
            e1 Source/Fetch InProgress
            run e1 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000002
        ok e1 Fetch Alarm=errors
            e1 Source/Fetch Succeeded
            e1 Source Succeeded
            e1 Prod InProgress
            e1 Prod/BeforeEntry/Window InProgress
            ask e1 Prod/BeforeEntry/Window alarm
            e1 Prod/BeforeEntry/Healthy InProgress
            ask e1 Prod/BeforeEntry/Healthy errors
        waits e1 Window opens at nine
            e1 Prod/BeforeEntry/Window InProgress opens at nine
        waits e1 Window opens at nine
        waits e1 Healthy watched until ten
            e1 Prod/BeforeEntry/Healthy InProgress watched until ten
        breaks e1 Healthy in alarm
            e1 Prod/BeforeEntry/Window Abandoned
            e1 Prod/BeforeEntry/Healthy Failed in alarm
            e1 Prod Failed
            e1 Failed the entry condition of stage "Prod" is not met: rule "Healthy" failed: in alarm
        waits e1 Window opens at nine
        "#,
    );
}

#[test]
fn one_failed_rule_keeps_the_execution_out_and_nobody_waits_for_the_others() {
    check(
        ENTRY,
        "
        start e1
            e1 InProgress
            e1 Source InProgress
            e1 Source/Fetch InProgress
            run e1 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000002
        ok e1 Fetch Alarm=errors
            e1 Source/Fetch Succeeded
            e1 Source Succeeded
            e1 Prod InProgress
            e1 Prod/BeforeEntry/Window InProgress
            ask e1 Prod/BeforeEntry/Window alarm
            e1 Prod/BeforeEntry/Healthy InProgress
            ask e1 Prod/BeforeEntry/Healthy errors
        breaks e1 Healthy it is in ALARM
            e1 Prod/BeforeEntry/Window Abandoned
            e1 Prod/BeforeEntry/Healthy Failed it is in ALARM
            e1 Prod Failed
            e1 Failed the entry condition of stage \"Prod\" is not met: rule \"Healthy\" failed: it is in ALARM
        holds e1 Window
        breaks e1 Window
        ",
    );
}

#[test]
fn a_rule_that_wants_an_unknown_variable_fails_at_once() {
    check(
        ENTRY,
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
            e1 Prod/BeforeEntry/Window Abandoned
            e1 Prod/BeforeEntry/Healthy Failed variable #{Src.Alarm} could not be resolved; the action that owns the namespace did not produce it
            e1 Prod Failed
            e1 Failed the entry condition of stage \"Prod\" is not met: rule \"Healthy\" failed: variable #{Src.Alarm} could not be resolved; the action that owns the namespace did not produce it
        ",
    );
}

#[test]
fn a_stage_that_may_be_skipped_is_passed_by() {
    check(
        "Source: Fetch >Code
         Beta entry=SKIP(Wanted): Deploy >App
         Prod: Deploy
         Last entry=SKIP(Needed): Finish",
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
            e1 Beta/BeforeEntry/Wanted InProgress
            ask e1 Beta/BeforeEntry/Wanted alarm
        breaks e1 Wanted not today
            e1 Beta/BeforeEntry/Wanted Failed not today
            e1 Beta Skipped
            e1 Prod InProgress
            e1 Prod/Deploy InProgress
            run e1 Prod/Deploy
        ok e1 Deploy
            e1 Prod/Deploy Succeeded
            e1 Prod Succeeded
            e1 Last InProgress
            e1 Last/BeforeEntry/Needed InProgress
            ask e1 Last/BeforeEntry/Needed alarm
        breaks e1 Needed
            e1 Last/BeforeEntry/Needed Failed
            e1 Last Skipped
            e1 Succeeded
        ",
    );
}

#[test]
fn a_rule_has_the_time_that_its_declaration_gives_it() {
    check(
        "Source: Fetch >Code
         Prod entry=FAIL(Window~30,Healthy): Deploy",
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
            e1 Prod/BeforeEntry/Window InProgress
            ask e1 Prod/BeforeEntry/Window alarm
            e1 Prod/BeforeEntry/Healthy InProgress
            ask e1 Prod/BeforeEntry/Healthy alarm
        wait 29
        wait 1
            e1 Prod/BeforeEntry/Window Failed the rule did not end before its timeout at 1970-01-01T00:30:02Z
            e1 Prod/BeforeEntry/Healthy Abandoned
            e1 Prod Failed
            e1 Failed the entry condition of stage \"Prod\" is not met: rule \"Window\" failed: the rule did not end before its timeout at 1970-01-01T00:30:02Z
        holds e1 Window
        ",
    );
    let mut world = World::new(
        "Source: Fetch >Code
         Prod entry=FAIL(Window~30,Healthy~5,Patient): Deploy",
    );
    world.tell("start e1");
    world.tell("ok e1 Fetch");
    let entered = world.now();
    assert_eq!(world.engine.due(), Some(entered + SignedDuration::from_mins(5)));
    world.tell("holds e1 Healthy");
    assert_eq!(world.engine.due(), Some(entered + SignedDuration::from_mins(30)));
    world.tell("holds e1 Window");
    assert_eq!(world.engine.due(), None, "a rule without a timeout waits for its executor");
}

#[test]
fn the_stage_is_held_while_its_success_bakes() {
    check(
        "Source: Fetch >Code
         Prod success=FAIL(Bake): Deploy",
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
            e1 Prod/OnSuccess/Bake InProgress
            ask e1 Prod/OnSuccess/Bake alarm
        start e2
            e2 InProgress
            e2 Source InProgress
            e2 Source/Fetch InProgress
            run e2 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000006
        ok e2 Fetch
            e2 Source/Fetch Succeeded
            e2 Source Succeeded
        holds e1 Bake
            e1 Prod/OnSuccess/Bake Succeeded
            e1 Prod Succeeded
            e1 Succeeded
            e2 Prod InProgress
            e2 Prod/Deploy InProgress
            run e2 Prod/Deploy
        ok e2 Deploy
            e2 Prod/Deploy Succeeded
            e2 Prod/OnSuccess/Bake InProgress
            ask e2 Prod/OnSuccess/Bake alarm
        breaks e2 Bake errors
            e2 Prod/OnSuccess/Bake Failed errors
            e2 Prod Failed
            e2 Failed the success condition of stage \"Prod\" is not met: rule \"Bake\" failed: errors
        ",
    );
}

#[test]
fn a_failed_stage_asks_its_failure_condition_and_only_then() {
    check(
        "Source: Fetch >Code
         Prod entry=FAIL(Window) success=FAIL(Bake) failure=ROLLBACK(Alarmed): Deploy",
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
            e1 Prod/BeforeEntry/Window InProgress
            ask e1 Prod/BeforeEntry/Window alarm
        holds e1 Window
            e1 Prod/BeforeEntry/Window Succeeded
            e1 Prod/Deploy InProgress
            run e1 Prod/Deploy
        fail e1 Deploy no
            e1 Prod/Deploy Failed JobFailed: no
            e1 Prod/OnFailure/Alarmed InProgress
            ask e1 Prod/OnFailure/Alarmed alarm
        breaks e1 Alarmed all is quiet
            e1 Prod/OnFailure/Alarmed Failed all is quiet
            e1 Prod Failed
            e1 Failed action \"Deploy\" of stage \"Prod\" failed
        start e2
            e2 InProgress
            e2 Source InProgress
            e2 Source/Fetch InProgress
            run e2 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000007
        ok e2 Fetch
            e2 Source/Fetch Succeeded
            e2 Source Succeeded
            e2 Prod InProgress
            e2 Prod/BeforeEntry/Window InProgress
            ask e2 Prod/BeforeEntry/Window alarm
        breaks e2 Window closed
            e2 Prod/BeforeEntry/Window Failed closed
            e2 Prod Failed
            e2 Failed the entry condition of stage \"Prod\" is not met: rule \"Window\" failed: closed
        start e3
            e3 InProgress
            e3 Source InProgress
            e3 Source/Fetch InProgress
            run e3 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000010
        ok e3 Fetch
            e3 Source/Fetch Succeeded
            e3 Source Succeeded
            e3 Prod InProgress
            e3 Prod/BeforeEntry/Window InProgress
            ask e3 Prod/BeforeEntry/Window alarm
        holds e3 Window
            e3 Prod/BeforeEntry/Window Succeeded
            e3 Prod/Deploy InProgress
            run e3 Prod/Deploy
        ok e3 Deploy
            e3 Prod/Deploy Succeeded
            e3 Prod/OnSuccess/Bake InProgress
            ask e3 Prod/OnSuccess/Bake alarm
        breaks e3 Bake errors
            e3 Prod/OnSuccess/Bake Failed errors
            e3 Prod Failed
            e3 Failed the success condition of stage \"Prod\" is not met: rule \"Bake\" failed: errors
        ",
    );
}

#[test]
fn what_the_api_tells_of_a_condition_is_kept() {
    let mut world = World::new(ENTRY);
    world.tell("start e1");
    world.tell("ok e1 Fetch Alarm=errors");
    let entered = world.now();
    world.tell("holds e1 Window it is Monday");
    world.tell("breaks e1 Healthy it is in ALARM");
    let now = world.now();
    let stage = &world.engine.state().executions[0].stages[1];
    let condition = stage.condition(ConditionKind::BeforeEntry).unwrap();
    assert_eq!((condition.status, condition.result), (ConditionStatus::Failed, ConditionResult::Fail));
    assert_eq!(condition.summary.as_deref(), Some("rule \"Healthy\" failed: it is in ALARM"));
    assert_eq!((condition.started, condition.updated), (entered, now));
    let [window, healthy] = condition.rules.as_slice() else { panic!("{condition:?}") };
    assert_eq!((window.status, window.summary.as_deref()), (RuleStatus::Succeeded, Some("it is Monday")));
    assert!(window.updated > entered && window.updated < now);
    assert_eq!((healthy.status, healthy.updated), (RuleStatus::Failed, now));
    assert_eq!(healthy.resolved_configuration["AlarmName"], "errors");
    let expected = ErrorDetails { code: "JobFailed".into(), message: "it is in ALARM".into() };
    assert_eq!(healthy.error_details.as_ref(), Some(&expected));
    assert_eq!(stage.condition(ConditionKind::OnSuccess), None);
}
