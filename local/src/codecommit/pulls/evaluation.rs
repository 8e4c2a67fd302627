//! Whether a pull request's approval rules let it be merged: they are satisfied, or were set aside, as it is now.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::change::open;
use super::events::{self, What};
use super::record::{Override, PullRequest, set};
use super::request::{Request, refusal, required};
use super::shelf;
use crate::actions::Context;
use crate::json_api::Refusal;
use crate::repository::Store;

/// What becomes of a pull request's rules with the approvals of its present revision.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Evaluation<'a> {
    satisfied: Vec<&'a str>,
    not_satisfied: Vec<&'a str>,
    overridden: bool,
}

impl Evaluation<'_> {
    pub(super) fn allows_merge(&self, pull: &PullRequest) -> Result<(), Refusal> {
        if self.overridden || self.not_satisfied.is_empty() {
            return Ok(());
        }
        let message =
            format!("pull request {} is not approved as its rules ask: {}", pull.id, self.not_satisfied.join(", "));
        Err(refusal("PullRequestApprovalRulesNotSatisfiedException", message))
    }

    fn shown(&self) -> Value {
        json!({
            "approved": self.not_satisfied.is_empty(),
            "overridden": self.overridden,
            "approvalRulesSatisfied": self.satisfied,
            "approvalRulesNotSatisfied": self.not_satisfied,
        })
    }
}

impl PullRequest {
    /// Who approved it in a revision.
    pub(super) fn approvers(&self, revision: &str) -> Vec<&str> {
        let of = self.approvals.iter().filter(|approval| approval.revision == revision);
        of.map(|approval| approval.user.as_str()).collect()
    }

    /// Who set its rules aside in a revision.
    fn overrider(&self, revision: &str) -> Option<&String> {
        self.overrides.iter().find(|one| one.revision == revision).map(|one| &one.user)
    }

    pub(super) fn evaluation(&self) -> Evaluation<'_> {
        let approvers = self.approvers(&self.revision);
        let (satisfied, not_satisfied): (Vec<_>, Vec<_>) =
            self.rules.iter().partition(|rule| rule.is_satisfied_by(&approvers));
        let [satisfied, not_satisfied] =
            [satisfied, not_satisfied].map(|rules| rules.into_iter().map(|rule| rule.name.as_str()).collect());
        Evaluation { satisfied, not_satisfied, overridden: self.overrider(&self.revision).is_some() }
    }
}

pub(super) fn evaluate(context: &Context, asked: &Request) -> Result<Value, Refusal> {
    let (_, pull) = asked.find(&Store::new(&context.state))?;
    asked.current(&pull)?;
    Ok(json!({"evaluation": pull.evaluation().shown()}))
}

pub(super) fn override_state(context: &Context, asked: &Request) -> Result<Value, Refusal> {
    let (_, pull) = asked.find(&Store::new(&context.state))?;
    let overrider = pull.overrider(asked.known(&pull)?);
    let mut answer = json!({"overridden": overrider.is_some()});
    set(&mut answer, "overrider", overrider);
    Ok(answer)
}

/// Sets all rules aside, or takes that back, which is not kept.
pub(super) async fn set_aside(context: &Context, asked: &Request, caller: &str) -> Result<Value, Refusal> {
    let status = required(asked.override_status.as_ref(), "OverrideStatusRequiredException", "overrideStatus")?;
    let (held, mut pull) = asked.hold(&Store::new(&context.state)).await?;
    open(&pull)?;
    let revision = asked.current(&pull)?;
    match (status, pull.overrider(revision)) {
        ("OVERRIDE", None) => pull.overrides.push(Override { user: caller.to_owned(), revision: revision.to_owned() }),
        ("OVERRIDE", Some(by)) => {
            let message = format!("{by} has set the rules of pull request {} aside already", pull.id);
            return Err(refusal("OverrideAlreadySetException", message));
        }
        ("REVOKE", None) => return Ok(json!({})),
        ("REVOKE", Some(_)) => pull.overrides.retain(|one| one.revision != revision),
        _ => return Err(refusal("InvalidOverrideStatusException", "overrideStatus is OVERRIDE or REVOKE")),
    }
    pull.active = Timestamp::now();
    shelf::write(&held, &pull)?;
    events::tell(context, &held, &pull, What::RulesOverridden(status), caller).await;
    Ok(json!({}))
}
