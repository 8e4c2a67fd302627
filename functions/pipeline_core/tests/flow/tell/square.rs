//! A market square: where previews, releases and people are, and where those who tell of them take turns. Who goes on at
//! each effect is chosen, by chance or one after the other.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    future::{pending, poll_fn},
    task::Poll,
};

use jiff::{SignedDuration, Timestamp};
use pipeline_core::{
    ids::{CommitId, ExecutionId, Nonce},
    ports::{Clock, PortError},
    preview::{
        ports::{ReadPreviews, Replaced},
        record::Preview,
        subject::Subject,
    },
    record::{
        notice::Noticed,
        pen::{KeepSlips, Slip},
        say::is_marked,
        speak::{CommentId, Speak, Status},
        told::Told,
        watch::{Progress, ReadProgress},
    },
    sweep::ports::Tell,
};
use uuid::Uuid;

/// What goes wrong at an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing is done, and it is known.
    Throttled,
    /// Nothing is done, and nobody knows.
    Refused,
    /// It is done, and nobody knows.
    ReplyLost,
    /// Whoever asked is killed before it is done.
    KilledBefore,
    /// Whoever asked is killed after it was done.
    KilledAfter,
    /// Nobody knows, and what was to be edited is edited some seconds later.
    Late,
    /// Nothing is done, as if what was asked for were not there.
    Missing,
    /// What is read of an execution is what it was before it changed last.
    Stale,
}

/// A comment.
#[derive(Debug, Clone)]
pub(crate) struct Comment {
    pub(crate) text: String,
    pub(crate) deleted: bool,
}

/// All there is.
#[derive(Debug)]
pub(crate) struct Square {
    pub(crate) now: Cell<Timestamp>,
    pub(crate) previews: RefCell<BTreeMap<Subject, Preview>>,
    pub(crate) executions: RefCell<BTreeMap<ExecutionId, Vec<Progress>>>,
    pub(crate) told: RefCell<BTreeMap<Subject, Slip<Told>>>,
    pub(crate) noticed: RefCell<BTreeMap<ExecutionId, Slip<Noticed>>>,
    pub(crate) comments: RefCell<Vec<Comment>>,
    /// Edits that are still under way, and when they arrive.
    pub(crate) under_way: RefCell<Vec<(Timestamp, usize, String)>>,
    pub(crate) statuses: RefCell<Vec<(CommitId, Status)>>,
    pub(crate) gone: RefCell<BTreeSet<CommitId>>,
    pub(crate) mails: RefCell<Vec<(String, String)>>,
    /// The names of all effects so far.
    pub(crate) effects: RefCell<Vec<&'static str>>,
    pub(crate) faults: RefCell<BTreeMap<usize, Fault>>,
    /// Faults at every effect of a name.
    pub(crate) outages: RefCell<BTreeMap<&'static str, PortError>>,
    /// Faults that struck.
    pub(crate) struck: RefCell<Vec<(&'static str, Fault)>>,
    pub(super) is_ready: Cell<bool>,
    pub(super) is_killed: Cell<bool>,
    pub(super) wakes: Cell<Option<Timestamp>>,
    nonces: Cell<u128>,
}

impl Square {
    pub(crate) fn new() -> Self {
        Self {
            now: Cell::new("2026-11-22T12:00:00Z".parse().expect("a timestamp")),
            previews: RefCell::default(),
            executions: RefCell::default(),
            told: RefCell::default(),
            noticed: RefCell::default(),
            comments: RefCell::default(),
            under_way: RefCell::default(),
            statuses: RefCell::default(),
            gone: RefCell::default(),
            mails: RefCell::default(),
            effects: RefCell::default(),
            faults: RefCell::default(),
            outages: RefCell::default(),
            struck: RefCell::default(),
            is_ready: Cell::new(false),
            is_killed: Cell::new(false),
            wakes: Cell::new(None),
            nonces: Cell::new(0),
        }
    }

    pub(crate) fn nonce(&self) -> Nonce {
        self.nonces.set(self.nonces.get() + 1);
        Nonce::from_random(Uuid::from_u128(self.nonces.get()))
    }

    /// What an execution came to.
    pub(crate) fn comes_to(&self, execution: &ExecutionId, progress: Progress) {
        self.executions.borrow_mut().entry(execution.clone()).or_default().push(progress);
    }

    pub(crate) fn progress_of(&self, execution: &ExecutionId) -> Option<Progress> {
        self.executions.borrow().get(execution).and_then(|all| all.last().cloned())
    }

    /// Others have their turn, and then `work` is done, as the faults want it.
    async fn effect<T>(
        &self,
        name: &'static str,
        work: impl FnOnce(bool) -> Result<T, PortError>,
    ) -> Result<T, PortError> {
        self.turn().await;
        self.arrive();
        let index = self.effects.borrow().len();
        self.effects.borrow_mut().push(name);
        if let Some(error) = self.outages.borrow().get(name) {
            return Err(error.clone());
        }
        let fault = self.faults.borrow_mut().remove(&index);
        self.struck.borrow_mut().extend(fault.map(|fault| (name, fault)));
        let lost = || PortError::Unavailable { operation: name.to_owned(), detail: "connection reset".to_owned() };
        match fault {
            None => work(false),
            Some(Fault::Stale) => work(name == "read execution"),
            Some(Fault::Late) => work(name == "edit comment").and_then(|_| Err(lost())),
            Some(Fault::Throttled) => {
                Err(PortError::Throttled { operation: name.to_owned(), detail: "rate exceeded".to_owned() })
            }
            Some(Fault::Missing) => Err(PortError::NotFound { what: name.to_owned() }),
            Some(Fault::Refused) => Err(lost()),
            Some(Fault::ReplyLost) => work(false).and_then(|_| Err(lost())),
            Some(Fault::KilledBefore) => self.die().await,
            Some(Fault::KilledAfter) => {
                let _done = work(false);
                self.die().await
            }
        }
    }

    /// What was under way until now arrives.
    pub(crate) fn arrive(&self) {
        let now = self.now.get();
        for (_, place, text) in self.under_way.borrow_mut().extract_if(.., |(at, ..)| *at <= now) {
            self.comments.borrow_mut()[place].text = text;
        }
    }

    async fn die<T>(&self) -> T {
        self.is_killed.set(true);
        pending().await
    }

    async fn turn(&self) {
        let mut yielded = false;
        poll_fn(|_| {
            if std::mem::replace(&mut yielded, true) {
                return Poll::Ready(());
            }
            self.is_ready.set(true);
            Poll::Pending
        })
        .await;
    }

    fn replace<K: Ord + Clone, T: Clone>(
        all: &RefCell<BTreeMap<K, Slip<T>>>,
        key: &K,
        seen: Option<&Slip<T>>,
        next: &Slip<T>,
    ) -> Replaced<Slip<T>> {
        let standing = all.borrow().get(key).cloned();
        if standing.as_ref().map(|slip| slip.nonce) != seen.map(|slip| slip.nonce) {
            return Replaced::Conflict(standing);
        }
        all.borrow_mut().insert(key.clone(), next.clone());
        Replaced::Done
    }
}

/// The clock of somebody on the square, which may be wrong.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Watch<'a> {
    pub(crate) square: &'a Square,
    pub(crate) ahead: SignedDuration,
}

impl Clock for Watch<'_> {
    fn now(&self) -> Timestamp {
        self.square.now.get() + self.ahead
    }

    async fn sleep_until(&self, at: Timestamp) {
        poll_fn(|_| {
            if self.now() >= at {
                return Poll::Ready(());
            }
            let real = at - self.ahead;
            let wakes = self.square.wakes.get().map_or(real, |earlier| earlier.min(real));
            self.square.wakes.set(Some(wakes));
            Poll::Pending
        })
        .await;
    }

    fn part_of(&self, longest: SignedDuration) -> SignedDuration {
        longest
    }
}

impl ReadPreviews for Square {
    async fn preview(&self, subject: &Subject) -> Result<Option<Preview>, PortError> {
        self.effect("read preview", |_| Ok(self.previews.borrow().get(subject).cloned())).await
    }
}

impl ReadProgress for Square {
    async fn progress(&self, _: &str, execution: &ExecutionId) -> Result<Option<Progress>, PortError> {
        let read = |is_stale: bool| {
            let executions = self.executions.borrow();
            let all = executions.get(execution).map_or(&[][..], |all| &all[..]);
            let seen = if is_stale { all.len().saturating_sub(1) } else { all.len() };
            Ok(all[..seen].last().cloned())
        };
        self.effect("read execution", read).await
    }
}

impl KeepSlips<Subject, Told> for Square {
    async fn slip(&self, key: &Subject) -> Result<Option<Slip<Told>>, PortError> {
        self.effect("read slip", |_| Ok(self.told.borrow().get(key).cloned())).await
    }

    async fn replace_slip(
        &self,
        key: &Subject,
        seen: Option<&Slip<Told>>,
        next: &Slip<Told>,
    ) -> Result<Replaced<Slip<Told>>, PortError> {
        self.effect("write slip", |_| Ok(Self::replace(&self.told, key, seen, next))).await
    }
}

impl KeepSlips<ExecutionId, Noticed> for Square {
    async fn slip(&self, key: &ExecutionId) -> Result<Option<Slip<Noticed>>, PortError> {
        self.effect("read slip", |_| Ok(self.noticed.borrow().get(key).cloned())).await
    }

    async fn replace_slip(
        &self,
        key: &ExecutionId,
        seen: Option<&Slip<Noticed>>,
        next: &Slip<Noticed>,
    ) -> Result<Replaced<Slip<Noticed>>, PortError> {
        self.effect("write slip", |_| Ok(Self::replace(&self.noticed, key, seen, next))).await
    }
}

impl Speak for Square {
    async fn find(&self, _: u64, mark: &str) -> Result<Option<CommentId>, PortError> {
        let find = |_| {
            let comments = self.comments.borrow();
            let found = comments.iter().position(|comment| !comment.deleted && is_marked(&comment.text, mark));
            Ok(found.map(|place| CommentId(place.to_string())))
        };
        self.effect("find comment", find).await
    }

    async fn comment(&self, _: u64, text: &str, _: Nonce) -> Result<CommentId, PortError> {
        let comment = |_| {
            let mut comments = self.comments.borrow_mut();
            comments.push(Comment { text: text.to_owned(), deleted: false });
            Ok(CommentId((comments.len() - 1).to_string()))
        };
        self.effect("comment", comment).await
    }

    async fn edit(&self, _: u64, comment: &CommentId, text: &str) -> Result<(), PortError> {
        let edit = |is_late: bool| {
            let place: usize = comment.0.parse().expect("a number");
            if is_late {
                let at = self.now.get() + SignedDuration::from_secs(8);
                self.under_way.borrow_mut().push((at, place, text.to_owned()));
                return Ok(());
            }
            let mut comments = self.comments.borrow_mut();
            if comments[place].deleted {
                return Err(PortError::NotFound { what: "comment".to_owned() });
            }
            text.clone_into(&mut comments[place].text);
            Ok(())
        };
        self.effect("edit comment", edit).await
    }

    async fn status(&self, _: u64, commit: &CommitId, status: &Status) -> Result<(), PortError> {
        let set = |_| {
            if self.gone.borrow().contains(commit) {
                return Err(PortError::NotFound { what: "commit".to_owned() });
            }
            self.statuses.borrow_mut().push((commit.clone(), status.clone()));
            Ok(())
        };
        self.effect("set status", set).await
    }
}

impl Tell for Square {
    async fn tell(&self, subject: &str, text: &str) -> Result<(), PortError> {
        let publish = |_| {
            self.mails.borrow_mut().push((subject.to_owned(), text.to_owned()));
            Ok(())
        };
        self.effect("publish", publish).await
    }
}
