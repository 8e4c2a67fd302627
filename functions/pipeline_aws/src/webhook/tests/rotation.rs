//! The secret: kept, read again when it may have been replaced, and seldom because of what anybody sends.

use super::*;

fn later(here: &Here, seconds: i64) {
    let at = here.world.now() + SignedDuration::from_secs(seconds);
    here.world.run(here.world.sleep_until(at)).unwrap();
}

fn delivered(number: usize, secret: &str) -> Sent {
    push().with("x-github-delivery", &format!("d-{number}")).signed(secret)
}

#[test]
fn a_secret_is_read_once_for_many_requests_and_again_after_a_while() {
    let here = Here::new();
    let webhook = here.webhook();
    for number in 0..10 {
        assert_eq!(here.answered_by(&webhook, &delivered(number, SECRET)).status, 202);
    }
    assert_eq!(here.reads.get(), 1);
    // What was replaced is no secret any more.
    later(&here, 300);
    "new".clone_into(&mut here.kept.borrow_mut());
    assert_eq!(here.answered_by(&webhook, &delivered(10, SECRET)).status, 401);
    assert_eq!(here.answered_by(&webhook, &delivered(10, "new")).status, 202);
    assert_eq!(here.reads.get(), 2);
}

#[test]
fn a_secret_that_was_replaced_is_found_when_something_is_signed_with_the_new_one() {
    let here = Here::new();
    let webhook = here.webhook();
    assert_eq!(here.answered_by(&webhook, &delivered(0, SECRET)).status, 202);
    later(&here, 61);
    "new\n".clone_into(&mut here.kept.borrow_mut());
    assert_eq!(here.answered_by(&webhook, &delivered(1, "new")).status, 202);
    assert_eq!(here.answered_by(&webhook, &delivered(2, SECRET)).status, 401);
    assert_eq!(here.reads.get(), 2);
}

#[test]
fn who_sends_forged_ones_has_the_secret_read_once_a_minute_at_most() {
    let here = Here::new();
    let webhook = here.webhook();
    for minute in 1..=4 {
        for number in 0..20 {
            assert_eq!(here.answered_by(&webhook, &delivered(number, "forged")).status, 401);
        }
        assert_eq!(here.reads.get(), minute);
        later(&here, 60);
    }
    // What is no signature needs no secret.
    assert_eq!(here.answered_by(&webhook, &push().with("x-hub-signature-256", "sha256=x")).status, 401);
    assert_eq!(here.reads.get(), 4);
    assert_eq!(here.passed_on(), []);
}

#[test]
fn a_secret_that_cannot_be_read_again_is_no_reason_to_believe() {
    let here = Here::new();
    let webhook = here.webhook();
    assert_eq!(here.answered_by(&webhook, &delivered(0, SECRET)).status, 202);
    later(&here, 61);
    here.broken.set(Some("read secret"));
    assert_eq!(here.answered_by(&webhook, &delivered(1, "forged")).status, 503);
    assert_eq!(here.answered_by(&webhook, &delivered(2, "forged")).status, 401);
    assert_eq!(here.answered_by(&webhook, &delivered(3, SECRET)).status, 202, "the one that is kept is good still");
    assert_eq!(here.passed_on().len(), 2);
}

/// Tells the secret, and nothing when it is printed itself.
#[derive(Debug)]
struct Mute;

impl ReadSecret for Mute {
    async fn read(&self) -> Result<SecretString, PortError> {
        Ok(SECRET.into())
    }
}

#[test]
fn i26_a_secret_is_not_shown() {
    let (here, secret) = (Here::new(), Secret::new(Mute));
    let signature = signature(b"a", SECRET).parse().unwrap();
    let signed = secret.has_signed(b"a", &signature, here.world.now());
    assert_eq!(here.world.run(signed), Some(Ok(true)));
    let shown = format!("{secret:?}");
    assert!(shown.contains("Mute") && !shown.contains(SECRET), "{shown}");
}
