//! A state machine test: claim, renew, release, deploy and sweep, one after the other and without faults, against a model
//! that a person can check by reading it.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use pipeline_core::{
    ids::{FencingToken, Holder, StackName},
    lease::{
        request::{Bind, Claim, Release, Renew, Request, Ttl},
        view::Answer,
    },
    sweep::report::{Mode, Work},
};
use proptest::{prelude::*, strategy::Union};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};

use crate::{
    actors::{claimer, sweeper},
    link::Link,
    op::{Deploy, Op, Reply},
    oracle::Oracle,
    scenario::{ACTORS, CLAIMERS, NAMES},
    world::{BEGIN, Event, World},
};

/// Each transition takes so long, in seconds. Whatever ends, ends between two of them: no other time is a multiple of it.
const STEP: i64 = 7;
const MARGIN: i64 = 60;
const GRACE: i64 = 300;
/// A look at what goes on, or is absent, is followed by another after so long.
const AGAIN: i64 = 60;

/// What may happen to one of the names.
#[derive(Debug, Clone)]
enum Transition {
    Claim {
        name: usize,
        source: u8,
        ttl: i64,
    },
    Renew {
        name: usize,
        token: Which,
        ttl: i64,
    },
    Release {
        name: usize,
        token: Which,
    },
    Deploy {
        name: usize,
    },
    /// CloudFormation finishes what it has begun.
    Finish,
    Sweep,
    Pass {
        steps: i64,
    },
}

/// Whose token is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    Latest,
    Older,
}

/// One name, as a person would write it down.
#[derive(Debug, Clone, Default)]
struct Name {
    stands: Stands,
    source: u8,
    /// How many claims were granted since the first.
    claims: u64,
    stack: Stack,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Stands {
    #[default]
    Free,
    Gone,
    Held {
        expires: i64,
    },
    Released,
    Marked,
    Told {
        at: i64,
    },
    /// Nothing was bound, and no stack found then.
    Absent {
        at: i64,
        released: bool,
    },
    Deleting {
        due: i64,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Stack {
    #[default]
    None,
    Live,
    Going,
    Gone,
}

#[derive(Debug, Clone, Default)]
struct Model {
    now: i64,
    names: [Name; 2],
    /// What the latest operation on a lease is answered: `Ok`, or the code of the refusal.
    answer: Option<&'static str>,
}

impl Name {
    fn state(&self) -> Option<&'static str> {
        match self.stands {
            Stands::Free => None,
            Stands::Gone => Some("GONE"),
            Stands::Held { .. } => Some("HELD"),
            Stands::Released | Stands::Marked | Stands::Told { .. } | Stands::Absent { .. } => Some("DIRTY"),
            Stands::Deleting { .. } => Some("DELETING"),
        }
    }

    fn claim(&mut self, source: u8, expires: i64) -> &'static str {
        match self.stands {
            Stands::Free | Stands::Gone => self.stack = Stack::None,
            Stands::Deleting { .. } => return "Deleting",
            Stands::Held { .. } if source != self.source => return "Held",
            _ if source != self.source => return "Dirty",
            _ => {}
        }
        let taken_over = if let Stands::Held { expires } = self.stands { expires } else { expires };
        (self.stands, self.source) = (Stands::Held { expires: expires.max(taken_over) }, source);
        self.claims += 1;
        "Ok"
    }

    /// What is wrong with the token that is given.
    fn stale(&self, token: Which) -> Option<&'static str> {
        match (self.stands, token) {
            (Stands::Free | Stands::Gone, _) => Some("NoLease"),
            (_, Which::Older) => Some("StaleToken"),
            (_, Which::Latest) => None,
        }
    }

    fn renew(&mut self, token: Which, now: i64, until: i64) -> &'static str {
        if let Some(code) = self.stale(token) {
            return code;
        }
        match &mut self.stands {
            Stands::Held { expires } if now < *expires => {
                *expires = until.max(*expires);
                "Ok"
            }
            Stands::Held { .. } => "Expired",
            Stands::Deleting { .. } => "Deleting",
            _ => "Dirty",
        }
    }

    fn release(&mut self, token: Which) -> &'static str {
        if let Some(code) = self.stale(token) {
            return code;
        }
        match self.stands {
            Stands::Deleting { .. } | Stands::Absent { released: true, .. } => {}
            _ => self.stands = Stands::Released,
        }
        "Ok"
    }

    fn sweep(&mut self, now: i64) {
        self.stands = match (self.stands, self.stack) {
            (Stands::Held { expires }, Stack::Live) if expires + MARGIN < now => Stands::Told { at: now },
            (Stands::Held { expires }, _) if expires + MARGIN < now => Stands::Marked,
            (Stands::Marked, Stack::Live) => Stands::Told { at: now },
            (Stands::Told { at }, Stack::Live) if at + GRACE + MARGIN <= now => self.delete(now),
            (Stands::Released, Stack::Live) => self.delete(now),
            (Stands::Released, _) => Stands::Absent { at: now, released: true },
            (Stands::Marked, _) => Stands::Absent { at: now, released: false },
            (Stands::Absent { at, .. }, _) if at + AGAIN + MARGIN <= now => Stands::Gone,
            (Stands::Deleting { due }, Stack::Gone) if due <= now => Stands::Gone,
            (Stands::Deleting { due }, _) if due <= now => Stands::Deleting { due: now + AGAIN },
            (same, _) => same,
        };
    }

    fn delete(&mut self, now: i64) -> Stands {
        self.stack = Stack::Going;
        Stands::Deleting { due: now + AGAIN }
    }
}

impl ReferenceStateMachine for Model {
    type State = Self;
    type Transition = Transition;

    fn init_state() -> BoxedStrategy<Self> {
        Just(Self::default()).boxed()
    }

    fn transitions(_: &Self) -> BoxedStrategy<Transition> {
        let name = 0..NAMES.len();
        // Neither a lease's end nor a margin after it is at the moment of a transition.
        let ttl = (5_i64..50).prop_map(|steps| steps * STEP + 2);
        let token = prop_oneof![3 => Just(Which::Latest), 1 => Just(Which::Older)];
        Union::new_weighted(vec![
            (
                4,
                (name.clone(), 0..2_u8, ttl.clone())
                    .prop_map(|(name, source, ttl)| Transition::Claim { name, source, ttl })
                    .boxed(),
            ),
            (
                2,
                (name.clone(), token.clone(), ttl)
                    .prop_map(|(name, token, ttl)| Transition::Renew { name, token, ttl })
                    .boxed(),
            ),
            (2, (name.clone(), token).prop_map(|(name, token)| Transition::Release { name, token }).boxed()),
            (3, name.prop_map(|name| Transition::Deploy { name }).boxed()),
            (2, Just(Transition::Finish).boxed()),
            (6, Just(Transition::Sweep).boxed()),
            (3, (1_i64..50).prop_map(|steps| Transition::Pass { steps }).boxed()),
        ])
        .boxed()
    }

    fn preconditions(state: &Self, transition: &Transition) -> bool {
        match transition {
            // By whoever holds it, and as a stack of that name can be made or is there.
            Transition::Deploy { name } => {
                let name = &state.names[*name];
                let holds = matches!(name.stands, Stands::Held { expires } if state.now + STEP < expires);
                holds && matches!(name.stack, Stack::None)
            }
            Transition::Renew { name, token: Which::Older, .. } | Transition::Release { name, token: Which::Older } => {
                state.names[*name].claims > 1
            }
            Transition::Renew { name, .. } | Transition::Release { name, .. } => state.names[*name].claims > 0,
            _ => true,
        }
    }

    fn apply(mut state: Self, transition: &Transition) -> Self {
        state.now += STEP;
        let now = state.now;
        state.answer = match *transition {
            Transition::Claim { name, source, ttl } => Some(state.names[name].claim(source, now + ttl)),
            Transition::Renew { name, token, ttl } => Some(state.names[name].renew(token, now, now + ttl)),
            Transition::Release { name, token } => Some(state.names[name].release(token)),
            Transition::Deploy { name } => {
                state.names[name].stack = Stack::Live;
                Some("Ok")
            }
            _ => None,
        };
        match *transition {
            // A deployment is waited for, and CloudFormation finishes everything else meanwhile.
            Transition::Finish | Transition::Deploy { .. } => {
                state.names.iter_mut().filter(|it| it.stack == Stack::Going).for_each(|it| it.stack = Stack::Gone);
            }
            Transition::Sweep => state.names.iter_mut().for_each(|name| name.sweep(now)),
            Transition::Pass { steps } => state.now += steps * STEP,
            _ => {}
        }
        state
    }
}

/// The real thing.
struct Real {
    world: World,
    /// CloudFormation's operations that go on.
    going: Vec<(usize, u32)>,
    /// The tokens that were granted, by name.
    tokens: [Vec<FencingToken>; 2],
}

impl Real {
    fn new() -> Self {
        let mut world = World::new(0, None, false);
        world.scenario.spread = 0;
        world.scenario.grace = GRACE * 1000;
        world.scenario.max_deletes = 20;
        world.scenario.latency = 1;
        world.scenario.width = 8;
        *world.oracle.borrow_mut() = Oracle::new(&world.scenario);
        (0..ACTORS).for_each(|actor| world.step_clock(actor));
        world.calm.set(true);
        world.cloud.borrow_mut().calm();
        Self { world, going: Vec::new(), tokens: [const { Vec::new() }; 2] }
    }

    fn token(&self, name: usize, which: Which) -> FencingToken {
        let tokens = &self.tokens[name];
        tokens[tokens.len() - if which == Which::Latest { 1 } else { 2 }]
    }

    fn ask(&mut self, name: usize, request: Request) -> &'static str {
        let link = Link { world: &self.world, actor: 0, life: 0 };
        match run(&self.world, &mut self.going, claimer::ask(link, request)) {
            Ok(Answer::Lease(view)) => {
                if self.tokens[name].last() != Some(&view.token) {
                    self.tokens[name].push(view.token);
                }
                "Ok"
            }
            Ok(Answer::Leases { .. }) => "Leases",
            Err(refusal) => refusal.code(),
        }
    }

    fn deploy(&mut self, name: usize) -> &'static str {
        let (stack, token) = (stack(name), self.token(name, Which::Latest));
        let deploy = Op::Deploy(Box::new(Deploy { name: stack.clone(), token, with_bucket: false }));
        let link = Link { world: &self.world, actor: 0, life: 0 };
        let deployed = run(&self.world, &mut self.going, link.call(deploy));
        let Ok(Reply::Deployed(id)) = deployed else { return "Undeployed" };
        self.finish();
        self.ask(name, Request::Bind(Bind { stack, token, stack_id: Some(id) }))
    }

    fn sweep(&mut self) {
        let link = Link { world: &self.world, actor: CLAIMERS, life: 0 };
        run(&self.world, &mut self.going, sweeper::run(link, Mode::Apply, Work::Due));
    }

    fn finish(&mut self) {
        while let Some((_, event)) = self.world.next_event() {
            if let Event::Progress(stack, step) = event {
                self.going.push((stack, step));
            }
        }
        while let Some((stack, step)) = self.going.pop() {
            let mut cloud = self.world.cloud.borrow_mut();
            self.world.random(|rng| cloud.step(stack, step, self.world.now(), rng));
            self.going.extend(cloud.progress.drain(..).map(|(_, stack, step)| (stack, step)));
        }
    }

    fn act(&mut self, transition: &Transition) -> Option<&'static str> {
        let answer = match *transition {
            Transition::Claim { name, source, ttl } => {
                let holder: Holder = self.world.uuid().to_string().parse().expect("a holder");
                let source = format!("pull request {source}").parse().expect("a source");
                self.ask(
                    name,
                    Request::Claim(Claim {
                        stack: stack(name),
                        holder,
                        ttl: seconds(ttl),
                        source,
                        empty_buckets: false,
                    }),
                )
            }
            Transition::Renew { name, token, ttl } => {
                let token = self.token(name, token);
                self.ask(name, Request::Renew(Renew { stack: stack(name), token, ttl: seconds(ttl) }))
            }
            Transition::Release { name, token } => {
                let token = self.token(name, token);
                self.ask(name, Request::Release(Release { stack: stack(name), token, quarantined: false }))
            }
            Transition::Deploy { name } => self.deploy(name),
            Transition::Finish => {
                self.finish();
                return None;
            }
            Transition::Sweep => {
                self.sweep();
                return None;
            }
            Transition::Pass { .. } => return None,
        };
        Some(answer)
    }
}

fn stack(name: usize) -> StackName {
    NAMES[name].parse().expect("a stack's name")
}

fn seconds(ttl: i64) -> Ttl {
    Ttl::try_from(i128::from(ttl)).expect("a lease's time")
}

/// Carries the work through; CloudFormation's operations wait.
fn run<T>(world: &World, going: &mut Vec<(usize, u32)>, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    loop {
        if let Poll::Ready(done) = work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return done;
        }
        let (at, event) = world.next_event().expect("something to wait for");
        world.advance(at);
        match event {
            Event::Arrive(packet, answering) => world.arrive(packet, answering),
            Event::Answer(packet, answered) => {
                world.oracle.borrow_mut().heard(&packet, &answered);
                packet.slot.arrive(answered.result);
            }
            Event::Wake(.., slot) => slot.wake(),
            Event::Progress(stack, step) => going.push((stack, step)),
            Event::Restart(_) | Event::Edit | Event::Leap => {}
        }
    }
}

impl StateMachineTest for Real {
    type SystemUnderTest = Self;
    type Reference = Model;

    fn init_test(_: &Model) -> Self {
        Self::new()
    }

    fn apply(mut real: Self, model: &Model, transition: Transition) -> Self {
        let passes = if let Transition::Pass { steps } = transition { steps * STEP } else { 0 };
        real.world.advance(BEGIN + (model.now - passes) * 1000);
        assert_eq!(real.act(&transition), model.answer, "{transition:?}");
        real
    }

    fn check_invariants(real: &Self, model: &Model) {
        assert_eq!(real.world.oracle.borrow().violation, None);
        let cloud = real.world.cloud.borrow();
        for (index, name) in model.names.iter().enumerate() {
            let lease = cloud.lease(&stack(index));
            assert_eq!(lease.map(|lease| lease.state.name()), name.state(), "{} of {name:?}: {lease:?}", NAMES[index]);
            let live = cloud.by_name(&stack(index)).map(crate::cloud::Stack::is_busy);
            let expected = match name.stack {
                Stack::None | Stack::Gone => None,
                Stack::Live => Some(false),
                Stack::Going => Some(true),
            };
            assert_eq!(live, expected, "the stack of {name:?}");
        }
    }
}

/// `FLOWGATE_CASES` asks for a longer run.
fn cases() -> u32 {
    std::env::var("FLOWGATE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(256)
}

prop_state_machine! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn leases_and_sweep_do_what_the_model_says(sequential 1..=200 => Real);
}
