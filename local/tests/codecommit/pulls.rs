//! Pull requests: their operations, and what the bus hears of them.

use aws_sdk_codecommit::error::ProvideErrorMetadata as _;
use aws_sdk_codecommit::types::{ApprovalState, PullRequest, PullRequestStatusEnum, Target};
use aws_sdk_codecommit::{Client, config};
use flowgate::identity::{APPROVER, AUTHOR, Identity};
use serde_json::{Value, json};

use crate::api::{judged, succeeds};
use crate::bus::Heard;
use crate::git::Work;
use crate::world::World;

/// A client that signs as this person.
pub(crate) fn client(world: &World, who: &Identity) -> Client {
    let keys = config::Credentials::new(who.access_key, who.secret_key(), None, None, "test");
    let sdk = world.cloud.sdk_config();
    Client::from_conf(config::Builder::from(&sdk).credentials_provider(keys).build())
}

/// A repository `service` with `main`, and `topic` one commit before it.
pub(crate) async fn prepared(world: &World) -> (Work, String, [String; 2]) {
    let url = world.create("service").await;
    let work = world.work("work").await;
    let first = work.commit("a", b"1").await;
    work.git(&["push", "-q", &url, "main"]).await;
    work.git(&["checkout", "-q", "-b", "topic"]).await;
    let second = work.commit("b", b"2").await;
    work.git(&["push", "-q", &url, "topic"]).await;
    (work, url, [first, second])
}

fn target(source: &str) -> Target {
    Target::builder().repository_name("service").source_reference(source).build().unwrap()
}

pub(crate) async fn create(client: &Client, title: &str, source: &str) -> PullRequest {
    let made = client.create_pull_request().title(title).targets(target(source)).send().await.unwrap();
    made.pull_request.unwrap()
}

fn id(pull: &PullRequest) -> &str {
    pull.pull_request_id().unwrap()
}

/// What of an event is not always so.
pub(crate) fn short(detail: &Value) -> String {
    let text = |key: &str| detail[key].as_str().unwrap_or_default().to_owned();
    let state = ["pullRequestStatus", "isMerged", "approvalStatus", "mergeOption"].map(text);
    format!("{} {} {}", text("event"), text("pullRequestId"), state.join(" ")).trim_end().to_owned()
}

#[tokio::test]
async fn a_pull_request_lives_from_its_making_to_its_merge_and_the_bus_hears_of_each_step() {
    let world = World::new().await;
    let (work, url, [first, second]) = prepared(&world).await;
    let heard = Heard::begin(&world).await;
    let author = client(&world, &AUTHOR);
    let pull = create(&author, "A topic", "topic").await;
    let target = &pull.pull_request_targets()[0];
    assert_eq!((pull.author_arn(), target.source_commit()), (Some(AUTHOR.arn), Some(second.as_str())));
    assert_eq!((target.destination_reference(), target.merge_base()), (Some("refs/heads/main"), Some(first.as_str())));
    let event = heard.events().await.remove(0);
    assert_eq!(event["detail-type"], "CodeCommit Pull Request State Change");
    assert_eq!(event["resources"], json!(["arn:aws:codecommit:us-east-1:000000000000:service"]));
    let detail = &event["detail"];
    assert_eq!(short(detail), "pullRequestCreated 1 Open False");
    for (key, value) in [
        ("author", json!(AUTHOR.arn)),
        ("callerUserArn", json!(AUTHOR.arn)),
        ("repositoryNames", json!(["service"])),
        ("sourceReference", json!("refs/heads/topic")),
        ("destinationReference", json!("refs/heads/main")),
        ("sourceCommit", json!(second)),
        ("destinationCommit", json!(first)),
        ("title", json!("A topic")),
        ("revisionId", json!(pull.revision_id())),
    ] {
        assert_eq!(detail[key], value, "{key}");
    }

    let third = work.commit("b", b"3").await;
    work.git(&["push", "-q", &url, "topic"]).await;
    let details = heard.details().await;
    assert_eq!(details[0]["event"], "referenceUpdated");
    assert_eq!(
        (short(&details[1]).as_str(), &details[1]["sourceCommit"]),
        ("pullRequestSourceBranchUpdated 1 Open False", &json!(third))
    );
    let moved = author.get_pull_request().pull_request_id("1").send().await.unwrap().pull_request.unwrap();
    assert_ne!(moved.revision_id(), pull.revision_id());

    let approver = client(&world, &APPROVER);
    let state = |client: &Client, state| {
        let revision = moved.revision_id().unwrap();
        client
            .update_pull_request_approval_state()
            .pull_request_id("1")
            .revision_id(revision)
            .approval_state(state)
            .send()
    };
    state(&approver, ApprovalState::Approve).await.unwrap();
    let refused = state(&author, ApprovalState::Approve).await.unwrap_err();
    assert_eq!(refused.code(), Some("PullRequestCannotBeApprovedByAuthorException"));
    let comment = approver.post_comment_for_pull_request().pull_request_id("1").repository_name("service");
    let comment = comment.before_commit_id(&first).after_commit_id(&third).content("well done").send().await.unwrap();
    let details = heard.details().await;
    assert_eq!(short(&details[0]), "pullRequestApprovalStateChanged 1 Open False APPROVE");
    let said = (&details[1]["event"], &details[1]["commentId"], &details[1]["callerUserArn"]);
    let id = comment.comment.unwrap().comment_id.unwrap();
    assert_eq!(said, (&json!("commentOnPullRequestCreated"), &json!(id), &json!(APPROVER.arn)));

    let merge = author.merge_pull_request_by_fast_forward().pull_request_id("1").repository_name("service");
    let merged = merge.send().await.unwrap().pull_request.unwrap();
    let metadata = merged.pull_request_targets()[0].merge_metadata().unwrap();
    assert_eq!((metadata.is_merged(), metadata.merge_commit_id()), (true, Some(third.as_str())));
    assert_eq!(world.head("service", "main").await, Some(third.clone()));
    let details = heard.details().await;
    assert_eq!((&details[0]["event"], &details[0]["referenceName"]), (&json!("referenceUpdated"), &json!("main")));
    let expected = "pullRequestMergeStatusUpdated 1 Closed True  FAST_FORWARD_MERGE";
    assert_eq!((details.len(), short(&details[1])), (2, expected.to_owned()));
}

#[tokio::test]
async fn both_branches_are_joined_by_a_squash_or_by_three_ways_but_not_with_conflicts() {
    let world = World::new().await;
    let (work, url, [_, second]) = prepared(&world).await;
    let author = client(&world, &AUTHOR);
    work.git(&["push", "-q", &url, "topic:again", "topic:against"]).await;
    work.git(&["checkout", "-q", "main"]).await;
    let main = work.commit("a", b"other").await;
    work.git(&["push", "-q", &url, "main"]).await;
    for source in ["topic", "again", "against"] {
        create(&author, source, source).await;
    }
    let refused =
        author.merge_pull_request_by_fast_forward().pull_request_id("1").repository_name("service").send().await;
    assert_eq!(refused.unwrap_err().code(), Some("ManualMergeRequiredException"));
    let refused = author.merge_pull_request_by_squash().pull_request_id("1").repository_name("service");
    let refused = refused.source_commit_id(&main).send().await.unwrap_err();
    assert_eq!(refused.code(), Some("TipOfSourceReferenceIsDifferentException"));
    let squash = author.merge_pull_request_by_squash().pull_request_id("1").repository_name("service");
    squash.commit_message("as one").author_name("Bo").email("bo@example.com").send().await.unwrap();
    let get = async |id: String| {
        let answer = author.get_commit().repository_name("service").commit_id(id).send().await.unwrap();
        answer.commit.unwrap()
    };
    let squashed = world.head("service", "main").await.unwrap();
    let commit = get(squashed.clone()).await;
    assert_eq!((commit.parents(), commit.message()), (&[main][..], Some("as one")));
    assert_eq!(commit.author().unwrap().name(), Some("Bo"));

    let three = author.merge_pull_request_by_three_way().pull_request_id("2").repository_name("service");
    three.send().await.unwrap();
    let commit = get(world.head("service", "main").await.unwrap()).await;
    assert_eq!(commit.parents(), [squashed, second]);
    work.git(&["checkout", "-q", "-b", "against", "topic"]).await;
    work.commit("a", b"against").await;
    work.git(&["push", "-q", &url, "against"]).await;
    let before = world.head("service", "main").await;
    let refused = author.merge_pull_request_by_three_way().pull_request_id("3").repository_name("service").send().await;
    assert_eq!(refused.unwrap_err().code(), Some("ManualMergeRequiredException"));
    assert_eq!(world.head("service", "main").await, before);
}

#[tokio::test]
async fn pull_requests_are_listed_by_state_and_author_page_by_page() {
    let world = World::new().await;
    prepared(&world).await;
    let (author, approver) = (client(&world, &AUTHOR), client(&world, &APPROVER));
    for client in [&author, &approver, &author, &author] {
        create(client, "t", "topic").await;
    }
    let close = author.update_pull_request_status().pull_request_id("3");
    close.pull_request_status(PullRequestStatusEnum::Closed).send().await.unwrap();
    let mut seen = Vec::new();
    let list = author.list_pull_requests().repository_name("service").max_results(3);
    let mut pages = list.into_paginator().send();
    while let Some(page) = pages.next().await {
        seen.push(page.unwrap().pull_request_ids);
    }
    assert_eq!(seen, [vec!["4", "3", "2"], vec!["1"]]);
    let list = author.list_pull_requests().repository_name("service").author_arn(AUTHOR.arn);
    let open = list.pull_request_status(PullRequestStatusEnum::Open).send().await.unwrap().pull_request_ids;
    assert_eq!(open, ["4", "1"]);
}

#[tokio::test]
async fn answers_agree_with_the_model_and_a_token_makes_one_pull_request() {
    let world = World::new().await;
    let (_, _, [first, second]) = prepared(&world).await;
    let targets =
        json!([{"repositoryName": "service", "sourceReference": "refs/heads/topic", "destinationReference": "main"}]);
    let request = json!({"title": "t", "description": "d", "targets": targets, "clientRequestToken": "once"});
    let made = succeeds(&world, "CreatePullRequest", request.clone()).await;
    let one = json!({"pullRequestId": "1", "repositoryName": "service"});
    let with = |more: Value| {
        let mut request = one.clone();
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        request
    };
    let revision = json!({"revisionId": made["pullRequest"]["revisionId"]});
    let commits = json!({"beforeCommitId": first, "afterCommitId": second, "content": "c", "clientRequestToken": "c",
        "location": {"filePath": "b", "filePosition": 1, "relativeFileVersion": "AFTER"}});
    let mut responses = vec![("CreatePullRequest", made.clone())];
    for (operation, request) in [
        ("CreatePullRequest", request),
        ("GetPullRequest", one.clone()),
        ("ListPullRequests", one.clone()),
        ("UpdatePullRequestTitle", with(json!({"title": "u"}))),
        ("UpdatePullRequestDescription", with(json!({"description": "e"}))),
        ("PostCommentForPullRequest", with(commits.clone())),
        ("PostCommentForPullRequest", with(commits)),
        ("GetCommentsForPullRequest", one.clone()),
        ("GetPullRequestApprovalStates", with(revision)),
        ("MergePullRequestBySquash", one.clone()),
    ] {
        responses.push((operation, succeeds(&world, operation, request).await));
    }
    assert_eq!(judged(&responses).await, "11 agree");
    assert_eq!(responses[1].1, made);
    assert_eq!(responses[6].1["comment"], responses[7].1["comment"]);
    assert_eq!(responses[8].1["commentsForPullRequestData"].as_array().unwrap().len(), 1);
    assert_eq!(responses[10].1["pullRequest"]["title"], "u");
}

#[tokio::test]
async fn what_cannot_be_is_the_documented_exception() {
    let world = World::new().await;
    let (_, _, [first, _]) = prepared(&world).await;
    let author = client(&world, &AUTHOR);
    let pull = create(&author, "t", "topic").await;
    let closed = create(&author, "closed", "topic").await;
    let close = author.update_pull_request_status().pull_request_id(id(&closed));
    close.pull_request_status(PullRequestStatusEnum::Closed).send().await.unwrap();
    let of = |source: &str, destination: &str| json!({"title": "t", "targets": [{"repositoryName": "service", "sourceReference": source, "destinationReference": destination}]});
    let merge = "MergePullRequestByThreeWay";
    let approve = "UpdatePullRequestApprovalState";
    for (operation, request, exception) in [
        ("CreatePullRequest", json!({"title": "t"}), "TargetsRequiredException"),
        ("CreatePullRequest", json!({"targets": of("topic", "main")["targets"]}), "TitleRequiredException"),
        ("CreatePullRequest", of("main", "refs/heads/main"), "SourceAndDestinationAreSameException"),
        ("CreatePullRequest", of("absent", "main"), "ReferenceDoesNotExistException"),
        ("CreatePullRequest", of("topic", "absent"), "ReferenceDoesNotExistException"),
        (
            "CreatePullRequest",
            json!({"title": "t", "targets": [{"repositoryName": "absent", "sourceReference": "a"}]}),
            "RepositoryDoesNotExistException",
        ),
        ("GetPullRequest", json!({}), "PullRequestIdRequiredException"),
        ("GetPullRequest", json!({"pullRequestId": "one"}), "InvalidPullRequestIdException"),
        ("GetPullRequest", json!({"pullRequestId": "9"}), "PullRequestDoesNotExistException"),
        ("GetPullRequest", json!({"pullRequestId": 1}), "SerializationException"),
        ("ListPullRequests", json!({}), "RepositoryNameRequiredException"),
        ("ListPullRequests", json!({"repositoryName": "service", "maxResults": 0}), "InvalidMaxResultsException"),
        (
            "ListPullRequests",
            json!({"repositoryName": "service", "nextToken": "9"}),
            "InvalidContinuationTokenException",
        ),
        (
            "ListPullRequests",
            json!({"repositoryName": "service", "pullRequestStatus": "DONE"}),
            "InvalidPullRequestStatusException",
        ),
        ("UpdatePullRequestTitle", json!({"pullRequestId": "1", "title": "x".repeat(151)}), "InvalidTitleException"),
        ("UpdatePullRequestTitle", json!({"pullRequestId": "2", "title": "x"}), "PullRequestAlreadyClosedException"),
        (
            "UpdatePullRequestStatus",
            json!({"pullRequestId": "2", "pullRequestStatus": "OPEN"}),
            "InvalidPullRequestStatusUpdateException",
        ),
        (merge, json!({"pullRequestId": "1"}), "RepositoryNameRequiredException"),
        (merge, json!({"pullRequestId": "2", "repositoryName": "service"}), "PullRequestAlreadyClosedException"),
        (
            approve,
            json!({"pullRequestId": "1", "approvalState": "APPROVE", "revisionId": "x"}),
            "RevisionNotCurrentException",
        ),
        (
            approve,
            json!({"pullRequestId": "1", "approvalState": "LIKE", "revisionId": pull.revision_id()}),
            "PullRequestCannotBeApprovedByAuthorException",
        ),
        (
            "PostCommentForPullRequest",
            json!({"pullRequestId": "1", "repositoryName": "service", "beforeCommitId": first, "afterCommitId": first}),
            "CommentContentRequiredException",
        ),
    ] {
        let (status, body) = crate::api::call(&world, operation, &request.to_string(), AUTHOR.access_key).await;
        assert_eq!((status, body["__type"].as_str()), (400, Some(exception)), "{operation} {request}: {body}");
    }
}
