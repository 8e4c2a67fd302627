//! What operations on pull requests take: each of them some of this.

use serde::Deserialize;
use serde_json::Value;

use super::record::PullRequest;
use super::shelf;
use crate::codecommit::page;
use crate::codecommit::refusal::limited;
pub(super) use crate::codecommit::refusal::{refusal, required};
use crate::json_api::{self, Refusal};
use crate::repository::{Error, Held, Store};

const TITLE_LIMIT: usize = 150;
const DESCRIPTION_LIMIT: usize = 10_240;
const CONTENT_LIMIT: usize = 10_240;

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
    pub(super) comment_id: Option<String>,
    pub(super) revision_id: Option<String>,
    pub(super) approval_state: Option<String>,
    pub(super) approval_rule_name: Option<String>,
    pub(super) approval_rule_content: Option<String>,
    pub(super) new_rule_content: Option<String>,
    pub(super) existing_rule_content_sha256: Option<String>,
    pub(super) override_status: Option<String>,
}

/// What is to be merged where.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Target {
    pub(super) repository_name: Option<String>,
    pub(super) source_reference: Option<String>,
    pub(super) destination_reference: Option<String>,
}

impl Request {
    pub(super) fn read(body: &[u8]) -> Result<Self, Refusal> {
        json_api::read(body)
    }

    fn number(&self) -> Result<u64, Refusal> {
        let id = required(self.pull_request_id.as_ref(), "PullRequestIdRequiredException", "pullRequestId")?;
        id.parse().map_err(|_| refusal("InvalidPullRequestIdException", format!("{id:?} is no number")))
    }

    /// The pull request that it is about, in its repository, which nobody else changes meanwhile.
    pub(super) async fn hold(&self, store: &Store) -> Result<(Held, PullRequest), Refusal> {
        let (held, pull) = shelf::hold(store, self.number()?).await?;
        self.check_repository(store, held.name(), &pull)?;
        Ok((held, pull))
    }

    /// The pull request that it is about as it is now, and the name of its repository. Nobody is waited for: the local
    /// cloud asks so whose permission a request needs, and has nothing else done until it knows.
    pub(super) fn find(&self, store: &Store) -> Result<(String, PullRequest), Refusal> {
        let (name, pull) = shelf::find(store, self.number()?)?;
        self.check_repository(store, &name, &pull)?;
        Ok((name, pull))
    }

    fn check_repository(&self, store: &Store, of: &str, pull: &PullRequest) -> Result<(), Refusal> {
        match &self.repository_name {
            Some(name) if name != of => {
                store.check(name)?;
                let message = format!("pull request {} is not of repository {name}", pull.id);
                Err(refusal("RepositoryNotAssociatedWithPullRequestException", message))
            }
            _ => Ok(()),
        }
    }

    fn revision(&self) -> Result<&str, Refusal> {
        required(self.revision_id.as_ref(), "RevisionIdRequiredException", "revisionId")
    }

    /// The revision that the pull request is in, which the request must name.
    pub(super) fn current(&self, pull: &PullRequest) -> Result<&str, Refusal> {
        match self.revision()? {
            revision if revision == pull.revision => Ok(revision),
            _ => {
                let message = format!("pull request {} is in revision {}", pull.id, pull.revision);
                Err(refusal("RevisionNotCurrentException", message))
            }
        }
    }

    /// A revision that the pull request is in, or was.
    pub(super) fn known(&self, pull: &PullRequest) -> Result<&str, Refusal> {
        let revision = self.revision()?;
        if revision == pull.revision || pull.past.iter().any(|past| past == revision) {
            return Ok(revision);
        }
        let message = format!("pull request {} was never in revision {revision:?}", pull.id);
        Err(refusal("InvalidRevisionIdException", message))
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
        page::part(all, key, self.max_results, self.next_token.as_ref())
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
