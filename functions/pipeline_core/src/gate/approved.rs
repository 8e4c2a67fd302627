//! The rule `approved`: enough distinct people, none of whom made or started this release (I21).

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    gate::{
        decision::{Decision, Outcome},
        observation::{Approval, Execution, Kind, Observation},
        params::{Approved, Params},
        people::{People, Person, is_root},
        rules::{Objection, Ruling, deny},
        say,
    },
    ids::{Digest, ExecutionId},
};

/// What one approval action is worth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vote {
    /// The action's name.
    pub action: String,
    /// Its latest run; `None` when it did not ask.
    pub run: Option<Approval>,
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
    /// The action never ran in this execution.
    NotAsked,
    /// The latest run of the action is not an approval.
    NotGiven,
    /// An earlier release of this execution used it up (I23).
    Used,
    /// The root user approved, who is nobody.
    Root,
    /// The map of people does not name who approved.
    Stranger,
    /// Whoever approved may not approve this.
    Excluded(Why),
    /// Another approval is by the same person.
    Repeated,
}

/// Somebody whose approval does not count here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excluded {
    /// Who.
    pub person: Person,
    /// Why.
    pub why: Why,
}

/// What somebody has to do with a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Pushed the commit.
    Pushed,
    /// Wrote the commit.
    Wrote,
    /// Started the execution by hand.
    Started,
}

/// All votes, and whose cannot count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Tally {
    pub(super) votes: Vec<Vote>,
    pub(super) excluded: Vec<Excluded>,
}

pub(super) fn approved(rule: Approved, params: &Params, seen: &Observation) -> Ruling {
    if let Kind::Rollback(target) = &seen.execution.as_ref()?.kind {
        return brought_back(target.as_ref(), seen.found.as_ref()?, seen.decisions.as_ref()?);
    }
    let tally = tally(params, seen)?;
    let counted = tally.votes.iter().filter(|vote| vote.worth == Worth::Counts).count();
    if counted >= rule.count {
        return Ok(say::votes(params, &tally.votes));
    }
    let missing = rule.count - counted;
    let possible = possible(seen.people.as_ref()?, &tally.excluded).is_none_or(|others| others >= rule.count);
    deny(say::not_enough(params, &tally.votes, missing, possible))
}

/// I23: going back needs nobody, when somebody had approved of just that.
fn brought_back(target: Option<&ExecutionId>, found: &Digest, decisions: &[Decision]) -> Ruling {
    let Some(target) = target else { return deny("the rollback does not say to which execution it goes back") };
    let approved = decisions.iter().find(|decision| {
        decision.outcome == Outcome::Approve && decision.execution == *target && decision.digest.as_ref() == Some(found)
    });
    match approved {
        Some(decision) => Ok(say::brought_back(decision)),
        None => deny(say::never_approved(target, found)),
    }
}

/// What every approval is worth.
pub(super) fn tally(params: &Params, seen: &Observation) -> Result<Tally, Objection> {
    let runs = seen.approvals.as_ref()?;
    let people = seen.people.as_ref()?;
    let used = used(seen.decisions.as_ref()?);
    let excluded = excluded(params, seen.execution.as_ref()?, people, seen)?;
    let mut votes: Vec<Vote> = vec![];
    for action in &params.approvals {
        let run = latest(action, runs)?;
        let person = run.and_then(|run| run.by.as_deref()).and_then(|by| people.person(by));
        let worth = worth(run, person.as_ref(), &used, &excluded);
        let again = |vote: &Vote| vote.worth == Worth::Counts && vote.person == person;
        let worth = if worth == Worth::Counts && votes.iter().any(again) { Worth::Repeated } else { worth };
        votes.push(Vote { action: action.clone(), run: run.cloned(), person, worth });
    }
    Ok(Tally { votes, excluded })
}

/// The run that stands: an approval that was asked for again is no approval until it is given again.
fn latest<'a>(action: &str, runs: &'a [Approval]) -> Result<Option<&'a Approval>, Objection> {
    let runs: Vec<&Approval> = runs.iter().filter(|run| run.action == action).collect();
    let stages: BTreeSet<&str> = runs.iter().map(|run| run.stage.as_str()).collect();
    if stages.len() > 1 {
        return deny(format!("more than one stage has an approval named {action}; give each a name of its own"));
    }
    let order = |run: &&Approval| -> (Timestamp, bool) { (run.asked, run.status != GIVEN) };
    Ok(runs.into_iter().max_by_key(order))
}

/// CodePipeline's word for an approval that was given.
const GIVEN: &str = "Succeeded";

fn worth(run: Option<&Approval>, person: Option<&Person>, used: &BTreeSet<&str>, excluded: &[Excluded]) -> Worth {
    let Some(run) = run else { return Worth::NotAsked };
    if run.status != GIVEN {
        return Worth::NotGiven;
    }
    let Some(person) = person else {
        return if run.by.as_deref().is_some_and(is_root) { Worth::Root } else { Worth::Stranger };
    };
    match excluded.iter().find(|excluded| excluded.person == *person) {
        Some(excluded) => Worth::Excluded(excluded.why),
        None if used.contains(run.id.as_str()) => Worth::Used,
        None => Worth::Counts,
    }
}

/// I23: the first approval of a release consumes those that it counted.
fn used(decisions: &[Decision]) -> BTreeSet<&str> {
    let releases = decisions.iter().filter(|decision| decision.outcome == Outcome::Approve);
    let votes = releases.flat_map(|decision| &decision.votes).filter(|vote| vote.worth == Worth::Counts);
    votes.filter_map(|vote| vote.run.as_ref()).map(|run| run.id.as_str()).collect()
}

/// Everybody whose approval cannot count. I24: who made the release must be known.
fn excluded(
    params: &Params,
    execution: &Execution,
    people: &People,
    seen: &Observation,
) -> Result<Vec<Excluded>, Objection> {
    let mut excluded = vec![];
    if let Some(pushers) = &seen.pushers {
        let pushers = pushers.as_ref()?;
        if pushers.is_empty() {
            return deny(say::unknown_pusher(params));
        }
        for arn in pushers {
            let Some(person) = people.person(arn) else { return deny(say::strange_pusher(params, arn)) };
            excluded.push(Excluded { person, why: Why::Pushed });
        }
    } else if params.author.is_none() {
        return deny("the action names neither the repository nor the author, so nobody knows who wrote the commit");
    }
    if let Some(author) = &params.author {
        let Some(person) = Person::of(author) else {
            return deny(format!("the commit's author is {author:?}, which is no e-mail address"));
        };
        excluded.push(Excluded { person, why: Why::Wrote });
    }
    // Rules and webhooks start executions too, and nobody is behind those.
    let starter = execution.started_by.as_deref().and_then(|arn| people.person(arn));
    excluded.extend(starter.map(|person| Excluded { person, why: Why::Started }));
    Ok(excluded)
}

/// How many people there are whose approval could count; `None` when the map does not list them.
fn possible(people: &People, excluded: &[Excluded]) -> Option<usize> {
    let everybody: BTreeSet<&Person> = people.everybody()?.into_iter().collect();
    Some(everybody.iter().filter(|person| !excluded.iter().any(|excluded| excluded.person == ***person)).count())
}
