//! What is promised of the parts of a run: who starts them, when, and what counts as a pass.

use std::collections::{BTreeMap, BTreeSet};

use pipeline_core::{
    ids::{JobId, Nonce},
    lease::due::later,
    ports::PortError,
    start_tests::run::Run,
};

use super::{Checked, Oracle, ensure};
use crate::{
    cloud::Cloud,
    kit::{SETUP, TEARDOWN},
    op::{Ending, Reply},
    scenario::ms,
    world::World,
};

/// For how long a tear-down is tried of a job that has its verdict, in ms.
const TIDYING: i64 = 3_600_000;

/// A part of a run: of which job, in which run, and which one.
type Part<'a> = (&'a JobId, &'a str, &'static str);

/// What happened about runs.
#[derive(Debug, Default)]
pub(super) struct RunLedger {
    /// The run that each delivery would own.
    own: BTreeMap<usize, String>,
    /// How often each test, and the set-up, of each job was started.
    started: BTreeMap<(JobId, &'static str), u32>,
    /// The jobs whose tear-down somebody asked for.
    torn_down: BTreeSet<JobId>,
    /// Who settled a job late, asked for its tear-down, and was not told that it was not started; or gave up after an hour.
    tried: BTreeSet<(usize, JobId)>,
    /// What each actor waits for.
    awaited: BTreeSet<(usize, &'static str)>,
    /// The parts of runs whose answer was heard in time, and was a pass.
    passed: BTreeSet<(String, &'static str)>,
}

impl RunLedger {
    pub(super) fn born(&mut self, actor: usize) {
        self.own.remove(&actor);
        self.awaited.retain(|(who, _)| *who != actor);
    }

    /// I19: a test, and the set-up, is started once for each job; a tear-down bears more.
    pub(super) fn started(&mut self, job: &JobId, part: &'static str) -> Checked {
        let started = self.started.entry((job.clone(), part)).or_default();
        *started += 1;
        ensure(*started == 1 || part == TEARDOWN, "I19", || format!("{part} of job {job} is started again"))
    }

    /// I18: no run is stored for an execution that the gate is not told of.
    pub(super) fn check_announced(cloud: &Cloud, run: &Run) -> Checked {
        let told = |execution| cloud.jobs.announced.contains_key(&(execution, run.job.clone()));
        ensure(run.execution.clone().is_none_or(told), "I18", || format!("{} is stored and not announced", run.job))
    }

    /// Somebody is about to start a part. Whose clocks are further apart than they may be can come too early.
    pub(super) fn check_start(
        &mut self,
        world: &World,
        in_step: bool,
        actor: usize,
        (job, run, part): Part<'_>,
    ) -> Checked {
        if part == TEARDOWN {
            let too_early = self.too_early(world, actor, job, run);
            self.torn_down.insert(job.clone());
            if !self.owns(actor, run) {
                self.tried.insert((actor, job.clone()));
            }
            return ensure(!in_step || too_early.is_none(), "I19", || {
                format!("{actor} starts the tear-down of job {job}, and {}", too_early.unwrap_or_default())
            });
        }
        self.awaited.insert((actor, part));
        ensure(!in_step || !self.torn_down.contains(job), "I19", || {
            format!("{actor} starts {part} of job {job}, whose tear-down was started before")
        })?;
        let ready = part == SETUP || !world.scenario.kit.parts(job).contains(&SETUP) || self.has_passed(run, SETUP);
        ensure(ready, "I18", || format!("{actor} starts {part} of job {job}, whose set-up has not passed"))
    }

    /// Why tests may still be started, or run, that the tear-down comes behind.
    fn too_early(&self, world: &World, actor: usize, job: &JobId, run: &str) -> Option<String> {
        let now = world.clock(actor);
        let cloud = world.cloud.borrow();
        let Some(stored) = cloud.jobs.runs.get(job) else { return Some("no run is stored".to_owned()) };
        if self.owns(actor, run) {
            let awaited = self.awaited.iter().find(|(who, _)| *who == actor).filter(|_| now < stored.deadline);
            return awaited.map(|(_, part)| format!("{part} has not ended"));
        }
        // Whatever the clock of whoever comes later says.
        let owner = self.own.iter().find(|(_, own)| *own == run).map_or(now, |(owner, _)| world.clock(*owner));
        (now.min(owner) < stored.ends).then(|| format!("the run's owner has time until {}", stored.ends))
    }

    fn owns(&self, actor: usize, run: &str) -> bool {
        self.own.get(&actor).is_some_and(|own| own == run)
    }

    /// After an hour nobody tries again what cannot be done then.
    pub(super) fn unreadable(&mut self, world: &World, actor: usize, job: &JobId) {
        if gives_up(world, actor, job) {
            self.tried.insert((actor, job.clone()));
        }
    }

    /// I18: what comes late is no pass.
    pub(super) fn heard(
        &mut self,
        world: &World,
        actor: usize,
        (job, run, part): Part<'_>,
        result: &Result<Reply, PortError>,
    ) {
        self.awaited.remove(&(actor, part));
        let refused = part == TEARDOWN && matches!(result, Err(PortError::Throttled { .. }));
        if refused && !gives_up(world, actor, job) {
            self.tried.remove(&(actor, job.clone()));
        }
        let cloud = world.cloud.borrow();
        let Some(stored) = cloud.jobs.runs.get(job) else { return };
        let by = if part == TEARDOWN { stored.ends } else { stored.deadline };
        if matches!(result, Ok(Reply::Ran(Ending::Passed))) && world.clock(actor) < by {
            self.passed.insert((run.to_owned(), part));
        }
    }

    pub(super) fn has_passed(&self, run: &str, part: &'static str) -> bool {
        self.passed.iter().any(|(of, passed)| of == run && *passed == part)
    }
}

fn gives_up(world: &World, actor: usize, job: &JobId) -> bool {
    let cloud = world.cloud.borrow();
    cloud.jobs.runs.get(job).is_some_and(|run| world.clock(actor) >= later(run.ends, ms(TIDYING)))
}

impl Oracle {
    /// A delivery would own this run.
    pub(crate) fn delivers(&mut self, actor: usize, run: Nonce) {
        self.jobs.runs.own.insert(actor, run.to_string());
    }

    /// I19, at the very end: whatever was begun was cleared up, or nobody can say that it was not.
    pub(super) fn check_torn_down(&self, world: &World) -> Checked {
        let runs = &self.jobs.runs;
        let began = |job: &JobId| runs.started.contains_key(&(job.clone(), TEARDOWN));
        let tried = |job: &JobId| runs.tried.iter().any(|(_, of)| of == job);
        let needs = |job: &JobId| world.scenario.kit.parts(job).contains(&TEARDOWN) && !began(job) && !tried(job);
        let left = runs.started.keys().find(|(job, _)| needs(job));
        ensure(left.is_none() || self.timed_out, "I19", || format!("nobody cleared up after {left:?}"))
    }

    /// Nothing is under way any more, and a delivery still waits for something.
    pub(crate) fn check_delivered(&mut self, hangs: bool) {
        self.judge(ensure(!hangs, "I17", || "a delivery waits for what never comes".to_owned()));
    }

    /// CodePipeline gave up on all jobs.
    pub(crate) fn time_out(&mut self) {
        self.timed_out = true;
    }
}
