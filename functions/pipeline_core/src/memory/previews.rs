//! Previews: their records, the pull requests that they are for, and the pipeline that deploys them.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
};

use jiff::{SignedDuration, Timestamp};

use crate::{
    ids::ExecutionId,
    memory::World,
    ports::{Clock, PortError},
    preview::{
        ports::{Announce, FindPreviews, KeepSlots, ReadPreviews, Replaced, RunPreviews, Start, WritePreviews},
        pull::{Pull, ReadPulls},
        record::Preview,
        slots::Slots,
        subject::Subject,
    },
};

/// The previews of the world.
#[derive(Debug, Default)]
pub struct Previews {
    /// Their records.
    pub records: RefCell<BTreeMap<Subject, Preview>>,
    /// Who has a place.
    pub slots: RefCell<Slots>,
    /// Pull requests, each state that it ever had with the time since when; the latest last.
    pub pulls: RefCell<BTreeMap<u64, Vec<(Timestamp, Pull)>>>,
    /// For how long the host may still show what was before.
    pub staleness: Cell<SignedDuration>,
    /// What was started, in order.
    pub started: RefCell<Vec<(ExecutionId, Start)>>,
    /// What was asked to stop.
    pub stopped: RefCell<Vec<ExecutionId>>,
    /// How many may run at once; 0 for any number.
    pub at_once: Cell<usize>,
    /// Whether the same start again is the same execution.
    pub knows_again: Cell<bool>,
    /// What was announced.
    pub announced: RefCell<Vec<Preview>>,
    /// The longest time that a call takes.
    pub lag: Cell<SignedDuration>,
}

impl World {
    /// The time that a call takes, each another.
    async fn lag(&self) {
        let lag = self.part_of(self.previews.lag.get());
        self.sleep_until(self.now().saturating_add(lag).unwrap_or(Timestamp::MAX)).await;
    }

    async fn over_there<T>(
        &self,
        name: &'static str,
        work: impl FnOnce() -> Result<T, PortError>,
    ) -> Result<T, PortError> {
        self.lag().await;
        let done = self.effect(name, work).await;
        self.lag().await;
        done
    }
}

impl ReadPreviews for World {
    async fn preview(&self, subject: &Subject) -> Result<Option<Preview>, PortError> {
        self.over_there("read preview", || Ok(self.previews.records.borrow().get(subject).cloned())).await
    }
}

impl FindPreviews for World {
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Subject>, PortError> {
        let find = || {
            let records = self.previews.records.borrow();
            let mut due: Vec<_> = records.values().filter_map(|one| Some((one.due?, one.subject.clone()))).collect();
            due.retain(|(at, _)| *at <= now);
            due.sort();
            Ok(due.into_iter().take(limit).map(|(_, subject)| subject).collect())
        };
        self.over_there("find previews", find).await
    }

    async fn active(&self) -> Result<Vec<Subject>, PortError> {
        let find = || {
            let records = self.previews.records.borrow();
            Ok(records.values().filter(|one| one.due.is_some()).map(|one| one.subject.clone()).collect())
        };
        self.over_there("find previews", find).await
    }
}

impl WritePreviews for World {
    async fn replace(&self, seen: Option<&Preview>, next: &Preview) -> Result<Replaced<Preview>, PortError> {
        let write = || {
            let mut records = self.previews.records.borrow_mut();
            let standing = records.get(&next.subject);
            if standing.map(|one| one.nonce) != seen.map(|one| one.nonce) {
                return Ok(Replaced::Conflict(standing.cloned()));
            }
            records.insert(next.subject.clone(), next.clone());
            Ok(Replaced::Done)
        };
        self.over_there("replace preview", write).await
    }
}

impl KeepSlots for World {
    async fn slots(&self) -> Result<Slots, PortError> {
        self.over_there("read slots", || Ok(self.previews.slots.borrow().clone())).await
    }

    async fn replace_slots(&self, seen: &Slots, next: &Slots) -> Result<Replaced<Slots>, PortError> {
        let write = || {
            let mut slots = self.previews.slots.borrow_mut();
            if slots.nonce != seen.nonce {
                return Ok(Replaced::Conflict(Some(slots.clone())));
            }
            slots.clone_from(next);
            Ok(Replaced::Done)
        };
        self.over_there("replace slots", write).await
    }
}

impl ReadPulls for World {
    /// As it is, or was a while ago.
    async fn pull(&self, number: u64) -> Result<Option<Pull>, PortError> {
        let at = self.now().saturating_sub(self.part_of(self.previews.staleness.get())).unwrap_or(Timestamp::MIN);
        let read = || {
            let pulls = self.previews.pulls.borrow();
            let states = pulls.get(&number).map(Vec::as_slice).unwrap_or_default();
            let seen = states.iter().rev().find(|(since, _)| *since <= at);
            Ok(seen.map(|(_, pull)| pull.clone()))
        };
        self.over_there("read pull request", read).await
    }
}

impl RunPreviews for World {
    /// The same start may come twice: what AWS makes of a request's token is not documented.
    async fn start(&self, start: &Start) -> Result<Option<ExecutionId>, PortError> {
        let work = || {
            let (mut started, mut running) = (self.previews.started.borrow_mut(), self.cloud.running.borrow_mut());
            let most = self.previews.at_once.get();
            let again = started.iter().find(|(_, one)| one.holder == start.holder && one.tokens == start.tokens);
            if let Some((id, _)) = again.filter(|_| self.previews.knows_again.get()) {
                return Ok(Some(id.clone()));
            }
            if most > 0 && running.len() >= most {
                return Ok(None);
            }
            let id = format!("00000000-0000-4000-8000-{:012}", started.len() + 1);
            let id: ExecutionId = id.parse().expect("an execution's id");
            started.push((id.clone(), start.clone()));
            running.insert(id.clone());
            Ok(Some(id))
        };
        self.over_there("start execution", work).await
    }

    async fn stop(&self, execution: &ExecutionId, _reason: &str) -> Result<(), PortError> {
        let work = || {
            self.previews.stopped.borrow_mut().push(execution.clone());
            Ok(())
        };
        self.over_there("stop execution", work).await
    }
}

impl Announce for World {
    async fn changed(&self, preview: &Preview) -> Result<(), PortError> {
        let work = || {
            self.previews.announced.borrow_mut().push(preview.clone());
            Ok(())
        };
        self.over_there("announce", work).await
    }
}
