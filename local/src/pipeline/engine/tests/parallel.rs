//! Mode `PARALLEL`: <https://docs.aws.amazon.com/codepipeline/latest/userguide/execution-modes.html>.

use super::transcript::brief;
use super::world::World;
use super::*;

const GUARDED: &str = "mode=PARALLEL
                       Source: Fetch >Code
                       Approve: Ask ?
                       Prod: Deploy <Code";

/// "In PARALLEL mode, executions run simultaneously and independently of one another."
#[test]
fn executions_share_every_stage_and_do_not_wait_for_each_other() {
    brief(
        GUARDED,
        r#"
        start e1; start e2
            e1 InProgress, Source InProgress, run Source/Fetch
            e2 InProgress, Source InProgress, run Source/Fetch
        ok e2 Fetch; yes e2 Ask
            e2 Source/Fetch Succeeded, Source Succeeded, Approve InProgress, run Approve/Ask ?token-6 until 1970-01-08T00:00:03Z, Approve/Ask Succeeded, Approve Succeeded, Prod InProgress, run Prod/Deploy
        ok e1 Fetch; yes e1 Ask
            e1 Source/Fetch Succeeded, Source Succeeded, Approve InProgress, run Approve/Ask ?token-9 until 1970-01-08T00:00:05Z, Approve/Ask Succeeded, Approve Succeeded, Prod InProgress, run Prod/Deploy
        fail e2 Deploy no
            e2 Prod/Deploy Failed JobFailed: no, Prod Failed, Failed action "Deploy" of stage "Prod" failed
        ok e1 Deploy
            e1 Prod/Deploy Succeeded, Prod Succeeded, Succeeded
        "#,
    );
}

/// "The token is not available. Instead, use the externalExecutionId in the response output from the
/// `ListActionExecutions` action as the token." <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PutApprovalResult.html>
#[test]
fn the_token_of_an_approval_is_its_external_execution_id() {
    for (mode, shown) in [("PARALLEL", Some("token-4")), ("SUPERSEDED", None)] {
        let mut world = World::new(&GUARDED.replace("PARALLEL", mode));
        world.tell("start e1");
        world.tell("ok e1 Fetch");
        let run = world.history["e1"].stages[1].latest("Ask").unwrap();
        assert_eq!(run.external_execution_id.as_deref(), shown, "{mode}");
        let token = Token::new("token-4");
        assert_eq!(world.engine.awaiting("Approve", "Ask", &token), Ok(world.run("e1", "Ask")));
    }
}

/// "Regardless of the change that triggered the pipeline execution, the source action will always clone the HEAD at the time it
/// is started." <https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html> What somebody asks for is no
/// such change: "the execution will process the specified revision".
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/pipelines-trigger-source-overrides.html>
#[test]
fn a_source_fetches_what_is_newest_whatever_change_started_it() {
    let (abc, by_change) = (Some("abc"), "start e1 by=change rev=abc");
    for (mode, start, wanted) in
        [("PARALLEL", by_change, None), ("QUEUED", by_change, abc), ("PARALLEL", "start e1 rev=abc", abc)]
    {
        let mut world = World::new(&GUARDED.replace("PARALLEL", mode));
        let commands = world.tell(start);
        let Some(Command::Run(request)) = commands.last() else { panic!("{commands:?}") };
        assert_eq!(request.outputs[0].revision.as_deref(), wanted, "{mode} {start}");
        let revisions: Vec<&str> = request.source_revisions.iter().map(|it| it.revision_value.as_str()).collect();
        assert_eq!(revisions, wanted.into_iter().collect::<Vec<_>>(), "{mode} {start}");
    }
}

/// Nothing is kept of executions that ended, and one can be tried again all the same: it is recalled from the history.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-retry.html>
#[test]
fn an_execution_that_was_forgotten_is_tried_again() {
    brief(
        GUARDED,
        r#"
        start e1; ok e1 Fetch rev=abc; yes e1 Ask; fail e1 Deploy no
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Approve InProgress, run Approve/Ask ?token-4 until 1970-01-08T00:00:02Z, Approve/Ask Succeeded, Approve Succeeded, Prod InProgress, run Prod/Deploy, Prod/Deploy Failed JobFailed: no, Prod Failed, Failed action "Deploy" of stage "Prod" failed
        start e2; ok e2 Fetch; yes e2 Ask; fail e2 Deploy no
            e2 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Approve InProgress, run Approve/Ask ?token-9 until 1970-01-08T00:00:06Z, Approve/Ask Succeeded, Approve Succeeded, Prod InProgress, run Prod/Deploy, Prod/Deploy Failed JobFailed: no, Prod Failed, Failed action "Deploy" of stage "Prod" failed
        retry e1 Prod
            e1 InProgress, Prod InProgress, run Prod/Deploy
        ok e1 Deploy
            e1 Prod/Deploy Succeeded, Prod Succeeded, Succeeded
        retry e1 Prod
            refused: stage "Prod" of execution e1 cannot be retried: it succeeded
        retry e2 Approve
            refused: stage "Approve" of execution e2 cannot be retried: it succeeded
        "#,
    );
    let mut world = World::new(GUARDED);
    for line in ["start e1", "fail e1 Fetch no", "start e2", "ok e2 Fetch"] {
        world.tell(line);
    }
    assert_eq!(world.engine.state().executions.len(), 1, "what ended is forgotten");
    world.tell("retry e1 Source");
    let ids: Vec<&str> = world.engine.state().executions.iter().map(|execution| &execution.id.0[..]).collect();
    assert_eq!(ids, ["e1", "e2"], "it is back at its place");
}

/// "Parallel mode does not have a pipeline state." And no rollback: nobody knows what was before.
#[test]
fn there_is_nothing_to_go_back_to() {
    brief(
        GUARDED,
        r#"
        start e1; ok e1 Fetch; yes e1 Ask; ok e1 Deploy
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Approve InProgress, run Approve/Ask ?token-4 until 1970-01-08T00:00:02Z, Approve/Ask Succeeded, Approve Succeeded, Prod InProgress, run Prod/Deploy, Prod/Deploy Succeeded, Prod Succeeded, Succeeded
        rollback e1 Prod
            refused: stage "Prod" cannot be rolled back to execution e1: a pipeline in mode PARALLEL has no rollback
        "#,
    );
}
