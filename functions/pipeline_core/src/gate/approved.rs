//! The rule `approved`: enough distinct people, none of whom made or started this release (I21).

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    gate::{
        decision::{Decision, Outcome},
        observation::{Approval, Execution, Kind, Observation},
        params::{Approved, Params},
        people::{Nobody, People, Person, is_principal},
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
    /// The action did not ask in this execution, or is not known yet to have.
    NotAsked,
    /// The latest run of the action is not known yet to be answered.
    NotAnswered,
    /// The latest run of the action is not an approval.
    NotGiven,
    /// An earlier release of this execution used it up (I23).
    Used,
    /// Nobody knows who is behind the principal that approved.
    Nobody(Nobody),
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

/// All votes, whose cannot count, and why that is not all who made the release.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Tally {
    pub(super) votes: Vec<Vote>,
    pub(super) excluded: Vec<Excluded>,
    objections: Vec<Objection>,
}

/// The rule's name.
pub(super) const NAME: &str = "approved";

pub(super) fn approved(rule: Approved, params: &Params, seen: &Observation) -> Ruling {
    if let Kind::Rollback(target) = &seen.execution.as_ref()?.kind {
        return brought_back(rule, target.as_ref(), seen.found.as_ref()?, seen.decisions.as_ref()?);
    }
    let Tally { votes, excluded, objections } = tally(params, seen)?;
    // I24: who made the release must be known.
    if let Some(objection) = objections.into_iter().max_by_key(|objection| matches!(objection, Objection::Deny(_))) {
        return Err(objection);
    }
    let worth = |worths: &[Worth]| votes.iter().filter(|vote| worths.contains(&vote.worth)).count();
    let counted = worth(&[Worth::Counts]);
    if counted >= rule.count {
        return Ok(say::votes(params, &votes));
    }
    let missing = rule.count - counted;
    let possible = possible(seen.people.as_ref()?, &excluded).is_none_or(|others| others >= rule.count);
    let (because, remedy) = (say::not_enough(params, &votes, missing), say::approve_again(params, possible));
    // CodePipeline's lists may be older than what it told us by running this action.
    if worth(&[Worth::NotAsked, Worth::NotAnswered]) >= missing {
        return Err(Objection::Wait { because, remedy });
    }
    deny(format!("{because}: {remedy}"))
}

/// I23: going back needs nobody, when people had approved of just that: as many as are asked for now.
fn brought_back(rule: Approved, target: Option<&ExecutionId>, found: &Digest, decisions: &[Decision]) -> Ruling {
    let Some(target) = target else { return deny("the rollback does not say to which execution it goes back") };
    let of_this = |decision: &&Decision| decision.execution == *target && decision.digest.as_ref() == Some(found);
    match decisions.iter().filter(of_this).find(|decision| decision.released_by(rule.count)) {
        Some(decision) => Ok(say::brought_back(decision)),
        None => deny(say::never_approved(target, found, rule.count)),
    }
}

/// What every approval is worth.
pub(super) fn tally(params: &Params, seen: &Observation) -> Result<Tally, Objection> {
    let runs = seen.approvals.as_ref()?;
    let people = seen.people.as_ref()?;
    let used = used(seen.decisions.as_ref()?);
    let (excluded, objections) = makers(params, seen.execution.as_ref()?, people, seen);
    let mut votes: Vec<Vote> = vec![];
    for action in &params.approvals {
        let run = latest(action, runs)?;
        let person = people.person(run.and_then(|run| run.by.as_deref()).unwrap_or_default());
        let worth = worth(run, person.as_ref(), &used, &excluded);
        let person = person.ok();
        let again = |vote: &Vote| vote.worth == Worth::Counts && vote.person == person;
        let worth = if worth == Worth::Counts && votes.iter().any(again) { Worth::Repeated } else { worth };
        votes.push(Vote { action: action.clone(), run: run.cloned(), person, worth });
    }
    Ok(Tally { votes, excluded, objections })
}

/// The run that stands: an approval that was asked for again is no approval until it is given again.
fn latest<'a>(action: &str, runs: &'a [Approval]) -> Result<Option<&'a Approval>, Objection> {
    let runs: Vec<&Approval> = runs.iter().filter(|run| run.action == action).collect();
    let stages: BTreeSet<&str> = runs.iter().map(|run| run.stage.as_str()).collect();
    if stages.len() > 1 {
        return deny(format!("more than one stage has an approval named {action}; give each a name of its own"));
    }
    if runs.len() > 1 && runs.iter().any(|run| run.asked.is_none()) {
        return deny(format!("nobody knows which of the runs of {action} is the latest: {}", say::RELEASE_AGAIN));
    }
    let order = |run: &&Approval| -> (Option<Timestamp>, bool) { (run.asked, run.status != GIVEN) };
    Ok(runs.into_iter().max_by_key(order))
}

/// CodePipeline's word for an approval that was given.
const GIVEN: &str = "Succeeded";
/// And for one that waits for its answer.
const WAITING: &str = "InProgress";

fn worth(
    run: Option<&Approval>,
    person: Result<&Person, &Nobody>,
    used: &BTreeSet<&str>,
    excluded: &[Excluded],
) -> Worth {
    let Some(run) = run else { return Worth::NotAsked };
    if run.status != GIVEN {
        return if run.status == WAITING { Worth::NotAnswered } else { Worth::NotGiven };
    }
    let person = match person {
        Ok(person) => person,
        Err(nobody) => return Worth::Nobody(*nobody),
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

/// Who made this release, whose approval cannot count, and why that may not be everybody (I24).
fn makers(
    params: &Params,
    execution: &Execution,
    people: &People,
    seen: &Observation,
) -> (Vec<Excluded>, Vec<Objection>) {
    let mut excluded = vec![];
    let mut objections = vec![];
    let makers = pushed(params, people, seen).into_iter().chain(wrote(params, people));
    for maker in makers.chain(started(params, people, execution)) {
        match maker {
            Ok(maker) => excluded.push(maker),
            Err(objection) => objections.push(objection),
        }
    }
    (excluded, objections)
}

type Maker = Result<Excluded, Objection>;

fn pushed(params: &Params, people: &People, seen: &Observation) -> Vec<Maker> {
    match &seen.pushers {
        None if params.author.is_some() => vec![],
        None => {
            vec![deny("the action names neither the repository nor the author, so nobody knows who wrote the commit")]
        }
        Some(Err(error)) => vec![Err(error.into())],
        Some(Ok(pushers)) if pushers.is_empty() => vec![deny(say::unknown_pusher(params))],
        Some(Ok(pushers)) => pushers.iter().map(|arn| maker(params, people, arn, Why::Pushed)).collect(),
    }
}

fn wrote(params: &Params, people: &People) -> Option<Maker> {
    let author = params.author.as_ref()?;
    Some(match people.author(author) {
        Some(person) => Ok(Excluded { person, why: Why::Wrote }),
        None => deny(say::strange_author(params, author)),
    })
}

/// Rules, webhooks and connections start executions too, and nobody is behind those.
fn started(params: &Params, people: &People, execution: &Execution) -> Option<Maker> {
    let starter = execution.started_by.as_deref().filter(|arn| is_principal(arn))?;
    Some(maker(params, people, starter, Why::Started))
}

fn maker(params: &Params, people: &People, arn: &str, why: Why) -> Maker {
    match people.person(arn) {
        Ok(person) => Ok(Excluded { person, why }),
        Err(nobody) => deny(say::strange_maker(params, arn, why, nobody)),
    }
}

/// How many people there are whose approval could count; `None` when the map does not list them.
fn possible(people: &People, excluded: &[Excluded]) -> Option<usize> {
    let everybody: BTreeSet<&Person> = people.approvers()?.into_iter().collect();
    Some(everybody.iter().filter(|person| !excluded.iter().any(|excluded| excluded.person == ***person)).count())
}
