//! A state machine test: claim, renew, release, deploy and sweep, one after the other and without faults, against a model
//! that a person can check by reading it.

mod real;

use proptest::{prelude::*, strategy::Union};
use proptest_state_machine::{ReferenceStateMachine, prop_state_machine};
use real::Real;

use crate::scenario::NAMES;

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

/// `FLOWGATE_CASES` asks for a longer run.
fn cases() -> u32 {
    std::env::var("FLOWGATE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(256)
}

prop_state_machine! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn leases_and_sweep_do_what_the_model_says(sequential 1..=200 => Real);
}
