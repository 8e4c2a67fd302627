//! The decision: what the rules say together.

use jiff::SignedDuration;

use crate::gate::{
    approved::{self, Tally},
    decision::{Answer, Outcome},
    observation::{Execution, Kind, Observation, Seen},
    params::Params,
    rules::{self, Objection, Ruling, deny},
    say,
};
use crate::ids::Digest;

/// What each rule says, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opinion {
    rulings: Vec<(&'static str, Ruling)>,
}

impl Opinion {
    /// What comes out. All must pass, and a denial beats waiting.
    pub fn outcome(&self) -> Outcome {
        let any = |outcome| self.rulings.iter().any(|(_, ruling)| self::outcome(ruling) == outcome);
        if any(Outcome::Deny) {
            Outcome::Deny
        } else if any(Outcome::Wait) || self.rulings.is_empty() {
            Outcome::Wait
        } else {
            Outcome::Approve
        }
    }

    /// What came out after waiting as long as one may: nothing waits any more (I24).
    #[must_use]
    pub fn after_waiting(mut self, waited: SignedDuration) -> Self {
        for (_, ruling) in &mut self.rulings {
            if let Err(Objection::Wait { because, remedy }) = ruling {
                *ruling = deny(say::gave_up(waited, because, remedy));
            }
        }
        self
    }

    /// What each rule answered, for the record.
    pub fn answers(self) -> Vec<Answer> {
        self.rulings.into_iter().map(|(rule, ruling)| answer(rule, ruling)).collect()
    }
}

/// Asks every rule.
pub fn decide(params: &Params, seen: &Observation) -> Opinion {
    let approved = params.rules.approved.map(|rule| (approved::NAME, approved::approved(rule, params, seen)));
    let digest = params.rules.digest.map(|_| ("digest", rules::digest(seen)));
    let revision = ("revision", rules::revision(params, seen));
    Opinion { rulings: approved.into_iter().chain([revision]).chain(digest).collect() }
}

/// I22: asks again, of what approves, whether it is still so.
pub fn confirm(
    mut opinion: Opinion,
    before: &Observation,
    execution: &Seen<Execution>,
    found: &Seen<Digest>,
) -> Opinion {
    let unmoved = rules::unmoved(before, execution, found);
    opinion.rulings.extend(unmoved.is_err().then_some(("unmoved", unmoved)));
    opinion
}

/// The votes of a release, for the record; a rollback has none.
pub(super) fn votes(params: &Params, seen: &Observation) -> Tally {
    match &seen.execution {
        Ok(Execution { kind: Kind::Standard, .. }) => approved::tally(params, seen).unwrap_or_default(),
        _ => Tally::default(),
    }
}

fn answer(rule: &str, ruling: Ruling) -> Answer {
    let outcome = outcome(&ruling);
    let (Ok(because) | Err(Objection::Wait { because, .. } | Objection::Deny(because))) = ruling;
    Answer { rule: rule.to_owned(), outcome, because }
}

fn outcome(ruling: &Ruling) -> Outcome {
    match ruling {
        Ok(_) => Outcome::Approve,
        Err(Objection::Wait { .. }) => Outcome::Wait,
        Err(Objection::Deny(_)) => Outcome::Deny,
    }
}
