//! How many previews there may be at once, of each author and in all; who comes first is served first.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    ids::Nonce,
    preview::{record::Wait, subject::Subject},
};

/// All previews that stand or wait: one record for the service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slots {
    /// Those that may stand.
    pub taken: BTreeMap<Subject, Place>,
    /// Those that wait.
    pub waiting: BTreeMap<Subject, Place>,
    /// The write that made this version (I8); `None` before the first.
    pub nonce: Option<Nonce>,
}

/// Whose preview it is, and since when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Whose.
    pub author: String,
    /// Since when it stands, or waits.
    pub since: Timestamp,
}

/// How many there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// In all.
    pub all: usize,
    /// Of one author.
    pub author: usize,
}

impl Slots {
    /// Gives `subject` a place, or has it wait; what keeps it waiting is the answer. Asked again, it gives the same answer
    /// until somebody leaves.
    pub fn take(&mut self, subject: &Subject, author: &str, quota: Quota, now: Timestamp) -> Option<Wait> {
        if self.taken.contains_key(subject) {
            return None;
        }
        let place = self.waiting.get(subject).filter(|place| place.author == author).cloned();
        let place = place.unwrap_or_else(|| Place { author: author.to_owned(), since: now });
        let wait = self.wait(subject, &place, quota);
        if wait.is_some() {
            self.waiting.insert(subject.clone(), place);
        } else {
            self.waiting.remove(subject);
            self.taken.insert(subject.clone(), Place { since: now, ..place });
        }
        wait
    }

    /// Has one that stands keep its place, whatever there may be.
    pub fn keep(&mut self, subject: &Subject, author: &str, now: Timestamp) {
        self.waiting.remove(subject);
        self.taken.entry(subject.clone()).or_insert_with(|| Place { author: author.to_owned(), since: now });
    }

    /// Gives a place back, or ceases to wait.
    pub fn leave(&mut self, subject: &Subject) {
        self.taken.remove(subject);
        self.waiting.remove(subject);
    }

    /// Who waits longer comes first, unless their own quota is what they wait for.
    fn wait(&self, subject: &Subject, place: &Place, quota: Quota) -> Option<Wait> {
        let first: Vec<&Place> = self
            .waiting
            .iter()
            .filter(|(other, earlier)| *other != subject && (earlier.since, *other) < (place.since, subject))
            .map(|(_, earlier)| earlier)
            .collect();
        let of = |author: &str| self.taken.values().filter(|taken| taken.author == author).count();
        let before = |author: &str| first.iter().filter(|earlier| earlier.author == author).count();
        if of(&place.author) + before(&place.author) >= quota.author {
            return Some(Wait::AuthorsQuota { limit: quota.author });
        }
        // Of those before, no more of an author than have room.
        let authors: BTreeSet<&str> = first.iter().map(|earlier| earlier.author.as_str()).collect();
        let room = |author: &str| before(author).min(quota.author.saturating_sub(of(author)));
        let coming: usize = authors.into_iter().map(room).sum();
        (self.taken.len() + coming >= quota.all).then_some(Wait::Quota { limit: quota.all })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn an_author_and_all_together_have_as_many_as_they_may_and_the_first_to_wait_comes_first() {
        let quota = Quota { all: 3, author: 2 };
        let (mut slots, pr) = (Slots::default(), Subject::PullRequest);
        assert_eq!(slots.take(&pr(1), "ada", quota, at(1)), None);
        assert_eq!(slots.take(&pr(1), "ada", quota, at(2)), None, "the same one again");
        assert_eq!(slots.take(&pr(2), "ada", quota, at(2)), None);
        assert_eq!(slots.take(&pr(3), "ada", quota, at(3)), Some(Wait::AuthorsQuota { limit: 2 }));
        assert_eq!(slots.take(&pr(4), "bob", quota, at(4)), None, "ada waits for herself alone");
        assert_eq!(slots.take(&pr(6), "bob", quota, at(5)), Some(Wait::Quota { limit: 3 }));
        assert_eq!(slots.take(&pr(5), "eve", quota, at(6)), Some(Wait::Quota { limit: 3 }));
        slots.leave(&pr(4));
        assert_eq!(slots.take(&pr(5), "eve", quota, at(7)), Some(Wait::Quota { limit: 3 }), "bob was first");
        assert_eq!(slots.take(&pr(6), "bob", quota, at(8)), None);
        slots.leave(&pr(1));
        assert_eq!(
            slots.take(&pr(5), "eve", quota, at(9)),
            Some(Wait::Quota { limit: 3 }),
            "now ada may, and was first"
        );
        assert_eq!(slots.take(&pr(3), "ada", quota, at(9)), None);
        slots.leave(&pr(3));
        slots.leave(&pr(5));
        assert_eq!(slots.waiting.len(), 0);
        let quota = Quota { all: 4, author: 2 };
        let mut slots = Slots::default();
        for number in 1..=4 {
            slots.take(&pr(number), "ada", quota, at(number.cast_signed()));
        }
        assert_eq!(slots.take(&pr(5), "bob", quota, at(5)), None, "no more of hers may come");
    }
}
