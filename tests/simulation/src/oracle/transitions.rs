//! What a committed write may change.

use pipeline_core::lease::{
    due::later,
    record::{Lease, Notice, State},
};

use super::{Ask, Checked, Claimed, NameLedger, Oracle, Tombstone, ensure};
use crate::{
    cloud::{ACCOUNT, REGION},
    network::Packet,
    op::state,
    scenario::{CLAIMERS, MARGIN, ms},
    world::World,
};

impl Oracle {
    /// A write was applied.
    pub(super) fn committed(&mut self, world: &World, packet: &Packet, old: Option<&Lease>, new: &Lease) -> Checked {
        let checked = self.check_transition(world, packet, old, new);
        self.remember(world, packet, old, new);
        let ledger = self.names.get(&new.stack);
        world.note(|| {
            let from = old.map_or_else(|| "no record".to_owned(), state);
            format!(
                "  {} is {} (was {from}), by {}; {} claims",
                new.stack,
                state(new),
                packet.actor,
                ledger.map_or(0, |it| it.claims.len())
            )
        });
        checked.map_err(|mut violation| {
            violation.what = format!("{} by {}: {}", new.stack, packet.actor, violation.what);
            violation
        })
    }

    fn check_transition(&self, world: &World, packet: &Packet, old: Option<&Lease>, new: &Lease) -> Checked {
        let from = old.map_or("no record", |lease| lease.state.name());
        let said = || format!("{from} → {}", state(new));
        let latest = self.names.get(&new.stack).and_then(|ledger| ledger.claims.last_key_value());
        let greatest = latest.map(|(token, _)| *token);
        ensure(Some(new.token) >= greatest, "I2", || format!("{}, token {} after {greatest:?}", said(), new.token))?;
        let is_claim = Some(new.token) > greatest;
        if let Some((_, claimed)) = latest
            && !is_claim
        {
            ensure(claimed.holder == new.holder, "I2", || format!("{}: token {} twice", said(), new.token))?;
        }
        self.check_bound_anew(old, new)?;
        if is_claim {
            self.check_holder(new)?;
        }
        let Some(old) = old.filter(|old| !matches!(old.state, State::Gone { .. })) else {
            return Self::check_birth(new, is_claim);
        };
        self.check_move(world, packet, (old, new), is_claim)?;
        if is_claim { Ok(()) } else { Self::check_asked(packet, old, new) }
    }

    /// From one state to the next.
    fn check_move(&self, world: &World, packet: &Packet, (old, new): (&Lease, &Lease), is_claim: bool) -> Checked {
        let said = || format!("{} → {}", old.state.name(), state(new));
        match (&old.state, &new.state) {
            (State::Held { .. } | State::Dirty { .. }, State::Held { .. }) => check_use(old, new, is_claim),
            (State::Held { expires_at }, State::Dirty { notice: Notice::Mark { told_at, .. }, .. }) => {
                let sent = world.latest(packet.actor, packet.sent);
                let passed = sent.as_millisecond() - expires_at.as_millisecond();
                ensure(passed > MARGIN, "I3", || format!("marked {passed} ms after its expiry"))?;
                ensure(told_at.is_none(), "I11", || "marked as told".to_owned())?;
                ensure(!is_held(world, old, packet), "I11", || "marked although it is to be kept".to_owned())?;
                ensure(old.bound == new.bound, "I3", said)
            }
            (State::Dirty { .. }, State::Deleting { .. }) => {
                self.check_ended(world, new)?;
                self.check_tombstoned(world, packet, old, new)
            }
            (State::Dirty { .. } | State::Deleting { .. }, State::Gone { .. }) => {
                self.check_ended(world, new)?;
                check_gone(world, old, new)
            }
            (State::Held { .. } | State::Dirty { .. }, State::Dirty { .. }) => {
                ensure(old.bound.is_none() || old.bound == new.bound, "I3", said)
            }
            // Nobody knows whether a stack that CloudFormation does not know is gone.
            (State::Dirty { .. }, State::Quarantined { .. })
            | (State::Deleting { .. }, State::Deleting { .. } | State::Quarantined { .. })
            | (State::Quarantined { .. }, State::Quarantined { .. } | State::Deleting { .. }) => {
                ensure(old.bound == new.bound && old.token == new.token, "I4", said)
            }
            (State::Deleting { .. } | State::Quarantined { .. }, _) => ensure(false, "I4", said),
            (_, State::Gone { .. }) => ensure(false, "I6", said),
            (_, State::Deleting { .. } | State::Quarantined { .. }) => ensure(false, "I3", said),
            (State::Gone { .. }, _) => Ok(()),
        }
    }

    /// I4: no id is used again that was ever behind a tombstone; I5: nor one that is not the name's.
    fn check_bound_anew(&self, old: Option<&Lease>, new: &Lease) -> Checked {
        let Some(id) = new.bound.as_ref().filter(|id| old.and_then(|old| old.bound.as_ref()) != Some(id)) else {
            return Ok(());
        };
        ensure(!self.tombstones.contains_key(id), "I4", || format!("{id} is bound again"))?;
        let ours = id.name() == new.stack && id.account() == ACCOUNT && id.region() == REGION;
        ensure(ours, "I5", || format!("{id} is bound"))
    }

    /// I1: whoever was taken over does not take it back with the same claim.
    fn check_holder(&self, new: &Lease) -> Checked {
        let claims = self.names.get(&new.stack).map(|ledger| &ledger.claims);
        let mut before = claims.into_iter().flat_map(|claims| claims.range(new.first..));
        let again = before.any(|(_, claimed)| new.holder.is_some() && claimed.holder == new.holder);
        ensure(!again, "I1", || format!("the claim of {:?} is granted again", new.holder))
    }

    /// A name that was free.
    fn check_birth(new: &Lease, is_claim: bool) -> Checked {
        let said = || format!("of a free name: {}", state(new));
        ensure(is_claim, "I2", said)?;
        match &new.state {
            State::Held { .. } => ensure(new.bound.is_none(), "I4", said),
            State::Dirty { notice: Notice::Mark { told_at: None, .. }, .. } => ensure(new.holder.is_none(), "I4", said),
            State::Dirty { .. } => ensure(false, "I11", said),
            _ => ensure(false, "I3", said),
        }
    }

    /// I7: what a claimer changes, it changes by the token that stands; what only a person may do, a person did.
    fn check_asked(packet: &Packet, old: &Lease, new: &Lease) -> Checked {
        let by_claimer = packet.actor < CLAIMERS;
        if by_claimer {
            let leaves = matches!(old.state, State::Quarantined { .. });
            let frees = packet.ask.as_ref().is_some_and(|ask| ask.frees());
            ensure(frees || !leaves, "I4", || "let out of quarantine by who did not say so".to_owned())?;
            let given = packet.ask.as_ref().and_then(|ask| ask.token);
            let stale = given.is_some_and(|given| given != old.token);
            return ensure(!stale, "I7", || format!("token {given:?} changed the lease of token {}", old.token));
        }
        let released = |lease: &Lease| matches!(&lease.state, State::Dirty { notice: Notice::Release { .. }, .. });
        ensure(released(old) || !released(new), "I11", || "released by nobody".to_owned())?;
        let frees = matches!((&old.state, &new.state), (State::Quarantined { .. }, State::Deleting { .. }));
        ensure(!frees, "I4", || "sweep lets a stack out of quarantine".to_owned())?;
        let prolongs = old.expires_at() < new.expires_at() && new.expires_at().is_some();
        ensure(!prolongs, "I7", || "sweep prolongs a lease".to_owned())
    }

    fn check_tombstoned(&self, world: &World, packet: &Packet, old: &Lease, new: &Lease) -> Checked {
        let said = || format!("tombstone: {} → {}", state(old), state(new));
        ensure(old.bound.is_some() && old.bound == new.bound && old.token == new.token, "I3", said)?;
        let due = old.due.is_some_and(|due| due <= world.latest(packet.actor, packet.sent));
        ensure(due, "I3", || format!("tombstone at {}, due {:?}", packet.sent, old.due))?;
        ensure(!is_held(world, old, packet), "I11", || "a tombstone although it is to be kept".to_owned())?;
        let hold = self.names.get(&old.stack).and_then(|ledger| ledger.hold);
        // A release by a clock that is ahead drops a hold that has passed there.
        let latest = later(world.latest(packet.actor, packet.sent), ms(self.spread));
        let passed = hold.is_none_or(|(until, _)| until <= latest);
        ensure(passed, "I11", || format!("a tombstone at {}, and a hold: {hold:?}", packet.sent))?;
        let (State::Dirty { notice, .. }, State::Deleting { notice: carried, .. }) = (&old.state, &new.state) else {
            return Ok(());
        };
        ensure(notice == carried, "I11", said)?;
        match notice {
            Notice::Release { .. } => Ok(()),
            Notice::Mark { .. } => self.check_told(packet, old, world),
        }
    }

    /// I11: people were told of it so long ago.
    fn check_told(&self, packet: &Packet, old: &Lease, world: &World) -> Checked {
        let ledger = self.names.get(&old.stack);
        let since_hold = |ledger: &NameLedger| ledger.hold.map_or(ledger.marked_at, |(_, at)| at.max(ledger.marked_at));
        let marked_at = ledger.map_or(i64::MAX, since_hold);
        let told = self.told.iter().find(|(at, text)| *at >= marked_at && mentions(text, old.stack.as_str()));
        let Some((told_at, _)) = told else {
            return ensure(false, "I11", || "a tombstone, and nobody was told".to_owned());
        };
        let passed = packet.sent_at - told_at;
        ensure(passed >= self.grace + MARGIN - self.spread, "I11", || {
            format!("a tombstone {passed} ms after people were told")
        })?;
        ensure(packet.sent_at <= world.now(), "I11", String::new)
    }

    fn remember(&mut self, world: &World, packet: &Packet, old: Option<&Lease>, new: &Lease) {
        let ledger = self.names.entry(new.stack.clone()).or_default();
        ledger.writer = Some((packet.actor, packet.run));
        let is_claim = ledger.claims.last_key_value().is_none_or(|(token, _)| new.token > *token);
        let claimed = ledger.claims.entry(new.token).or_insert_with(|| Claimed {
            holder: new.holder.clone(),
            source: new.source.clone(),
            empty_buckets: new.empty_buckets && matches!(new.state, State::Held { .. }),
            ..Claimed::default()
        });
        claimed.expires_at = claimed.expires_at.max(new.expires_at());
        claimed.bound.clone_from(&new.bound);
        claimed.released |= matches!(
            &new.state,
            State::Dirty { notice: Notice::Release { .. }, .. } | State::Deleting { .. } | State::Gone { .. }
        );
        ledger.heed(packet.ask.as_deref(), world.now(), is_free(old) || is_free(Some(new)));
        if is_fresh_mark(old, new) {
            ledger.marked_at = world.now();
        }
        match (old.map(|old| &old.state), &new.state) {
            (Some(State::Dirty { absent_at: Some(_), .. }), State::Dirty { absent_at: Some(_), .. }) => {}
            (_, State::Dirty { absent_at: Some(_), .. }) => ledger.absent_run = Some((packet.actor, packet.run)),
            _ => ledger.absent_run = None,
        }
        let was_deleting = old.is_some_and(|old| matches!(old.state, State::Deleting { .. }));
        if let (State::Deleting { notice, .. }, Some(id), false) = (&new.state, &new.bound, was_deleting) {
            // Also one that a person let out of quarantine has been behind its tombstone since the first.
            let seq = self.tombstones.get(id).map_or(self.seq, |before| before.seq);
            let empty_buckets = ledger.claims.get(&new.token).is_some_and(|claimed| claimed.empty_buckets);
            let (retried, answered) = (Vec::new(), Vec::new());
            let tombstone =
                Tombstone { seq, token: new.token, notice: notice.clone(), empty_buckets, retried, answered };
            self.tombstones.insert(id.clone(), tombstone);
        }
        if matches!(new.state, State::Deleting { .. } | State::Gone { .. }) {
            ledger.deployments.close(new.token);
        }
        if is_claim {
            self.superseded(&new.stack, new.source.as_ref());
        }
    }
}

impl NameLedger {
    /// What a claimer asked for stands, whatever the record says of it.
    fn heed(&mut self, ask: Option<&Ask>, now: i64, is_free: bool) {
        if is_free {
            self.hold = None;
            self.deployments.entered.clear();
        }
        let Some(ask) = ask else { return };
        self.hold = ask.hold().map(|until| (until, now)).or(self.hold);
        self.deployments.entered.extend(ask.entered().cloned());
    }
}

/// A lease that goes on.
fn check_use(old: &Lease, new: &Lease, is_claim: bool) -> Checked {
    let said = || format!("{} → {}", state(old), state(new));
    let same_source = old.source == new.source || old.source.is_none();
    ensure(same_source, "I1", || format!("another's: {}", said()))?;
    let from_dirty = matches!(old.state, State::Dirty { .. });
    ensure(is_claim || !from_dirty, "I4", said)?;
    if is_claim {
        return ensure(old.bound == new.bound && old.first == new.first, "I4", said);
    }
    ensure(old.expires_at() <= new.expires_at(), "I1", said)
}

fn check_gone(world: &World, old: &Lease, new: &Lease) -> Checked {
    let said = || format!("{} → {}", state(old), state(new));
    ensure(old.token == new.token && old.bound == new.bound, "I6", said)?;
    let cloud = world.cloud.borrow();
    if let Some(id) = &old.bound {
        let deleted = cloud.stacks.iter().find(|stack| stack.facts.id == *id).is_none_or(|stack| !stack.is_live());
        return ensure(deleted, "I6", || format!("{id} is not deleted"));
    }
    let seen = matches!(old.state, State::Dirty { absent_at: Some(_), .. });
    ensure(seen, "I6", || "at the first look".to_owned())
}

fn is_free(lease: Option<&Lease>) -> bool {
    lease.is_none_or(|lease| matches!(lease.state, State::Gone { .. }))
}

/// Whether a person wants it kept then.
fn is_held(world: &World, lease: &Lease, packet: &Packet) -> bool {
    lease.hold_until.is_some_and(|until| until > world.latest(packet.actor, packet.sent))
}

/// Whether people are to be told anew.
fn is_fresh_mark(old: Option<&Lease>, new: &Lease) -> bool {
    let State::Dirty { notice: Notice::Mark { at, told_at: None, changed }, .. } = &new.state else { return false };
    let Some(old) = old else { return true };
    match &old.state {
        State::Dirty { notice: Notice::Mark { at: before, told_at: None, changed: then }, .. } => {
            before != at || then != changed || old.bound != new.bound
        }
        _ => true,
    }
}

/// Whether a text is about a stack of this name, and not of one that begins with it.
fn mentions(text: &str, name: &str) -> bool {
    let is_end = |after: &str| !after.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '-');
    text.match_indices(name).any(|(at, _)| is_end(&text[at + name.len()..]))
}
