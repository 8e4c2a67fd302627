//! A repository's pull requests, as CodeCommit tells of them: it is asked in the order in which it answers here.

use pipeline_aws::codecommit::CodeCommit;
use serde_json::{Value, json};

use crate::canned::Canned;

pub(crate) const REPOSITORY: &str = "time_service";

/// A commit id.
pub(crate) fn id(digit: char) -> String {
    digit.to_string().repeat(40)
}

pub(crate) fn arn(name: &str) -> String {
    format!("arn:aws:iam::111122223333:user/{name}")
}

/// CodeCommit with these answers, and what it was asked.
pub(crate) fn codecommit(answers: impl IntoIterator<Item = (u16, Value)>) -> (CodeCommit, Canned) {
    let canned = Canned::new(answers.into_iter().map(|(status, answer)| (status, answer.to_string())));
    (CodeCommit::new(&canned.config()), canned)
}

pub(crate) fn refused(code: &str) -> (u16, Value) {
    (400, json!({"__type": code, "message": "the words"}))
}

/// A commit with its parents, by its author's and its committer's address.
pub(crate) fn commit(id: &str, parents: &[&str], author: &str, committer: &str) -> Value {
    let signed = |email: &str| json!({"name": "Somebody", "email": email, "date": "1484167798 -0800"});
    json!({
        "commitId": id, "treeId": "t".repeat(40), "parents": parents, "message": "A change", "additionalData": "",
        "author": signed(author), "committer": signed(committer),
    })
}

/// A pull request from commit `c`, merged into main as commit `a`, with one rule.
pub(crate) fn merged() -> Value {
    json!({
        "pullRequestId": "42", "title": "A change", "description": "Why", "lastActivityDate": 1_508_962_823.285,
        "creationDate": 1_508_962_823.285, "pullRequestStatus": "CLOSED", "authorArn": arn("alice"),
        "pullRequestTargets": [{
            "repositoryName": REPOSITORY, "sourceReference": "refs/heads/feature", "sourceCommit": id('c'),
            "destinationReference": "refs/heads/main", "destinationCommit": id('b'), "mergeBase": id('b'),
            "mergeMetadata": {
                "isMerged": true, "mergedBy": arn("merger"), "mergeCommitId": id('a'), "mergeOption": "SQUASH_MERGE",
            },
        }],
        "clientRequestToken": "token", "revisionId": "r1",
        "approvalRules": [rule("two", r#"{"Version": "2018-11-08", "Statements": [{"Type": "Approvers",
            "NumberOfApprovalsNeeded": 2, "ApprovalPoolMembers": ["CodeCommitApprovers:111122223333:*"]}]}"#)],
    })
}

pub(crate) fn rule(name: &str, content: &str) -> Value {
    json!({
        "approvalRuleId": "dd8b17fe-EXAMPLE", "approvalRuleName": name, "approvalRuleContent": content,
        "ruleContentSha256": "4711b576EXAMPLE", "lastModifiedDate": 1_508_962_823.285,
        "creationDate": 1_508_962_823.285, "lastModifiedUser": arn("alice"),
        "originApprovalRuleTemplate": {"approvalRuleTemplateId": "dd3d22fe-EXAMPLE", "approvalRuleTemplateName": "t"},
    })
}

/// The same, changed.
pub(crate) fn with(change: impl FnOnce(&mut Value)) -> Value {
    let mut pull = merged();
    change(&mut pull);
    pull
}

/// Its only target.
pub(crate) fn target(pull: &mut Value) -> &mut Value {
    &mut pull["pullRequestTargets"][0]
}

pub(crate) fn listed(ids: &[&str], next: Option<&str>) -> (u16, Value) {
    let mut page = json!({"pullRequestIds": ids});
    if let Some(next) = next {
        page["nextToken"] = json!(next);
    }
    (200, page)
}

pub(crate) fn told(pull: &Value) -> (u16, Value) {
    (200, json!({"pullRequest": pull}))
}

pub(crate) fn evaluated(satisfied: &[&str], not: &[&str], overridden: bool) -> (u16, Value) {
    let evaluation = json!({
        "approved": not.is_empty(), "overridden": overridden, "approvalRulesSatisfied": satisfied,
        "approvalRulesNotSatisfied": not,
    });
    (200, json!({"evaluation": evaluation}))
}

pub(crate) fn overridden(by: Option<&str>) -> (u16, Value) {
    (200, by.map_or(json!({"overridden": false}), |by| json!({"overridden": true, "overrider": by})))
}

pub(crate) fn approved(by: &[(&str, &str)]) -> (u16, Value) {
    let approvals: Vec<Value> = by.iter().map(|(who, state)| json!({"userArn": who, "approvalState": state})).collect();
    (200, json!({"approvals": approvals}))
}

pub(crate) fn commits(commits: &[Value]) -> (u16, Value) {
    (200, json!({"commits": commits, "errors": []}))
}
