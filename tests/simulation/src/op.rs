//! What goes over the network: every call of a port as a value, so that it can be delayed, repeated and lost.

use std::fmt;

use jiff::Timestamp;
use pipeline_core::{
    ids::{ExecutionId, FencingToken, JobId, Nonce, StackArn, StackName},
    lease::{
        record::{Entered, Lease},
        store::{Page, Replaced},
    },
    ports::{Parameter, Recorded, Settled, Stack},
    repair::ports::{Due, Open},
    start_tests::run::{Announced, Claim, Run, TestResult},
    sweep::stack::{Resource, StackFacts},
    verdict::Report,
};

/// A request.
#[derive(Debug, Clone)]
pub(crate) enum Op {
    // The state table.
    Lease(StackName),
    Due { now: Timestamp, limit: usize },
    Page { after: Option<StackName>, limit: usize },
    Write { condition: Condition, next: Box<Lease> },
    // CloudFormation.
    ById(StackArn),
    ByName(StackName),
    Resources(StackArn),
    Importers(String),
    Stacks { page: usize },
    Delete { target: Target, request_token: String },
    Deploy(Box<Deploy>),
    // IAM, S3, CodePipeline, Parameter Store, SNS.
    TrustPolicy(String),
    Owner(String),
    Empty(String),
    IsRunning(Entered),
    Parameter(String),
    Tell { text: String },
    // Jobs.
    Describe(StackName),
    TestFile,
    Standing(JobId),
    Record(JobId, Box<Report>),
    MarkSent(JobId),
    Run(JobId),
    Results(JobId),
    Announce(ExecutionId, Box<Announced>),
    ClaimRun(Box<Run>),
    RecordResult(JobId, Box<TestResult>),
    Invoke { job: JobId, run: String, part: &'static str, waits: bool },
    WriteReport(JobId),
    Settle(JobId, Box<Report>),
    Open { now: Timestamp, limit: usize },
    Close(Open),
    // What only a mutant asks for.
    OverwriteVerdict(JobId, Box<Report>),
    OverwriteRun(Box<Run>),
    AllResults,
}

/// When a lease is written.
#[derive(Debug, Clone)]
pub(crate) enum Condition {
    /// If this version stands, or no record.
    Stands(Option<Version>),
    /// If this version stands, or another with the same state, token and stack: what a mutant asks for.
    Like(Version),
    /// If a record of this state stands: what a mutant asks for.
    State(&'static str),
    /// In any case: what a mutant asks for.
    Always,
}

/// A version of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) token: FencingToken,
    pub(crate) state: &'static str,
    pub(crate) bound: Option<StackArn>,
    pub(crate) nonce: Nonce,
}

impl From<&Lease> for Version {
    fn from(lease: &Lease) -> Self {
        Self { token: lease.token, state: lease.state.name(), bound: lease.bound.clone(), nonce: lease.nonce }
    }
}

/// What is to be deleted.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    /// A stack.
    Id(StackArn),
    /// Whatever has this name: what a mutant asks for.
    Name(StackName),
}

/// What CodePipeline's CloudFormation action does: creates the stack, or updates it.
#[derive(Debug, Clone)]
pub(crate) struct Deploy {
    pub(crate) name: StackName,
    pub(crate) token: FencingToken,
    pub(crate) with_bucket: bool,
}

/// How a part of a run of tests ends that is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Passed,
    /// It says so.
    Failed,
    /// It raised an error.
    Broke,
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    Done,
    Lease(Option<Box<Lease>>),
    Names(Vec<StackName>),
    Page(Page),
    Written(Box<Replaced>),
    Facts(Option<Box<StackFacts>>),
    Resources(Vec<Resource>),
    Texts(Vec<String>),
    Listed { stacks: Vec<StackFacts>, more: bool },
    Deployed(StackArn),
    Text(Option<String>),
    Flag(bool),
    Parameter(Option<Parameter>),
    Stack(Box<Stack>),
    Standing(Option<Box<Recorded>>),
    Run(Option<Box<Run>>),
    Results(Vec<TestResult>),
    Claim(Box<Claim>),
    Ran(Ending),
    Open(Vec<Due>),
    Settled(Settled),
}

impl Op {
    /// Whether it changes a stack, a lease, a bucket, or what people know.
    pub(crate) fn mutates(&self) -> bool {
        matches!(self, Self::Write { .. } | Self::Delete { .. } | Self::Deploy(_) | Self::Empty(_) | Self::Tell { .. })
    }

    /// Whether applying it again can do harm, or good: reads are never repeated, and an invocation is made once by
    /// whoever makes it (I19).
    pub(crate) fn can_be_repeated(&self) -> bool {
        self.mutates()
            || matches!(
                self,
                Self::Record(..)
                    | Self::MarkSent(_)
                    | Self::Announce(..)
                    | Self::ClaimRun(_)
                    | Self::RecordResult(..)
                    | Self::WriteReport(_)
                    | Self::Settle(..)
                    | Self::Close(_)
                    | Self::OverwriteVerdict(..)
                    | Self::OverwriteRun(_)
            )
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Write { condition, next } => {
                let on = match condition {
                    Condition::Stands(None) => "no record".to_owned(),
                    Condition::Stands(Some(seen)) => format!("{} {} {}", seen.state, seen.token, short(seen.nonce)),
                    Condition::Like(seen) => format!("any {} {}", seen.state, seen.token),
                    Condition::State(state) => format!("any {state}"),
                    Condition::Always => "anything".to_owned(),
                };
                write!(
                    f,
                    "write {} {} {} {} due {:?}, on {on}",
                    next.stack,
                    next.token,
                    short(next.nonce),
                    state(next),
                    next.due
                )
            }
            Self::Delete { target, request_token } => write!(f, "DELETE {target:?} ({request_token})"),
            other => write!(f, "{other:?}"),
        }
    }
}

/// The end of a nonce, which tells it from others.
pub(crate) fn short(nonce: Nonce) -> String {
    nonce.to_string().split_off(30)
}

/// A lease's state, for the trace.
pub(crate) fn state(lease: &Lease) -> String {
    format!("{:?} bound {:?}", lease.state, lease.bound.as_ref().map(|id| id.as_str().rsplit('-').next().unwrap_or("")))
}
