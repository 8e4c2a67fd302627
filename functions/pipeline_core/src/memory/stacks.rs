//! What sweep looks at and deletes: stacks with all that hangs on them, and the people who are told.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use jiff::{SignedDuration, Timestamp};

use crate::{
    ids::{ExecutionId, StackArn, StackName},
    lease::{
        due::later,
        record::{Entered, Lease},
    },
    memory::World,
    ports::{Clock, PortError},
    sweep::{
        ports::{DeleteStacks, EmptyBuckets, InspectStacks, ListStacks, ReadBuckets, ReadRoles, Tell, WatchExecutions},
        stack::{Resource, StackFacts, StackStatus, Standing},
    },
};

/// How long a deletion takes.
const DELETION: SignedDuration = SignedDuration::from_secs(30);
/// How long it takes to take some of a bucket's objects away.
const EMPTYING: SignedDuration = SignedDuration::from_secs(1);

/// Stacks, and what hangs on them.
#[derive(Debug, Default)]
pub struct Cloud {
    /// Stacks by id, also those that are deleted.
    pub stacks: RefCell<BTreeMap<StackArn, Live>>,
    /// Who imports an export.
    pub importers: RefCell<BTreeMap<String, Vec<String>>>,
    /// Trust policies by role.
    pub roles: RefCell<BTreeMap<String, String>>,
    /// Buckets by name.
    pub buckets: RefCell<BTreeMap<String, Bucket>>,
    /// Executions that run.
    pub running: RefCell<BTreeSet<ExecutionId>>,
    /// Every request for a deletion that arrived.
    pub deletions: RefCell<Vec<Asked>>,
    /// Every message, subject and text.
    pub messages: RefCell<Vec<(String, String)>>,
}

/// A request for a deletion.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Of which stack.
    pub id: StackArn,
    /// Its token.
    pub request: String,
    /// The lease of the stack's name, as it stood then.
    pub lease: Option<Lease>,
}

/// A stack.
#[derive(Debug, Clone)]
pub struct Live {
    /// What is said of it.
    pub facts: StackFacts,
    /// What it is made of.
    pub resources: Vec<Resource>,
    /// The logical names of resources that cannot be deleted; a bucket can once it is empty.
    pub stuck: BTreeSet<String>,
    /// Why a request to delete it is refused.
    pub refusal: Option<String>,
    /// How many deletions CloudFormation takes and then gives up, as it does while an export is in use.
    pub gives_up: usize,
    /// When its deletion ends, and the status it had before.
    ends: Option<(Timestamp, StackStatus)>,
    /// The requests that were taken already.
    taken: BTreeSet<String>,
}

/// A bucket.
#[derive(Debug, Clone)]
pub struct Bucket {
    /// The stack that made it.
    pub owner: Option<String>,
    /// How many times it has to be emptied until it is empty.
    pub fill: usize,
}

impl From<StackFacts> for Live {
    fn from(facts: StackFacts) -> Self {
        let (resources, stuck, taken) = Default::default();
        Self { facts, resources, stuck, refusal: None, gives_up: 0, ends: None, taken }
    }
}

impl Cloud {
    /// Puts a stack there.
    pub fn put(&self, live: Live) {
        self.stacks.borrow_mut().insert(live.facts.id.clone(), live);
    }

    /// Changes a stack.
    pub fn edit(&self, id: &StackArn, change: impl FnOnce(&mut Live)) {
        if let Some(live) = self.stacks.borrow_mut().get_mut(id) {
            change(live);
        }
    }

    /// Lets the deletions end whose time has come.
    fn go_on(&self, now: Timestamp) {
        for live in self.stacks.borrow_mut().values_mut() {
            let Some((_, before)) = live.ends.take_if(|(at, _)| *at <= now) else { continue };
            if let Some(left) = live.gives_up.checked_sub(1) {
                (live.gives_up, live.facts.status) = (left, before);
                continue;
            }
            let empty = |name: &str| self.buckets.borrow().get(name).is_some_and(|bucket| bucket.fill == 0);
            let stuck = |one: &Resource| live.stuck.contains(&one.logical) && !empty(&one.physical);
            let mut failed = false;
            for resource in &mut live.resources {
                let status = if stuck(resource) { "DELETE_FAILED" } else { "DELETE_COMPLETE" };
                failed |= status == "DELETE_FAILED";
                status.clone_into(&mut resource.status);
            }
            live.facts.status = StackStatus(if failed { "DELETE_FAILED" } else { "DELETE_COMPLETE" }.to_owned());
        }
    }

    fn delete(&self, asked: Asked, now: Timestamp) -> Result<(), PortError> {
        let Asked { id, request, .. } = asked.clone();
        self.deletions.borrow_mut().push(asked);
        let mut stacks = self.stacks.borrow_mut();
        let Some(live) = stacks.get_mut(&id) else { return Ok(()) };
        if let Some(why) = &live.refusal {
            return Err(PortError::Unusable { what: format!("stack {id}"), why: why.clone() });
        }
        let is_new = live.taken.insert(request);
        if is_new && matches!(live.facts.status.standing(), Standing::Settled | Standing::DeleteFailed) {
            let before = std::mem::replace(&mut live.facts.status, StackStatus("DELETE_IN_PROGRESS".to_owned()));
            live.ends = Some((later(now, DELETION), before));
        }
        Ok(())
    }
}

impl World {
    fn look<T>(&self, at: impl FnOnce(&BTreeMap<StackArn, Live>) -> T) -> T {
        self.cloud.go_on(self.now());
        at(&self.cloud.stacks.borrow())
    }
}

impl InspectStacks for World {
    async fn by_id(&self, id: &StackArn) -> Result<Option<StackFacts>, PortError> {
        let read = || Ok(self.look(|stacks| stacks.get(id).map(|live| live.facts.clone())));
        self.effect("read stack by id", read).await
    }

    async fn by_name(&self, name: &StackName) -> Result<Option<StackFacts>, PortError> {
        let named = |facts: &&StackFacts| facts.id.name() == *name && facts.status.standing() != Standing::Deleted;
        let read = || Ok(self.look(|stacks| stacks.values().map(|live| &live.facts).find(named).cloned()));
        self.effect("read stack by name", read).await
    }

    async fn resources(&self, id: &StackArn) -> Result<Vec<Resource>, PortError> {
        let missing = || PortError::NotFound { what: format!("stack {id}") };
        let read = || self.look(|stacks| stacks.get(id).map(|live| live.resources.clone()).ok_or_else(missing));
        self.effect("list resources", read).await
    }

    async fn importers(&self, export: &str) -> Result<Vec<String>, PortError> {
        let read = || Ok(self.cloud.importers.borrow().get(export).cloned().unwrap_or_default());
        self.effect("list importers", read).await
    }
}

impl ListStacks for World {
    async fn stacks(&self) -> Result<Vec<StackFacts>, PortError> {
        let is_there = |facts: &&StackFacts| facts.status.standing() != Standing::Deleted;
        let read = || Ok(self.look(|all| all.values().map(|live| &live.facts).filter(is_there).cloned().collect()));
        self.effect("list stacks", read).await
    }
}

impl ReadRoles for World {
    async fn trust_policy(&self, role: &str) -> Result<Option<String>, PortError> {
        self.effect("read trust policy", || Ok(self.cloud.roles.borrow().get(role).cloned())).await
    }
}

impl WatchExecutions for World {
    async fn is_running(&self, entered: &Entered) -> Result<bool, PortError> {
        self.effect("watch execution", || Ok(self.cloud.running.borrow().contains(&entered.execution))).await
    }
}

impl ReadBuckets for World {
    async fn owner(&self, bucket: &str) -> Result<Option<String>, PortError> {
        let missing = || PortError::NotFound { what: format!("bucket {bucket}") };
        let read = || self.cloud.buckets.borrow().get(bucket).map(|it| it.owner.clone()).ok_or_else(missing);
        self.effect("read bucket owner", read).await
    }
}

impl EmptyBuckets for World {
    async fn empty(&self, bucket: &str) -> Result<bool, PortError> {
        let work = || {
            let mut buckets = self.cloud.buckets.borrow_mut();
            let missing = || PortError::NotFound { what: format!("bucket {bucket}") };
            let bucket = buckets.get_mut(bucket).ok_or_else(missing)?;
            bucket.fill = bucket.fill.saturating_sub(1);
            Ok(bucket.fill == 0)
        };
        let done = self.effect("empty bucket", work).await;
        self.sleep_until(later(self.now(), EMPTYING)).await;
        done
    }
}

impl DeleteStacks for World {
    async fn delete(&self, id: &StackArn, request_token: &str) -> Result<(), PortError> {
        let work = || {
            self.cloud.go_on(self.now());
            let (lease, request) = (self.leases.get(&id.name()), request_token.to_owned());
            self.cloud.delete(Asked { id: id.clone(), request, lease }, self.now())
        };
        self.effect("delete stack", work).await
    }
}

impl Tell for World {
    async fn tell(&self, subject: &str, text: &str) -> Result<(), PortError> {
        let send = || {
            self.cloud.messages.borrow_mut().push((subject.to_owned(), text.to_owned()));
            Ok(())
        };
        self.effect("tell people", send).await
    }
}
