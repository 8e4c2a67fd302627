//! The rule `approved`: enough distinct people, none of whom made or started this release (I21).

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::gate::{
    decision::{Decision, Outcome},
    makers::{Excluded, Makers, makers},
    observation::{ActionRun, Observation},
    params::{Approved, Params, Phase},
    people::{Nobody, People, Person},
    rules::{Objection, Ruling, deny},
    runs::{SUCCEEDED, WAITING, latest},
    say,
    source::Why,
};

/// What one approval action is worth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vote {
    /// The action's name.
    pub action: String,
    /// Its latest run; `None` when it did not ask.
    pub run: Option<ActionRun>,
    /// Who is behind the principal that answered.
    pub person: Option<Person>,
    /// What it is worth.
    pub worth: Worth,
}

/// Whether an approval counts, and why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Worth {
    /// It counts.
    Counts,
    /// The action did not ask in this execution, or is not known yet to have.
    NotAsked,
    /// The latest run of the action is not known yet to be answered.
    NotAnswered,
    /// The latest run of the action is not an approval.
    NotGiven,
    /// An earlier release of this execution used it up (I23).
    Used,
    /// It was given longer ago than it counts, or nobody knows when (I23).
    Old,
    /// Nobody knows who is behind the principal that approved.
    Nobody(Nobody),
    /// Whoever approved may not approve this.
    Excluded(Why),
    /// Another approval is by the same person.
    Repeated,
}

/// All votes, and whose cannot count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Tally {
    pub(super) votes: Vec<Vote>,
    pub(super) makers: Makers,
}

impl Tally {
    fn worth(&self, worths: &[Worth]) -> usize {
        self.votes.iter().filter(|vote| worths.contains(&vote.worth)).count()
    }
}

pub(super) fn approved(rule: Approved, params: &Params, seen: &Observation) -> Ruling {
    match params.phase {
        Phase::Ask => possible(rule, params, seen),
        Phase::Decide | Phase::Enter => counted(rule, params, seen),
    }
}

/// Whether enough people could approve at all, before anybody is asked.
fn possible(rule: Approved, params: &Params, seen: &Observation) -> Ruling {
    let people = seen.people.as_ref()?;
    let makers = makers(params, people, seen);
    let excluded = makers.all_known()?;
    match others(people, excluded) {
        Some(others) if others < rule.count => deny(say::impossible(params, excluded, rule.count)),
        others => Ok(say::possible(rule.count, excluded, others)),
    }
}

fn counted(rule: Approved, params: &Params, seen: &Observation) -> Ruling {
    let tally = tally(rule, params, seen)?;
    let excluded = tally.makers.all_known()?;
    let counted = tally.worth(&[Worth::Counts]);
    if counted >= rule.count {
        return Ok(say::votes(params, rule, &tally.votes));
    }
    let missing = rule.count - counted;
    let can_be_met = others(seen.people.as_ref()?, excluded).is_none_or(|others| others >= rule.count);
    let (because, remedy) = say::not_enough(params, rule, &tally.votes, missing, can_be_met);
    // CodePipeline's lists may be older than what it told us by running this action.
    if can_be_met && tally.worth(&[Worth::NotAsked, Worth::NotAnswered]) >= missing {
        return Err(Objection::Wait { because, remedy });
    }
    deny(format!("{because}: {remedy}"))
}

/// What every approval is worth.
pub(super) fn tally(rule: Approved, params: &Params, seen: &Observation) -> Result<Tally, Objection> {
    let runs = seen.runs.as_ref()?;
    let people = seen.people.as_ref()?;
    let used = used(seen.decisions.as_ref()?);
    let mut tally = Tally { votes: vec![], makers: makers(params, people, seen) };
    for action in &params.approvals {
        let run = latest(runs, |run| run.category == APPROVAL && run.action == *action)?;
        let person = people.person(run.and_then(|run| run.by.as_deref()).unwrap_or_default());
        let worth = worth(run, person.as_ref(), &tally, &used, oldest(rule, seen.at));
        tally.votes.push(Vote { action: action.clone(), run: run.cloned(), person: person.ok(), worth });
    }
    Ok(tally)
}

/// CodePipeline's category of manual approvals.
const APPROVAL: &str = "Approval";

/// I23: what was approved before this counts no longer.
pub(super) fn oldest(rule: Approved, now: Timestamp) -> Timestamp {
    now.saturating_sub(SignedDuration::from_hours(rule.within_hours.into())).unwrap_or(Timestamp::MIN)
}

fn worth(
    run: Option<&ActionRun>,
    person: Result<&Person, &Nobody>,
    Tally { votes, makers }: &Tally,
    used: &BTreeSet<&str>,
    oldest: Timestamp,
) -> Worth {
    let Some(run) = run else { return Worth::NotAsked };
    if run.status != SUCCEEDED {
        return if run.status == WAITING { Worth::NotAnswered } else { Worth::NotGiven };
    }
    let person = match person {
        Ok(person) => person,
        Err(nobody) => return Worth::Nobody(*nobody),
    };
    let again = |vote: &Vote| vote.worth == Worth::Counts && vote.person.as_ref() == Some(person);
    match makers.excluded.iter().find(|excluded| excluded.person == *person) {
        Some(excluded) => Worth::Excluded(excluded.why),
        None if used.contains(run.id.as_str()) => Worth::Used,
        None if run.answered.is_none_or(|answered| answered < oldest) => Worth::Old,
        None if votes.iter().any(again) => Worth::Repeated,
        None => Worth::Counts,
    }
}

/// I23: the first approval of a release consumes those that it counted.
fn used(decisions: &[Decision]) -> BTreeSet<&str> {
    let releases = decisions.iter().filter(|decision| decision.outcome == Outcome::Approve);
    let votes = releases.flat_map(|decision| &decision.votes).filter(|vote| vote.worth == Worth::Counts);
    votes.filter_map(|vote| vote.run.as_ref()).map(|run| run.id.as_str()).collect()
}

/// How many people there are whose approval could count; `None` when the map does not list them.
fn others(people: &People, excluded: &[Excluded]) -> Option<usize> {
    let everybody: BTreeSet<&Person> = people.approvers()?.into_iter().collect();
    Some(everybody.iter().filter(|person| !excluded.iter().any(|excluded| excluded.person == ***person)).count())
}
