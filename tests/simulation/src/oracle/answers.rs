//! What claimers are told, and what they believe then.

use std::{collections::BTreeMap, rc::Rc};

use jiff::Timestamp;
use pipeline_core::{
    ids::{ExecutionId, FencingToken, Source, StackName},
    lease::{
        refusal::Refusal,
        request::{Release, Request},
        view::{Answer, View},
    },
    sweep::report::Mode,
};

use super::{Belief, Checked, Oracle, ensure};
use crate::{op::Op, world::World};

/// What a claimer asks for.
#[derive(Debug)]
pub(crate) struct Ask {
    run: u32,
    request: Request,
    name: Option<StackName>,
    /// The token that it gives.
    pub(super) token: Option<FencingToken>,
    /// Whether that was stale already.
    stale: bool,
}

impl Ask {
    /// The execution that enters.
    pub(super) fn entered(&self) -> Option<&ExecutionId> {
        match &self.request {
            Request::Enter(enter) => Some(&enter.entered.execution),
            _ => None,
        }
    }

    /// Whether a person lets a stack out of quarantine.
    pub(super) fn frees(&self) -> bool {
        matches!(&self.request, Request::Release(Release { quarantined: true, .. }))
    }

    /// Until when it asks to keep the stack.
    pub(super) fn hold(&self) -> Option<Timestamp> {
        match &self.request {
            Request::Hold(hold) => Some(hold.until),
            _ => None,
        }
    }
}

fn about(request: &Request) -> (Option<&StackName>, Option<FencingToken>) {
    match request {
        Request::Claim(it) => (Some(&it.stack), None),
        Request::Enter(it) => (Some(&it.stack), Some(it.token)),
        Request::Bind(it) => (Some(&it.stack), Some(it.token)),
        Request::Renew(it) => (Some(&it.stack), Some(it.token)),
        Request::Release(it) => (Some(&it.stack), Some(it.token)),
        Request::Hold(it) => (Some(&it.stack), Some(it.token)),
        Request::Show(stack) => (Some(stack), None),
        Request::List(_) => (None, None),
    }
}

impl Oracle {
    /// The token that a claimer gives at present.
    pub(crate) fn token_given(&self, actor: usize) -> Option<FencingToken> {
        self.asks[actor].as_ref()?.token
    }

    /// What a sweeper's present run does.
    pub(crate) fn mode(&self, actor: usize) -> Mode {
        self.eyes[actor].mode
    }

    /// A claimer begins to ask.
    pub(crate) fn asked(&mut self, actor: usize, request: &Request) {
        let eyes = &mut self.eyes[actor];
        eyes.begin(eyes.mode, eyes.work);
        let run = eyes.run;
        let (name, token) = about(request);
        let latest = name.and_then(|name| self.names.get(name)?.claims.last_key_value()).map(|(token, _)| *token);
        let stale = token.is_some() && token != latest;
        let ask = Ask { run, request: request.clone(), name: name.cloned(), token, stale };
        self.asks[actor] = Some(Rc::new(ask));
    }

    /// A claimer writes: until that is acknowledged it believes nothing.
    pub(super) fn unacknowledged(&mut self, actor: usize, op: &Op) {
        let Op::Write { next, .. } = op else { return };
        if let Some(belief) = self.beliefs.get_mut(&(actor, next.stack.clone())) {
            belief.acknowledged = false;
        }
    }

    /// Somebody claimed anew for a source: whoever held it for that source is the same party.
    pub(super) fn superseded(&mut self, name: &StackName, source: Option<&Source>) {
        let same = |of: &StackName, it: &Belief| of == name && source.is_some_and(|one| one.as_str() == it.source);
        self.beliefs.retain(|(_, of), it| !same(of, it));
    }

    /// A claimer was told.
    pub(crate) fn answered(&mut self, world: &World, actor: usize, answer: &Result<Answer, Refusal>) {
        let Some(ask) = self.asks[actor].take() else { return };
        let checked = match answer {
            Ok(Answer::Lease(view)) => self.check_granted(actor, &ask, view),
            Ok(Answer::Leases { .. }) => Ok(()),
            Err(refusal) => self.check_refused(world, actor, &ask, refusal),
        };
        self.judge(checked);
        let held = self.check_holders(world);
        self.judge(held);
    }

    fn check_granted(&mut self, actor: usize, ask: &Ask, view: &View) -> Checked {
        let said = || format!("{actor} is told {view:?} on {:?}", ask.request);
        ensure(!ask.stale, "I7", said)?;
        let claimed = self.names.get(&view.stack).and_then(|ledger| ledger.claims.get(&view.token));
        let known = |holds: bool| ensure(holds, "I8", || format!("what was never written: {}", said()));
        match &ask.request {
            Request::Claim(claim) => {
                known(
                    claimed.is_some_and(|it| {
                        it.holder.as_ref() == Some(&claim.holder) && it.expires_at >= view.expires_at
                    }),
                )?;
            }
            Request::Renew(_) | Request::Enter(_) | Request::Hold(_) => {
                known(claimed.is_some_and(|it| it.expires_at >= view.expires_at))?;
            }
            Request::Release(_) => known(claimed.is_some_and(|it| it.released))?,
            Request::Bind(_) => known(claimed.is_some_and(|it| it.bound == view.stack_id))?,
            // Whoever looks holds nothing.
            Request::Show(_) | Request::List(_) => return Ok(()),
        }
        self.believes(actor, view);
        Ok(())
    }

    fn believes(&mut self, actor: usize, view: &View) {
        let claims = self.names.get(&view.stack).map(|ledger| &ledger.claims);
        let superseded = claims.is_some_and(|claims| {
            claims.iter().any(|(token, claimed)| *token > view.token && claimed.source == view.source)
        });
        let key = (actor, view.stack.clone());
        let held = view.expires_at.zip(view.source.as_ref()).filter(|_| !superseded);
        match held {
            Some((expires_at, source)) => {
                let belief = Belief { source: source.to_string(), expires_at, acknowledged: true };
                self.beliefs.insert(key, belief);
            }
            None => drop(self.beliefs.remove(&key)),
        }
    }

    /// I8: nobody is refused what was done.
    fn check_refused(&mut self, world: &World, actor: usize, ask: &Ask, refusal: &Refusal) -> Checked {
        let told_nothing = matches!(refusal, Refusal::Unavailable(_)) || matches!(ask.request, Request::Enter(_));
        if told_nothing {
            return Ok(());
        }
        let cloud = world.cloud.borrow();
        let standing = ask.name.as_ref().and_then(|name| cloud.lease(name));
        let writer = standing.and_then(|lease| self.names.get(&lease.stack)?.writer);
        ensure(writer != Some((actor, ask.run)), "I8", || {
            format!("{actor} is refused what was done: {:?}: {refusal}", ask.request)
        })
    }

    /// I1: at most one caller believes that it holds a name.
    pub(crate) fn check_holders(&self, world: &World) -> Checked {
        if !self.within_margin {
            return Ok(());
        }
        let mut holders: BTreeMap<&StackName, (usize, &str)> = BTreeMap::new();
        for ((actor, name), belief) in &self.beliefs {
            if !belief.acknowledged || world.clock(*actor) >= belief.expires_at {
                continue;
            }
            let (other, source) = holders.entry(name).or_insert((*actor, &belief.source));
            ensure(*source == belief.source, "I1", || format!("{other} and {actor} both hold {name}"))?;
        }
        Ok(())
    }

    /// I1 again, after a clock was set.
    pub(crate) fn clock_set(&mut self, world: &World) {
        let checked = self.check_holders(world);
        self.judge(checked);
    }
}
