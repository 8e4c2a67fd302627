//! Who made a release, and so cannot approve it (I21).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::gate::{
    observation::{Observation, Seen},
    params::Params,
    people::{People, Person, is_principal},
    rules::{Objection, deny},
    say,
    source::{Identity, Maker, Why},
};

/// Somebody whose approval does not count here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Excluded {
    /// Who.
    pub person: Person,
    /// Why.
    pub why: Why,
}

/// Whose approval cannot count, and why that may not be everybody (I24).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Makers {
    pub(super) excluded: Vec<Excluded>,
    objections: Vec<Objection>,
}

impl Makers {
    /// Everybody who made the release, each of whom must be known. A denial beats waiting.
    pub(super) fn all_known(&self) -> Result<&[Excluded], Objection> {
        match self.objections.iter().max_by_key(|objection| matches!(objection, Objection::Deny(_))) {
            Some(objection) => Err(objection.clone()),
            None => Ok(&self.excluded),
        }
    }
}

/// Who made this release, as far as that was seen.
pub(super) fn makers(params: &Params, people: &People, seen: &Observation) -> Makers {
    let (mut excluded, mut objections) = (BTreeSet::new(), vec![]);
    let found: Vec<Found> = of_source(params, seen).into_iter().chain(starter(seen)).collect();
    for found in found {
        match found.and_then(|maker| people_behind(&maker, params, people)) {
            Ok(persons) => excluded.extend(persons),
            Err(objection) => objections.push(objection),
        }
    }
    Makers { excluded: excluded.into_iter().collect(), objections }
}

type Found = Result<Maker, Objection>;

/// Each name that the map knows is one of them: a commit may give one person's address, and another's login.
pub(super) fn people_behind(maker: &Maker, params: &Params, people: &People) -> Result<Vec<Excluded>, Objection> {
    let persons = maker.names.iter().filter_map(|name| people.behind(name).ok());
    let excluded: Vec<Excluded> = persons.map(|person| Excluded { person, why: maker.why }).collect();
    if excluded.is_empty() { deny(say::strange_maker(params, people, maker)) } else { Ok(excluded) }
}

fn of_source(params: &Params, seen: &Observation) -> Vec<Found> {
    let mut found = match &seen.makers {
        None => return vec![deny("the action names no repository and branch, so nobody knows who made the commit")],
        Some(makers) => all(makers),
    };
    if let Some(pull_request) = &seen.pull_request {
        // CodeCommit's event of a merge does not always say who merged; the pull request does.
        if matches!(pull_request, Ok(Some(merged)) if did(&merged.makers, Why::Pushed)) {
            found.retain(|one| !matches!(one, Ok(maker) if maker.why == Why::Pushed && is_untold(maker)));
        }
        found.extend(match pull_request {
            Ok(pull_request) => pull_request.iter().flat_map(|one| one.makers.iter().cloned().map(Ok)).collect(),
            Err(error) => vec![Err(error.into())],
        });
    }
    // I24: that nobody pushed it means that nobody saw who did.
    let is_known = |one: &Found| one.as_ref().map_or(true, |maker| is_by_somebody(maker, params));
    if !found.iter().any(is_known) {
        found.push(Err(nobody_pushed(params)));
    }
    found
}

/// Whether somebody is known to have done this.
pub(super) fn did(makers: &[Maker], why: Why) -> bool {
    makers.iter().any(|maker| maker.why == why)
}

/// An event told of a push, and not by whom.
fn is_untold(maker: &Maker) -> bool {
    maker.names.iter().all(|name| *name == Identity::Principal(String::new()))
}

/// A bot may have been made to push by somebody else, and hides who that was.
pub(super) fn is_bot(maker: &Maker) -> bool {
    maker.names.iter().all(|name| matches!(name, Identity::Account(login) if login.ends_with("[bot]")))
}

/// Somebody, or a bot where a pull request tells who made it.
fn is_by_somebody(maker: &Maker, params: &Params) -> bool {
    maker.why == Why::Pushed && (params.rules.pull_request.is_some() || !is_bot(maker))
}

/// CodeCommit's events and GitHub's list tell of pushes some moments later, or never.
fn nobody_pushed(params: &Params) -> Objection {
    let (because, remedy) = say::unknown_pusher(params);
    Objection::Wait { because, remedy }
}

fn all(makers: &Seen<Vec<Maker>>) -> Vec<Found> {
    match makers {
        Ok(makers) => makers.iter().cloned().map(Ok).collect(),
        Err(error) => vec![Err(error.into())],
    }
}

/// Rules, webhooks and connections start executions too, and nobody is behind those.
fn starter(seen: &Observation) -> Option<Found> {
    let execution = match &seen.execution {
        Ok(execution) => execution,
        Err(error) => return Some(Err(error.into())),
    };
    let arn = execution.started_by.as_ref().filter(|arn| is_principal(arn))?;
    Some(Ok(Maker { names: vec![Identity::Principal(arn.clone())], why: Why::Started }))
}
