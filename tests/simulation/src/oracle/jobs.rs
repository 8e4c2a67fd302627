//! What is promised of jobs and their reports.

use std::collections::{BTreeMap, BTreeSet};

use pipeline_core::{
    drive::Delivered,
    ids::JobId,
    ports::Settled,
    record::give_up::Fate,
    start_tests::run::{Outcome, TestResult},
    verdict::Report,
};

use super::{Checked, Oracle, ensure, runs::RunLedger};
use crate::{
    cloud::Cloud,
    kit::{Kit, OWN},
    op::{Op, Reply},
    world::{Answered, World},
};

/// What happened about jobs.
#[derive(Debug, Default)]
pub(super) struct JobLedger {
    /// The report that was sent of each job, by whoever knew the record.
    sent: BTreeMap<JobId, Report>,
    /// What each actor knows to be recorded.
    known: BTreeMap<(usize, JobId), Report>,
    /// Whoever was told that the job is settled.
    refused: BTreeSet<(usize, JobId)>,
    pub(super) runs: RunLedger,
}

impl JobLedger {
    pub(super) fn born(&mut self, actor: usize) {
        self.known.retain(|(who, _), _| *who != actor);
        self.begin_repair(actor);
        self.runs.born(actor);
    }

    /// Somebody repairs, who may try again what an earlier repair did.
    fn begin_repair(&mut self, actor: usize) {
        self.refused.retain(|(who, _)| *who != actor);
    }

    pub(super) fn applied(&mut self, cloud: &Cloud, op: &Op) -> Checked {
        match op {
            Op::Invoke { job, part, .. } => self.runs.started(job, part),
            Op::ClaimRun(run) => RunLedger::check_announced(cloud, run),
            Op::MarkSent(job) => ensure(cloud.jobs.settled.contains_key(job), "I17", || {
                format!("the verdict of {job} is marked as sent, and CodePipeline waits for it")
            }),
            _ => Ok(()),
        }
    }

    pub(super) fn heard(&mut self, world: &World, actor: usize, op: &Op, answered: &Answered) {
        match (op, &answered.result) {
            (Op::Invoke { job, run, part, .. }, result) => self.runs.heard(world, actor, (job, run, part), result),
            (Op::Results(job), Err(_)) => self.runs.unreadable(world, actor, job),
            (
                Op::Standing(job) | Op::Record(job, _) | Op::OverwriteVerdict(job, _),
                Ok(Reply::Standing(Some(recorded))),
            ) => {
                self.known.insert((actor, job.clone()), recorded.report.clone());
            }
            (Op::Settle(job, _), Ok(Reply::Settled(Settled::Already))) => {
                self.refused.insert((actor, job.clone()));
            }
            _ => {}
        }
    }
}

impl Oracle {
    /// A sweeper begins to repair.
    pub(crate) fn begin_repair(&mut self, actor: usize) {
        self.jobs.begin_repair(actor);
    }

    /// Somebody is about to ask for something that is about a job.
    pub(super) fn check_job(&mut self, world: &World, actor: usize, op: &Op) -> Checked {
        match op {
            Op::Settle(job, report) => self.check_report(world, actor, job, report),
            Op::Invoke { job, run, part, .. } => {
                self.jobs.runs.check_start(world, self.within_margin, actor, (job, run, part))
            }
            _ => Ok(()),
        }
    }

    fn check_report(&mut self, world: &World, actor: usize, job: &JobId, report: &Report) -> Checked {
        let jobs = &mut self.jobs;
        ensure(!jobs.refused.contains(&(actor, job.clone())), "I20", || {
            format!("job {job} is reported again by {actor}, who was told that it is settled")
        })?;
        if matches!(report, Report::Succeed { .. }) {
            check_success(&jobs.runs, &world.cloud.borrow(), &world.scenario.kit, job)?;
        }
        let Some(known) = jobs.known.get(&(actor, job.clone())) else {
            // The record stayed out of reach: the one case in which something else than what it says may be sent.
            let fails = matches!(report, Report::Fail { .. });
            return ensure(fails, "I18", || format!("a success of job {job} that is not recorded"));
        };
        ensure(known == report, "I16", || format!("job {job}: {report:?} is sent, {known:?} is recorded"))?;
        let first = jobs.sent.entry(job.clone()).or_insert_with(|| report.clone());
        ensure(first == report, "I16", || format!("job {job}: {report:?} after {first:?}"))
    }

    /// I17: a delivery that leaves the report to somebody else leaves it to a stored run.
    pub(crate) fn concluded(&mut self, world: &World, actor: usize, job: &JobId, end: &Delivered) {
        let stored = world.cloud.borrow().jobs.runs.contains_key(job);
        let deferred = matches!(end, Delivered::Deferred(_));
        let checked = ensure(!deferred || stored, "I17", || format!("delivery {actor} of {job} leaves it to nobody"));
        self.judge(checked);
    }

    /// I17: who gives up on a job has failed it, or leaves it to what is stored.
    pub(crate) fn given_up(&mut self, world: &World, job: &JobId, fate: &Fate) {
        let holds = {
            let jobs = &world.cloud.borrow().jobs;
            match fate {
                Fate::Settled(_) => jobs.settled.contains_key(job),
                Fate::Stands | Fate::Unsent(_) => jobs.verdicts.contains_key(job),
                Fate::Runs => jobs.runs.contains_key(job),
            }
        };
        self.judge(ensure(holds, "I17", || format!("who gives up on job {job} leaves it to nobody: {fate:?}")));
    }

    /// I17: without faults, so many repairs leave nothing.
    pub(crate) fn check_settled(&mut self, world: &World, repairs: usize) {
        let left = Self::unsettled(world);
        let said = || format!("after {repairs} repairs without faults {}", left.as_deref().unwrap_or_default());
        let checked = ensure(left.is_none(), "I17", said);
        self.judge(checked);
    }

    /// What nobody told CodePipeline, and what will be looked at for ever.
    pub(crate) fn unsettled(world: &World) -> Option<String> {
        if !world.scenario.jobs {
            return None;
        }
        let jobs = &world.cloud.borrow().jobs;
        let waiting = crate::kit::JOBS.iter().find(|job| !jobs.settled.keys().any(|settled| settled.as_str() == **job));
        let open = || jobs.open.left().map(|open| format!("{open:?} is still open"));
        waiting.map(|job| format!("job {job} has no verdict")).or_else(open)
    }
}

/// I18: all parts are recorded as passed, for this job and run, by whoever heard that they passed, in time; and what the
/// action declares was written.
fn check_success(runs: &RunLedger, cloud: &Cloud, kit: &Kit, job: &JobId) -> Checked {
    ensure(job.as_str() != OWN, "I18", || format!("we report a success of {job}, whose test settles it"))?;
    let Some(run) = cloud.jobs.runs.get(job) else {
        return ensure(false, "I18", || format!("job {job} succeeds without a run"));
    };
    for part in kit.parts(job) {
        let result: Option<&TestResult> = cloud.jobs.results.get(&(job.clone(), part.to_owned()));
        let passed = result.is_some_and(|result| result.outcome == Outcome::Passed && run.id == result.run);
        let honest = runs.has_passed(&run.id.to_string(), part);
        ensure(passed && honest, "I18", || format!("job {job} succeeds without a pass of {part}: {result:?}"))?;
    }
    let filed = !kit.artifacts.report || cloud.jobs.written.contains(job);
    ensure(filed, "I18", || format!("job {job} succeeds without the report that it declares"))
}
