//! Where leases are kept.

use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;

use crate::{ids::StackName, lease::record::Lease, ports::PortError};

/// Reading one lease.
pub trait ReadLeases {
    /// The lease of this name, read consistently.
    fn lease(&self, stack: &StackName) -> impl Future<Output = Result<Option<Lease>, PortError>>;
}

/// Finding leases.
pub trait FindLeases {
    /// The names of leases whose `due` has come, the oldest first, `limit` at most. They come from an index that may lag
    /// behind: whoever acts on one reads its lease.
    fn due(&self, now: Timestamp, limit: usize) -> impl Future<Output = Result<Vec<StackName>, PortError>>;
    /// The leases that are not GONE, ordered by `due`, from behind `after` on; as the index has them.
    fn page(&self, after: Option<&Cursor>, limit: usize) -> impl Future<Output = Result<Page, PortError>>;
}

/// A place in the list of leases: behind the one of this name that was due then.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Cursor {
    /// When it was due.
    pub due: Timestamp,
    /// The stack's name.
    pub stack: StackName,
}

/// A text is no place in a list of leases.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a text that is not the next of a list of leases")]
pub struct InvalidCursor;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.due, self.stack)
    }
}

impl TryFrom<String> for Cursor {
    type Error = InvalidCursor;

    fn try_from(text: String) -> Result<Self, InvalidCursor> {
        let place = text
            .split_once('#')
            .and_then(|(due, stack)| Some(Self { due: due.parse().ok()?, stack: stack.parse().ok()? }));
        place.ok_or(InvalidCursor)
    }
}

/// Some of the leases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// They.
    pub leases: Vec<Lease>,
    /// Where to go on; `None` at the end.
    pub next: Option<Cursor>,
}

/// Changing leases.
pub trait WriteLeases {
    /// Writes `next` if what stands is still `seen` (`None`: no record), judged by state, token, stack id and nonce; else
    /// changes nothing and gives what stands.
    fn replace(&self, seen: Option<&Lease>, next: &Lease) -> impl Future<Output = Result<Replaced, PortError>>;
}

/// What became of a conditional write.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "there is one at a time, and it is taken apart at once")]
pub enum Replaced {
    /// It was done.
    Done,
    /// Something else stood there: this. After a reply that got lost it can be our own write (I8).
    Conflict(Option<Lease>),
}

/// What stands after an attempt to write.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "there is one at a time, and it is taken apart at once")]
pub enum Committed {
    /// Our write.
    Ours,
    /// Something else: this. Whether ours stood there for a while cannot be told when an attempt before lost its reply.
    Theirs(Option<Lease>),
}

/// Writes `next` if `seen` still stands: one attempt. After an error that may have done something, only the same call
/// again tells what became of it: a read can show the old record while the write is still under way (I8).
pub async fn commit(store: &impl WriteLeases, seen: Option<&Lease>, next: &Lease) -> Result<Committed, PortError> {
    Ok(match store.replace(seen, next).await? {
        Replaced::Done => Committed::Ours,
        // I8: a reply got lost, and what stands in our way is our own write.
        Replaced::Conflict(Some(standing)) if standing.nonce == next.nonce => Committed::Ours,
        Replaced::Conflict(standing) => Committed::Theirs(standing),
    })
}
