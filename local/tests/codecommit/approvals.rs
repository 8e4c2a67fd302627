//! Approval rules of pull requests: who satisfies them, what they keep from being merged, and who sets them aside.

use flowgate::cloud::client::ACCOUNT;
use flowgate::identity::{APPROVER, AUTHOR};
use serde_json::{Value, json};

use crate::api::{judged, refused, succeeds, succeeds_as};
use crate::bus::Heard;
use crate::pulls::{client, create, prepared, short};
use crate::world::World;

const ROOT: &str = "root";
const MERGES: [&str; 3] = ["MergePullRequestByFastForward", "MergePullRequestBySquash", "MergePullRequestByThreeWay"];
const UNSATISFIED: &str = "PullRequestApprovalRulesNotSatisfiedException";

pub(crate) fn content(needed: usize, pool: &[&str]) -> String {
    let mut statement = json!({"Type": "Approvers", "NumberOfApprovalsNeeded": needed});
    if !pool.is_empty() {
        statement["ApprovalPoolMembers"] = json!(pool);
    }
    json!({"Version": "2018-11-08", "Statements": [statement]}).to_string()
}

fn rule(name: &str, content: &str) -> Value {
    json!({"pullRequestId": "1", "approvalRuleName": name, "approvalRuleContent": content})
}

async fn revision(world: &World) -> String {
    let got = succeeds(world, "GetPullRequest", json!({"pullRequestId": "1"})).await;
    got["pullRequest"]["revisionId"].as_str().unwrap().to_owned()
}

fn of(revision: &str) -> Value {
    json!({"pullRequestId": "1", "revisionId": revision})
}

fn with(mut request: Value, key: &str, value: &str) -> Value {
    request[key] = json!(value);
    request
}

/// Says what a person thinks of the pull request as it is.
async fn say(world: &World, key: &str, state: &str) {
    let request = with(of(&revision(world).await), "approvalState", state);
    succeeds_as(world, key, "UpdatePullRequestApprovalState", request).await;
}

/// Approved, overridden, and the rules that are satisfied and are not.
async fn evaluated(world: &World) -> Value {
    let evaluation = succeeds(world, "EvaluatePullRequestApprovalRules", of(&revision(world).await)).await;
    let evaluation = &evaluation["evaluation"];
    json!(["approved", "overridden", "approvalRulesSatisfied", "approvalRulesNotSatisfied"].map(|key| &evaluation[key]))
}

async fn approvers(world: &World, revision: &str) -> Vec<Value> {
    let mut states = succeeds(world, "GetPullRequestApprovalStates", of(revision)).await;
    states["approvals"].as_array_mut().unwrap().iter_mut().map(|one| one["userArn"].take()).collect()
}

async fn merge_refused(world: &World) {
    let before = world.head("service", "main").await;
    for way in MERGES {
        let merge = json!({"pullRequestId": "1", "repositoryName": "service"});
        assert_eq!(refused(world, way, merge).await, UNSATISFIED, "{way}");
    }
    assert_eq!(world.head("service", "main").await, before);
}

#[tokio::test]
async fn a_pull_request_is_merged_when_enough_of_the_pool_approved_its_present_revision() {
    let world = World::new().await;
    let (work, url, _) = prepared(&world).await;
    create(&client(&world, &AUTHOR), "t", "topic").await;
    assert_eq!(evaluated(&world).await, json!([true, false, [], []]), "without rules nothing is asked for");
    let approver = format!("CodeCommitApprovers:{ACCOUNT}:{}", APPROVER.name);
    succeeds(&world, "CreatePullRequestApprovalRule", rule("one", &content(1, &[&approver]))).await;
    succeeds(&world, "CreatePullRequestApprovalRule", rule("two", &content(2, &[]))).await;
    assert_eq!(evaluated(&world).await, json!([false, false, [], ["one", "two"]]));
    merge_refused(&world).await;

    say(&world, ROOT, "APPROVE").await;
    say(&world, ROOT, "APPROVE").await;
    assert_eq!(evaluated(&world).await, json!([false, false, [], ["one", "two"]]));
    say(&world, APPROVER.access_key, "APPROVE").await;
    assert_eq!(evaluated(&world).await, json!([true, false, ["one", "two"], []]));
    say(&world, ROOT, "REVOKE").await;
    assert_eq!(evaluated(&world).await, json!([false, false, ["one"], ["two"]]));
    merge_refused(&world).await;
    say(&world, ROOT, "APPROVE").await;

    let before = revision(&world).await;
    work.commit("b", b"3").await;
    work.git(&["push", "-q", &url, "topic"]).await;
    let after = revision(&world).await;
    assert_eq!(evaluated(&world).await, json!([false, false, [], ["one", "two"]]), "other commits, nobody approved");
    merge_refused(&world).await;
    let root = format!("arn:aws:iam::{ACCOUNT}:root");
    assert_eq!(approvers(&world, &before).await, [json!(APPROVER.arn), json!(root)]);
    assert_eq!(approvers(&world, &after).await, Vec::<Value>::new());
    assert_eq!(refused(&world, "GetPullRequestApprovalStates", of("x")).await, "InvalidRevisionIdException");
    for operation in
        ["EvaluatePullRequestApprovalRules", "UpdatePullRequestApprovalState", "OverridePullRequestApprovalRules"]
    {
        let request = with(with(of(&before), "approvalState", "APPROVE"), "overrideStatus", "OVERRIDE");
        assert_eq!(refused(&world, operation, request).await, "RevisionNotCurrentException", "{operation}");
    }

    say(&world, ROOT, "APPROVE").await;
    say(&world, APPROVER.access_key, "APPROVE").await;
    let merge = json!({"pullRequestId": "1", "repositoryName": "service"});
    succeeds(&world, MERGES[0], merge).await;
    assert_eq!(evaluated(&world).await, json!([true, false, ["one", "two"], []]), "it can be asked afterwards");
    let rules = rule("three", &content(1, &[]));
    assert_eq!(refused(&world, "CreatePullRequestApprovalRule", rules).await, "PullRequestAlreadyClosedException");
}

#[tokio::test]
async fn rules_are_set_aside_for_a_revision_by_somebody_who_is_named() {
    let world = World::new().await;
    let (work, url, _) = prepared(&world).await;
    create(&client(&world, &AUTHOR), "t", "topic").await;
    succeeds(&world, "CreatePullRequestApprovalRule", rule("one", &content(1, &[]))).await;
    let heard = Heard::begin(&world).await;
    let state = async |revision: &str| succeeds(&world, "GetPullRequestOverrideState", of(revision)).await;
    let set = async |status: &str| {
        let request = with(of(&revision(&world).await), "overrideStatus", status);
        succeeds_as(&world, APPROVER.access_key, "OverridePullRequestApprovalRules", request).await;
    };
    let first = revision(&world).await;
    set("REVOKE").await;
    assert_eq!(state(&first).await, json!({"overridden": false}));
    set("OVERRIDE").await;
    assert_eq!(state(&first).await, json!({"overridden": true, "overrider": APPROVER.arn}));
    assert_eq!(evaluated(&world).await, json!([false, true, [], ["one"]]));
    let again = with(of(&first), "overrideStatus", "OVERRIDE");
    assert_eq!(refused(&world, "OverridePullRequestApprovalRules", again).await, "OverrideAlreadySetException");
    set("REVOKE").await;
    assert_eq!(state(&first).await, json!({"overridden": false}));
    merge_refused(&world).await;
    set("OVERRIDE").await;

    work.commit("b", b"3").await;
    work.git(&["push", "-q", &url, "topic"]).await;
    let second = revision(&world).await;
    assert_eq!(
        (state(&first).await["overridden"].clone(), state(&second).await),
        (json!(true), json!({"overridden": false}))
    );
    assert_eq!(refused(&world, "GetPullRequestOverrideState", of("x")).await, "InvalidRevisionIdException");
    merge_refused(&world).await;
    set("OVERRIDE").await;
    succeeds(&world, MERGES[1], json!({"pullRequestId": "1", "repositoryName": "service"})).await;
    let late = with(of(&second), "overrideStatus", "REVOKE");
    assert_eq!(refused(&world, "OverridePullRequestApprovalRules", late).await, "PullRequestAlreadyClosedException");

    let told: Vec<_> =
        heard.details().await.into_iter().filter(|one| one["event"] == "pullRequestApprovalRuleOverridden").collect();
    let statuses: Vec<_> = told.iter().map(|one| &one["overrideStatus"]).collect();
    assert_eq!(statuses, ["OVERRIDE", "REVOKE", "OVERRIDE", "OVERRIDE"]);
    assert_eq!((&told[0]["callerUserArn"], &told[0]["revisionId"]), (&json!(APPROVER.arn), &json!(first)));
}

#[tokio::test]
async fn a_rule_is_made_changed_and_removed_and_the_bus_hears_of_it() {
    let world = World::new().await;
    prepared(&world).await;
    create(&client(&world, &AUTHOR), "t", "topic").await;
    let heard = Heard::begin(&world).await;
    let made = succeeds(&world, "CreatePullRequestApprovalRule", rule("one", &content(1, &[]))).await;
    let before = &made["approvalRule"];
    let hash = before["ruleContentSha256"].as_str().unwrap().to_owned();
    let change = json!({"pullRequestId": "1", "approvalRuleName": "one", "newRuleContent": content(2, &[])});
    let seen = with(change.clone(), "existingRuleContentSha256", &hash);
    let key = APPROVER.access_key;
    let changed = succeeds_as(&world, key, "UpdatePullRequestApprovalRuleContent", seen.clone()).await;
    let after = &changed["approvalRule"];
    assert_eq!(
        (&after["approvalRuleId"], &after["creationDate"]),
        (&before["approvalRuleId"], &before["creationDate"])
    );
    assert_eq!((&before["lastModifiedUser"], &after["lastModifiedUser"]), (&json!(AUTHOR.arn), &json!(APPROVER.arn)));
    assert_eq!(after["approvalRuleContent"], content(2, &[]));
    let exception = refused(&world, "UpdatePullRequestApprovalRuleContent", seen).await;
    assert_eq!(exception, "InvalidRuleContentSha256Exception", "somebody else has changed it");
    let got = succeeds(&world, "GetPullRequest", json!({"pullRequestId": "1"})).await;
    assert_eq!(got["pullRequest"]["approvalRules"], json!([after]));
    let removed =
        succeeds(&world, "DeletePullRequestApprovalRule", json!({"pullRequestId": "1", "approvalRuleName": "one"}))
            .await;
    assert_eq!(removed["approvalRuleId"], before["approvalRuleId"]);
    let again = json!({"pullRequestId": "1", "approvalRuleName": "one"});
    assert_eq!(succeeds(&world, "DeletePullRequestApprovalRule", again).await, json!({}));

    let told = heard.details().await;
    let events: Vec<_> = told.iter().map(short).collect();
    let expected = ["Created", "Updated", "Deleted"].map(|what| format!("pullRequestApprovalRule{what} 1 Open False"));
    assert_eq!(events, expected);
    for (event, rule) in told.iter().zip([before, after, after]) {
        assert_eq!(event["approvalRuleId"], rule["approvalRuleId"]);
        assert_eq!(event["approvalRuleName"], "one");
        assert_eq!(event["approvalRuleContentSha256"], rule["ruleContentSha256"]);
    }
    let evaluation = succeeds(&world, "EvaluatePullRequestApprovalRules", of(&revision(&world).await)).await;
    let state = succeeds(&world, "GetPullRequestOverrideState", of(&revision(&world).await)).await;
    let responses = [
        ("CreatePullRequestApprovalRule", made.clone()),
        ("UpdatePullRequestApprovalRuleContent", changed.clone()),
        ("GetPullRequest", got),
        ("DeletePullRequestApprovalRule", removed),
        ("EvaluatePullRequestApprovalRules", evaluation),
        ("GetPullRequestOverrideState", state),
    ];
    assert_eq!(judged(&responses).await, "6 agree");
}

#[tokio::test]
async fn a_rule_that_cannot_be_is_the_documented_exception() {
    let world = World::new().await;
    prepared(&world).await;
    create(&client(&world, &AUTHOR), "t", "topic").await;
    let revision = revision(&world).await;
    for number in 0..30 {
        succeeds(&world, "CreatePullRequestApprovalRule", rule(&number.to_string(), &content(1, &[]))).await;
    }
    let (make, change, remove) =
        ("CreatePullRequestApprovalRule", "UpdatePullRequestApprovalRuleContent", "DeletePullRequestApprovalRule");
    let (evaluate, set) = ("EvaluatePullRequestApprovalRules", "OverridePullRequestApprovalRules");
    let id = json!({"pullRequestId": "1"});
    for (operation, request, exception) in [
        (make, rule("30", &content(1, &[])), "NumberOfRulesExceededException"),
        (make, rule("0", &content(1, &[])), "ApprovalRuleNameAlreadyExistsException"),
        (make, rule("", &content(1, &[])), "ApprovalRuleNameRequiredException"),
        (make, rule("a/b", &content(1, &[])), "InvalidApprovalRuleNameException"),
        (make, rule("new", ""), "ApprovalRuleContentRequiredException"),
        (make, rule("new", "{}"), "InvalidApprovalRuleContentException"),
        (make, rule("new", &format!("{}{}", content(1, &[]), " ".repeat(3000))), "InvalidApprovalRuleContentException"),
        (make, with(rule("new", &content(1, &[])), "pullRequestId", "9"), "PullRequestDoesNotExistException"),
        (make, json!({"approvalRuleName": 1}), "SerializationException"),
        (change, with(id.clone(), "approvalRuleName", "0"), "ApprovalRuleContentRequiredException"),
        (
            change,
            with(with(id.clone(), "approvalRuleName", "x"), "newRuleContent", &content(1, &[])),
            "ApprovalRuleDoesNotExistException",
        ),
        (remove, id.clone(), "ApprovalRuleNameRequiredException"),
        (evaluate, id.clone(), "RevisionIdRequiredException"),
        (evaluate, json!({}), "PullRequestIdRequiredException"),
        (set, of(&revision), "OverrideStatusRequiredException"),
        (set, with(of(&revision), "overrideStatus", "ASIDE"), "InvalidOverrideStatusException"),
        ("GetPullRequestOverrideState", id.clone(), "RevisionIdRequiredException"),
        ("GetPullRequestApprovalStates", id.clone(), "RevisionIdRequiredException"),
    ] {
        assert_eq!(refused(&world, operation, request.clone()).await, exception, "{operation} {request}");
    }
}
