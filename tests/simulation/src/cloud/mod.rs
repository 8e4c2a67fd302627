//! AWS in memory, as far as leases, sweep and jobs see it: a state, and what each request does to it. No time passes and
//! nothing goes wrong here but what AWS itself does; the network is elsewhere.

mod executions;
mod hand;
mod jobs;
mod open;
mod stacks;
mod table;

use std::collections::BTreeMap;

pub(crate) use executions::Executions;
pub(crate) use hand::Edit;
use jiff::Timestamp;
pub(crate) use jobs::Jobs;
use pipeline_core::{
    ids::{StackArn, StackName},
    ports::{Parameter, PortError},
    sweep::stack::StackFacts,
};
pub(crate) use stacks::Stack;
pub(crate) use table::Record;

use crate::{
    kit::Kit,
    op::{Op, Reply, Target},
    rng::Rng,
};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const REGION: &str = "eu-west-1";
pub(crate) const SERVICE: &str = "svc";
pub(crate) const SWITCH: &str = "/flowgate/svc/deletions";
/// The role that previews are deployed with, and one that is not ours.
pub(crate) const DEPLOY_ROLE: &str = "arn:aws:iam::111122223333:role/svc-preview-deploy";
pub(crate) const OTHER_ROLE: &str = "arn:aws:iam::111122223333:role/administrator";
/// The service's own stack, which every ARN's place is taken from.
pub(crate) const OWN_STACK: &str = "arn:aws:cloudformation:eu-west-1:111122223333:stack/svc-flowgate/0000-own";

/// The state of AWS.
#[derive(Debug)]
pub(crate) struct Cloud {
    pub(crate) leases: BTreeMap<StackName, Record>,
    pub(crate) stacks: Vec<Stack>,
    /// The list of stacks as its replica has it.
    listed: Vec<StackFacts>,
    /// The names of stacks that import, by export.
    pub(crate) imports: BTreeMap<String, Vec<String>>,
    pub(crate) executions: Executions,
    pub(crate) switch: Option<Parameter>,
    pub(crate) jobs: Jobs,
    /// Of a thousand deletions, how many fail for no reason of ours.
    pub(crate) failing: u64,
    /// How far the index of what is due lags behind at most, in ms.
    pub(crate) lag: i64,
    /// Whether lists are up to date and operations succeed.
    calm: bool,
    /// Operations of CloudFormation that go on: when their next step comes, of which stack, and as which step.
    pub(crate) progress: Vec<(i64, usize, u32)>,
}

/// `ms` since the epoch as a timestamp.
pub(crate) fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX)
}

impl Cloud {
    /// An account with the neighbours that previews have in practice, none of which sweep may touch.
    pub(crate) fn new(now: i64, kit: Kit) -> Self {
        let mut cloud = Self {
            leases: BTreeMap::new(),
            stacks: Vec::new(),
            listed: Vec::new(),
            imports: BTreeMap::new(),
            executions: Executions::default(),
            switch: Some(Parameter::Plain("allowed".to_owned())),
            jobs: Jobs::new(kit),
            failing: 0,
            lag: 0,
            calm: false,
            progress: Vec::new(),
        };
        cloud.neighbours(now);
        cloud
    }

    /// Does what is asked for.
    pub(crate) fn apply(&mut self, op: &Op, now: i64, rng: &mut Rng) -> Result<Reply, PortError> {
        match op {
            Op::Lease(name) => Ok(Reply::Lease(self.lease(name).cloned().map(Box::new))),
            Op::Due { now: until, limit } => Ok(Reply::Names(self.due(*until, *limit, now, rng))),
            Op::Page { after, limit } => Ok(Reply::Page(self.page(after.as_ref(), *limit))),
            Op::Write { condition, next } => Ok(Reply::Written(Box::new(self.write(condition, next, now)))),
            Op::ById(id) => Ok(Reply::Facts(self.by_id(id).map(|stack| Box::new(stack.facts.clone())))),
            Op::ByName(name) => Ok(Reply::Facts(self.by_name(name).map(|stack| Box::new(stack.facts.clone())))),
            Op::Resources(id) => self.resources(id),
            Op::Importers(export) => Ok(Reply::Texts(self.imports.get(export).cloned().unwrap_or_default())),
            Op::Stacks { page } => Ok(self.list(*page, rng)),
            Op::Delete { target, request_token } => self.delete(target, request_token, now, rng),
            Op::Deploy(deploy) => self.deploy(deploy, now, rng),
            Op::TrustPolicy(role) => Ok(Reply::Text(self.trust_policy(role))),
            Op::Owner(bucket) => Ok(Reply::Text(self.owner(bucket))),
            Op::Empty(bucket) => self.empty(bucket),
            Op::IsRunning(entered) => Ok(Reply::Flag(self.executions.is_running(&entered.execution))),
            Op::Parameter(name) => Ok(Reply::Parameter(self.switch.clone().filter(|_| name == SWITCH))),
            Op::Tell { .. } => Ok(Reply::Done),
            job => self.jobs.apply(job, now, self.lag, rng),
        }
    }

    /// AWS is at its best from now on, nothing is imported any more, and deletions are allowed.
    pub(crate) fn calm(&mut self) {
        self.failing = 0;
        self.lag = 0;
        self.calm = true;
        self.imports.clear();
        self.switch = Some(Parameter::Plain("allowed".to_owned()));
    }

    /// The stack that is to be deleted.
    pub(crate) fn target(&self, target: &Target) -> Option<&Stack> {
        match target {
            Target::Id(id) => self.by_id(id),
            Target::Name(name) => self.by_name(name),
        }
    }

    pub(crate) fn by_id(&self, id: &StackArn) -> Option<&Stack> {
        self.stacks.iter().find(|stack| stack.facts.id == *id && !stack.forgotten)
    }

    pub(crate) fn by_name(&self, name: &StackName) -> Option<&Stack> {
        self.stacks.iter().rev().find(|stack| stack.name == *name && stack.is_live())
    }
}
