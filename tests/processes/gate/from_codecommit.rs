//! Bad input of SAFETY.md for the gate: pull requests of CodeCommit, revisions, artifacts and rollbacks.

use std::iter;

use serde_json::{Value, json};

use crate::gate::answer::Answer;
use crate::gate::codecommit::{APPROVALS, OVERRIDE, PULL, RULES, TARGET, approvals, evaluation, pull, pushed_by, tell};
use crate::gate::desk::Desk;
use crate::gate::judge::{Judge, codecommit, job};
use crate::gate::release::{self, COMMIT, EXECUTION, artifact, built, digest, execution, user, zip};
use crate::gate::world::{Case, begin, each_is_denied};

const EXECUTIONS: &str = "codepipeline:GetPipelineExecution";
const OTHER: &str = "fedcba9876543210fedcba9876543210fedcba98";

/// The pull request, changed there.
fn pull_with(desk: &Desk, changes: &[(&str, Value)]) {
    let mut told = pull();
    for (pointer, value) in changes {
        *told.pointer_mut(pointer).unwrap() = value.clone();
    }
    desk.json(PULL, &told);
}

fn target(member: &str) -> String {
    format!("{TARGET}/{member}")
}

fn execution_with(desk: &Desk, member: &str, value: Value) {
    let mut told = execution();
    told["pipelineExecution"][member] = value;
    desk.json(EXECUTIONS, &told);
}

fn rule_content(desk: &Desk, content: &str) {
    pull_with(desk, &[("/pullRequest/approvalRules/0/approvalRuleContent", json!(content))]);
}

fn pull_requests() -> Vec<Case> {
    vec![
        Case {
            about: "open",
            spoil: |desk, _| {
                let unmerged = json!({"isMerged": false});
                pull_with(
                    desk,
                    &[
                        ("/pullRequest/pullRequestStatus", json!("OPEN")),
                        (&target("mergeMetadata"), unmerged),
                        (&target("sourceCommit"), json!(COMMIT)),
                    ],
                );
            },
            words: &["pull request 7 is open: merge it"],
        },
        Case {
            about: "closed",
            spoil: |desk, _| {
                pull_with(
                    desk,
                    &[(&target("mergeMetadata"), json!({"isMerged": false})), (&target("sourceCommit"), json!(COMMIT))],
                );
            },
            words: &["pull request 7 was closed and not merged"],
        },
        Case {
            about: "merged elsewhere",
            spoil: |desk, _| pull_with(desk, &[(&target("destinationReference"), json!("refs/heads/main2"))]),
            words: &["pull request 7 was merged into main2, and that is not what is released"],
        },
        Case {
            about: "merged as another commit",
            spoil: |desk, _| pull_with(desk, &[(&target("mergeMetadata/mergeCommitId"), json!(OTHER))]),
            words: &["no pull request brought", COMMIT, "release by merging one"],
        },
        Case {
            about: "absent",
            spoil: |desk, _| desk.json("codecommit:ListPullRequests", &json!({"pullRequestIds": []})),
            words: &["no pull request brought"],
        },
        Case {
            about: "no rules",
            spoil: |desk, _| {
                pull_with(desk, &[("/pullRequest/approvalRules", json!([]))]);
                desk.json(RULES, &evaluation(false, &[], &[]));
            },
            words: &["pull request 7 had no approval rule"],
        },
        Case {
            about: "none required",
            spoil: |desk, _| {
                rule_content(desk, r#"{"Statements": [{"Type": "Approvers", "NumberOfApprovalsNeeded": 0}]}"#);
            },
            words: &["approval rule reviewed of pull request 7 needs nobody"],
        },
        Case {
            about: "not understood",
            spoil: |desk, _| rule_content(desk, r#"{"Statements": [{"Type": "Moon", "NumberOfApprovalsNeeded": 1}]}"#),
            words: &["approval rule reviewed of pull request 7 is not understood"],
        },
        Case {
            about: "not satisfied",
            spoil: |desk, _| desk.json(RULES, &evaluation(false, &[], &["reviewed"])),
            words: &["approval rule reviewed of pull request 7 is not satisfied"],
        },
        Case {
            about: "overridden, the evaluation says",
            spoil: |desk, _| desk.json(RULES, &evaluation(true, &["reviewed"], &[])),
            words: &["set the approval rules of pull request 7 aside"],
        },
        Case {
            about: "overridden, the override's state says",
            spoil: |desk, _| desk.json(OVERRIDE, &json!({"overridden": true, "overrider": user("author")})),
            words: &["user/author set the approval rules of pull request 7 aside"],
        },
        Case {
            about: "revoked approval",
            spoil: |desk, _| desk.json(APPROVALS, &approvals("reviewer", "REVOKE")),
            words: &["pull request 7 needs 1 more who approve it", "nobody approved it"],
        },
        Case {
            about: "approved by who wrote it",
            spoil: |desk, _| desk.json(APPROVALS, &approvals("author", "APPROVE")),
            words: &["wrote nothing of it", "author@example.com approved it"],
        },
        Case {
            about: "approved by a stranger",
            spoil: |desk, _| desk.json(APPROVALS, &approvals("mallory", "APPROVE")),
            words: &["user/mallory approved it and is not in the people map"],
        },
    ]
}

fn revisions() -> Vec<Case> {
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
        Case {
            about: "I24: an unknown pusher",
            spoil: |desk, _| {
                desk.forget();
                tell(desk);
                desk.json("dynamodb:Query", &json!({"Items": []}));
            },
            words: &["nobody knows who pushed 0123"],
        },
        Case {
            about: "I24: a pusher who is a stranger",
            spoil: |desk, _| pushed_by(desk, &user("mallory")),
            words: &[
                "user/mallory",
                " pushed this commit, and the people map /flowgate/shop/people does not say who that is",
            ],
        },
        Case {
            about: "a commit that there is not",
            spoil: |desk, _| desk.tell("codecommit:GetCommit", Answer::refused("CommitIdDoesNotExistException")),
            words: &["commit 0123"],
        },
    ]
}

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
    told["pipelineExecution"]["rollbackMetadata"] = json!({"rollbackTargetPipelineExecutionId": release::TARGET});
    desk.json(EXECUTIONS, &told);
    let digest = json!(digest(&built()));
    let artifact = &artifact()["location"]["s3Location"];
    let place =
        format!("digest#{}/{}", artifact["bucketName"].as_str().unwrap(), artifact["objectKey"].as_str().unwrap());
    desk.record(&format!("digest#{}", release::TARGET), &place, &digest);
}

/// The other execution was let through with this artifact, as the gate itself recorded it of this one.
fn let_through(desk: &Desk, digest: &str) {
    let decisions = desk.records(&format!("decision#{EXECUTION}"));
    let decision = decisions.iter().find(|decision| decision["outcome"] == "approve").expect("it was let through");
    let mut decision = decision.clone();
    decision["execution"] = json!(release::TARGET);
    decision["digest"] = json!(digest);
    desk.record(&format!("decision#{}", release::TARGET), "decision#1", &decision);
}

#[tokio::test]
async fn i24_a_pull_request_that_did_not_bring_it_as_it_was_reviewed_is_none() {
    let judge = Judge::start(&[]).await;
    each_is_denied(&judge, codecommit, tell, &pull_requests()).await;
}

#[tokio::test]
async fn i22_what_is_not_the_executions_own_revision_and_artifact_is_denied() {
    let judge = Judge::start(&[]).await;
    each_is_denied(&judge, codecommit, tell, &revisions()).await;
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

/// It is read again and again until it stays as it is, or the time is over (I24).
#[tokio::test]
async fn i22_a_pull_request_that_changes_while_it_is_read_is_waited_for() {
    let judge = Judge::start(&[]).await;
    let parameters = begin(&judge, codecommit, tell).await;
    let mut other = pull();
    other["pullRequest"]["revisionId"] = json!("r2");
    let both = [Answer::json(&pull()), Answer::json(&other)];
    judge.desk.tell_in_turn(PULL, iter::repeat_n(both, 20).flatten());
    let token = judge.judge(&job(&parameters)).await.waits("it moves", "it changed while it was read");
    assert!(token.contains("since"), "{token}");
    judge.desk.json(PULL, &pull());
    judge.judge(&job(&parameters)).await.passes();
}
