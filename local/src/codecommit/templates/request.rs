//! What operations on templates take: each of them some of this.

use serde::Deserialize;

use super::record::Template;
use crate::codecommit::approvals::TEMPLATE;
use crate::codecommit::page;
use crate::codecommit::refusal::{limited, refusal};
use crate::json_api::Refusal;

const DESCRIPTION_LIMIT: usize = 1000;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Request {
    pub(super) approval_rule_template_name: Option<String>,
    pub(super) approval_rule_template_content: Option<String>,
    pub(super) approval_rule_template_description: Option<String>,
    pub(super) old_approval_rule_template_name: Option<String>,
    pub(super) new_approval_rule_template_name: Option<String>,
    pub(super) new_rule_content: Option<String>,
    pub(super) existing_rule_content_sha256: Option<String>,
    pub(super) repository_name: Option<String>,
    pub(super) repository_names: Option<Vec<String>>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

impl Request {
    pub(super) fn name(&self) -> Result<String, Refusal> {
        TEMPLATE.name(self.approval_rule_template_name.as_ref())
    }

    /// An empty one is none.
    pub(super) fn description(&self) -> Result<Option<String>, Refusal> {
        let text = self.approval_rule_template_description.as_deref().filter(|text| !text.is_empty());
        let exception = "InvalidApprovalRuleTemplateDescriptionException";
        let checked = text.map(|text| limited(text, DESCRIPTION_LIMIT, exception, "the description")).transpose()?;
        Ok(checked.map(str::to_owned))
    }

    /// Its page of these names, and the token of the next.
    pub(super) fn page(&self, names: Vec<String>) -> Result<(Vec<String>, Option<String>), Refusal> {
        page::part(names, String::clone, self.max_results, self.next_token.as_ref())
    }
}

/// The template of this name.
pub(super) fn find<'t>(templates: &'t mut [Template], name: &str) -> Result<&'t mut Template, Refusal> {
    let absent =
        || refusal("ApprovalRuleTemplateDoesNotExistException", format!("there is no approval rule template {name}"));
    templates.iter_mut().find(|template| template.name == name).ok_or_else(absent)
}
