//! What an earlier decision answers for: entering Prod after the approvals, and going back to what was released (I23).

use jiff::Timestamp;

use crate::{
    gate::{
        approved::oldest,
        decision::{Decision, Rule},
        observation::{Execution, Kind, Observation},
        params::{Params, Phase},
        rules::{Ruling, deny},
        say,
    },
    ids::{Digest, ExecutionId},
    ports::PortError,
};

/// By what the rules about people, pull requests and tests are answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Basis {
    /// By what is there now.
    Fresh,
    /// By what was decided about this execution.
    Reaffirmed(ExecutionId),
    /// By what was decided about the one that a rollback brings back, however long ago.
    BroughtBack(ExecutionId),
}

impl Basis {
    pub(super) fn of(params: &Params, execution: &Execution) -> Result<Self, PortError> {
        match &execution.kind {
            Kind::Rollback(Some(target)) => Ok(Self::BroughtBack(target.clone())),
            Kind::Rollback(None) => Err(PortError::Unusable {
                what: format!("rollback {}", params.execution),
                why: "it does not say to which execution it goes back".into(),
            }),
            Kind::Standard if params.phase == Phase::Enter => Ok(Self::Reaffirmed(params.execution.clone())),
            Kind::Standard => Ok(Self::Fresh),
        }
    }

    /// The execution that built what would be deployed.
    pub(super) fn origin<'a>(&'a self, params: &'a Params) -> &'a ExecutionId {
        match self {
            Self::Fresh => &params.execution,
            Self::Reaffirmed(execution) | Self::BroughtBack(execution) => execution,
        }
    }
}

/// I23: needs nobody, when a decision that counts let just this through by this rule, on as many people as are asked for now.
pub(super) fn stands(rule: Rule, basis: &Basis, params: &Params, seen: &Observation) -> Ruling {
    let found = seen.found.as_ref()?;
    // Which revision comes back is what the digest of a rollback is checked for.
    let is_reaffirmed = matches!(basis, Basis::Reaffirmed(_));
    let is_of_this = |decision: &&Decision| {
        is_of(decision, basis.origin(params), found) && (!is_reaffirmed || decision.revision == params.revision)
    };
    let mut of_this = seen.decisions.as_ref()?.iter().filter(is_of_this);
    let needed = if rule == Rule::Approved { params.rules.approved } else { None };
    let expires = needed.filter(|_| is_reaffirmed);
    let since = expires.map_or(Timestamp::MIN, |needed| oldest(needed, seen.at));
    let count = needed.map_or(0, |needed| needed.count);
    let lets = |decision: &&Decision| decision.was_met(rule) && decision.counted_since(since) >= count;
    match of_this.clone().find(lets) {
        Some(decision) => Ok(say::stands(rule, basis, decision)),
        None => deny(say::never_decided(rule, basis, params, found, of_this.next_back())),
    }
}

fn is_of(decision: &Decision, execution: &ExecutionId, found: &Digest) -> bool {
    decision.execution == *execution && decision.phase == Phase::Decide && decision.digest.as_ref() == Some(found)
}
