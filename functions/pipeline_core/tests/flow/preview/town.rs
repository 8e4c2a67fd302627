//! A town: a repository with its pull requests, and everything of Flowgate that works for it at the same time.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    future::poll_fn,
    pin::Pin,
    rc::Rc,
    task::Poll,
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use jiff::{SignedDuration, Timestamp};
use pipeline_core::{
    ids::{CommitId, FencingToken, Nonce, StackName},
    lease::{perform::Leases, place::Place, record::State},
    memory::World,
    ports::{Clock, within},
    preview::{
        hint::Hint,
        look::Previewing,
        pull::{Pull, PullStatus},
        record::{Phase, Preview},
        settings::Settings,
        slots::Quota,
        subject::Subject,
    },
    sweep::report::{Mode, Work},
};
use uuid::Uuid;

use crate::sweep::{arn, sweep};

pub(super) const SERVICE: &str = "shop";

/// The function's time.
const INVOCATION: SignedDuration = SignedDuration::from_mins(5);

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// Everything that goes on at once, with what chance has a hand in.
pub(super) struct Town {
    pub(super) world: World,
    pub(super) settings: Settings,
    dice: Cell<u64>,
    tasks: RefCell<Vec<Task>>,
    /// The latest token that each name was deployed with.
    pub(super) deployed: RefCell<BTreeMap<StackName, FencingToken>>,
    /// What should never happen, and did.
    pub(super) wrongs: RefCell<Vec<String>>,
    /// One in so many invocations is killed; 0 for none.
    pub(super) killed: u64,
}

/// What a function's main puts together.
macro_rules! previewing {
    ($town:expr, $leases:expr) => {
        Previewing {
            clock: &$town.world,
            store: &$town.world,
            pulls: &$town.world,
            stacks: &$leases,
            pipeline: &$town.world,
            announce: &$town.world,
            settings: &$town.settings,
            ids: || $town.id(),
        }
    };
}

impl Town {
    pub(super) fn new(seed: u64) -> Self {
        let world = crate::sweep::world();
        world.scramble(seed);
        let settings = Settings {
            service: SERVICE.to_owned(),
            pipeline: "shop-flowgate-previews".to_owned(),
            ttl: i128::from(72 * 60 * 60).try_into().expect("a lease's time"),
            quota: Quota { all: 20, author: 20 },
            drafts: false,
        };
        Self {
            world,
            settings,
            dice: Cell::new(seed),
            tasks: RefCell::default(),
            deployed: RefCell::default(),
            wrongs: RefCell::default(),
            killed: 0,
        }
    }

    pub(super) fn leases(&self) -> Leases<'_, World, World, World, World, impl Fn() -> Nonce + '_> {
        Leases {
            clock: &self.world,
            store: &self.world,
            stacks: &self.world,
            executions: &self.world,
            place: Place::of(&arn("shop-flowgate", "f"), SERVICE),
            margin: SignedDuration::from_mins(1),
            nonce: || Nonce::from_random(self.id()),
        }
    }

    fn id(&self) -> Uuid {
        Uuid::from_u64_pair(self.chance(u64::MAX), self.chance(u64::MAX))
    }

    /// A number below `limit`.
    pub(super) fn chance(&self, limit: u64) -> u64 {
        // SplitMix64: seeds next to one another lead to different numbers.
        let state = self.dice.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.dice.set(state);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    /// An index below `limit`.
    pub(super) fn pick(&self, limit: u64) -> usize {
        usize::try_from(self.chance(limit)).expect("a small number")
    }

    pub(super) fn part_of(&self, longest: SignedDuration) -> SignedDuration {
        SignedDuration::from_secs(self.chance(longest.as_secs().unsigned_abs() + 1).try_into().expect("a short time"))
    }

    pub(super) async fn pause(&self, longest: SignedDuration) {
        self.world.sleep_until(self.world.now() + self.part_of(longest)).await;
    }

    pub(super) fn begin(&self, task: impl Future<Output = ()> + 'static) {
        self.tasks.borrow_mut().push(Box::pin(task));
    }

    /// Runs until nothing goes on any more.
    pub(super) fn run(&self) {
        let mut all = FuturesUnordered::new();
        let work = poll_fn(|context| {
            loop {
                all.extend(self.tasks.take());
                match all.poll_next_unpin(context) {
                    Poll::Ready(None) if self.tasks.borrow().is_empty() => return Poll::Ready(()),
                    Poll::Pending if self.tasks.borrow().is_empty() => return Poll::Pending,
                    Poll::Ready(_) | Poll::Pending => {}
                }
            }
        });
        self.world.run(work).expect("nothing kills the world");
    }

    async fn look(&self, subject: &Subject, hint: &Hint) -> bool {
        let (leases, until) = (self.leases(), self.until());
        previewing!(self, leases).look(subject, hint, until).await.is_ok()
    }

    async fn tick(&self) -> bool {
        let (leases, until) = (self.leases(), self.until());
        previewing!(self, leases).tick(until).await.is_ok()
    }

    fn until(&self) -> Timestamp {
        self.world.now() + INVOCATION - SignedDuration::from_secs(5)
    }

    /// One invocation, which may be killed anywhere; whether it did its work.
    async fn invoked(&self, work: impl Future<Output = bool>) -> bool {
        let is_killed = self.killed > 0 && self.chance(self.killed) == 0;
        let longest = if is_killed { SignedDuration::from_secs(4) } else { INVOCATION };
        let time = if is_killed { self.part_of(longest) } else { longest };
        within(&self.world, self.world.now() + time, work).await.unwrap_or(false)
    }

    /// An event, as Lambda delivers it: again after one and after two more minutes, when it came to nothing.
    pub(super) async fn deliver(self: Rc<Self>, subject: Subject, hint: Hint, delay: SignedDuration) {
        self.world.sleep_until(self.world.now() + delay).await;
        for again in [1, 2, 0] {
            if Box::pin(self.invoked(self.look(&subject, &hint))).await {
                return;
            }
            self.world.sleep_until(self.world.now() + SignedDuration::from_mins(again)).await;
        }
    }

    pub(super) async fn branch_deleted(self: Rc<Self>, branch: &'static str) {
        let (leases, until) = (self.leases(), self.until());
        previewing!(self, leases).branch_deleted(branch, until).await.expect("no fault");
    }

    /// The schedules, for so long: ticks and sweeps, each every two minutes.
    pub(super) fn keep_house(self: &Rc<Self>, time: SignedDuration) {
        let (town, end) = (Rc::clone(self), self.world.now() + time);
        self.begin(async move {
            while town.world.now() < end {
                let (ticking, sweeping) = (Rc::clone(&town), Rc::clone(&town));
                town.begin(async move {
                    ticking.pause(SignedDuration::from_secs(30)).await;
                    Box::pin(ticking.invoked(ticking.tick())).await;
                });
                town.begin(async move {
                    sweeping.pause(SignedDuration::from_secs(30)).await;
                    let _report = sweep(&sweeping.world).run(Mode::Apply, Work::Due, sweeping.until()).await;
                });
                town.world.sleep_until(town.world.now() + SignedDuration::from_mins(2)).await;
            }
        });
    }

    /// A new state of a pull request, of which nobody was told yet.
    pub(super) fn change(&self, pull: Pull) -> Hint {
        let hint = Hint::Changed { updated: Some(pull.updated), head: Some(pull.head.clone()) };
        let mut pulls = self.world.previews.pulls.borrow_mut();
        pulls.entry(pull.number).or_default().push((self.world.now(), pull));
        hint
    }

    pub(super) fn pull(&self, number: u64) -> Option<Pull> {
        let pulls = self.world.previews.pulls.borrow();
        pulls.get(&number)?.last().map(|(_, pull)| pull.clone())
    }

    /// A pull request that was just opened.
    pub(super) fn opened(&self, number: u64, commit: u64) -> Pull {
        Pull {
            number,
            status: PullStatus::Open,
            is_draft: false,
            is_fork: false,
            head: self::commit(commit),
            branch: Some(format!("feature/{number}")),
            author: "ada".to_owned(),
            updated: self.world.now(),
        }
    }

    pub(super) fn record(&self, subject: &Subject) -> Option<Preview> {
        self.world.previews.records.borrow().get(subject).cloned()
    }

    /// What is deployed under a name: each live stack's commit and status.
    pub(super) fn live(&self, name: &str) -> Vec<(String, String)> {
        let stacks = self.world.cloud.stacks.borrow();
        let live = stacks.values().map(|live| &live.facts).filter(|facts| facts.id.name().as_str() == name);
        live.filter(|facts| facts.status.0 != "DELETE_COMPLETE")
            .map(|facts| {
                let revision = facts.tags.get("flowgate:revision").cloned().unwrap_or_default();
                (revision, facts.status.0.clone())
            })
            .collect()
    }

    /// That nothing of it is left: no stack, no lease, no place, nothing to do.
    pub(super) fn is_clean(&self, subject: &Subject) -> Result<(), String> {
        for name in [subject.stack(SERVICE), subject.tests_stack(SERVICE)] {
            let lease = self.world.leases.get(&name);
            if lease.as_ref().is_some_and(|lease| !matches!(lease.state, State::Gone { .. })) {
                return Err(format!("{name} has a lease: {lease:#?}"));
            }
            if !self.live(name.as_str()).is_empty() {
                return Err(format!("{name} is there: {:?}", self.live(name.as_str())));
            }
        }
        match self.record(subject) {
            Some(Preview { phase: Phase::Removed { .. }, due: None, .. }) | None => {}
            record => return Err(format!("{subject} is not at rest: {record:#?}")),
        }
        let slots = self.world.previews.slots.borrow();
        if slots.taken.contains_key(subject) || slots.waiting.contains_key(subject) {
            return Err(format!("{subject} has a place"));
        }
        Ok(())
    }

    /// That its stacks hold this commit under leases that are held, and that nothing runs any more.
    pub(super) fn has(&self, subject: &Subject, commit: &CommitId) -> Result<(), String> {
        let record = self.record(subject).ok_or_else(|| format!("{subject} has no record"))?;
        let Phase::Running(run) = &record.phase else { return Err(format!("{subject} is not deployed: {record:#?}")) };
        if !self.world.previews.slots.borrow().taken.contains_key(subject) {
            return Err(format!("{subject} has no place"));
        }
        if run.commit != *commit || !record.executions.is_empty() {
            return Err(format!("{subject} is not at {commit}: {record:#?}"));
        }
        for (name, token) in
            [(subject.stack(SERVICE), run.tokens.app), (subject.tests_stack(SERVICE), run.tokens.tests)]
        {
            let lease = self.world.leases.get(&name).ok_or_else(|| format!("{name} has no lease"))?;
            if lease.token != token || !matches!(lease.state, State::Held { .. }) {
                return Err(format!("{name} is not held: {lease:#?}"));
            }
            match &self.live(name.as_str())[..] {
                [(found, _)] if found == commit.as_str() => {}
                live => return Err(format!("{name} should have {commit}: {live:?}; {record:#?}")),
            }
        }
        Ok(())
    }
}

pub(super) fn commit(number: u64) -> CommitId {
    format!("{number:040x}").parse().expect("a commit's id")
}

/// The number that a commit was made of.
pub(super) fn number_of(commit: &CommitId) -> u64 {
    u64::from_str_radix(commit.as_str(), 16).expect("a small number")
}
