//! A small world in memory, behind the same ports as AWS: for tests and simulation.
//!
//! Time is virtual: it stands still while anything can go on, and [`World::run`] turns it when everything waits.
//! Every call of a port is an effect with a name; [`Fault`]s strike at effects.

mod clock;
mod leases;
mod open;
mod previews;
mod records;
mod release;
mod services;
mod sites;
mod stacks;

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
};

use jiff::{SignedDuration, Timestamp};
pub use leases::Leases;
pub use open::OpenJobs;
pub use previews::Previews;
pub use release::{Place, Release};
pub use sites::{Elsewhere, Heard, Reached};
pub use stacks::{Asked, Bucket, Cloud, Live};

use crate::{
    ids::{ExecutionId, JobId},
    ports::{PortError, Recorded, Settled, Stack},
    start_tests::{
        ports::{Answer, Request, Response},
        report::TestReport,
        run::{Announced, Run, TestResult},
    },
    verdict::Report,
};

/// How a test function behaves.
#[derive(Debug, Clone)]
pub struct Behaviour {
    /// How long it takes.
    pub after: SignedDuration,
    /// What it answers then.
    pub answer: Result<Answer, PortError>,
}

/// How the application under test answers.
#[derive(Debug, Clone)]
pub struct Replies {
    /// How long it takes.
    pub after: SignedDuration,
    /// What it answers then.
    pub answer: Result<Response, PortError>,
}

/// What goes wrong at an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The call fails and changes nothing.
    Refused,
    /// The call is refused because there were too many, and changes nothing.
    Throttled,
    /// The call does its work, and its reply is lost.
    ReplyLost,
    /// The call does nothing, and nothing is ever heard of it.
    Silent,
    /// The caller is killed before the call; see [`World::run`].
    KilledBefore,
    /// The caller is killed after the call did its work.
    KilledAfter,
}

/// The world.
#[derive(Debug)]
pub struct World {
    now: Cell<Timestamp>,
    dice: Cell<u64>,
    scrambled: Cell<bool>,
    sleepers: RefCell<Vec<(Timestamp, std::task::Waker)>>,
    killed: Cell<bool>,
    faults: RefCell<BTreeMap<usize, Fault>>,
    outages: RefCell<BTreeMap<&'static str, Fault>>,
    /// The faults that struck, with the names of the effects they struck at.
    pub struck: RefCell<Vec<(&'static str, Fault)>>,
    /// The names of all effects so far, in order.
    pub effects: RefCell<Vec<&'static str>>,
    /// Stacks by name.
    pub stacks: RefCell<BTreeMap<String, Stack>>,
    /// Test functions by name.
    pub functions: RefCell<BTreeMap<String, Behaviour>>,
    /// Payloads of the tests started, by function, in order.
    pub started: RefCell<Vec<(String, serde_json::Value)>>,
    /// How many tests were under way at once, at most.
    pub overlap: Cell<usize>,
    under_way: Cell<usize>,
    /// Stacks and functions of other accounts and regions.
    pub elsewhere: RefCell<Vec<Elsewhere>>,
    /// What functions answered to those who still waited for it.
    pub heard: RefCell<Vec<Heard>>,
    /// Answers to HTTP requests, by URL.
    pub answers: RefCell<BTreeMap<String, Replies>>,
    /// The HTTP requests that were made.
    pub requests: RefCell<Vec<Request>>,
    /// `tests.yaml` of the artifacts, by their keys.
    pub test_files: RefCell<BTreeMap<String, Option<Vec<u8>>>>,
    /// The reports that were written, with the keys of their artifacts.
    pub written: RefCell<Vec<(String, TestReport)>>,
    /// The record of verdicts.
    pub verdicts: RefCell<BTreeMap<JobId, Recorded>>,
    /// The record of whose tests ran for which execution.
    pub announced: RefCell<BTreeMap<(ExecutionId, JobId), Announced>>,
    /// The record of runs.
    pub runs: RefCell<BTreeMap<JobId, Run>>,
    /// What repair is to look at, of both.
    pub open: OpenJobs,
    /// The results of runs.
    pub results: RefCell<BTreeMap<(JobId, String), TestResult>>,
    /// Every report that reached CodePipeline, with its answer.
    pub reports: RefCell<Vec<(JobId, Report, Settled)>>,
    /// Jobs that somebody else settled.
    pub settled_elsewhere: RefCell<Vec<JobId>>,
    /// What a release is judged by.
    pub release: Release,
    /// Leases.
    pub leases: Leases,
    /// Previews.
    pub previews: Previews,
    /// What sweep looks at and deletes.
    pub cloud: Cloud,
}

impl World {
    /// An empty world at `now`.
    pub fn new(now: Timestamp) -> Self {
        Self {
            now: Cell::new(now),
            dice: Cell::new(0x9e37_79b9_7f4a_7c15),
            scrambled: Cell::new(false),
            sleepers: RefCell::default(),
            killed: Cell::new(false),
            faults: RefCell::default(),
            outages: RefCell::default(),
            struck: RefCell::default(),
            effects: RefCell::default(),
            stacks: RefCell::default(),
            functions: RefCell::default(),
            started: RefCell::default(),
            overlap: Cell::new(0),
            under_way: Cell::new(0),
            elsewhere: RefCell::default(),
            heard: RefCell::default(),
            answers: RefCell::default(),
            requests: RefCell::default(),
            test_files: RefCell::default(),
            written: RefCell::default(),
            verdicts: RefCell::default(),
            announced: RefCell::default(),
            runs: RefCell::default(),
            open: OpenJobs::default(),
            results: RefCell::default(),
            reports: RefCell::default(),
            settled_elsewhere: RefCell::default(),
            release: Release::default(),
            leases: Leases::default(),
            previews: Previews::default(),
            cloud: Cloud::default(),
        }
    }

    /// Lets `fault` strike at the effect of this index, counted from the first of all.
    pub fn strike(&self, effect: usize, fault: Fault) {
        self.faults.borrow_mut().insert(effect, fault);
    }

    /// Lets `fault` strike at every effect of this name, until [`World::recover`].
    pub fn outage(&self, effect: &'static str, fault: Fault) {
        self.outages.borrow_mut().insert(effect, fault);
    }

    /// Ends all outages.
    pub fn recover(&self) {
        self.outages.borrow_mut().clear();
    }

    /// One effect: `work` happens, or not, as the faults want it.
    async fn effect<T>(&self, name: &'static str, work: impl FnOnce() -> Result<T, PortError>) -> Result<T, PortError> {
        let index = self.effects.borrow().len();
        self.effects.borrow_mut().push(name);
        let fault = self.faults.borrow_mut().remove(&index).or(self.outages.borrow().get(name).copied());
        self.struck.borrow_mut().extend(fault.map(|fault| (name, fault)));
        match fault {
            None => {
                let done = work();
                // Others get their turn at every effect, as over a network.
                self.turn().await;
                done
            }
            Some(Fault::Refused) => Err(lost(name)),
            Some(Fault::Throttled) => Err(throttled(name)),
            Some(Fault::ReplyLost) => work().and_then(|_| Err(lost(name))),
            Some(Fault::Silent) => std::future::pending().await,
            Some(Fault::KilledBefore) => self.die().await,
            Some(Fault::KilledAfter) => {
                let _done = work();
                self.die().await
            }
        }
    }

    async fn die<T>(&self) -> T {
        self.killed.set(true);
        std::future::pending().await
    }
}

fn lost(operation: &str) -> PortError {
    PortError::Unavailable { operation: operation.to_owned(), detail: "connection reset".to_owned() }
}

fn throttled(operation: &str) -> PortError {
    PortError::Throttled { operation: operation.to_owned(), detail: "rate exceeded".to_owned() }
}
