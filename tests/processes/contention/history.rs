//! What claimers were told, and what they did.

use std::sync::Mutex;

use jiff::Timestamp;

/// Everything that happened, in the order in which claimers saw it.
#[derive(Default)]
pub(super) struct History {
    events: Mutex<Vec<Event>>,
}

/// What one claimer did with one name.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) name: String,
    pub(super) claimer: usize,
    pub(super) token: u64,
    pub(super) what: What,
}

/// `stack` is the one that it was told it has.
#[derive(Debug, Clone)]
pub(super) enum What {
    /// A claim was granted: from `told` on it may use the stack until then.
    Claimed { asked: Timestamp, told: Timestamp, until: Timestamp, stack: Option<String> },
    /// So it was renewed.
    Renewed { told: Timestamp, until: Timestamp, stack: Option<String> },
    /// It is about to ask that it be kept so long, in place of what it asked before; whether that arrives or not.
    Keeping { until: Timestamp },
    /// So long it is to be kept, whoever holds it.
    Kept { told: Timestamp, until: Timestamp, stack: Option<String> },
    /// It is about to give the name back; whether that arrives or not.
    Releasing { at: Timestamp },
    /// It made this stack.
    Made { id: String },
    /// Something was granted that must be refused.
    Wrong { why: String },
}

impl History {
    pub(super) fn add(&self, name: &str, claimer: usize, token: u64, what: What) {
        self.events.lock().unwrap().push(Event { name: name.to_owned(), claimer, token, what });
    }

    pub(super) fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap().clone()
    }
}
