//! Defects with a memory, or for some of the calls alone.

use std::{cell::RefCell, collections::BTreeMap};

use pipeline_core::{
    ids::{Nonce, StackArn},
    lease::{
        record::{Lease, Notice, State},
        store::Replaced,
    },
    ports::PortError,
    sweep::report::Mode,
};

use super::{Answer, Calling, Mutant, Who};
use crate::{
    cloud::at,
    link::Link,
    op::{Condition, Op, Reply, Target, Version},
};

/// Claimers see a lease otherwise than it is, and write as if it was so.
struct Disguised {
    who: Who,
    disguise: fn(&Link<'_>, &mut Lease),
    /// What really stood, by the nonce.
    real: RefCell<BTreeMap<String, Version>>,
}

fn disguised(disguise: fn(&Link<'_>, &mut Lease)) -> Box<dyn Mutant> {
    Box::new(Disguised { who: Who::Claimers, disguise, real: RefCell::default() })
}

impl Disguised {
    fn show(&self, link: &Link<'_>, lease: &mut Lease) {
        self.real.borrow_mut().insert(key(lease.nonce), Version::from(&*lease));
        (self.disguise)(link, lease);
    }

    fn unmask(&self, op: Op) -> Op {
        match op {
            Op::Write { condition: Condition::Stands(Some(seen)), next } => {
                let real = self.real.borrow().get(&key(seen.nonce)).cloned();
                Op::Write { condition: Condition::Stands(Some(real.unwrap_or(seen))), next }
            }
            other => other,
        }
    }
}

fn key(nonce: Nonce) -> String {
    nonce.to_string()
}

impl Mutant for Disguised {
    fn call<'a>(&'a self, link: Link<'a>, op: Op) -> Calling<'a> {
        Box::pin(async move {
            if !self.who.includes(link.actor) {
                return link.send(op).await;
            }
            let mut reply = link.send(self.unmask(op)).await?;
            match &mut reply {
                Reply::Lease(Some(lease)) => self.show(&link, lease),
                Reply::Written(written) => {
                    if let Replaced::Conflict(Some(lease)) = &mut **written {
                        self.show(&link, lease);
                    }
                }
                _ => {}
            }
            Ok(reply)
        })
    }
}

pub(super) fn claim_ignores_deleting() -> Box<dyn Mutant> {
    disguised(|_, lease| {
        if matches!(lease.state, State::Deleting { .. }) {
            lease.state = State::Gone { at: at(0) };
        }
    })
}

pub(super) fn expired_is_free() -> Box<dyn Mutant> {
    disguised(|link, lease| {
        if lease.expires_at().is_some_and(|expires_at| expires_at <= link.world.clock(link.actor)) {
            lease.state = State::Gone { at: at(0) };
        }
    })
}

pub(super) fn weak_owner_check() -> Box<dyn Mutant> {
    disguised(|link, lease| {
        if let Some(token) = link.world.oracle.borrow().token_given(link.actor) {
            lease.token = token;
        }
    })
}

/// A defect that is a function of the call, with something to remember.
struct Remembering<T> {
    memory: RefCell<T>,
    call: for<'a> fn(&'a RefCell<T>, Link<'a>, Op) -> Calling<'a>,
}

impl<T> Mutant for Remembering<T> {
    fn call<'a>(&'a self, link: Link<'a>, op: Op) -> Calling<'a> {
        (self.call)(&self.memory, link, op)
    }
}

fn remembering<T: Default + 'static>(call: for<'a> fn(&'a RefCell<T>, Link<'a>, Op) -> Calling<'a>) -> Box<dyn Mutant> {
    Box::new(Remembering { memory: RefCell::default(), call })
}

pub(super) fn never_told() -> Box<dyn Mutant> {
    remembering::<()>(|_, link, op| {
        Box::pin(async move {
            match op {
                Op::Tell { .. } => Ok(Reply::Done),
                other => link.send(other).await,
            }
        })
    })
}

/// When the deletion cannot be asked for, the tombstone is taken back.
pub(super) fn untombstone() -> Box<dyn Mutant> {
    remembering::<()>(|_, link, op| {
        Box::pin(async move {
            let name = match &op {
                Op::Delete { target: Target::Id(id), .. } => Some(id.name()),
                _ => None,
            };
            let answer = link.send(op).await;
            let (Some(name), Err(error)) = (name, &answer) else { return answer };
            if let Ok(Reply::Lease(Some(lease))) = link.send(Op::Lease(name)).await {
                let condition = Condition::Stands(Some(Version::from(&*lease)));
                let notice = Notice::Release { at: at(link.world.now()) };
                let state = State::Dirty { notice, absent_at: None };
                let next = Box::new(Lease { state, nonce: link.world.nonce(), ..*lease });
                let _answer = link.send(Op::Write { condition, next }).await;
            }
            Err(error.clone())
        })
    })
}

/// First the deletion, then the tombstone.
pub(super) fn tombstone_after_delete() -> Box<dyn Mutant> {
    remembering::<BTreeMap<usize, Op>>(|held_back, link, op| {
        Box::pin(async move {
            match op {
                Op::Write { ref next, .. } if matches!(next.state, State::Deleting { attempts: 0, .. }) => {
                    held_back.borrow_mut().insert(link.actor, op);
                    Ok(Reply::Written(Box::new(Replaced::Done)))
                }
                Op::Delete { .. } => {
                    let deleted = link.send(op).await;
                    let tombstone = held_back.borrow_mut().remove(&link.actor);
                    if let Some(tombstone) = tombstone {
                        let _answer = link.send(tombstone).await;
                    }
                    deleted
                }
                other => link.send(other).await,
            }
        })
    })
}

/// A write without an answer is taken for one that found what was read before.
pub(super) fn lost_is_failure() -> Box<dyn Mutant> {
    remembering::<BTreeMap<usize, Option<Box<Lease>>>>(|read, link, op| {
        Box::pin(async move {
            let is_write = matches!(op, Op::Write { .. });
            let answer = link.send(op).await;
            match &answer {
                Ok(Reply::Lease(lease)) => {
                    read.borrow_mut().insert(link.actor, lease.clone());
                }
                Err(PortError::Unavailable { .. }) if is_write => {
                    let seen = read.borrow().get(&link.actor).cloned().flatten().map(|lease| *lease);
                    // Somebody else's, as far as can be told.
                    let other = seen
                        .map(|lease| Lease { state: State::Quarantined { at: at(0), why: String::new() }, ..lease });
                    return Ok(Reply::Written(Box::new(Replaced::Conflict(other))));
                }
                _ => {}
            }
            answer
        })
    })
}

/// What was answered, by who asked and what.
type Cache = BTreeMap<(usize, String), (i64, Answer)>;

fn is_look(op: &Op) -> bool {
    matches!(op, Op::ById(_) | Op::Resources(_) | Op::Importers(_) | Op::TrustPolicy(_))
}

/// The reads after the tombstone are answered by those before it.
pub(super) fn no_second_read() -> Box<dyn Mutant> {
    remembering::<Cache>(|cache, link, op| {
        Box::pin(async move {
            if matches!(op, Op::Due { .. }) {
                cache.borrow_mut().retain(|(actor, _), _| *actor != link.actor);
            }
            if !is_look(&op) {
                return link.send(op).await;
            }
            let key = (link.actor, op.to_string());
            let known = cache.borrow().get(&key).map(|(_, answer)| answer.clone());
            if let Some(answer) = known {
                return answer;
            }
            let answer = link.send(op).await;
            cache.borrow_mut().insert(key, (0, answer.clone()));
            answer
        })
    })
}

/// Stacks are read at most once in ten minutes, whoever asks.
pub(super) fn cached_stacks() -> Box<dyn Mutant> {
    remembering::<Cache>(|cache, link, op| {
        Box::pin(async move {
            if !is_look(&op) {
                return link.send(op).await;
            }
            let (key, now) = ((0, op.to_string()), link.world.now());
            let known = cache.borrow().get(&key).filter(|(at, _)| now - at < 600_000).map(|(_, answer)| answer.clone());
            if let Some(answer) = known {
                return answer;
            }
            let answer = link.send(op).await;
            cache.borrow_mut().insert(key, (now, answer.clone()));
            answer
        })
    })
}

pub(super) fn switch_once() -> Box<dyn Mutant> {
    remembering::<Option<Answer>>(|first, link, op| {
        Box::pin(async move {
            if !matches!(op, Op::Parameter(_)) {
                return link.send(op).await;
            }
            let known = first.borrow().clone();
            if let Some(answer) = known {
                return answer;
            }
            let answer = link.send(op).await;
            if answer.is_ok() {
                *first.borrow_mut() = Some(answer.clone());
            }
            answer
        })
    })
}

/// Stacks look as they did at first.
pub(super) fn update_ignored() -> Box<dyn Mutant> {
    remembering::<BTreeMap<StackArn, Option<jiff::Timestamp>>>(|first, link, op| {
        Box::pin(async move {
            let mut answer = link.send(op).await;
            if let Ok(Reply::Facts(Some(facts))) = &mut answer {
                facts.changed = *first.borrow_mut().entry(facts.id.clone()).or_insert(facts.changed);
            }
            answer
        })
    })
}

/// `svc-pr-4-prod` is taken for `svc-pr-4`.
pub(super) fn name_by_prefix() -> Box<dyn Mutant> {
    const LONG: &str = "stack/svc-pr-4-prod/0000-1";
    const SHORT: &str = "stack/svc-pr-4/0000-1";
    fn renamed(id: &StackArn, from: &str, to: &str) -> StackArn {
        id.as_str().replace(from, to).parse().unwrap_or_else(|_| id.clone())
    }
    remembering::<()>(|_, link, op| {
        Box::pin(async move {
            let real = match op {
                Op::ById(id) => Op::ById(renamed(&id, SHORT, LONG)),
                Op::Resources(id) => Op::Resources(renamed(&id, SHORT, LONG)),
                Op::Delete { target: Target::Id(id), request_token } => {
                    Op::Delete { target: Target::Id(renamed(&id, SHORT, LONG)), request_token }
                }
                other => other,
            };
            let mut answer = link.send(real).await;
            match &mut answer {
                Ok(Reply::Facts(Some(facts))) => facts.id = renamed(&facts.id, LONG, SHORT),
                Ok(Reply::Listed { stacks, .. }) => {
                    for facts in stacks {
                        facts.id = renamed(&facts.id, LONG, SHORT);
                    }
                }
                _ => {}
            }
            answer
        })
    })
}

/// Whatever bucket the stack names is taken for its own.
pub(super) fn owner_ignored() -> Box<dyn Mutant> {
    remembering::<BTreeMap<usize, String>>(|stack, link, op| {
        Box::pin(async move {
            match &op {
                Op::Resources(id) => {
                    stack.borrow_mut().insert(link.actor, id.to_string());
                }
                Op::Owner(_) => {
                    let _answer = link.send(op).await;
                    return Ok(Reply::Text(stack.borrow().get(&link.actor).cloned()));
                }
                _ => {}
            }
            link.send(op).await
        })
    })
}

/// A run that plans marks what has expired.
pub(super) fn plan_applies() -> Box<dyn Mutant> {
    remembering::<()>(|_, link, op| {
        Box::pin(async move {
            let plans = link.world.oracle.borrow().mode(link.actor) == Mode::Plan;
            let answer = link.send(op).await;
            if let (true, Ok(Reply::Lease(Some(lease)))) = (plans, &answer)
                && matches!(lease.state, State::Held { .. })
            {
                let condition = Condition::Stands(Some(Version::from(&**lease)));
                let notice = Notice::Mark { at: at(link.world.now()), told_at: None, changed: None };
                let next = Lease {
                    state: State::Dirty { notice, absent_at: None },
                    nonce: link.world.nonce(),
                    ..(**lease).clone()
                };
                let _answer = link.send(Op::Write { condition, next: Box::new(next) }).await;
            }
            answer
        })
    })
}
