//! What CodeCommit tells of a release: a pull request that somebody reviewed and the author merged.

use serde_json::{Value, json};

use crate::gate::desk::Desk;
use crate::gate::release::{self, COMMIT, user};

pub(super) const PULL: &str = "codecommit:GetPullRequest";
pub(super) const RULES: &str = "codecommit:EvaluatePullRequestApprovalRules";
pub(super) const OVERRIDE: &str = "codecommit:GetPullRequestOverrideState";
pub(super) const APPROVALS: &str = "codecommit:GetPullRequestApprovalStates";

const TOPIC: &str = "1111111111111111111111111111111111111111";
const BASE: &str = "2222222222222222222222222222222222222222";

/// Where the pull request was merged from and to.
pub(super) const TARGET: &str = "/pullRequest/pullRequestTargets/0";

pub(super) fn pull() -> Value {
    let content = json!({"Version": "2018-11-08", "Statements": [{"Type": "Approvers", "NumberOfApprovalsNeeded": 1}]});
    json!({"pullRequest": {
        "pullRequestId": "7", "revisionId": "r1", "authorArn": user("author"), "pullRequestStatus": "CLOSED",
        "pullRequestTargets": [{
            "repositoryName": "shop", "sourceReference": "refs/heads/topic", "destinationReference": "refs/heads/main",
            "sourceCommit": TOPIC, "destinationCommit": BASE, "mergeBase": BASE,
            "mergeMetadata": {"isMerged": true, "mergedBy": user("author"), "mergeCommitId": COMMIT},
        }],
        "approvalRules": [{"approvalRuleId": "1", "approvalRuleName": "reviewed", "approvalRuleContent": content.to_string()}],
    }})
}

pub(super) fn evaluation(overridden: bool, satisfied: &[&str], not: &[&str]) -> Value {
    json!({"evaluation": {
        "approved": not.is_empty(), "overridden": overridden, "approvalRulesSatisfied": satisfied,
        "approvalRulesNotSatisfied": not,
    }})
}

pub(super) fn approvals(who: &str, state: &str) -> Value {
    json!({"approvals": [{"userArn": user(who), "approvalState": state}]})
}

fn commit(id: &str, parents: &[&str]) -> Value {
    let person = json!({"name": "author", "email": "author@example.com", "date": "0 +0000"});
    json!({"commitId": id, "parents": parents, "author": person, "committer": person, "message": "m"})
}

/// All of it, and the release.
pub(super) fn tell(desk: &Desk) {
    release::tell(desk);
    desk.json("codecommit:GetCommit", &json!({"commit": commit(COMMIT, &[TOPIC])}));
    desk.json("codecommit:BatchGetCommits", &json!({"commits": [commit(TOPIC, &[BASE]), commit(BASE, &[])]}));
    desk.json("codecommit:ListPullRequests", &json!({"pullRequestIds": ["7"]}));
    desk.json(PULL, &pull());
    desk.json(RULES, &evaluation(false, &["reviewed"], &[]));
    desk.json(OVERRIDE, &json!({"revisionId": "r1", "overridden": false}));
    desk.json(APPROVALS, &approvals("reviewer", "APPROVE"));
    pushed_by(desk, &user("author"));
}

pub(super) fn pushed_by(desk: &Desk, who: &str) {
    for commit in [COMMIT, TOPIC] {
        let push = json!({"repository": "shop", "commit": commit, "by": who});
        desk.record(&format!("push#shop#{commit}"), &format!("push#{who}"), &push);
    }
}
