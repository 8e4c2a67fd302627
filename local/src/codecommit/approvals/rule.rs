//! An approval rule of a pull request, as it is kept and as the API shows it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Content;
use crate::codecommit::metadata::seconds;

/// The template that a rule was made by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::codecommit) struct Origin {
    pub(in crate::codecommit) id: String,
    pub(in crate::codecommit) name: String,
}

/// How a pull request has to be approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::codecommit) struct Rule {
    pub(in crate::codecommit) id: String,
    pub(in crate::codecommit) name: String,
    /// As it was written.
    pub(in crate::codecommit) content: String,
    pub(in crate::codecommit) created: Timestamp,
    pub(in crate::codecommit) modified: Timestamp,
    /// Who wrote it last.
    pub(in crate::codecommit) by: String,
    pub(in crate::codecommit) origin: Option<Origin>,
}

impl Rule {
    pub(in crate::codecommit) fn new(name: String, content: String, by: &str, origin: Option<Origin>) -> Self {
        let now = Timestamp::now();
        Self { id: Uuid::new_v4().to_string(), name, content, created: now, modified: now, by: by.to_owned(), origin }
    }

    /// Whether these have approved all that it asks for; what cannot be read is never satisfied.
    pub(in crate::codecommit) fn is_satisfied_by(&self, approvers: &[&str]) -> bool {
        Content::read(&self.content).is_ok_and(|content| content.is_satisfied_by(approvers))
    }

    /// `ApprovalRule`.
    pub(in crate::codecommit) fn shown(&self) -> Value {
        let mut shown = json!({
            "approvalRuleId": self.id,
            "approvalRuleName": self.name,
            "approvalRuleContent": self.content,
            "ruleContentSha256": sha256(&self.content),
            "creationDate": seconds(self.created),
            "lastModifiedDate": seconds(self.modified),
            "lastModifiedUser": self.by,
        });
        if let Some(Origin { id, name }) = &self.origin {
            shown["originApprovalRuleTemplate"] =
                json!({"approvalRuleTemplateId": id, "approvalRuleTemplateName": name});
        }
        shown
    }
}

/// By it somebody who changes content says which they have seen.
pub(in crate::codecommit) fn sha256(content: &str) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}
