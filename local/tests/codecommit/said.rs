//! What was said of pull requests, changed and taken back, and numbers that are wished for.

use aws_sdk_codecommit::Client;
use aws_sdk_codecommit::error::ProvideErrorMetadata;
use aws_sdk_codecommit::types::{PullRequestStatusEnum, Target};
use flowgate::identity::{APPROVER, AUTHOR};
use serde_json::{Value, json};

use crate::api::{judged, succeeds};
use crate::bus::Heard;
use crate::pulls::{client, create, prepared};
use crate::world::World;

/// Comments on number 1; the comment's id.
async fn say(client: &Client, [before, after]: [&str; 2], content: &str) -> String {
    let request = client.post_comment_for_pull_request().pull_request_id("1").repository_name("service");
    let request = request.before_commit_id(before).after_commit_id(after).content(content);
    request.send().await.unwrap().comment.unwrap().comment_id.unwrap()
}

/// The exception that an operation ends in.
fn refused<T: std::fmt::Debug, E: ProvideErrorMetadata>(answer: Result<T, E>) -> String {
    answer.unwrap_err().code().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_comment_is_changed_by_who_wrote_it_and_the_bus_hears_of_it() {
    let world = World::new().await;
    let (_, _, [first, second]) = prepared(&world).await;
    let (author, approver) = (client(&world, &AUTHOR), client(&world, &APPROVER));
    create(&author, "t", "topic").await;
    let id = say(&author, [&first, &second], "building").await;
    let heard = Heard::begin(&world).await;
    let change = |who: &Client, content: &str| who.update_comment().comment_id(&id).content(content);
    assert_eq!(refused(change(&approver, "mine").send().await), "CommentNotCreatedByCallerException");
    let changed = change(&author, "deployed").send().await.unwrap().comment.unwrap();
    assert_eq!((changed.content(), changed.author_arn()), (Some("deployed"), Some(AUTHOR.arn)));
    assert!(changed.last_modified_date() >= changed.creation_date());
    let detail = heard.details().await.remove(0);
    let told =
        ["event", "commentId", "pullRequestId", "callerUserArn", "repositoryName"].map(|key| detail[key].clone());
    assert_eq!(json!(told), json!(["commentOnPullRequestUpdated", id, "1", AUTHOR.arn, "service"]));
    let read = approver.get_comment().comment_id(&id).send().await.unwrap().comment.unwrap();
    assert_eq!((read.content(), read.deleted()), (Some("deployed"), false));

    let gone = approver.delete_comment_content().comment_id(&id).send().await.unwrap().comment.unwrap();
    assert_eq!((gone.content(), gone.deleted()), (None, true), "whoever may takes it back");
    assert_eq!(refused(author.get_comment().comment_id(&id).send().await), "CommentDeletedException");
    assert_eq!(refused(change(&author, "x").send().await), "CommentDeletedException");
    assert_eq!(refused(author.delete_comment_content().comment_id(&id).send().await), "CommentDeletedException");
    let listed = author.get_comments_for_pull_request().pull_request_id("1").send().await.unwrap();
    let comment = &listed.comments_for_pull_request_data()[0].comments()[0];
    assert_eq!((comment.comment_id(), comment.content(), comment.deleted()), (Some(id.as_str()), None, true));
}

#[tokio::test]
async fn what_no_comment_is_or_says_is_the_documented_exception() {
    let world = World::new().await;
    let (_, _, [first, second]) = prepared(&world).await;
    let author = client(&world, &AUTHOR);
    create(&author, "t", "topic").await;
    let id = say(&author, [&first, &second], "c").await;
    let absent = "00000000-0000-4000-8000-000000000000";
    for (given, expected) in [
        ("", "CommentIdRequiredException"),
        ("1", "InvalidCommentIdException"),
        (absent, "CommentDoesNotExistException"),
    ] {
        assert_eq!(refused(author.get_comment().comment_id(given).send().await), expected);
        assert_eq!(refused(author.update_comment().comment_id(given).content("x").send().await), expected);
        assert_eq!(refused(author.delete_comment_content().comment_id(given).send().await), expected);
    }
    for (content, expected) in [
        (String::new(), "CommentContentRequiredException"),
        ("x".repeat(10_241), "CommentContentSizeLimitExceededException"),
    ] {
        assert_eq!(refused(author.update_comment().comment_id(&id).content(content).send().await), expected);
    }
}

#[tokio::test]
async fn comments_are_as_the_model_describes_them() {
    let world = World::new().await;
    let (_, _, [first, second]) = prepared(&world).await;
    let author = client(&world, &AUTHOR);
    create(&author, "t", "topic").await;
    let id = say(&author, [&first, &second], "c").await;
    let one = json!({"commentId": id});
    let mut responses: Vec<(&str, Value)> = Vec::new();
    for (operation, request) in [
        ("GetComment", one.clone()),
        ("UpdateComment", json!({"commentId": id, "content": "d"})),
        ("DeleteCommentContent", one),
        ("GetCommentsForPullRequest", json!({"pullRequestId": "1"})),
    ] {
        responses.push((operation, succeeds(&world, operation, request).await));
    }
    assert_eq!(judged(&responses).await, "4 agree");
}

#[tokio::test]
async fn a_token_wishes_for_a_number_that_no_pull_request_has() {
    let world = World::new().await;
    prepared(&world).await;
    let author = client(&world, &AUTHOR);
    let wish = async |number: &str, title: &str| {
        let target = Target::builder().repository_name("service").source_reference("topic").build().unwrap();
        let request = author.create_pull_request().title(title).targets(target);
        let made = request.client_request_token(format!("flowgate-pull-request-{number}")).send().await;
        made.map(|made| made.pull_request.unwrap().pull_request_id.unwrap())
            .map_err(|error| refused::<(), _>(Err(error)))
    };
    assert_eq!(wish("42", "t").await.unwrap(), "42");
    assert_eq!(wish("42", "t").await.unwrap(), "42", "it is the same request");
    assert_eq!(wish("42", "u").await.unwrap_err(), "IdempotencyParameterMismatchException");
    assert_eq!(create(&author, "next", "topic").await.pull_request_id(), Some("43"));
    assert_eq!(wish("7", "t").await.unwrap(), "7");
    assert_eq!(create(&author, "after that", "topic").await.pull_request_id(), Some("44"));
    let close = author.update_pull_request_status().pull_request_id("42");
    close.pull_request_status(PullRequestStatusEnum::Closed).send().await.unwrap();
    assert_eq!(wish("42", "t").await.unwrap(), "45", "a closed one is not opened again, and keeps its number");
    for no_wish in ["0", "x", "-1", "99999999999"] {
        let given: u64 = wish(no_wish, "t").await.unwrap().parse().unwrap();
        assert!((46..50).contains(&given), "{no_wish}: {given}");
    }
}
