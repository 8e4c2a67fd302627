//! Leases and sweep themselves, in a world that is at its best, asked one thing after the other.

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
use proptest_state_machine::StateMachineTest;

use super::{GRACE, Model, STEP, Stack, Transition, Which};
use crate::{
    actors::{claimer, sweeper},
    link::Link,
    op::{Deploy, Op, Reply},
    oracle::Oracle,
    scenario::{ACTORS, CLAIMERS, NAMES},
    world::{BEGIN, Event, World},
};

/// The real thing.
pub(super) struct Real {
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
                world.oracle.borrow_mut().heard(world, &packet, &answered);
                packet.slot.arrive(answered.result);
            }
            Event::Wake(.., slot) => slot.wake(),
            Event::Progress(stack, step) => going.push((stack, step)),
            Event::Restart(_) | Event::Execution(..) | Event::SettleItself(_) | Event::Edit | Event::Leap => {}
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
