//! Bad input of SAFETY.md for the gate: revisions, and what was built of them.

use serde_json::json;

use crate::gate::answer::Answer;
use crate::gate::codecommit::{pushed_by, tell};
use crate::gate::judge::{Judge, codecommit};
use crate::gate::release::{COMMIT, EXECUTIONS, built, execution, execution_with, user, zip};
use crate::gate::world::{Case, each_is_denied};

const OTHER: &str = "fedcba9876543210fedcba9876543210fedcba98";

/// What the action and the execution name.
fn names() -> Vec<Case> {
    vec![
        Case {
            about: "short SHA",
            spoil: |_, asked| asked["revision"] = json!(&COMMIT[..7]),
            words: &["the revision a text of 7 characters is not"],
        },
        Case {
            about: "no revision",
            spoil: |_, asked| asked["revision"] = json!(null),
            words: &["the action names no revision: pass #{SourceVariables.CommitId}"],
        },
        Case {
            about: "another revision",
            spoil: |desk, _| {
                execution_with(desk, "artifactRevisions", json!([{"name": "Source", "revisionId": OTHER}]));
            },
            words: &["the execution is of commit fedcba", "the action asks about 0123"],
        },
        Case {
            about: "two source artifacts",
            spoil: |desk, _| {
                let source = |name: &str| json!({"name": name, "revisionId": COMMIT});
                execution_with(desk, "artifactRevisions", json!([source("Source"), source("Other")]));
            },
            words: &["the execution has 2 sources (Source, Other), and a gate answers for one"],
        },
        Case {
            about: "no source",
            spoil: |desk, _| execution_with(desk, "artifactRevisions", json!([])),
            words: &["the execution has no source revision"],
        },
    ]
}

/// What is not there, or not there any more.
fn contents() -> Vec<Case> {
    vec![
        Case {
            about: "I22: the execution moves in mid-read",
            spoil: |desk, _| {
                let mut moved = execution();
                moved["pipelineExecution"]["artifactRevisions"][0]["revisionId"] = json!(OTHER);
                desk.tell_in_turn(EXECUTIONS, [Answer::json(&execution()), Answer::json(&moved)]);
            },
            words: &["the execution is not the one that was judged a moment ago"],
        },
        Case {
            about: "I22: the artifact is exchanged in mid-read",
            spoil: |desk, _| {
                let other = zip("Resources: {} # and more\n");
                desk.tell_in_turn("s3:GetObject", [Answer::new(200, built()), Answer::new(200, other)]);
            },
            words: &["was exchanged"],
        },
        Case {
            about: "I22: the artifact was exchanged before",
            spoil: |desk, _| desk.tell("s3:GetObject", Answer::new(200, zip("Resources: {} # and more\n"))),
            words: &["the artifact, or an object that its templates name, was exchanged"],
        },
        Case {
            about: "an execution that there is not",
            spoil: |desk, _| desk.tell(EXECUTIONS, Answer::refused("PipelineExecutionNotFoundException")),
            words: &["execution 22222222-abcd-2222-abcd-222222abcdef of pipeline shop"],
        },
    ]
}

/// Who pushed it, and what.
fn pushes() -> Vec<Case> {
    vec![
        Case {
            about: "I24: a pusher who is a stranger",
            spoil: |desk, _| pushed_by(desk, &user("mallory")),
            words: &["user/mallory", "the people map /flowgate/shop/people does not say who that is"],
        },
        Case {
            about: "a commit that there is not",
            spoil: |desk, _| desk.tell("codecommit:GetCommit", Answer::refused("CommitIdDoesNotExistException")),
            words: &["commit 0123"],
        },
    ]
}

#[tokio::test]
async fn i22_what_is_not_the_executions_own_revision_and_artifact_is_denied() {
    let judge = Judge::start(&[]).await;
    for cases in [names(), contents(), pushes()] {
        each_is_denied(&judge, codecommit, tell, &cases).await;
    }
}
