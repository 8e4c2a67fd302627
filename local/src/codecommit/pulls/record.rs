//! A pull request as it is kept, and as the API shows it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::codecommit::approvals::Rule;
use crate::codecommit::metadata::seconds;
use crate::repository::Reference;

/// Whether it can still be merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(in crate::codecommit) enum Status {
    Open,
    Closed,
}

/// How it was merged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::codecommit) struct Merged {
    pub(super) by: String,
    pub(super) commit: String,
    /// The API's name of the way.
    pub(super) option: String,
}

/// Something that somebody said of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::codecommit) struct Comment {
    pub(super) id: String,
    pub(super) content: String,
    pub(super) author: String,
    pub(super) created: Timestamp,
    /// When it last said something else than before.
    #[serde(default)]
    pub(super) modified: Option<Timestamp>,
    /// Its content is gone.
    #[serde(default)]
    pub(super) deleted: bool,
    pub(super) before_commit: String,
    pub(super) after_commit: String,
    pub(super) location: Option<Value>,
    pub(super) token: Option<String>,
}

/// Somebody who approved it as it was in a revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::codecommit) struct Approval {
    pub(super) user: String,
    pub(super) revision: String,
}

/// Somebody who set its rules aside as it was in a revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::codecommit) struct Override {
    pub(super) user: String,
    pub(super) revision: String,
}

/// A request to merge a branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::codecommit) struct PullRequest {
    pub(super) id: u64,
    pub(super) title: String,
    pub(super) description: Option<String>,
    pub(super) author: String,
    pub(super) created: Timestamp,
    pub(super) active: Timestamp,
    pub(super) status: Status,
    /// The branch that it is from.
    pub(super) source: String,
    /// The branch that it is to be merged into.
    pub(super) destination: String,
    pub(super) source_commit: String,
    pub(super) destination_commit: String,
    pub(super) merge_base: Option<String>,
    pub(super) merged: Option<Merged>,
    /// Another one whenever its commits change.
    pub(super) revision: String,
    pub(super) token: Option<String>,
    pub(super) comments: Vec<Comment>,
    pub(super) approvals: Vec<Approval>,
    /// The revisions that it was in.
    #[serde(default)]
    pub(super) past: Vec<String>,
    #[serde(default)]
    pub(super) rules: Vec<Rule>,
    #[serde(default)]
    pub(super) overrides: Vec<Override>,
}

impl PullRequest {
    pub(super) fn is_open(&self) -> bool {
        self.status == Status::Open
    }

    pub(super) fn new_revision() -> String {
        Uuid::new_v4().simple().to_string()
    }

    /// Makes it another revision, which nobody has approved and whose rules nobody has set aside.
    pub(super) fn revise(&mut self) {
        self.past.push(std::mem::replace(&mut self.revision, Self::new_revision()));
    }

    /// `PullRequest`, of this repository.
    pub(super) fn shown(&self, repository: &str) -> Value {
        let mut merge = json!({"isMerged": self.merged.is_some()});
        if let Some(Merged { by, commit, option }) = &self.merged {
            merge = json!({"isMerged": true, "mergedBy": by, "mergeCommitId": commit, "mergeOption": option});
        }
        let mut target = json!({
            "repositoryName": repository,
            "sourceReference": Reference::branch(&self.source).to_string(),
            "destinationReference": Reference::branch(&self.destination).to_string(),
            "sourceCommit": self.source_commit,
            "destinationCommit": self.destination_commit,
            "mergeMetadata": merge,
        });
        set(&mut target, "mergeBase", self.merge_base.as_ref());
        let mut shown = json!({
            "pullRequestId": self.id.to_string(),
            "title": self.title,
            "lastActivityDate": seconds(self.active),
            "creationDate": seconds(self.created),
            "pullRequestStatus": self.status,
            "authorArn": self.author,
            "pullRequestTargets": [target],
            "revisionId": self.revision,
            "approvalRules": self.rules.iter().map(Rule::shown).collect::<Vec<_>>(),
        });
        set(&mut shown, "description", self.description.as_ref());
        set(&mut shown, "clientRequestToken", self.token.as_ref());
        shown
    }
}

impl Comment {
    /// `Comment`.
    pub(super) fn shown(&self) -> Value {
        let mut shown = json!({
            "commentId": self.id,
            "creationDate": seconds(self.created),
            "lastModifiedDate": seconds(self.modified.unwrap_or(self.created)),
            "authorArn": self.author,
            "deleted": self.deleted,
            "callerReactions": [],
            "reactionCounts": {},
        });
        set(&mut shown, "content", (!self.deleted).then_some(&self.content));
        set(&mut shown, "clientRequestToken", self.token.as_ref());
        shown
    }
}

/// What is not there is left out.
pub(super) fn set(object: &mut Value, key: &str, value: Option<&impl Serialize>) {
    if let Some(value) = value {
        object[key] = json!(value);
    }
}
