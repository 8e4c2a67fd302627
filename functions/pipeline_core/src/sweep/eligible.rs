//! I9: whether a stack may be deleted. Every question has to be answered, and with yes; nothing is guessed (I10).

use std::collections::BTreeMap;

use crate::{
    ids::FencingToken,
    lease::record::{Lease, Notice, State},
    sweep::{
        keep::Keep,
        policy::{EPHEMERAL, Policy, SERVICE, TOKEN, is_ephemeral},
        stack::{Resource, StackFacts, Standing},
        trust::{Trust, trust},
    },
};

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

/// Whether a stack that was found by the lease's name was deployed under it.
pub fn by_name(facts: &StackFacts, lease: &Lease, policy: &Policy) -> Result<(), Keep> {
    is_ours(facts, policy)?;
    tagged(facts, policy)?;
    deployed_under(facts, lease)
}

/// A token as it is written in a tag, and in no other way.
fn decimal(text: &str) -> Option<FencingToken> {
    let token = text.parse().ok()?;
    (u64::to_string(&token) == text).then_some(FencingToken(token))
}

/// I11: an update clears the mark. A deletion that failed is none, and nothing can update what it left.
fn unchanged(facts: &StackFacts, lease: &Lease) -> Result<(), Keep> {
    let (State::Dirty { notice, .. } | State::Deleting { notice, .. }) = &lease.state else { return Ok(()) };
    match notice {
        Notice::Mark { changed, .. }
            if *changed != facts.changed && facts.status.standing() != Standing::DeleteFailed =>
        {
            Err(Keep::Updated(facts.changed))
        }
        Notice::Mark { .. } | Notice::Release { .. } => Ok(()),
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

/// I9, whole.
pub fn eligible(seen: &Seen, lease: &Lease, policy: &Policy) -> Result<(), Keep> {
    by_facts(&seen.facts, policy)?;
    belongs(&seen.facts, lease)?;
    by_circumstances(seen.circumstances.as_ref())
}
