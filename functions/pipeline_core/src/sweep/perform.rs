//! A run: observes, decides, and applies. Level-triggered: it reads the world anew, and what it leaves or what goes
//! wrong is the next run's.

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::{
    ids::StackName,
    lease::store::FindLeases as _,
    ports::Clock,
    sweep::{
        adopt,
        apply::{Applied, Applier},
        decide::Brakes,
        keep::Keep,
        observe::Observer,
        pace::Pace,
        plan::{Planned, over_limit, stopped},
        policy::Policy,
        ports::ListStacks as _,
        reach::{Act, Look},
        report::{Mode, Outcome, Report, Work},
        stack::StackFacts,
    },
};

/// Sweep, with the ports it takes.
#[derive(Debug)]
pub struct Sweep<'a, C, E, H, R> {
    /// Time.
    pub clock: &'a C,
    /// What it looks with: [`Eyes`](super::reach::Eyes).
    pub eyes: E,
    /// What it changes things with: [`Hands`](super::reach::Hands). Untouched when it plans (I13).
    pub hands: H,
    /// What may be deleted.
    pub policy: Policy,
    /// Randomness, for nonces and for pauses.
    pub random: R,
}

/// What a run needs for one deletion, from the due lease to the request: its lease, the execution that deployed it last,
/// the stack, the stack's resources, the tombstone, stack and resources again, the deletion; and two for each role, nested
/// stack (two more) and export.
pub const CALLS_TO_DELETE: usize = 8;
/// What a later run needs to see that it is gone: its lease, the stack, and the lease's last write.
pub const CALLS_TO_CONFIRM: usize = 3;
/// What every run with something due needs: the index and the switch. A run with nothing due needs the index alone.
pub const CALLS_TO_BEGIN: usize = 2;

/// What is kept back of a run's time for telling people and writing that down.
const TELLING: SignedDuration = SignedDuration::from_secs(20);
/// What those take that are begun together, and more: a stack that was begun is not left half way for want of time.
const FINISHING: SignedDuration = SignedDuration::from_secs(20);

impl<C: Clock, E: Look, H: Act, R: Fn() -> Uuid> Sweep<'_, C, E, H, R> {
    /// One run, which begins nothing any more from shortly before `until` on.
    pub async fn run(&self, mode: Mode, work: Work, until: Timestamp) -> Report {
        let until = earlier(until, TELLING);
        let pace = Pace::new(self.clock, &self.random, self.policy.rate, until);
        let observer = Observer { eyes: &self.eyes, pace: &pace, policy: &self.policy };
        let run = Run { sweep: self, observer: &observer, mode, until };
        let report = Report::new(mode, self.clock.now());
        match work {
            Work::Due => run.due(report).await,
            Work::Adopt => run.adopt(report).await,
        }
    }
}

struct Run<'a, C, E, H, R> {
    sweep: &'a Sweep<'a, C, E, H, R>,
    observer: &'a Observer<'a, E, C, R>,
    mode: Mode,
    until: Timestamp,
}

impl<C: Clock, E: Look, H: Act, R: Fn() -> Uuid> Run<'_, C, E, H, R> {
    async fn due(&self, mut report: Report) -> Report {
        let (eyes, policy) = (&self.sweep.eyes, &self.sweep.policy);
        let names = match eyes.leases().due(report.at, policy.batch).await {
            Ok(names) if names.is_empty() => return report,
            Ok(names) => names,
            Err(error) => return Report { read_only: Some(error.to_string()), ..report },
        };
        report.stopped = stopped(eyes.switch(), &policy.place.service).await;
        let mut brakes = Brakes { stopped: report.stopped.clone(), left: policy.max_deletes };
        let mut applied = vec![];
        let (mut over, mut width, mut names) = (0, 1, &names[..]);
        while !names.is_empty() && !self.is_late() {
            let (wave, rest) = names.split_at(width.min(names.len()));
            let began = self.sweep.clock.now();
            let plan = self.observer.plan(wave, &mut brakes, began).await;
            over += over_limit(&plan);
            applied.extend(self.take(&plan).await);
            (width, names) = (self.width(wave.len(), began), rest);
        }
        applied.extend(names.iter().map(late));
        report.over_limit = Some(over).filter(|over| *over > 0);
        self.end(report, applied).await
    }

    /// Adoption deletes nothing, and nothing that it adopts is deleted in the run that does (I12).
    async fn adopt(&self, report: Report) -> Report {
        let listed = match self.observer.pace.call(self.sweep.eyes.all().stacks()).await {
            Ok(listed) => listed,
            // I10: an incomplete listing makes the whole run read-only.
            Err(error) => return Report { read_only: Some(error.to_string()), ..report },
        };
        let concerned = listed.into_iter().filter(|facts| adopt::concerns(facts, &self.sweep.policy));
        let concerned: Vec<StackFacts> = concerned.collect();
        let mut applied = vec![];
        for wave in concerned.chunks(self.sweep.policy.width.max(1)) {
            if self.is_late() {
                applied.extend(wave.iter().map(|facts| late(&facts.id.name())));
                continue;
            }
            let now = self.sweep.clock.now();
            let plan = join_all(wave.iter().map(|facts| self.observer.adoption(facts, now))).await;
            applied.extend(self.take(&plan.into_iter().flatten().collect::<Vec<_>>()).await);
        }
        self.end(report, applied).await
    }

    /// How many are begun together next: as many as there is time for, if one takes as long as the latest did. The oldest
    /// is alone, so that it gets through however much hangs on the others; from there they get more by and by, as one that
    /// took no time says little of those behind it.
    fn width(&self, wave: usize, began: Timestamp) -> usize {
        let now = self.sweep.clock.now();
        let left = self.begins_until().duration_since(now).as_millis();
        let took = now.duration_since(began).as_millis().max(1);
        let fitting = usize::try_from(left.max(0).unsigned_abs() * wave as u128 / took.unsigned_abs());
        fitting.unwrap_or(usize::MAX).clamp(1, self.sweep.policy.width.clamp(1, 2 * wave))
    }

    fn is_late(&self) -> bool {
        self.sweep.clock.now() >= self.begins_until()
    }

    fn begins_until(&self) -> Timestamp {
        earlier(self.until, FINISHING)
    }

    /// I13: a plan is only said.
    async fn take(&self, plan: &[Planned]) -> Vec<Applied> {
        match self.mode {
            Mode::Plan => plan.iter().map(|planned| said(planned, Outcome::Planned)).collect(),
            Mode::Apply => {
                let applier = self.applier();
                join_all(plan.iter().map(|planned| applier.apply(planned))).await
            }
        }
    }

    fn applier(&self) -> Applier<'_, E, H, C, R> {
        let Sweep { clock, hands, random, .. } = self.sweep;
        Applier { clock: *clock, observer: self.observer, hands, random }
    }

    async fn end(&self, mut report: Report, mut applied: Vec<Applied>) -> Report {
        if self.mode == Mode::Apply {
            self.applier().tell(&mut applied).await;
        }
        report.entries = applied.into_iter().map(|applied| applied.entry).collect();
        report
    }
}

fn earlier(at: Timestamp, time: SignedDuration) -> Timestamp {
    at.saturating_sub(time).unwrap_or(Timestamp::MIN)
}

fn said(planned: &Planned, outcome: Outcome) -> Applied {
    Applied { entry: planned.entry(outcome), untold: None }
}

fn late(stack: &StackName) -> Applied {
    said(&Planned::unread(stack.clone(), Keep::Late), Outcome::Left)
}
