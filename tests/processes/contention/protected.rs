//! When which stack was protected, by what its claimer was told.

use jiff::{SignedDuration, Timestamp};

use super::history::{Event, What};

/// A time in which nobody may delete the stack of this name.
pub(super) struct Protected {
    pub(super) name: String,
    pub(super) claimer: usize,
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
    pub(super) why: String,
    /// The stack that the claimer was told it has.
    stack: Option<String>,
    /// A hold is a wish of its own: a release leaves it as it is.
    is_hold: bool,
}

impl Protected {
    /// Whether the deletion of this stack must not have begun then. I4: not even before the claimer was told that it has
    /// just this one.
    pub(super) fn forbids(&self, id: &str, name: &str, at: Timestamp) -> bool {
        let is_about = self.stack.as_deref() == Some(id) || self.name == name && self.from <= at;
        is_about && at < self.until
    }

    /// What an event protects from then on. What was claimed stays so for as long as `after`.
    fn by(event: &Event, after: SignedDuration) -> Option<Self> {
        let (from, until, stack, why) = match &event.what {
            What::Claimed { told, until, stack, .. } => (*told, *until + after, stack, "claimed it"),
            What::Renewed { told, until, stack } => (*told, *until + after, stack, "renewed it"),
            What::Kept { told, until, stack } => (*told, *until, stack, "kept it"),
            What::Keeping { .. } | What::Releasing { .. } | What::Made { .. } | What::Wrong { .. } => return None,
        };
        let (name, claimer, is_hold) = (event.name.clone(), event.claimer, matches!(event.what, What::Kept { .. }));
        let why = format!("{why} with token {}", event.token);
        Some(Self { name, claimer, from, until, why, stack: stack.clone(), is_hold })
    }

    /// It ends when its claimer gives it up, if that is earlier.
    fn cut(&mut self, event: &Event) {
        let is_own = self.name == event.name && self.claimer == event.claimer;
        match event.what {
            What::Releasing { at } if is_own && !self.is_hold => self.until = self.until.min(at),
            What::Keeping { until } if is_own && self.is_hold => self.until = self.until.min(until),
            _ => {}
        }
    }
}

/// All such times.
pub(super) fn protections(events: &[Event], after: SignedDuration) -> Vec<Protected> {
    let mut all: Vec<Protected> = Vec::new();
    for event in events {
        for earlier in &mut all {
            earlier.cut(event);
        }
        all.extend(Protected::by(event, after));
    }
    all
}
