//! What became of a pull request's approval rules, and who approved.

use std::collections::BTreeSet;

use aws_sdk_codecommit::{
    config::http::HttpResponse,
    error::SdkError,
    operation::evaluate_pull_request_approval_rules::EvaluatePullRequestApprovalRulesError,
    types::{self, ApprovalState, Evaluation},
};
use pipeline_core::{
    gate::source::{ApprovalRule, ApprovalRules, Identity, Review, Reviewed},
    ports::PortError,
};
use serde::Deserialize;

use crate::{codecommit::CodeCommit, error::port_error};

impl CodeCommit {
    /// The rules of a pull request, as CodeCommit judges them for this revision of it.
    pub(super) async fn rules(
        &self,
        id: &str,
        revision: &str,
        rules: &[types::ApprovalRule],
    ) -> Result<ApprovalRules, PortError> {
        let operation = format!("evaluate the approval rules of pull request {id}");
        let request = self.0.evaluate_pull_request_approval_rules().pull_request_id(id).revision_id(revision);
        let answer = request.send().await.map_err(|error| refused(&operation, &error))?;
        let judged = answer.evaluation.ok_or_else(|| PortError::Unavailable {
            operation,
            detail: "CodeCommit answered without an evaluation".to_owned(),
        })?;
        Ok(ApprovalRules { rules: judge(rules, &judged), overridden: self.overrider(id, revision, &judged).await? })
    }

    async fn overrider(&self, id: &str, revision: &str, judged: &Evaluation) -> Result<Option<String>, PortError> {
        let request = self.0.get_pull_request_override_state().pull_request_id(id).revision_id(revision);
        let told = request.send().await;
        let told = told.map_err(|error| port_error(&format!("read who overrode pull request {id}"), &error))?;
        let who = told.overrider.unwrap_or_else(|| "somebody whom CodeCommit does not name".to_owned());
        // I24: one of the two answers is enough to deny.
        Ok((told.overridden || judged.overridden).then_some(who))
    }

    /// Who approves of this revision. CodeCommit keeps no approval that was revoked.
    pub(super) async fn approvals(&self, id: &str, revision: &str) -> Result<Vec<Review>, PortError> {
        let request = self.0.get_pull_request_approval_states().pull_request_id(id).revision_id(revision);
        let told = request.send().await;
        let told = told.map_err(|error| port_error(&format!("read who approved pull request {id}"), &error))?;
        let review = |approval: &types::Approval| {
            let opinion = match approval.approval_state() {
                Some(ApprovalState::Approve) => Reviewed::Approved,
                _ => Reviewed::Dismissed,
            };
            let by = Identity::Principal(approval.user_arn()?.to_owned());
            Some(Review { by, opinion, revision: revision.to_owned() })
        };
        Ok(told.approvals().iter().filter_map(review).collect())
    }
}

fn refused(operation: &str, error: &SdkError<EvaluatePullRequestApprovalRulesError, HttpResponse>) -> PortError {
    match error.as_service_error() {
        Some(refused) if refused.is_revision_not_current_exception() => PortError::Unavailable {
            operation: operation.to_owned(),
            detail: "it changed while it was read".to_owned(),
        },
        _ => port_error(operation, error),
    }
}

/// Those that the pull request has, and those that were judged.
fn judge(rules: &[types::ApprovalRule], judged: &Evaluation) -> Vec<ApprovalRule> {
    let named = rules.iter().filter_map(|rule| rule.approval_rule_name());
    let [satisfied, not] = [judged.approval_rules_satisfied(), judged.approval_rules_not_satisfied()];
    let names: BTreeSet<&str> = named.chain(satisfied.iter().chain(not).map(|name| &name[..])).collect();
    let has = |list: &[String], name: &str| list.iter().any(|listed| listed == name);
    let content = |name: &str| {
        let rule = rules.iter().find(|rule| rule.approval_rule_name() == Some(name))?;
        rule.approval_rule_content().and_then(needed)
    };
    let rule = |name: &str| ApprovalRule {
        name: name.to_owned(),
        needed: content(name),
        satisfied: has(satisfied, name) && !has(not, name),
    };
    names.into_iter().map(rule).collect()
}

/// How many approvals the content of a rule asks for, each of its statements: the fewest, so that none asks for none.
fn needed(content: &str) -> Option<u32> {
    #[derive(Deserialize)]
    struct Content {
        #[serde(rename = "Statements")]
        statements: Vec<Statement>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Statement {
        r#type: String,
        number_of_approvals_needed: u32,
    }
    let Content { statements } = serde_json::from_str(content).ok()?;
    let known = statements.iter().all(|statement| statement.r#type == "Approvers");
    statements.iter().map(|statement| statement.number_of_approvals_needed).min().filter(|_| known)
}

#[cfg(test)]
mod tests {
    use super::needed;

    #[test]
    fn what_a_rule_needs_is_read_from_its_content_or_not_known() {
        let statement = |needed: &str| format!(r#"{{"Type": "Approvers", "NumberOfApprovalsNeeded": {needed}}}"#);
        let content = |statements: &str| format!(r#"{{"Version": "2018-11-08", "Statements": [{statements}]}}"#);
        for (content, expected) in [
            (content(&statement("2")), Some(2)),
            (content(&statement("0")), Some(0)),
            (content(&format!("{}, {}", statement("2"), statement("0"))), Some(0)),
            (content(&statement("-1")), None),
            (content(&statement("\"2\"")), None),
            (content(&statement("2").replace("Approvers", "Other")), None),
            (content(""), None),
            (String::new(), None),
        ] {
            assert_eq!(needed(&content), expected, "{content}");
        }
    }
}
