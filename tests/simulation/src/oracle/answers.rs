//! What claimers are told, and what they believe then.

use jiff::Timestamp;
use pipeline_core::{
    ids::{FencingToken, Source, StackName},
    lease::{
        refusal::Refusal,
        request::Request,
        view::{Answer, View},
    },
    sweep::report::Mode,
};

use super::{Belief, Checked, Oracle, ensure};
use crate::{op::Op, scenario::CLAIMERS, world::World};

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
    /// The ask of this run, if it is the present one.
    pub(super) fn of_run(ask: Option<&Self>, run: u32) -> Option<&Self> {
        ask.filter(|ask| ask.run == run)
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
        self.asks[actor] = Some(Ask { run, request: request.clone(), name: name.cloned(), token, stale });
    }

    /// A claimer writes: until that is acknowledged it believes nothing.
    pub(super) fn unacknowledged(&mut self, actor: usize, op: &Op) {
        if let (Op::Write { next, .. }, Some(belief)) = (op, &mut self.beliefs[actor])
            && belief.name == next.stack
        {
            belief.acknowledged = false;
        }
    }

    /// Somebody claimed anew for a source: whoever held it for that source is the same party.
    pub(super) fn superseded(&mut self, name: &StackName, source: Option<&Source>) {
        for belief in &mut self.beliefs {
            if belief
                .as_ref()
                .is_some_and(|it| it.name == *name && source.is_some_and(|source| source.as_str() == it.source))
            {
                *belief = None;
            }
        }
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
                self.believes(actor, view);
            }
            Request::Renew(_) => {
                known(claimed.is_some_and(|it| it.expires_at >= view.expires_at))?;
                self.believes(actor, view);
            }
            Request::Release(_) => {
                known(claimed.is_some_and(|it| it.released))?;
                self.beliefs[actor] = None;
            }
            Request::Bind(_) => known(claimed.is_some_and(|it| it.bound == view.stack_id))?,
            _ => {}
        }
        Ok(())
    }

    fn believes(&mut self, actor: usize, view: &View) {
        let claims = self.names.get(&view.stack).map(|ledger| &ledger.claims);
        let superseded = claims.is_some_and(|claims| {
            claims.iter().any(|(token, claimed)| *token > view.token && claimed.source == view.source)
        });
        if superseded {
            self.beliefs[actor] = None;
            return;
        }
        let belief = view.expires_at.zip(view.source.as_ref()).map(|(expires_at, source)| Belief {
            name: view.stack.clone(),
            source: source.to_string(),
            expires_at,
            acknowledged: true,
        });
        self.beliefs[actor] = belief;
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
        let believes = |actor: usize| {
            let belief = self.beliefs[actor].as_ref()?;
            (belief.acknowledged && world.clock(actor) < belief.expires_at).then_some(belief)
        };
        for one in 0..CLAIMERS {
            for other in one + 1..CLAIMERS {
                if let (Some(a), Some(b)) = (believes(one), believes(other)) {
                    let apart = a.name != b.name || a.source == b.source;
                    ensure(apart, "I1", || format!("{one} and {other} both hold {}", a.name))?;
                }
            }
        }
        Ok(())
    }

    /// I1 again, after a clock was set.
    pub(crate) fn clock_set(&mut self, world: &World) {
        let checked = self.check_holders(world);
        self.judge(checked);
    }
}
