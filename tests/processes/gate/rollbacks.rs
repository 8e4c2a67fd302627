//! I23: a rollback, and what was decided about the execution that it brings back.

use serde_json::json;

use crate::gate::codecommit::tell;
use crate::gate::desk::Desk;
use crate::gate::judge::{Judge, codecommit, job};
use crate::gate::release::{EXECUTION, EXECUTIONS, TARGET, artifact, built, digest, execution, execution_with, zip};
use crate::gate::world::Case;

fn rollbacks() -> Vec<Case> {
    vec![
        Case {
            about: "a rollback to what was never let through",
            spoil: |desk, _| {
                execution_with(desk, "executionType", json!("ROLLBACK"));
                rolls_back(desk);
            },
            words: &[
                "it goes back to execution 33333333-abcd-3333-abcd-333333abcdef, which was never let through here",
            ],
        },
        Case {
            about: "a rollback to nowhere",
            spoil: |desk, _| execution_with(desk, "executionType", json!("ROLLBACK")),
            words: &["it does not say to which execution it goes back"],
        },
        Case {
            about: "a rollback to what was let through with another artifact",
            spoil: |desk, _| {
                rolls_back(desk);
                let_through(desk, &digest(&zip("Resources: {} # and more\n")));
            },
            words: &["which was never let through here by approved with the artifact"],
        },
    ]
}

/// The execution brings back another one.
fn rolls_back(desk: &Desk) {
    let mut told = execution();
    told["pipelineExecution"]["executionType"] = json!("ROLLBACK");
    told["pipelineExecution"]["rollbackMetadata"] = json!({"rollbackTargetPipelineExecutionId": TARGET});
    desk.json(EXECUTIONS, &told);
    let digest = json!(digest(&built()));
    let artifact = &artifact()["location"]["s3Location"];
    let place =
        format!("digest#{}/{}", artifact["bucketName"].as_str().unwrap(), artifact["objectKey"].as_str().unwrap());
    desk.record(&format!("digest#{TARGET}"), &place, &digest);
}

/// The other execution was let through with this artifact, as the gate itself recorded it of this one.
fn let_through(desk: &Desk, digest: &str) {
    let decisions = desk.records(&format!("decision#{EXECUTION}"));
    let decision = decisions.iter().find(|decision| decision["outcome"] == "approve").expect("it was let through");
    let mut decision = decision.clone();
    decision["execution"] = json!(TARGET);
    decision["digest"] = json!(digest);
    desk.record(&format!("decision#{TARGET}"), "decision#1", &decision);
}

#[tokio::test]
async fn i23_a_rollback_passes_when_its_target_was_let_through_with_this_artifact() {
    let judge = Judge::start(&[]).await;
    judge.desk.forget();
    tell(&judge.desk);
    judge.judge(&job(&codecommit())).await.passes();
    for Case { about, spoil, words } in rollbacks() {
        let mut parameters = codecommit();
        spoil(&judge.desk, &mut parameters);
        judge.judge(&job(&parameters)).await.is_denied(about, words);
    }
    rolls_back(&judge.desk);
    let_through(&judge.desk, &digest(&built()));
    // Nobody approved the rollback.
    judge.desk.json("codepipeline:ListActionExecutions", &json!({"actionExecutionDetails": []}));
    judge.judge(&job(&codecommit())).await.passes();
}
