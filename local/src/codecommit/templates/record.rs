//! A template as it is kept, and as the API shows it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::codecommit::approvals::{Content, Origin, Rule, sha256};
use crate::codecommit::metadata::seconds;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Template {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: Option<String>,
    /// As it was written.
    pub(super) content: String,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
    /// Who wrote it last.
    pub(super) by: String,
    /// The repositories that it is associated with: one made anew under a name is another.
    pub(super) repositories: BTreeSet<Uuid>,
}

impl Template {
    pub(super) fn is_of(&self, repository: Uuid) -> bool {
        self.repositories.contains(&repository)
    }

    /// The rule of a new pull request into this branch; none where it is not about that branch.
    pub(super) fn rule(&self, destination: &str) -> Option<Rule> {
        let content = Content::read(&self.content).ok()?;
        let origin = Origin { id: self.id.clone(), name: self.name.clone() };
        let rule = || Rule::new(self.name.clone(), self.content.clone(), &self.by, Some(origin));
        content.is_for(destination).then(rule)
    }

    /// `ApprovalRuleTemplate`.
    pub(super) fn shown(&self) -> Value {
        let mut shown = json!({
            "approvalRuleTemplateId": self.id,
            "approvalRuleTemplateName": self.name,
            "approvalRuleTemplateContent": self.content,
            "ruleContentSha256": sha256(&self.content),
            "creationDate": seconds(self.created),
            "lastModifiedDate": seconds(self.modified),
            "lastModifiedUser": self.by,
        });
        if let Some(description) = &self.description {
            shown["approvalRuleTemplateDescription"] = json!(description);
        }
        shown
    }
}
