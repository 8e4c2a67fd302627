//! What is promised of the parts of a run: who starts them, when, and what counts as a pass.

use std::collections::{BTreeMap, BTreeSet};

use pipeline_core::{
    ids::{JobId, Nonce},
    ports::PortError,
};

use super::{Checked, Oracle, ensure};
use crate::{
    kit::{SETUP, TEARDOWN},
    op::{Ending, Reply},
    world::World,
};

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
        if self.own.get(&actor).is_some_and(|own| own == run) {
            let awaited = self.awaited.iter().find(|(who, _)| *who == actor).filter(|_| now < stored.deadline);
            return awaited.map(|(_, part)| format!("{part} has not ended"));
        }
        (now < stored.ends).then(|| format!("the run's owner has time until {}", stored.ends))
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

impl Oracle {
    /// A delivery would own this run.
    pub(crate) fn delivers(&mut self, actor: usize, run: Nonce) {
        self.jobs.runs.own.insert(actor, run.to_string());
    }

    /// I19, at the very end: whatever was begun was cleared up, or that was tried.
    pub(super) fn check_torn_down(&self, world: &World) -> Checked {
        let runs = &self.jobs.runs;
        let needs = |job: &JobId| world.scenario.kit.parts(job).contains(&TEARDOWN) && !runs.torn_down.contains(job);
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
