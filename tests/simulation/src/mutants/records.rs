//! Defects of what is made of a record that was read.

use std::{cell::RefCell, collections::BTreeMap};

use pipeline_core::{
    ids::StackName,
    lease::record::{Lease, Notice, State},
    sweep::stack::StackFacts,
};

use super::{Answer, Calling, Mutant, Who};
use crate::{
    cloud::at,
    link::Link,
    op::{Condition, Op, Reply, Target, Version},
    scenario::CLAIMERS,
};

/// What an actor read of each lease last.
type Read = BTreeMap<(usize, StackName), Lease>;

/// A defect of whoever knows the record.
struct Knowing {
    who: Who,
    read: RefCell<Read>,
    ask: fn(&Lease, Op) -> Op,
    answer: fn(&Lease, &mut StackFacts),
}

impl Knowing {
    fn of(&self, actor: usize, op: &Op) -> Option<Lease> {
        let name = match op {
            Op::ById(id) => id.name(),
            Op::ByName(name) => name.clone(),
            Op::Write { next, .. } => next.stack.clone(),
            _ => return None,
        };
        self.read.borrow().get(&(actor, name)).cloned()
    }

    fn learn(&self, actor: usize, lease: &Lease) {
        self.read.borrow_mut().insert((actor, lease.stack.clone()), lease.clone());
    }
}

impl Mutant for Knowing {
    fn call<'a>(&'a self, link: Link<'a>, op: Op) -> Calling<'a> {
        Box::pin(async move {
            let lease = self.of(link.actor, &op).filter(|_| self.who.includes(link.actor));
            let Some(lease) = lease else {
                let answer = link.send(op).await;
                if let Ok(Reply::Lease(Some(lease))) = &answer {
                    self.learn(link.actor, lease);
                }
                return answer;
            };
            let asked = (self.ask)(&lease, op);
            let written = if let Op::Write { next, .. } = &asked { Some(next.clone()) } else { None };
            let mut answer: Answer = link.send(asked).await;
            if let (Some(written), Ok(_)) = (written, &answer) {
                self.learn(link.actor, &written);
            }
            if let Ok(Reply::Facts(Some(facts))) = &mut answer {
                (self.answer)(&lease, facts);
            }
            answer
        })
    }
}

fn asking(who: Who, ask: fn(&Lease, Op) -> Op) -> Box<dyn Mutant> {
    Box::new(Knowing { who, read: RefCell::default(), ask, answer: |_, _| {} })
}

fn seeing(answer: fn(&Lease, &mut StackFacts)) -> Box<dyn Mutant> {
    Box::new(Knowing { who: Who::Sweepers, read: RefCell::default(), ask: |_, op| op, answer })
}

/// Whatever has the name was deployed under the lease.
pub(super) fn stray_is_deployed() -> Box<dyn Mutant> {
    seeing(|lease, facts| {
        facts.tags.insert("flowgate:token".to_owned(), lease.token.to_string());
    })
}

/// A release is about every update, however late.
pub(super) fn release_covers_all() -> Box<dyn Mutant> {
    seeing(|lease, facts| {
        if let State::Dirty { notice, .. } | State::Deleting { notice, .. } = &lease.state
            && matches!(notice, Notice::Release { .. })
        {
            facts.changed = None;
        }
    })
}

/// People are not told again after a hold.
pub(super) fn hold_keeps_mark() -> Box<dyn Mutant> {
    asking(Who::Claimers, |lease, op| match op {
        Op::Write { condition, mut next } => {
            if let (State::Dirty { .. }, State::Dirty { .. }) = (&lease.state, &next.state)
                && lease.hold_until != next.hold_until
            {
                next.state = lease.state.clone();
            }
            Op::Write { condition, next }
        }
        other => other,
    })
}

/// Claimers' writes do not carry a hold along.
pub(super) fn claim_drops_hold() -> Box<dyn Mutant> {
    asking(Who::Claimers, |lease, op| match op {
        Op::Write { condition, mut next } => {
            if let (Some(before), State::Held { expires_at }, State::Held { .. }) =
                (lease.hold_until, &next.state, &lease.state)
                && next.hold_until == Some(before)
            {
                (next.hold_until, next.due) = (None, Some(*expires_at));
            }
            Op::Write { condition, next }
        }
        other => other,
    })
}

/// A deletion that could not be asked for is given up.
pub(super) fn error_quarantines() -> Box<dyn Mutant> {
    struct GivingUp;
    impl Mutant for GivingUp {
        fn call<'a>(&'a self, link: Link<'a>, op: Op) -> Calling<'a> {
            Box::pin(async move {
                let name = match &op {
                    Op::Delete { target: Target::Id(id), .. } => Some(id.name()),
                    _ => None,
                };
                let answer = link.send(op).await;
                let (Some(name), Err(error)) = (name, &answer) else { return answer };
                if let Ok(Reply::Lease(Some(lease))) = link.send(Op::Lease(name)).await {
                    let condition = Condition::Stands(Some(Version::from(&*lease)));
                    let state = State::Quarantined { at: at(link.world.now()), why: error.to_string() };
                    let next = Box::new(Lease { state, nonce: link.world.nonce(), ..*lease });
                    let _answer = link.send(Op::Write { condition, next }).await;
                }
                answer
            })
        }
    }
    Box::new(GivingUp)
}

/// An error counts as a failed attempt.
pub(super) fn error_counts() -> Box<dyn Mutant> {
    asking(Who::Sweepers, |lease, op| match op {
        Op::Write { condition, mut next } => {
            if let (State::Deleting { attempts: before, .. }, State::Deleting { attempts, .. }) =
                (&lease.state, &mut next.state)
                && attempts == before
            {
                *attempts += 1;
            }
            Op::Write { condition, next }
        }
        other => other,
    })
}

/// What an execution is, the record does not say.
pub(super) fn entered_forgotten() -> Box<dyn Mutant> {
    asking(Who::All, |_, op| match op {
        Op::Write { condition, mut next } => {
            next.executions.clear();
            Op::Write { condition, next }
        }
        other => other,
    })
}

/// Of a stack that is bound the record does not say who may deploy it.
pub(super) fn bound_execution_forgotten() -> Box<dyn Mutant> {
    asking(Who::Claimers, |_, op| match op {
        Op::Write { condition, mut next } => {
            if next.bound.is_some() {
                next.executions.clear();
            }
            Op::Write { condition, next }
        }
        other => other,
    })
}

/// Whoever enters does so whatever has become of the lease meanwhile.
pub(super) fn enter_unconditioned() -> Box<dyn Mutant> {
    asking(Who::Claimers, |lease, op| match op {
        Op::Write { condition: Condition::Stands(Some(_)), next }
            if lease.token == next.token && !next.executions.is_empty() && lease.executions != next.executions =>
        {
            Op::Write { condition: Condition::Always, next }
        }
        other => other,
    })
}

/// Who was taken over may claim again.
pub(super) fn superseded_forgotten() -> Box<dyn Mutant> {
    asking(Who::Claimers, |_, op| match op {
        Op::Write { condition, mut next } => {
            next.superseded.clear();
            Op::Write { condition, next }
        }
        other => other,
    })
}

/// Whatever was tombstoned may be bound again: claimers believe whatever id they are given.
pub(super) fn tombstoned_id_bound() -> Box<dyn Mutant> {
    struct Believing;
    impl Mutant for Believing {
        fn call<'a>(&'a self, link: Link<'a>, op: Op) -> Calling<'a> {
            Box::pin(async move {
                let mut answer = link.send(op).await;
                if let (true, Ok(Reply::Facts(Some(facts)))) = (link.actor < CLAIMERS, &mut answer)
                    && facts.status.0.starts_with("DELETE_")
                {
                    "CREATE_COMPLETE".clone_into(&mut facts.status.0);
                }
                answer
            })
        }
    }
    Box::new(Believing)
}
