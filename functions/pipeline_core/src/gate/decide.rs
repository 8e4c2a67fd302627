//! The decision: what the rules say together.

use crate::gate::{
    approved::{self, Tally},
    decision::{Answer, Outcome},
    observation::{Execution, Kind, Observation, Seen},
    params::Params,
    rules::{self, Objection, Ruling},
    say,
};
use crate::ids::Digest;

/// What the rules say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opinion {
    /// What each rule says, in order.
    pub answers: Vec<Answer>,
}

impl Opinion {
    /// What comes out. All must pass, and a denial beats waiting.
    pub fn outcome(&self) -> Outcome {
        let any = |outcome| self.answers.iter().any(|answer| answer.outcome == outcome);
        if any(Outcome::Deny) {
            Outcome::Deny
        } else if any(Outcome::Wait) || self.answers.is_empty() {
            Outcome::Wait
        } else {
            Outcome::Approve
        }
    }

    /// What came out after waiting as long as one may: nothing waits any more (I24).
    #[must_use]
    pub fn after_waiting(mut self, minutes: u8) -> Self {
        for answer in self.answers.iter_mut().filter(|answer| answer.outcome == Outcome::Wait) {
            answer.outcome = Outcome::Deny;
            answer.because = say::gave_up(minutes, &answer.because);
        }
        self
    }
}

/// Asks every rule.
pub fn decide(params: &Params, seen: &Observation) -> Opinion {
    let approved = params.rules.approved.map(|rule| answer("approved", approved::approved(rule, params, seen)));
    let digest = params.rules.digest.map(|_| answer("digest", rules::digest(seen)));
    let revision = answer("revision", rules::revision(params, seen));
    Opinion { answers: approved.into_iter().chain([revision]).chain(digest).collect() }
}

/// I22: asks again, of what approves, whether it is still so.
pub fn confirm(opinion: Opinion, before: &Observation, execution: &Seen<Execution>, found: &Seen<Digest>) -> Opinion {
    let unmoved = answer("unmoved", rules::unmoved(before, execution, found));
    match unmoved.outcome {
        Outcome::Approve => opinion,
        Outcome::Wait | Outcome::Deny => Opinion { answers: opinion.answers.into_iter().chain([unmoved]).collect() },
    }
}

/// The votes of a release, for the record; a rollback has none.
pub(super) fn votes(params: &Params, seen: &Observation) -> Tally {
    match &seen.execution {
        Ok(Execution { kind: Kind::Standard, .. }) => approved::tally(params, seen).unwrap_or_default(),
        _ => Tally::default(),
    }
}

fn answer(rule: &str, ruling: Ruling) -> Answer {
    let (outcome, because) = match ruling {
        Ok(because) => (Outcome::Approve, because),
        Err(Objection::Wait(because)) => (Outcome::Wait, because),
        Err(Objection::Deny(because)) => (Outcome::Deny, because),
    };
    Answer { rule: rule.to_owned(), outcome, because }
}
