//! The one message of a run (I11).

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};

use crate::{
    lease::{due::later, record::Lease},
    sweep::policy::Policy,
};

/// How many stacks a message is about, at most: SNS takes 256 KiB, and a character has up to 4 bytes. The others are
/// told of in the next run.
pub const TOLD: usize = 150;
/// The longest subject that SNS takes, in characters: fewer than 100.
const SUBJECT: usize = 99;

/// A message to people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// ASCII, on one line, fewer than 100 characters.
    pub subject: String,
    /// The text.
    pub text: String,
}

/// What people are told of these leases, whose stacks are to be deleted.
pub fn message(leases: &[&Lease], policy: &Policy, now: Timestamp) -> Message {
    let (service, grace) = (&policy.place.service, policy.grace);
    let what = if leases.len() == 1 { "1 stack".to_owned() } else { format!("{} stacks", leases.len()) };
    let subject = format!("Flowgate will delete {what} of {service}");
    let subject = subject.chars().filter(|c| matches!(c, ' '..='~')).take(SUBJECT).collect();
    let from = later(now, grace);
    let mut text = format!(
        "Nobody holds these stacks of {service} in account {}, {}, any more. After {from:.0} ({:#} from now) they are \
         deleted:\n\n",
        policy.place.account,
        policy.place.region,
        SignedDuration::from_secs(grace.as_secs()),
    );
    for lease in leases {
        let _ = writeln!(text, "  {}{}", lease.stack, origin(lease));
    }
    text += "\nA stack that is updated, or whose lease is claimed or held until then, is kept. To keep one:\n\n";
    if let Some(lease) = leases.first() {
        let until = later(from, SignedDuration::from_hours(7 * 24));
        let _ = writeln!(text, "  flowgate lease hold {} --until {until:.0}", lease.stack);
    }
    Message { subject, text }
}

fn origin(lease: &Lease) -> String {
    lease.source.as_ref().map_or_else(|| " (nobody claimed it)".to_owned(), |source| format!(" ({source})"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use uuid::Uuid;

    use super::*;
    use crate::{
        ids::{FencingToken, Nonce},
        lease::{
            place::Place,
            record::{Notice, State},
        },
    };

    fn policy(service: &str) -> Policy {
        let own_stack = "arn:aws:cloudformation:eu-west-1:111122223333:stack/shop-flowgate/1".parse().unwrap();
        Policy {
            place: Place::of(&own_stack, service),
            own_stack,
            roles: BTreeSet::new(),
            margin: SignedDuration::from_mins(1),
            grace: SignedDuration::from_hours(24),
            max_deletes: 20,
            max_attempts: 5,
            adopt_after: SignedDuration::from_hours(168),
            batch: 1000,
            width: 8,
            rate: 5,
        }
    }

    fn lease(stack: &str, source: Option<&str>) -> Lease {
        let at = Timestamp::UNIX_EPOCH;
        Lease {
            stack: stack.parse().unwrap(),
            token: FencingToken(1),
            first: FencingToken(1),
            holder: None,
            source: source.map(|source| source.parse().unwrap()),
            bound: None,
            empty_buckets: false,
            executions: vec![],
            superseded: vec![],
            hold_until: None,
            state: State::Dirty { notice: Notice::Mark { at, told_at: None, changed: None }, absent_at: None },
            due: Some(at),
            kept: None,
            nonce: Nonce::from_random(Uuid::nil()),
        }
    }

    #[test]
    fn i11_the_message_says_what_is_deleted_when_and_how_to_keep_it() {
        let leases = [lease("shop-pr-42", Some("pull request 42")), lease("shop-dev-ann", None)];
        let leases: Vec<&Lease> = leases.iter().collect();
        let now = "2026-11-21T12:00:00Z".parse().unwrap();
        let Message { subject, text } = message(&leases, &policy("shop"), now);
        assert_eq!(subject, "Flowgate will delete 2 stacks of shop");
        assert_eq!(
            text,
            "Nobody holds these stacks of shop in account 111122223333, eu-west-1, any more. After 2026-11-22T12:00:00Z \
             (24h from now) they are deleted:\n\n  shop-pr-42 (pull request 42)\n  shop-dev-ann (nobody claimed it)\n\nA \
             stack that is updated, or whose lease is claimed or held until then, is kept. To keep one:\n\n  flowgate \
             lease hold shop-pr-42 --until 2026-11-29T12:00:00Z\n"
        );
    }

    #[test]
    fn the_largest_message_fits_what_sns_takes() {
        let source = "s".repeat(256);
        let longest = lease(&format!("s{}", "9".repeat(127)), Some(&source));
        let Message { subject, text } =
            message(&vec![&longest; TOLD], &policy(&"ß".repeat(200)), Timestamp::UNIX_EPOCH);
        assert!(subject.is_ascii() && subject.len() <= SUBJECT, "{subject}");
        assert!(text.chars().count() <= 256 * 1024 / 4, "{}", text.chars().count());
    }
}
