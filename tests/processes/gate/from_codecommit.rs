//! Bad input of SAFETY.md for the gate: pull requests of CodeCommit.

use std::iter;

use serde_json::{Value, json};

use crate::gate::answer::Answer;
use crate::gate::codecommit::{APPROVALS, OVERRIDE, PULL, RULES, TARGET, approvals, evaluation, pull, tell};
use crate::gate::desk::Desk;
use crate::gate::judge::{Judge, codecommit, job};
use crate::gate::release::{COMMIT, user};
use crate::gate::world::{Case, begin, each_is_denied};

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

fn rule_content(desk: &Desk, content: &str) {
    pull_with(desk, &[("/pullRequest/approvalRules/0/approvalRuleContent", json!(content))]);
}

/// What became of it.
fn states() -> Vec<Case> {
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
    ]
}

/// What it was held to.
fn rules() -> Vec<Case> {
    vec![
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
    ]
}

/// Who agreed with it.
fn reviews() -> Vec<Case> {
    vec![
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

#[tokio::test]
async fn i24_a_pull_request_that_did_not_bring_it_as_it_was_reviewed_is_none() {
    let judge = Judge::start(&[]).await;
    for cases in [states(), rules(), reviews()] {
        each_is_denied(&judge, codecommit, tell, &cases).await;
    }
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
