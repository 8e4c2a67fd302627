//! The ports of jobs and of runs of tests.

use jiff::Timestamp;
use pipeline_core::{
    ids::{ExecutionId, FunctionName, JobId, StackName},
    job::Artifact,
    ports::{PortError, ReadStacks, ReadVerdicts, RecordVerdicts, Recorded, SettleJobs, Settled, Stack},
    repair::ports::{CloseOpen, Due, FindOpen, Open},
    start_tests::{
        ports::{Answer, InvokeTests, ReachSites, ReadTestFile, Request, Response, SendRequests, WriteReports},
        report::TestReport,
        run::{Announced, Claim, ReadRuns, Run, TestResult, WriteRuns},
        site::Site,
    },
    verdict::Report,
};
use serde_json::Value;

use super::{Link, unexpected};
use crate::{
    kit::{answer, part_behind},
    op::{Ending, Op, Reply},
};

impl ReadStacks for Link<'_> {
    async fn describe(&self, name: &StackName) -> Result<Stack, PortError> {
        expect!(self.call(Op::Describe(name.clone())), Reply::Stack(stack) => *stack)
    }
}

impl ReadVerdicts for Link<'_> {
    async fn standing(&self, job: &JobId) -> Result<Option<Recorded>, PortError> {
        expect!(self.call(Op::Standing(job.clone())), Reply::Standing(standing) => standing.map(|it| *it))
    }
}

impl RecordVerdicts for Link<'_> {
    async fn record(&self, job: &JobId, report: &Report) -> Result<Recorded, PortError> {
        let record = Op::Record(job.clone(), Box::new(report.clone()));
        expect!(self.call(record), Reply::Standing(Some(standing)) => *standing)
    }

    async fn mark_sent(&self, job: &JobId, _answer: Settled) -> Result<(), PortError> {
        expect!(self.call(Op::MarkSent(job.clone())), Reply::Done => ())
    }
}

impl SettleJobs for Link<'_> {
    async fn settle(&self, job: &JobId, report: &Report) -> Result<Settled, PortError> {
        let settle = Op::Settle(job.clone(), Box::new(report.clone()));
        expect!(self.call(settle), Reply::Settled(settled) => settled)
    }
}

impl ReadRuns for Link<'_> {
    async fn run(&self, job: &JobId) -> Result<Option<Run>, PortError> {
        expect!(self.call(Op::Run(job.clone())), Reply::Run(run) => run.map(|run| *run))
    }

    async fn results(&self, job: &JobId) -> Result<Vec<TestResult>, PortError> {
        expect!(self.call(Op::Results(job.clone())), Reply::Results(results) => results)
    }
}

impl WriteRuns for Link<'_> {
    async fn announce(&self, execution: &ExecutionId, announced: &Announced) -> Result<(), PortError> {
        expect!(self.call(Op::Announce(execution.clone(), Box::new(announced.clone()))), Reply::Done => ())
    }

    async fn claim(&self, run: &Run) -> Result<Claim, PortError> {
        expect!(self.call(Op::ClaimRun(Box::new(run.clone()))), Reply::Claim(claim) => *claim)
    }

    async fn record_result(&self, job: &JobId, result: &TestResult) -> Result<(), PortError> {
        expect!(self.call(Op::RecordResult(job.clone(), Box::new(result.clone()))), Reply::Done => ())
    }
}

impl InvokeTests for Link<'_> {
    async fn call(&self, function: &FunctionName, payload: &Value) -> Result<Answer, PortError> {
        let (invoke, part) = self.invocation(function.as_str(), run_of(payload), true)?;
        let ending = expect!(Link::call(self, invoke), Reply::Ran(ending) => ending)?;
        let payload = answer(part, ending).to_string().into_bytes();
        Ok(Answer { failed: ending == Ending::Broke, payload, log: None })
    }

    async fn start(&self, function: &FunctionName, payload: &Value) -> Result<(), PortError> {
        let (invoke, _) = self.invocation(function.as_str(), run_of(payload), false)?;
        expect!(Link::call(self, invoke), Reply::Ran(_) => ())
    }
}

impl SendRequests for Link<'_> {
    async fn send(&self, request: &Request) -> Result<Response, PortError> {
        let run = request.headers.iter().find(|(name, _)| name == "x-flowgate-run-id").map(|(_, run)| run.as_str());
        let (invoke, _) = self.invocation(&request.url, run, true)?;
        let ending = expect!(Link::call(self, invoke), Reply::Ran(ending) => ending)?;
        let status = if ending == Ending::Passed { 200 } else { 502 };
        Ok(Response { status, body: Vec::new(), cut: false })
    }
}

fn run_of(payload: &Value) -> Option<&str> {
    payload.get("run_id")?.as_str()
}

impl Link<'_> {
    /// The part of a run that is behind this function or URL, and the run that it is told.
    fn invocation(&self, place: &str, run: Option<&str>, waits: bool) -> Result<(Op, &'static str), PortError> {
        let known = || {
            let (part, run) = (part_behind(place)?, run?);
            let job = self.world.cloud.borrow().jobs.nonces.get(run).cloned()?;
            Some((Op::Invoke { job, run: run.to_owned(), part, waits }, part))
        };
        known().ok_or_else(|| PortError::Unusable { what: place.to_owned(), why: format!("no part of run {run:?}") })
    }
}

impl ReachSites for Link<'_> {
    type Stage<'a>
        = &'a Self
    where
        Self: 'a;

    async fn reach(&self, _site: &Site, _job: &JobId) -> Result<&Self, PortError> {
        Ok(self)
    }
}

impl ReadTestFile for &Link<'_> {
    async fn test_file(&self, _artifact: &Artifact) -> Result<Option<Vec<u8>>, PortError> {
        expect!(Link::call(self, Op::TestFile), Reply::Text(file) => file.map(String::into_bytes))
    }
}

impl WriteReports for &Link<'_> {
    async fn write_report(&self, artifact: &Artifact, _report: &TestReport) -> Result<(), PortError> {
        let job = artifact.key.parse().map_err(|_| unexpected())?;
        expect!(Link::call(self, Op::WriteReport(job)), Reply::Done => ())
    }
}

impl FindOpen for Link<'_> {
    async fn open(&self, now: Timestamp, limit: usize) -> Result<Vec<Due>, PortError> {
        expect!(self.call(Op::Open { now, limit }), Reply::Open(open) => open)
    }
}

impl CloseOpen for Link<'_> {
    async fn close(&self, open: &Open) -> Result<(), PortError> {
        expect!(self.call(Op::Close(open.clone())), Reply::Done => ())
    }
}
