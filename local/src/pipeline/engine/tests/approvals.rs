//! Manual approvals: asked, answered, left unanswered. <https://docs.aws.amazon.com/codepipeline/latest/userguide/approvals.html>

use super::transcript::check;
use super::world::World;
use super::*;

const GUARDED: &str = "Source: Fetch >Code
                       Approve: Ask ?
                       Prod: Deploy <Code";

/// Everything up to the question.
fn asked() -> World {
    let mut world = World::new(GUARDED);
    world.tell("start e1");
    world.tell("ok e1 Fetch");
    world.tell("asked e1 Ask");
    world
}

fn approval(world: &World) -> &ActionRun {
    world.engine.state().executions[0].stages[1].latest("Ask").unwrap()
}

#[test]
fn an_approved_question_lets_the_execution_go_on() {
    check(
        GUARDED,
        "
        start e1
            e1 InProgress
            e1 Source InProgress
            e1 Source/Fetch InProgress
            run e1 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000002
        ok e1 Fetch
            e1 Source/Fetch Succeeded
            e1 Source Succeeded
            e1 Approve InProgress
            e1 Approve/Ask InProgress
            run e1 Approve/Ask ?token-4 until 1970-01-08T00:00:02Z
        asked e1 Ask
        yes e1 Ask looks good
            e1 Approve/Ask Succeeded looks good
            e1 Approve Succeeded
            e1 Prod InProgress
            e1 Prod/Deploy InProgress
            run e1 Prod/Deploy <Code store/a-pipeline-with-a-lo/Code/0000002
        ok e1 Deploy
            e1 Prod/Deploy Succeeded
            e1 Prod Succeeded
            e1 Succeeded
        ",
    );
}

#[test]
fn a_rejected_question_fails_the_stage_and_says_who_and_why() {
    check(
        GUARDED,
        "
        start e1
            e1 InProgress
            e1 Source InProgress
            e1 Source/Fetch InProgress
            run e1 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000002
        ok e1 Fetch
            e1 Source/Fetch Succeeded
            e1 Source Succeeded
            e1 Approve InProgress
            e1 Approve/Ask InProgress
            run e1 Approve/Ask ?token-4 until 1970-01-08T00:00:02Z
        no e1 Ask not on a Friday
            e1 Approve/Ask Failed not on a Friday JobFailed: rejected by arn:approver: not on a Friday
            e1 Approve Failed
            e1 Failed action \"Ask\" of stage \"Approve\" failed
        yes e1 Ask
        ",
    );
}

#[test]
fn a_question_that_nobody_answers_expires() {
    check(
        "Source: Fetch >Code
         Approve: Ask ?60; Other ?",
        "
        start e1
            e1 InProgress
            e1 Source InProgress
            e1 Source/Fetch InProgress
            run e1 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000002
        ok e1 Fetch
            e1 Source/Fetch Succeeded
            e1 Source Succeeded
            e1 Approve InProgress
            e1 Approve/Ask InProgress
            run e1 Approve/Ask ?token-4 until 1970-01-01T01:00:02Z
            e1 Approve/Other InProgress
            run e1 Approve/Other ?token-6 until 1970-01-08T00:00:02Z
        wait 59
        wait 1
            e1 Approve/Ask Failed JobTimedOut: nobody answered before the approval expired at 1970-01-01T01:00:02Z
        yes e1 Ask too late
        wait 10020
            e1 Approve/Other Failed JobTimedOut: nobody answered before the approval expired at 1970-01-08T00:00:02Z
            e1 Approve Failed
            e1 Failed action \"Ask\" of stage \"Approve\" failed
        ",
    );
}

#[test]
fn a_push_replaces_the_one_that_waits_before_a_question_but_not_the_one_that_is_asked() {
    check(
        GUARDED,
        "
        start e1
            e1 InProgress
            e1 Source InProgress
            e1 Source/Fetch InProgress
            run e1 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000002
        ok e1 Fetch
            e1 Source/Fetch Succeeded
            e1 Source Succeeded
            e1 Approve InProgress
            e1 Approve/Ask InProgress
            run e1 Approve/Ask ?token-4 until 1970-01-08T00:00:02Z
        start e2
            e2 InProgress
            e2 Source InProgress
            e2 Source/Fetch InProgress
            run e2 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000006
        ok e2 Fetch
            e2 Source/Fetch Succeeded
            e2 Source Succeeded
        start e3
            e3 InProgress
            e3 Source InProgress
            e3 Source/Fetch InProgress
            run e3 Source/Fetch >Code store/a-pipeline-with-a-lo/Code/0000008
        ok e3 Fetch
            e3 Source/Fetch Succeeded
            e3 Source Succeeded
            e2 Superseded superseded by execution e3
        yes e2 Ask
        yes e1 Ask
            e1 Approve/Ask Succeeded
            e1 Approve Succeeded
            e1 Prod InProgress
            e1 Prod/Deploy InProgress
            run e1 Prod/Deploy <Code store/a-pipeline-with-a-lo/Code/0000002
            e3 Approve InProgress
            e3 Approve/Ask InProgress
            run e3 Approve/Ask ?token-11 until 1970-01-08T00:00:08Z
        ok e1 Deploy
            e1 Prod/Deploy Succeeded
            e1 Prod Succeeded
            e1 Succeeded
        yes e3 Ask
            e3 Approve/Ask Succeeded
            e3 Approve Succeeded
            e3 Prod InProgress
            e3 Prod/Deploy InProgress
            run e3 Prod/Deploy <Code store/a-pipeline-with-a-lo/Code/0000008
        ok e3 Deploy
            e3 Prod/Deploy Succeeded
            e3 Prod Succeeded
            e3 Succeeded
        ",
    );
}

#[test]
fn what_the_api_tells_of_an_answer_is_kept() {
    let mut world = asked();
    let run = approval(&world);
    let seven_days = run.started + SignedDuration::from_hours(7 * 24);
    assert_eq!(run.approval.as_ref().unwrap().expires, seven_days, "the documented default");
    assert_eq!((world.engine.due(), run.updated_by.as_deref()), (Some(seven_days), None));
    world.tell("yes e1 Ask go ahead");
    let run = approval(&world);
    assert_eq!((run.summary.as_deref(), run.updated_by.as_deref()), (Some("go ahead"), Some("arn:approver")));
    let silence = SignedDuration::from_mins(20);
    assert_eq!((run.updated, world.engine.due()), (world.now(), Some(world.now() + silence)), "of what is next");

    let mut world = asked();
    world.tell("no e1 Ask");
    let run = approval(&world);
    assert_eq!((run.status, run.summary.as_deref()), (ActionStatus::Failed, None));
    assert_eq!(run.updated_by.as_deref(), Some("arn:approver"));
    assert_eq!(run.error_details.as_ref().unwrap().message, "rejected by arn:approver");
}

#[test]
fn an_answer_is_too_late_when_the_time_is_over_though_nobody_said_so() {
    let mut world = asked();
    let (run, expires) = (world.run("e1", "Ask"), world.engine.due().unwrap());
    let answer = |approved| Answer { approved, summary: String::new(), by: "arn:approver".into() };
    let mut ids = Counter::default();
    let mut early = world.engine.clone();
    early.apply(
        Event::Answered { run: run.clone(), answer: answer(true) },
        expires - SignedDuration::from_nanos(1),
        &mut ids,
    );
    assert_eq!(early.state().executions[0].stages[1].status, StageStatus::Succeeded);
    world.engine.apply(Event::Answered { run, answer: answer(true) }, expires, &mut ids);
    let run = approval(&world);
    assert_eq!((run.status, run.error_details.as_ref().unwrap().code.as_str()), (ActionStatus::Failed, "JobTimedOut"));
    assert_eq!(world.engine.state().executions[0].status, ExecutionStatus::Failed);
}

#[test]
fn only_the_token_of_a_question_that_waits_there_opens_it() {
    let mut world = asked();
    let token = approval(&world).approval.clone().unwrap().token;
    let (stage, action) = ("Approve".to_owned(), "Ask".to_owned());
    let before = world.engine.clone();
    let engine = &world.engine;
    assert_eq!(engine.awaiting("Approve", "Ask", &token), Ok(world.run("e1", "Ask")));
    assert_eq!(engine.awaiting("Nowhere", "Ask", &token), Err(ApprovalError::StageNotFound("Nowhere".into())));
    let nothing = ApprovalError::ActionNotFound { stage: "Approve".into(), action: "Deploy".into() };
    assert_eq!(engine.awaiting("Approve", "Deploy", &token), Err(nothing));
    let invalid = Err(ApprovalError::InvalidToken { stage: stage.clone(), action: action.clone() });
    for wrong in ["", "token-0", &token.expose().to_uppercase()] {
        assert_eq!(engine.awaiting("Approve", "Ask", &Token::new(wrong)), invalid);
    }
    let elsewhere = Err(ApprovalError::InvalidToken { stage: "Prod".into(), action: "Deploy".into() });
    assert_eq!(engine.awaiting("Prod", "Deploy", &token), elsewhere);
    assert_eq!(world.engine, before, "asking changes nothing");

    world.tell("yes e1 Ask");
    assert_eq!(world.engine.awaiting("Approve", "Ask", &token), invalid, "a used token");
    world.tell("start e2");
    world.tell("ok e2 Fetch");
    assert_eq!(world.engine.awaiting("Approve", "Ask", &token), invalid, "the token of another execution");
}

#[test]
fn nothing_but_an_answer_lets_a_question_succeed() {
    let mut world = asked();
    let before = world.engine.clone();
    assert!(world.tell("ok e1 Ask").is_empty() && world.tell("asked e1 Ask").is_empty());
    assert_eq!(world.engine, before);
    world.tell("fail e1 Ask the topic is gone");
    assert_eq!(approval(&world).status, ActionStatus::Failed);

    let mut world = World::new(GUARDED);
    world.tell("start e1");
    let before = world.engine.clone();
    assert!(world.tell("yes e1 Fetch").is_empty(), "nor an answer anything else");
    assert_eq!(world.engine, before);
}
