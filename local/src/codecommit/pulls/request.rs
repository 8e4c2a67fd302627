//! What operations on pull requests take: each of them some of this.

use serde::Deserialize;
use serde_json::Value;

use crate::json_api::{self, Refusal};
use crate::repository::{Error, Held, Store};

use super::record::PullRequest;
use super::shelf;

const TITLE_LIMIT: usize = 150;
const DESCRIPTION_LIMIT: usize = 10_240;
const CONTENT_LIMIT: usize = 10_240;
/// The most of a page, and as much as one has unless fewer are wanted.
pub(super) const PAGE_LIMIT: usize = 100;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Request {
    pub(super) pull_request_id: Option<String>,
    pub(super) repository_name: Option<String>,
    pub(super) title: Option<String>,
    pub(super) description: Option<String>,
    pub(super) targets: Option<Vec<Target>>,
    pub(super) client_request_token: Option<String>,
    pub(super) pull_request_status: Option<String>,
    pub(super) author_arn: Option<String>,
    pub(super) max_results: Option<usize>,
    pub(super) next_token: Option<String>,
    pub(super) source_commit_id: Option<String>,
    pub(super) commit_message: Option<String>,
    pub(super) author_name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) conflict_resolution_strategy: Option<String>,
    pub(super) before_commit_id: Option<String>,
    pub(super) after_commit_id: Option<String>,
    pub(super) location: Option<Value>,
    pub(super) content: Option<String>,
    pub(super) revision_id: Option<String>,
    pub(super) approval_state: Option<String>,
}

/// What is to be merged where.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Target {
    pub(super) repository_name: Option<String>,
    pub(super) source_reference: Option<String>,
    pub(super) destination_reference: Option<String>,
}

pub(super) fn refusal(exception: &'static str, message: impl Into<String>) -> Refusal {
    Refusal::new(exception, message)
}

/// A value that must be there, or the exception that says so.
pub(super) fn required<'v>(value: Option<&'v String>, exception: &'static str, what: &str) -> Result<&'v str, Refusal> {
    let given = value.map(String::as_str).filter(|value| !value.is_empty());
    given.ok_or_else(|| refusal(exception, format!("{what} is missing")))
}

impl Request {
    pub(super) fn read(body: &[u8]) -> Result<Self, Refusal> {
        json_api::read(body)
    }

    /// The pull request that it is about, in its repository, which nobody else changes meanwhile.
    pub(super) async fn hold(&self, store: &Store) -> Result<(Held, PullRequest), Refusal> {
        let id = required(self.pull_request_id.as_ref(), "PullRequestIdRequiredException", "pullRequestId")?;
        let number =
            id.parse().map_err(|_| refusal("InvalidPullRequestIdException", format!("{id:?} is no number")))?;
        let (held, pull) = shelf::hold(store, number).await?;
        match &self.repository_name {
            Some(name) if name != held.name() => {
                store.check(name)?;
                let message = format!("pull request {id} is not of repository {name}");
                Err(refusal("RepositoryNotAssociatedWithPullRequestException", message))
            }
            _ => Ok((held, pull)),
        }
    }

    pub(super) fn repository(&self) -> Result<&str, Refusal> {
        required(self.repository_name.as_ref(), "RepositoryNameRequiredException", "repositoryName")
    }

    pub(super) fn title(&self) -> Result<String, Refusal> {
        let title = required(self.title.as_ref(), "TitleRequiredException", "title")?;
        limited(title, TITLE_LIMIT, "InvalidTitleException", "title").map(str::to_owned)
    }

    pub(super) fn description(&self) -> Result<Option<String>, Refusal> {
        let description = self.description.as_deref().filter(|text| !text.is_empty());
        let checked =
            description.map(|text| limited(text, DESCRIPTION_LIMIT, "InvalidDescriptionException", "description"));
        Ok(checked.transpose()?.map(str::to_owned))
    }

    pub(super) fn content(&self) -> Result<String, Refusal> {
        let content = required(self.content.as_ref(), "CommentContentRequiredException", "content")?;
        limited(content, CONTENT_LIMIT, "CommentContentSizeLimitExceededException", "content").map(str::to_owned)
    }

    /// Its page of what there is, each known by its key, and the token of the next.
    pub(super) fn page<T>(&self, all: Vec<T>, key: impl Fn(&T) -> String) -> Result<(Vec<T>, Option<String>), Refusal> {
        let size = self.max_results.unwrap_or(PAGE_LIMIT);
        if !(1..=PAGE_LIMIT).contains(&size) {
            return Err(refusal("InvalidMaxResultsException", format!("maxResults {size} is not 1 to {PAGE_LIMIT}")));
        }
        let mut rest = all.into_iter();
        if let Some(token) = &self.next_token {
            let message = || format!("continuation token {token:?} belongs to no page; begin again without one");
            let found = rest.find(|item| key(item) == *token);
            found.ok_or_else(|| refusal("InvalidContinuationTokenException", message()))?;
        }
        let page: Vec<T> = rest.by_ref().take(size).collect();
        let more = rest.next().is_some();
        let token = page.last().filter(|_| more).map(key);
        Ok((page, token))
    }
}

/// The branch that a reference names, in short or in full.
pub(super) fn branch(reference: &str) -> &str {
    reference.strip_prefix("refs/heads/").unwrap_or(reference)
}

/// Where a branch of a pull request is.
pub(super) async fn head(held: &Held, branch: &str) -> Result<String, Refusal> {
    match held.head(branch).await {
        Ok(commit) => Ok(commit.id),
        Err(error @ Error::NoBranch { .. }) => Err(refusal("ReferenceDoesNotExistException", error.to_string())),
        Err(error) => Err(error.into()),
    }
}

fn limited<'t>(text: &'t str, limit: usize, exception: &'static str, what: &str) -> Result<&'t str, Refusal> {
    match text.chars().count() {
        length if length > limit => {
            Err(refusal(exception, format!("{what} has {length} characters; {limit} is the most")))
        }
        _ => Ok(text),
    }
}
