//! The decision: what the rules say together.

use jiff::SignedDuration;

use crate::{
    gate::{
        approved::{self, Tally},
        decision::{Answer, Outcome, Rule},
        observation::{Execution, Observation, Seen},
        overrides::Override,
        params::{Params, Phase},
        people::Person,
        reviewed,
        rules::{self, Objection, Ruling, deny},
        say,
        standing::{Basis, stands},
        tested,
    },
    ids::Digest,
};

/// What one rule says, and who answers for it where it did not pass by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Ruled {
    rule: Rule,
    ruling: Ruling,
    overridden: Option<Person>,
}

/// What each rule says, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opinion {
    rulings: Vec<Ruled>,
    /// The override that there is.
    pub overridden: Option<Override>,
}

impl Opinion {
    /// What comes out. All must pass, and a denial beats waiting.
    pub fn outcome(&self) -> Outcome {
        let any = |outcome| self.rulings.iter().any(|ruled| self::outcome(&ruled.ruling) == outcome);
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
        for Ruled { ruling, .. } in &mut self.rulings {
            if let Err(Objection::Wait { because, remedy }) = ruling {
                *ruling = deny(say::gave_up(waited, because, remedy));
            }
        }
        self
    }

    /// What it waits for, in words for people.
    pub fn waits_for(&self) -> String {
        let waits = self.rulings.iter().filter_map(|ruled| match &ruled.ruling {
            Err(Objection::Wait { because, .. }) => Some(because.as_str()),
            _ => None,
        });
        format!("waiting: {}", waits.collect::<Vec<_>>().join("; "))
    }

    /// What each rule answered, for the record.
    pub fn answers(self) -> Vec<Answer> {
        self.rulings.into_iter().map(answer).collect()
    }

    fn push(&mut self, rule: Rule, ruling: Ruling) {
        self.rulings.push(Ruled { rule, ruling, overridden: None });
    }
}

/// Asks every rule, and then whoever overrides some of them.
pub fn decide(params: &Params, seen: &Observation) -> Opinion {
    let mut opinion = Opinion { rulings: vec![], overridden: None };
    for (rule, ruling) in about_people(params, seen) {
        opinion.push(rule, ruling);
    }
    opinion.push(Rule::Revision, rules::revision(params, seen));
    if params.rules.digest.is_some() {
        opinion.push(Rule::Digest, digest(params, seen));
    }
    if let Some(rule) = &params.rules.no_drift {
        opinion.push(Rule::NoDrift, rules::no_drift(rule, seen));
    }
    overridden(opinion, params, seen)
}

/// The rules that an earlier decision may answer for.
fn about_people(params: &Params, seen: &Observation) -> Vec<(Rule, Ruling)> {
    let basis = seen.execution.as_ref().map_err(Objection::from);
    let basis = basis.and_then(|execution| Basis::of(params, execution).map_err(|error| Objection::from(&error)));
    let ask = |rule: Rule, fresh: &dyn Fn() -> Ruling| match &basis {
        Err(objection) => (rule, Err(objection.clone())),
        Ok(Basis::Fresh) => (rule, fresh()),
        Ok(basis) => (rule, stands(rule, basis, params, seen)),
    };
    let rules = &params.rules;
    let approved = rules.approved.map(|rule| ask(Rule::Approved, &|| approved::approved(rule, params, seen)));
    let reviewed =
        rules.pull_request.map(|rule| ask(Rule::PullRequest, &|| reviewed::pull_request(rule, params, seen)));
    let tested = rules.tested.as_ref().map(|rule| ask(Rule::Tested, &|| tested::tested(rule, seen)));
    approved.into_iter().chain(reviewed).chain(tested).collect()
}

/// Where a rollback finds its artifact is not documented to be where its build left it, and what was recorded is found by
/// that. What was let through then was what had been built.
fn digest(params: &Params, seen: &Observation) -> Ruling {
    let basis = seen.execution.as_ref().ok().and_then(|execution| Basis::of(params, execution).ok());
    match (rules::digest(seen), basis) {
        (Err(Objection::Wait { .. }), Some(basis @ Basis::BroughtBack(_))) => {
            stands(Rule::Digest, &basis, params, seen)
        }
        (ruling, _) => ruling,
    }
}

/// Lets pass what somebody answers for. An override that cannot be read, or is none, is a reason of its own why not.
fn overridden(mut opinion: Opinion, params: &Params, seen: &Observation) -> Opinion {
    if opinion.outcome() == Outcome::Approve {
        return opinion;
    }
    match valid_override(params, seen) {
        None => {}
        // Where time may still help, it denies nothing that would pass without it.
        Some(Err(Objection::Deny(because))) if opinion.outcome() == Outcome::Wait => {
            opinion.push(Rule::Override, Err(Objection::Wait { because, remedy: "retry the stage".to_owned() }));
        }
        Some(Err(objection)) => opinion.push(Rule::Override, Err(objection)),
        Some(Ok(standing)) => {
            for ruled in opinion.rulings.iter_mut().filter(|ruled| standing.rules.contains(&ruled.rule)) {
                set_aside(ruled, &standing);
            }
            opinion.overridden = Some(standing);
        }
    }
    opinion
}

fn valid_override(params: &Params, seen: &Observation) -> Option<Result<Override, Objection>> {
    let written = match seen.written.as_ref()? {
        Ok(written) => written.as_ref()?,
        Err(error) => return Some(Err(error.into())),
    };
    let people = seen.people.as_ref().map_err(Objection::from);
    Some(people.and_then(|people| Override::of(written, params, people)))
}

fn set_aside(ruled: &mut Ruled, standing: &Override) {
    if let Err(Objection::Wait { because, .. } | Objection::Deny(because)) = &ruled.ruling {
        ruled.ruling = Ok(say::overridden(ruled.rule, standing, because));
        ruled.overridden = Some(standing.by.clone());
    }
}

/// I22: asks again, of what approves, whether it is still so.
pub fn confirm(
    mut opinion: Opinion,
    before: &Observation,
    execution: &Seen<Execution>,
    found: &Seen<Digest>,
) -> Opinion {
    let unmoved = rules::unmoved(before, execution, found);
    if unmoved.is_err() {
        opinion.push(Rule::Unmoved, unmoved);
    }
    opinion
}

/// The votes of a release, for the record; where nobody was asked, or others were, there are none.
pub(super) fn votes(params: &Params, seen: &Observation) -> Tally {
    let basis = seen.execution.as_ref().ok().and_then(|execution| Basis::of(params, execution).ok());
    match (params.rules.approved, params.phase, basis) {
        (Some(rule), Phase::Decide, Some(Basis::Fresh)) => approved::tally(rule, params, seen).unwrap_or_default(),
        _ => Tally::default(),
    }
}

fn answer(Ruled { rule, ruling, overridden }: Ruled) -> Answer {
    let outcome = outcome(&ruling);
    let (Ok(because) | Err(Objection::Wait { because, .. } | Objection::Deny(because))) = ruling;
    Answer { rule, outcome, because, overridden }
}

fn outcome(ruling: &Ruling) -> Outcome {
    match ruling {
        Ok(_) => Outcome::Approve,
        Err(Objection::Wait { .. }) => Outcome::Wait,
        Err(Objection::Deny(_)) => Outcome::Deny,
    }
}
