//! Comments on a pull request.

use aws_sdk_codecommit::{
    config::http::HttpResponse,
    error::SdkError,
    operation::{
        get_comments_for_pull_request::GetCommentsForPullRequestError as ListError,
        post_comment_for_pull_request::PostCommentForPullRequestError as PostError,
        update_comment::UpdateCommentError as EditError,
    },
    types::{Comment, CommentsForPullRequest},
};
use pipeline_core::{
    ids::Nonce,
    ports::PortError,
    record::{say::is_marked, speak::CommentId},
};

use crate::{codecommit::CodeCommit, error::port_error, host::shortened, pages};

/// The longest comment that CodeCommit takes, in characters.
const LONGEST: usize = 10_240;

impl CodeCommit {
    /// The first of our comments that has this mark.
    ///
    /// Nobody may edit what others wrote. So that who copies our mark does not hide ours, AWS is asked who we are; and only
    /// if there is a comment with the mark.
    pub(crate) async fn marked(
        &self,
        repository: &str,
        number: u64,
        mark: &str,
    ) -> Result<Option<CommentId>, PortError> {
        let mut marked = self.comments(repository, number, mark).await?;
        if marked.is_empty() {
            return Ok(None);
        }
        let we = self.we().await?;
        // In which order they come is not documented.
        marked.sort_by_key(|comment| comment.creation_date);
        let ours = marked.into_iter().find(|comment| comment.author_arn() == Some(&we));
        Ok(ours.and_then(|comment| comment.comment_id).map(CommentId))
    }

    /// Those that have it.
    async fn comments(&self, repository: &str, number: u64, mark: &str) -> Result<Vec<Comment>, PortError> {
        let operation = format!("list the comments on pull request {number}");
        let is_ours = |told: &CommentsForPullRequest| told.repository_name() == Some(repository);
        let is_marked =
            |comment: &Comment| !comment.deleted && comment.content().is_some_and(|text| is_marked(text, mark));
        let page = async |token| {
            // Without commits it lists what was said of all of them.
            let request = self.0.get_comments_for_pull_request().pull_request_id(number.to_string());
            let answer =
                request.set_next_token(token).send().await.map_err(|error| match error.as_service_error() {
                    Some(ListError::PullRequestDoesNotExistException(_)) => missing(repository, number),
                    _ => port_error(&operation, &error),
                })?;
            let told = answer.comments_for_pull_request_data.unwrap_or_default().into_iter().filter(is_ours);
            let comments = told.flat_map(|told| told.comments.unwrap_or_default()).filter(is_marked);
            Ok((comments.collect(), answer.next_token))
        };
        pages::all(&operation, page).await
    }

    async fn we(&self) -> Result<String, PortError> {
        let operation = "ask AWS who we are";
        let answer = self.1.get_caller_identity().send().await.map_err(|error| port_error(operation, &error))?;
        let detail = "it answered without our ARN".to_owned();
        answer.arn.ok_or_else(|| PortError::Unavailable { operation: operation.to_owned(), detail })
    }

    /// Writes a comment on the pull request as it is now. With the same `nonce` it is the same comment.
    pub(crate) async fn comment(
        &self,
        repository: &str,
        number: u64,
        text: &str,
        nonce: Nonce,
    ) -> Result<CommentId, PortError> {
        let shown = self.shown(repository, number).await?.ok_or_else(|| missing(repository, number))?;
        let request = self.0.post_comment_for_pull_request().pull_request_id(number.to_string());
        let request = request.repository_name(repository).content(shortened(text, LONGEST));
        let request = request.set_before_commit_id(shown.target.destination_commit);
        let request = request.set_after_commit_id(shown.target.source_commit).client_request_token(nonce.to_string());
        let answer = request.send().await.map_err(|error| unwritten(repository, number, &error))?;
        let id = answer.comment.and_then(|comment| comment.comment_id);
        id.map(CommentId).ok_or_else(|| PortError::Unavailable {
            operation: format!("comment on pull request {number}"),
            detail: "CodeCommit answered without the comment".to_owned(),
        })
    }

    /// Writes a comment anew.
    pub(crate) async fn edit(&self, number: u64, comment: &CommentId, text: &str) -> Result<(), PortError> {
        let what = format!("comment {} of ours on pull request {number}", comment.0);
        let request = self.0.update_comment().comment_id(&comment.0).content(shortened(text, LONGEST));
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(is_lost) => Err(PortError::NotFound { what }),
            Err(error) => Err(port_error(&format!("edit {what}"), &error)),
        }
    }
}

/// Whether there is none that we may edit: it was deleted, or another function wrote it.
fn is_lost(error: &EditError) -> bool {
    error.is_comment_does_not_exist_exception()
        || error.is_comment_deleted_exception()
        || error.is_comment_not_created_by_caller_exception()
        || error.is_invalid_comment_id_exception()
}

fn missing(repository: &str, number: u64) -> PortError {
    PortError::NotFound { what: format!("pull request {number} in repository {repository}") }
}

fn unwritten(repository: &str, number: u64, error: &SdkError<PostError, HttpResponse>) -> PortError {
    let unusable = |why: &str| {
        let what = format!("pull request {number} in repository {repository}");
        PortError::Unusable { what, why: why.to_owned() }
    };
    let operation = format!("comment on pull request {number}");
    match error.as_service_error() {
        Some(PostError::BeforeCommitIdAndAfterCommitIdAreSameException(_)) => unusable(
            "source and destination are at the same commit, and CodeCommit takes comments on differences only; push a commit",
        ),
        Some(PostError::CommitDoesNotExistException(_)) => {
            unusable("CodeCommit does not have one of its commits any more; push its branch again")
        }
        Some(
            PostError::PullRequestDoesNotExistException(_)
            | PostError::RepositoryNotAssociatedWithPullRequestException(_),
        ) => missing(repository, number),
        // A commit was pushed since, or the words were others.
        Some(PostError::IdempotencyParameterMismatchException(_)) => PortError::Unavailable {
            operation,
            detail: "it was written already, of other commits or in other words; look for its mark".to_owned(),
        },
        _ => port_error(&operation, error),
    }
}
