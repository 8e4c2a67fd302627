//! I9: whether a stack may be deleted. Every question has to be answered, and with yes; nothing is guessed (I10).

use std::collections::BTreeMap;

use jiff::SignedDuration;

use crate::{
    ids::FencingToken,
    lease::{
        due::later,
        record::{Lease, Notice, State},
    },
    sweep::{
        keep::Keep,
        policy::{EPHEMERAL, Policy, SERVICE, TOKEN, is_ephemeral},
        stack::{Resource, StackFacts, Standing},
        trust::{Trust, trust},
    },
};

/// How long after a release an update is still covered by it: a deployment may have been under way.
const COVERED: SignedDuration = SignedDuration::from_hours(1);

/// A stack as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// What CloudFormation says of it.
    pub facts: StackFacts,
    /// What hangs on it; `None` when that was not looked at.
    pub circumstances: Option<Circumstances>,
}

/// What hangs on a stack and on those nested in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Circumstances {
    /// The resources.
    pub resources: Vec<Resource>,
    /// Who imports the exports, by export.
    pub importers: BTreeMap<String, Vec<String>>,
    /// The trust policies of the roles, by role; `None` for a role that is not there.
    pub trusts: BTreeMap<String, Option<String>>,
}

impl Circumstances {
    /// How many calls the exports and roles took.
    pub fn looks(&self) -> usize {
        self.importers.len() + self.trusts.len()
    }
}

/// Whether this stack may be deleted, as far as it itself is concerned: no lease is asked.
pub fn by_facts(facts: &StackFacts, policy: &Policy) -> Result<(), Keep> {
    is_ours(facts, policy)?;
    tagged(facts, policy)?;
    standing(facts)?;
    if let Some(parent) = &facts.parent {
        return Err(Keep::Nested(parent.clone()));
    }
    match facts.protected {
        Some(false) => {}
        Some(true) => return Err(Keep::Protected),
        None => return Err(Keep::ProtectionUnknown),
    }
    match &facts.role {
        Some(role) if policy.roles.contains(role) => Ok(()),
        role => Err(Keep::ForeignRole(role.clone())),
    }
}

fn is_ours(facts: &StackFacts, policy: &Policy) -> Result<(), Keep> {
    let (id, place) = (&facts.id, &policy.place);
    // I5
    if id.account() != place.account || id.region() != place.region {
        return Err(Keep::Elsewhere(id.clone()));
    }
    if *id == policy.own_stack || id.name() == policy.own_stack.name() {
        return Err(Keep::OwnStack);
    }
    if is_ephemeral(&place.service, id.name().as_str()) {
        Ok(())
    } else {
        Err(Keep::Name { service: place.service.clone() })
    }
}

fn tagged(facts: &StackFacts, policy: &Policy) -> Result<(), Keep> {
    let tag = |key: &str| facts.tags.get(key);
    if tag(EPHEMERAL.0).is_none_or(|value| value != EPHEMERAL.1) {
        return Err(Keep::Untagged(tag(EPHEMERAL.0).cloned()));
    }
    let service = &policy.place.service;
    if tag(SERVICE) != Some(service) {
        return Err(Keep::OtherService { service: service.clone(), found: tag(SERVICE).cloned() });
    }
    Ok(())
}

fn standing(facts: &StackFacts) -> Result<(), Keep> {
    match facts.status.standing() {
        Standing::Settled | Standing::DeleteFailed => Ok(()),
        Standing::InProgress | Standing::Deleting => Err(Keep::InProgress(facts.status.0.clone())),
        Standing::Deleted | Standing::Untouchable => Err(Keep::Untouchable(facts.status.0.clone())),
    }
}

/// Whether the lease is about this stack, as it is now.
pub fn belongs(facts: &StackFacts, lease: &Lease) -> Result<(), Keep> {
    // I5
    if lease.bound.as_ref() != Some(&facts.id) || facts.id.name() != lease.stack {
        return Err(Keep::Elsewhere(facts.id.clone()));
    }
    if facts.tags.contains_key(TOKEN) {
        deployed_under(facts, lease)?;
    }
    unchanged(facts, lease)
}

/// Whether it was deployed under this lease, or under one that the name had before and that is no more: a holder that
/// was paused may deploy late.
fn deployed_under(facts: &StackFacts, lease: &Lease) -> Result<(), Keep> {
    let tag = facts.tags.get(TOKEN);
    match tag.and_then(|tag| decimal(tag)) {
        Some(token) if token <= lease.token => Ok(()),
        _ => Err(Keep::Token(tag.cloned())),
    }
}

/// How a stack came to a name whose lease is bound to none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// It was deployed under the lease.
    Deployed,
    /// It was deployed under none, or under one that the name had before.
    Stray,
}

/// How a stack that was found by the lease's name came to it.
pub fn by_name(facts: &StackFacts, lease: &Lease, policy: &Policy) -> Result<Found, Keep> {
    is_ours(facts, policy)?;
    tagged(facts, policy)?;
    let Some(tag) = facts.tags.get(TOKEN) else { return Ok(Found::Stray) };
    match decimal(tag) {
        Some(token) if token < lease.first => Ok(Found::Stray),
        Some(token) if token <= lease.token => Ok(Found::Deployed),
        _ => Err(Keep::Token(Some(tag.clone()))),
    }
}

/// A token as it is written in a tag, and in no other way.
fn decimal(text: &str) -> Option<FencingToken> {
    let token = text.parse().ok()?;
    (u64::to_string(&token) == text).then_some(FencingToken(token))
}

/// I11: an update clears the mark. A deletion that failed is none, and nothing can update what it left.
fn unchanged(facts: &StackFacts, lease: &Lease) -> Result<(), Keep> {
    let (State::Dirty { notice, .. } | State::Deleting { notice, .. }) = &lease.state else { return Ok(()) };
    if is_outdated(notice, facts) && facts.status.standing() != Standing::DeleteFailed {
        return Err(Keep::Updated(facts.changed));
    }
    Ok(())
}

/// Whether the stack was created or updated in a way that the notice does not cover (I11).
pub fn is_outdated(notice: &Notice, facts: &StackFacts) -> bool {
    match notice {
        Notice::Mark { changed, .. } => *changed != facts.changed,
        Notice::Release { at } => facts.changed.unwrap_or(facts.created) > later(*at, COVERED),
    }
}

/// Whether nothing else hangs on the stack.
pub fn by_circumstances(circumstances: Option<&Circumstances>) -> Result<(), Keep> {
    let Circumstances { importers, trusts, .. } = circumstances.ok_or(Keep::Unseen)?;
    if let Some((export, importers)) = importers.iter().find(|(_, importers)| !importers.is_empty()) {
        return Err(Keep::Imported { export: export.clone(), importers: importers.clone() });
    }
    trusts.iter().try_for_each(|(role, policy)| match policy.as_deref().map(trust) {
        Some(Trust::Others) => Ok(()),
        Some(Trust::CloudFormation) => Err(Keep::Trusted(role.clone())),
        Some(Trust::Unclear) | None => Err(Keep::TrustUnclear(role.clone())),
    })
}

/// Whether the stack of this lease may be deleted, as far as the two of them are concerned.
pub fn by_itself(facts: &StackFacts, lease: &Lease, policy: &Policy) -> Result<(), Keep> {
    by_facts(facts, policy)?;
    belongs(facts, lease)
}

/// I9, whole.
pub fn eligible(seen: &Seen, lease: &Lease, policy: &Policy) -> Result<(), Keep> {
    by_itself(&seen.facts, lease, policy)?;
    by_circumstances(seen.circumstances.as_ref())
}
