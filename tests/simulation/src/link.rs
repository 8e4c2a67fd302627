//! An actor's way to the world: the core's ports, each call a request that goes over the network.

use std::{
    future::{Future, poll_fn},
    rc::Rc,
    task::Poll,
};

use jiff::{SignedDuration, Timestamp};
use pipeline_core::{
    ids::{FunctionName, JobId, StackArn, StackName},
    job::Artifact,
    lease::{
        record::{Entered, Lease},
        store::{Cursor, FindLeases, Page, ReadLeases, Replaced, WriteLeases},
    },
    ports::{
        Clock, Parameter, PortError, ReadParameters, ReadStacks, ReadVerdicts, RecordVerdicts, Recorded, SettleJobs,
        Settled, Stack,
    },
    start_tests::{
        ports::{Answer, InvokeTests, ReachSites, ReadTestFile, Request, Response, SendRequests, WriteReports},
        report::TestReport,
        run::{Claim, ReadRuns, Run, TestResult, WriteRuns},
        site::Site,
    },
    sweep::{
        ports::{DeleteStacks, EmptyBuckets, InspectStacks, ListStacks, ReadBuckets, ReadRoles, Tell, WatchExecutions},
        stack::{Resource, StackFacts},
    },
    verdict::Report,
};
use serde_json::Value;

use crate::{
    network::{Call, Slot},
    op::{Condition, Op, Reply, Target, Version},
    world::{Event, World},
};

/// An actor's link.
#[derive(Clone, Copy)]
pub(crate) struct Link<'w> {
    pub(crate) world: &'w World,
    pub(crate) actor: usize,
    /// Which of the actor's lives it is.
    pub(crate) life: u32,
}

impl Link<'_> {
    /// A port's call, through the mutant if there is one.
    pub(crate) async fn call(&self, op: Op) -> Result<Reply, PortError> {
        match &self.world.mutant {
            None => self.send(op).await,
            Some(mutant) => mutant.call(*self, op).await,
        }
    }

    /// What goes over the network.
    pub(crate) fn send(&self, op: Op) -> Call {
        self.world.send(self.actor, op)
    }
}

/// AWS answers what was asked.
fn unexpected() -> PortError {
    PortError::Unusable { what: "answer".to_owned(), why: "it is none to this request".to_owned() }
}

/// Takes an answer apart.
macro_rules! expect {
    ($reply:expr, $pattern:pat => $value:expr) => {
        match $reply.await? {
            $pattern => Ok($value),
            _ => Err(unexpected()),
        }
    };
}

impl Clock for Link<'_> {
    fn now(&self) -> Timestamp {
        self.world.clock(self.actor)
    }

    fn sleep_until(&self, at: Timestamp) -> impl Future<Output = ()> {
        let mut slot: Option<Rc<Slot>> = None;
        poll_fn(move |context| {
            if self.now() >= at {
                return Poll::Ready(());
            }
            let waiting = slot.as_ref().filter(|slot| !slot.has_rung());
            if waiting.is_none() {
                let fresh = Rc::new(Slot::default());
                let when = at.as_millisecond() - self.world.offset(self.actor) + 1;
                self.world.schedule(when, Event::Wake(self.actor, self.life, Rc::clone(&fresh)));
                slot = Some(fresh);
            }
            if let Some(slot) = &slot {
                slot.wait(context);
            }
            Poll::Pending
        })
    }

    fn part_of(&self, longest: SignedDuration) -> SignedDuration {
        let longest = i64::try_from(longest.as_millis()).unwrap_or(i64::MAX);
        SignedDuration::from_millis(self.world.random(|rng| rng.between(0, longest)))
    }
}

impl ReadLeases for Link<'_> {
    async fn lease(&self, stack: &StackName) -> Result<Option<Lease>, PortError> {
        expect!(self.call(Op::Lease(stack.clone())), Reply::Lease(lease) => lease.map(|lease| *lease))
    }
}

impl FindLeases for Link<'_> {
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<StackName>, PortError> {
        expect!(self.call(Op::Due { now, limit }), Reply::Names(names) => names)
    }

    async fn page(&self, after: Option<&Cursor>, limit: usize) -> Result<Page, PortError> {
        let after = after.map(|cursor| cursor.stack.clone());
        expect!(self.call(Op::Page { after, limit }), Reply::Page(page) => page)
    }
}

impl WriteLeases for Link<'_> {
    async fn replace(&self, seen: Option<&Lease>, next: &Lease) -> Result<Replaced, PortError> {
        let condition = Condition::Stands(seen.map(Version::from));
        let write = Op::Write { condition, next: Box::new(next.clone()) };
        expect!(self.call(write), Reply::Written(replaced) => *replaced)
    }
}

impl InspectStacks for Link<'_> {
    async fn by_id(&self, id: &StackArn) -> Result<Option<StackFacts>, PortError> {
        expect!(self.call(Op::ById(id.clone())), Reply::Facts(facts) => facts.map(|facts| *facts))
    }

    async fn by_name(&self, name: &StackName) -> Result<Option<StackFacts>, PortError> {
        expect!(self.call(Op::ByName(name.clone())), Reply::Facts(facts) => facts.map(|facts| *facts))
    }

    async fn resources(&self, id: &StackArn) -> Result<Vec<Resource>, PortError> {
        expect!(self.call(Op::Resources(id.clone())), Reply::Resources(resources) => resources)
    }

    async fn importers(&self, export: &str) -> Result<Vec<String>, PortError> {
        expect!(self.call(Op::Importers(export.to_owned())), Reply::Texts(names) => names)
    }
}

impl ListStacks for Link<'_> {
    async fn stacks(&self) -> Result<Vec<StackFacts>, PortError> {
        let mut all = Vec::new();
        for page in 0.. {
            let (stacks, more) =
                expect!(self.call(Op::Stacks { page }), Reply::Listed { stacks, more } => (stacks, more))?;
            all.extend(stacks);
            if !more {
                break;
            }
        }
        Ok(all)
    }
}

impl DeleteStacks for Link<'_> {
    async fn delete(&self, id: &StackArn, request_token: &str) -> Result<(), PortError> {
        let delete = Op::Delete { target: Target::Id(id.clone()), request_token: request_token.to_owned() };
        expect!(self.call(delete), Reply::Done => ())
    }
}

impl ReadRoles for Link<'_> {
    async fn trust_policy(&self, role: &str) -> Result<Option<String>, PortError> {
        expect!(self.call(Op::TrustPolicy(role.to_owned())), Reply::Text(policy) => policy)
    }
}

impl ReadBuckets for Link<'_> {
    async fn owner(&self, bucket: &str) -> Result<Option<String>, PortError> {
        expect!(self.call(Op::Owner(bucket.to_owned())), Reply::Text(owner) => owner)
    }
}

impl EmptyBuckets for Link<'_> {
    async fn empty(&self, bucket: &str) -> Result<bool, PortError> {
        expect!(self.call(Op::Empty(bucket.to_owned())), Reply::Flag(empty) => empty)
    }
}

impl WatchExecutions for Link<'_> {
    async fn is_running(&self, entered: &Entered) -> Result<bool, PortError> {
        expect!(self.call(Op::IsRunning(entered.clone())), Reply::Flag(running) => running)
    }
}

impl Tell for Link<'_> {
    async fn tell(&self, _subject: &str, text: &str) -> Result<(), PortError> {
        expect!(self.call(Op::Tell { text: text.to_owned() }), Reply::Done => ())
    }
}

impl ReadParameters for Link<'_> {
    async fn parameter(&self, name: &str) -> Result<Option<Parameter>, PortError> {
        expect!(self.call(Op::Parameter(name.to_owned())), Reply::Parameter(parameter) => parameter)
    }
}

impl ReadStacks for Link<'_> {
    async fn describe(&self, _name: &StackName) -> Result<Stack, PortError> {
        expect!(self.call(Op::Describe), Reply::Stack(stack) => *stack)
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
    async fn claim(&self, run: &Run) -> Result<Claim, PortError> {
        expect!(self.call(Op::ClaimRun(Box::new(run.clone()))), Reply::Claim(claim) => *claim)
    }

    async fn record_result(&self, job: &JobId, result: &TestResult) -> Result<(), PortError> {
        expect!(self.call(Op::RecordResult(job.clone(), Box::new(result.clone()))), Reply::Done => ())
    }
}

impl InvokeTests for Link<'_> {
    async fn call(&self, _function: &FunctionName, payload: &Value) -> Result<Answer, PortError> {
        expect!(Link::call(self, invocation(payload)?), Reply::Answer(answer) => answer)
    }

    async fn start(&self, _function: &FunctionName, payload: &Value) -> Result<(), PortError> {
        expect!(Link::call(self, invocation(payload)?), Reply::Answer(_) => ())
    }
}

/// What a test is told of, as far as it matters here.
fn invocation(payload: &Value) -> Result<Op, PortError> {
    let field = |name: &str| payload.get(name).cloned().unwrap_or_default();
    let read = || {
        let job = serde_json::from_value(field("job_id")).ok()?;
        let test = serde_json::from_value(field("test")).ok()?;
        Some(Op::Invoke { job, test })
    };
    read().ok_or_else(|| PortError::Unusable { what: "a test's payload".to_owned(), why: payload.to_string() })
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

impl SendRequests for Link<'_> {
    async fn send(&self, _request: &Request) -> Result<Response, PortError> {
        Err(unexpected())
    }
}

impl ReadTestFile for &Link<'_> {
    async fn test_file(&self, _artifact: &Artifact) -> Result<Option<Vec<u8>>, PortError> {
        Err(unexpected())
    }
}

impl WriteReports for &Link<'_> {
    async fn write_report(&self, _artifact: &Artifact, _report: &TestReport) -> Result<(), PortError> {
        Err(unexpected())
    }
}
