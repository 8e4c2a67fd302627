//! An actor's way to the world: the core's ports, each call a request that goes over the network.

use std::{
    future::{Future, poll_fn},
    rc::Rc,
    task::Poll,
};

use jiff::{SignedDuration, Timestamp};
use pipeline_core::{
    ids::{StackArn, StackName},
    lease::{
        record::{Entered, Lease},
        store::{Cursor, FindLeases, Page, ReadLeases, Replaced, WriteLeases},
    },
    ports::{Clock, Parameter, PortError, ReadParameters},
    sweep::{
        ports::{DeleteStacks, EmptyBuckets, InspectStacks, ListStacks, ReadBuckets, ReadRoles, Tell, WatchExecutions},
        stack::{Resource, StackFacts},
    },
};

use crate::{
    network::{Call, Slot},
    op::{Condition, Op, Reply, Target, Version},
    world::{Event, World},
};

/// An actor's link.
#[derive(Clone, Copy)]
pub(crate) struct Link<'w> {
    pub(crate) world: &'w World,
    pub(crate) actor: usize,
    /// Which of the actor's lives it is.
    pub(crate) life: u32,
}

impl Link<'_> {
    /// A port's call, through the mutant if there is one.
    pub(crate) async fn call(&self, op: Op) -> Result<Reply, PortError> {
        match &self.world.mutant {
            None => self.send(op).await,
            Some(mutant) => mutant.call(*self, op).await,
        }
    }

    /// What goes over the network.
    pub(crate) fn send(&self, op: Op) -> Call {
        self.world.send(self.actor, op)
    }
}

/// AWS answers what was asked.
fn unexpected() -> PortError {
    PortError::Unusable { what: "answer".to_owned(), why: "it is none to this request".to_owned() }
}

/// Takes an answer apart.
macro_rules! expect {
    ($reply:expr, $pattern:pat => $value:expr) => {
        match $reply.await? {
            $pattern => Ok($value),
            _ => Err(unexpected()),
        }
    };
}

mod jobs;

impl Clock for Link<'_> {
    fn now(&self) -> Timestamp {
        self.world.clock(self.actor)
    }

    fn sleep_until(&self, at: Timestamp) -> impl Future<Output = ()> {
        let mut slot: Option<Rc<Slot>> = None;
        poll_fn(move |context| {
            if self.now() >= at {
                return Poll::Ready(());
            }
            let waiting = slot.as_ref().filter(|slot| !slot.has_rung());
            if waiting.is_none() {
                let fresh = Rc::new(Slot::default());
                let when = at.as_millisecond() - self.world.offset(self.actor) + 1;
                self.world.schedule(when, Event::Wake(self.actor, self.life, Rc::clone(&fresh)));
                slot = Some(fresh);
            }
            if let Some(slot) = &slot {
                slot.wait(context);
            }
            Poll::Pending
        })
    }

    fn part_of(&self, longest: SignedDuration) -> SignedDuration {
        let longest = i64::try_from(longest.as_millis()).unwrap_or(i64::MAX);
        SignedDuration::from_millis(self.world.random(|rng| rng.between(0, longest)))
    }
}

impl ReadLeases for Link<'_> {
    async fn lease(&self, stack: &StackName) -> Result<Option<Lease>, PortError> {
        expect!(self.call(Op::Lease(stack.clone())), Reply::Lease(lease) => lease.map(|lease| *lease))
    }
}

impl FindLeases for Link<'_> {
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<StackName>, PortError> {
        expect!(self.call(Op::Due { now, limit }), Reply::Names(names) => names)
    }

    async fn page(&self, after: Option<&Cursor>, limit: usize) -> Result<Page, PortError> {
        let after = after.map(|cursor| cursor.stack.clone());
        expect!(self.call(Op::Page { after, limit }), Reply::Page(page) => page)
    }
}

impl WriteLeases for Link<'_> {
    async fn replace(&self, seen: Option<&Lease>, next: &Lease) -> Result<Replaced, PortError> {
        let condition = Condition::Stands(seen.map(Version::from));
        let write = Op::Write { condition, next: Box::new(next.clone()) };
        expect!(self.call(write), Reply::Written(replaced) => *replaced)
    }
}

impl InspectStacks for Link<'_> {
    async fn by_id(&self, id: &StackArn) -> Result<Option<StackFacts>, PortError> {
        expect!(self.call(Op::ById(id.clone())), Reply::Facts(facts) => facts.map(|facts| *facts))
    }

    async fn by_name(&self, name: &StackName) -> Result<Option<StackFacts>, PortError> {
        expect!(self.call(Op::ByName(name.clone())), Reply::Facts(facts) => facts.map(|facts| *facts))
    }

    async fn resources(&self, id: &StackArn) -> Result<Vec<Resource>, PortError> {
        expect!(self.call(Op::Resources(id.clone())), Reply::Resources(resources) => resources)
    }

    async fn importers(&self, export: &str) -> Result<Vec<String>, PortError> {
        expect!(self.call(Op::Importers(export.to_owned())), Reply::Texts(names) => names)
    }
}

impl ListStacks for Link<'_> {
    async fn stacks(&self) -> Result<Vec<StackFacts>, PortError> {
        let mut all = Vec::new();
        for page in 0.. {
            let (stacks, more) =
                expect!(self.call(Op::Stacks { page }), Reply::Listed { stacks, more } => (stacks, more))?;
            all.extend(stacks);
            if !more {
                break;
            }
        }
        Ok(all)
    }
}

impl DeleteStacks for Link<'_> {
    async fn delete(&self, id: &StackArn, request_token: &str) -> Result<(), PortError> {
        let delete = Op::Delete { target: Target::Id(id.clone()), request_token: request_token.to_owned() };
        expect!(self.call(delete), Reply::Done => ())
    }
}

impl ReadRoles for Link<'_> {
    async fn trust_policy(&self, role: &str) -> Result<Option<String>, PortError> {
        expect!(self.call(Op::TrustPolicy(role.to_owned())), Reply::Text(policy) => policy)
    }
}

impl ReadBuckets for Link<'_> {
    async fn owner(&self, bucket: &str) -> Result<Option<String>, PortError> {
        expect!(self.call(Op::Owner(bucket.to_owned())), Reply::Text(owner) => owner)
    }
}

impl EmptyBuckets for Link<'_> {
    async fn empty(&self, bucket: &str) -> Result<bool, PortError> {
        expect!(self.call(Op::Empty(bucket.to_owned())), Reply::Flag(empty) => empty)
    }
}

impl WatchExecutions for Link<'_> {
    async fn is_running(&self, entered: &Entered) -> Result<bool, PortError> {
        expect!(self.call(Op::IsRunning(entered.clone())), Reply::Flag(running) => running)
    }
}

impl Tell for Link<'_> {
    async fn tell(&self, _subject: &str, text: &str) -> Result<(), PortError> {
        expect!(self.call(Op::Tell { text: text.to_owned() }), Reply::Done => ())
    }
}

impl ReadParameters for Link<'_> {
    async fn parameter(&self, name: &str) -> Result<Option<Parameter>, PortError> {
        expect!(self.call(Op::Parameter(name.to_owned())), Reply::Parameter(parameter) => parameter)
    }
}
