//! Whatever order things happen in, what stands in the end is what is wanted in the end: pull requests that are opened,
//! pushed to, closed, reopened, made drafts, all at once; events that come late, several times and out of order;
//! invocations that are killed anywhere, services that fail, and a host that shows what was.
//!
//! `PREVIEW_SEEDS=100000` tries more; a failure names its seed, and `PREVIEW_SEED=N` tries that one alone.

use std::rc::Rc;

use jiff::SignedDuration;
use pipeline_core::{
    lease::record::State,
    memory::Fault,
    ports::Clock,
    preview::{
        hint::Hint,
        pull::{Pull, PullStatus},
        record::{Head, Phase, Wait},
        slots::Quota,
        subject::{DeveloperName, Subject},
    },
};

use super::{
    pipeline::{builds, deploys},
    town::{SERVICE, Town, commit},
};

/// How long people are at work.
const WORK: SignedDuration = SignedDuration::from_hours(2);
/// How long it takes at most until nothing is left to do: deletions, and the places that they free, one after the other.
const REST: SignedDuration = SignedDuration::from_hours(4);
/// The longest that an event is on its way.
const DELAY: SignedDuration = SignedDuration::from_mins(6);

const PULLS: [u64; 5] = [1, 4, 42, 420, 5];
const FORK: u64 = 5;

#[test]
fn in_the_end_there_is_what_is_wanted_in_the_end() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let seeds = match number("PREVIEW_SEED") {
        Some(seed) => seed..seed + 1,
        None => 1..number("PREVIEW_SEEDS").unwrap_or(100) + 1,
    };
    for seed in seeds {
        let town = play(seed);
        if let Err(what) = judge(&town) {
            panic!("seed {seed}: {what}");
        }
    }
}

fn play(seed: u64) -> Rc<Town> {
    let mut town = Town::new(seed);
    town.killed = 6;
    town.settings.quota = Quota { all: 4, author: 2 };
    town.world.previews.staleness.set(SignedDuration::from_secs(60));
    town.world.previews.lag.set(SignedDuration::from_secs(2));
    town.world.previews.at_once.set(6);
    town.world.previews.knows_again.set(seed.is_multiple_of(2));
    for _ in 0..town.chance(60) {
        let fault = [Fault::Refused, Fault::Throttled, Fault::ReplyLost][town.pick(3)];
        town.world.strike(town.pick(20_000), fault);
    }
    let town = Rc::new(town);
    for number in PULLS {
        town.begin(work_on(Rc::clone(&town), number));
    }
    town.begin(develop(Rc::clone(&town)));
    town.run_pipeline(WORK + REST);
    town.keep_house(WORK + REST);
    town.run();
    town
}

/// Somebody works on one pull request.
async fn work_on(town: Rc<Town>, number: u64) {
    let (end, mut commits) = (town.world.now() + WORK, number * 1000);
    let author = ["ada", "bob"][usize::from(number == 420)];
    while town.world.now() < end {
        town.pause(SignedDuration::from_mins([1, 5, 30][town.pick(3)])).await;
        let next = match town.pull(number) {
            None => Pull { author: author.into(), is_fork: number == FORK, ..town.opened(number, commits) },
            Some(pull) => changed(&town, pull, &mut commits),
        };
        let hint = town.change(Pull { updated: town.world.now(), ..next });
        for _ in 0..=town.chance(3) {
            let delay = town.part_of(DELAY);
            town.begin(Rc::clone(&town).deliver(Subject::PullRequest(number), hint.clone(), delay));
        }
    }
}

fn changed(town: &Town, pull: Pull, commits: &mut u64) -> Pull {
    let mut push = |pull: Pull| {
        *commits += 1;
        Pull { head: commit(*commits), ..pull }
    };
    match (pull.status, town.chance(10)) {
        (PullStatus::Open, 0..=4) => push(pull),
        (PullStatus::Open, 5..=7) => Pull { status: PullStatus::Closed, ..pull },
        (PullStatus::Open, _) => Pull { is_draft: !pull.is_draft, ..pull },
        (_, 0..=1) => push(pull),
        (_, _) => Pull { status: PullStatus::Open, ..pull },
    }
}

/// A developer's own stack: up, up again, down, one after the other.
async fn develop(town: Rc<Town>) {
    let end = town.world.now() + WORK;
    for number in 900_001.. {
        town.pause(SignedDuration::from_mins(20)).await;
        let up = Hint::Up(Head { commit: commit(number), branch: "dev/eve".into(), author: "eve".into() });
        let is_over = town.world.now() >= end;
        let hint = if is_over || town.chance(3) == 0 { Hint::Down } else { up };
        town.begin(Rc::clone(&town).deliver(eve(), hint, SignedDuration::ZERO));
        // Who asks waits for the answer, and asks again.
        town.world.sleep_until(town.world.now() + SignedDuration::from_mins(20)).await;
        if is_over {
            return;
        }
    }
}

fn eve() -> Subject {
    Subject::Developer(DeveloperName::of("eve"))
}

fn judge(town: &Town) -> Result<(), String> {
    if let Some(what) = town.wrongs.borrow().first() {
        return Err(what.clone());
    }
    for number in PULLS {
        let (subject, pull) = (Subject::PullRequest(number), town.pull(number).expect("it was opened"));
        let is_wanted = pull.status == PullStatus::Open && !pull.is_draft && !pull.is_fork;
        if is_wanted { stands(town, &subject, &pull)? } else { town.is_clean(&subject)? }
    }
    town.is_clean(&eve())?;
    names(town)
}

/// What is wanted is there; or waits for a place, and there is none; or is what cannot be had, of which people are told.
fn stands(town: &Town, subject: &Subject, pull: &Pull) -> Result<(), String> {
    let record = town.record(subject).ok_or_else(|| format!("{subject} has no record"))?;
    match &record.phase {
        Phase::Starting { waits: Some(Wait::Quota { .. }), .. } => {
            let taken = town.world.previews.slots.borrow().taken.len();
            if taken == 4 { Ok(()) } else { Err(format!("{subject} waits, with {taken} of 4 places taken")) }
        }
        Phase::Starting { waits: Some(Wait::AuthorsQuota { .. }), .. } => {
            let slots = town.world.previews.slots.borrow();
            let taken = slots.taken.values().filter(|place| place.author == pull.author).count();
            if taken == 2 { Ok(()) } else { Err(format!("{subject} waits, with {taken} of 2 places taken")) }
        }
        Phase::Running(run) if !builds(&pull.head) || !deploys(&pull.head) => {
            let is_told = run.commit == pull.head && record.executions.is_empty();
            if is_told { Ok(()) } else { Err(format!("{subject} is not at {}: {record:#?}", pull.head)) }
        }
        _ => town.has(subject, &pull.head),
    }
}

/// Nothing was ever made under another name, and no name has anything but its own.
fn names(town: &Town) -> Result<(), String> {
    let subjects = PULLS.map(Subject::PullRequest).into_iter().chain([eve()]);
    let names: Vec<_> = subjects.flat_map(|one| [one.stack(SERVICE), one.tests_stack(SERVICE)]).collect();
    let stacks = town.world.cloud.stacks.borrow();
    match stacks.keys().find(|id| !names.contains(&id.name())) {
        Some(id) => Err(format!("{id} is nobody's")),
        None => Ok(()),
    }
}

impl Town {
    /// What a deployment must find, at the moment when CloudFormation begins with it.
    pub(super) fn witness(&self, start: &pipeline_core::preview::ports::Start, stack: &pipeline_core::ids::StackName) {
        let token = if *stack == start.stack { start.tokens.app } else { start.tokens.tests };
        let wrong = |what: &str| {
            self.wrongs.borrow_mut().push(format!("{what}: {stack} with token {token} and {}", start.head.commit));
        };
        let latest = self.deployed.borrow().get(stack).copied();
        if latest.is_some_and(|latest| latest > token) {
            wrong("a newer claim was deployed before");
        }
        self.deployed.borrow_mut().insert(stack.clone(), token);
        let lease = self.world.leases.get(stack);
        if lease.is_none_or(|lease| matches!(lease.state, State::Deleting { .. } | State::Gone { .. })) {
            wrong("it was being deleted, or gone");
        }
    }
}
