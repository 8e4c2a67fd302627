//! I8: a write that was not answered may have been applied, may still be applied, or never be; and others go on.

use std::cell::{Cell, RefCell};

use jiff::{SignedDuration, Timestamp};
use pipeline_core::{
    ids::{FencingToken, Nonce, StackName},
    lease::{
        record::{Lease, Notice, State},
        refusal::Refusal,
        request::Request,
        store::{Committed, Cursor, FindLeases, Page, ReadLeases, Replaced, WriteLeases, commit},
        transition::{self, Change, Moment},
        view::Answer,
    },
    memory::World,
    ports::{Clock, PortError},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{MINE, PR, THEIRS, about, claim, granted, leases, standing, until, view};
use crate::support::world;

/// What happens between the first write, which is not answered, and its repetition; it is given what applies the first.
type Between<'a> = &'a dyn Fn(&dyn Fn());

/// A store whose first write gets no answer, and is applied when the test wants it.
struct Late<'a> {
    world: &'a World,
    between: Between<'a>,
    first: RefCell<Option<(Option<Lease>, Lease)>>,
    writes: Cell<usize>,
}

impl Late<'_> {
    fn apply(&self) -> Option<Replaced> {
        let first = self.first.borrow();
        first.as_ref().map(|(seen, next)| self.world.leases.replace(seen.as_ref(), next))
    }
}

impl WriteLeases for Late<'_> {
    async fn replace(&self, seen: Option<&Lease>, next: &Lease) -> Result<Replaced, PortError> {
        self.writes.set(self.writes.get() + 1);
        if self.writes.get() == 1 {
            self.first.replace(Some((seen.cloned(), next.clone())));
            return Err(PortError::Unavailable { operation: "write".into(), detail: "no answer".into() });
        }
        if self.writes.get() == 2 {
            (self.between)(&|| drop(self.apply()));
        }
        Ok(self.world.leases.replace(seen, next))
    }
}

impl ReadLeases for Late<'_> {
    async fn lease(&self, stack: &StackName) -> Result<Option<Lease>, PortError> {
        self.world.lease(stack).await
    }
}

impl FindLeases for Late<'_> {
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<StackName>, PortError> {
        self.world.due(now, limit).await
    }

    async fn page(&self, after: Option<&Cursor>, limit: usize) -> Result<Page, PortError> {
        self.world.page(after, limit).await
    }
}

fn late(world: &World, request: &Value, between: Between<'_>) -> Result<Answer, Refusal> {
    let store = Late { world, between, first: RefCell::default(), writes: Cell::new(0) };
    let request = Request::parse(&request.to_string()).expect("a request");
    let answer = world.run(leases(world, &store).handle(request, until(world))).expect("no fault");
    // However late the first copy comes, it is not applied beside the second.
    let before = world.leases.history.borrow().len();
    if let Some(Replaced::Done) = store.apply() {
        panic!("applied twice: {:?} after {before} writes", world.leases.history.borrow().last());
    }
    answer
}

/// Somebody's write on top of what stands.
fn changed(world: &World, change: fn(&mut Lease)) {
    let seen = standing(world);
    let mut next = Lease { nonce: Nonce::from_random(Uuid::new_v4()), ..seen.clone() };
    change(&mut next);
    assert_eq!(world.leases.replace(Some(&seen), &next), Replaced::Done);
}

fn taken_over(lease: &mut Lease) {
    lease.token = FencingToken(lease.token.0 + 1);
    lease.holder = THEIRS.parse().ok();
}

fn released(lease: &mut Lease) {
    let at = "2026-11-21T12:00:00Z".parse().expect("a time");
    lease.state = State::Dirty { notice: Notice::Release { at }, absent_at: None };
}

#[test]
fn a_late_write_of_ours_is_recognised_and_one_that_never_came_is_made() {
    let cases: [(&str, Between<'_>); 2] = [("applied late", &|apply| apply()), ("not applied", &|_| ())];
    for (name, between) in cases {
        let world = world();
        let view = view(late(&world, &claim(MINE, PR), between).unwrap());
        assert_eq!((view.token, view.state), (standing(&world).token, "HELD"), "{name}");
        assert_eq!(world.leases.history.borrow().len(), 1, "{name}");
    }
}

#[test]
fn a_claim_that_was_granted_and_changed_since_is_judged_by_what_stands() {
    type Case = (&'static str, fn(&mut Lease), Result<&'static str, &'static str>);
    let cases: [Case; 7] = [
        ("kept", |lease| lease.hold_until = "2026-11-22T12:00:00Z".parse().ok(), Ok("HELD")),
        ("taken over", taken_over, Err("Held")),
        ("released", released, Err("Dirty")),
        (
            "expired",
            |lease| lease.state = State::Held { expires_at: "2026-11-21T12:00:00Z".parse().unwrap() },
            Err("Expired"),
        ),
        (
            "deleting",
            |lease| {
                lease.state = State::Deleting { notice: Notice::Release { at: Timestamp::UNIX_EPOCH }, attempts: 0 }
            },
            Err("Deleting"),
        ),
        (
            "quarantined",
            |lease| lease.state = State::Quarantined { at: Timestamp::UNIX_EPOCH, why: "a bucket".into() },
            Err("Quarantined"),
        ),
        ("gone", |lease| lease.state = State::Gone { at: Timestamp::UNIX_EPOCH }, Err("Superseded")),
    ];
    for (name, change, expected) in cases {
        let world = world();
        let answer = late(&world, &claim(MINE, PR), &|apply| {
            apply();
            changed(&world, change);
        });
        let found = answer.as_ref().map(|_| "HELD").map_err(Refusal::code);
        assert_eq!(found, expected, "{name}: {answer:?}");
        // Nothing was written on top.
        assert_eq!(world.leases.history.borrow().len(), 2, "{name}");
    }
}

#[test]
fn a_claim_in_doubt_takes_nothing_over_and_a_new_one_does() {
    let world = world();
    let answer = late(&world, &claim(MINE, PR), &|_| granted_beside(&world, &claim(THEIRS, PR)));
    assert_eq!(answer.unwrap_err().code(), "Held");
    assert_eq!(standing(&world).holder, THEIRS.parse().ok());
    let anew = granted(&world, &claim("55555555-abcd-1111-abcd-111111abcdef", PR));
    assert!(anew.token > world.leases.history.borrow()[0].token);
}

/// A claim by somebody else, without a turn of the clock.
fn granted_beside(world: &World, request: &Value) {
    let request = Request::parse(&request.to_string()).expect("a request");
    let Request::Claim(claim) = request else { panic!("a claim") };
    let (margin, nonce) = (SignedDuration::from_mins(1), Nonce::from_random(Uuid::new_v4()));
    let moment = Moment { now: world.now(), margin, nonce, doubt: false };
    let seen = world.leases.get(&claim.stack);
    match transition::claim(seen.as_ref(), &claim, &moment) {
        Ok(Change::Write(next)) => {
            assert_eq!(world.leases.replace(seen.as_ref(), &next), Replaced::Done);
        }
        other => panic!("not granted: {other:?}"),
    }
}

#[test]
fn i7_a_renewal_a_hold_or_a_release_in_doubt_is_stale_once_it_was_superseded() {
    for (operation, fields) in
        [("renew", json!({"ttl": 7200})), ("release", json!({})), ("hold", json!({"until": "2026-11-22T12:00:00Z"}))]
    {
        for applied in [false, true] {
            let world = world();
            granted(&world, &claim(MINE, PR));
            let request = about(&world, operation, &fields);
            let superseded = |apply: &dyn Fn()| {
                if applied {
                    apply();
                }
                changed(&world, taken_over);
            };
            let refusal = late(&world, &request, &superseded).unwrap_err();
            assert_eq!(refusal.code(), "StaleToken", "{operation}, applied: {applied}");
            assert_eq!(standing(&world).holder, THEIRS.parse().ok());
        }
    }
}

#[test]
fn an_answer_that_never_comes_is_not_made_up_and_the_next_request_tells() {
    let world = world();
    // The reply of the only attempt is lost; a read shows the old record, and the write comes after it.
    let store = Late { world: &world, between: &|apply| apply(), first: RefCell::default(), writes: Cell::new(0) };
    let ask = |until| {
        let request = Request::parse(&claim(MINE, PR).to_string()).expect("a request");
        world.run(leases(&world, &store).handle(request, until)).expect("no fault")
    };
    assert_eq!(ask(world.now()).unwrap_err().code(), "Unavailable");
    assert_eq!(world.leases.get(&super::STACK.parse().unwrap()), None);
    assert_eq!(view(ask(until(&world)).unwrap()).state, "HELD");
    assert_eq!(world.leases.history.borrow().len(), 1);
}

#[test]
fn a_conflict_that_does_not_end_is_given_up() {
    struct Contended<'a>(&'a World, Cell<usize>);
    impl WriteLeases for Contended<'_> {
        async fn replace(&self, _: Option<&Lease>, next: &Lease) -> Result<Replaced, PortError> {
            self.1.set(self.1.get() + 1);
            let nonce = Nonce::from_random(Uuid::new_v4());
            Ok(Replaced::Conflict(Some(Lease { nonce, kept: Some(self.1.get().to_string()), ..next.clone() })))
        }
    }
    impl ReadLeases for Contended<'_> {
        async fn lease(&self, stack: &StackName) -> Result<Option<Lease>, PortError> {
            self.0.lease(stack).await
        }
    }
    impl FindLeases for Contended<'_> {
        async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<StackName>, PortError> {
            self.0.due(now, limit).await
        }
        async fn page(&self, after: Option<&Cursor>, limit: usize) -> Result<Page, PortError> {
            self.0.page(after, limit).await
        }
    }
    let world = world();
    granted(&world, &claim(MINE, PR));
    let request = Request::parse(&about(&world, "renew", &json!({"ttl": 7200})).to_string()).unwrap();
    let store = Contended(&world, Cell::new(0));
    let refusal = world.run(leases(&world, &store).handle(request, until(&world))).unwrap().unwrap_err();
    assert_eq!(refusal.code(), "Unavailable");
    assert_eq!(store.1.get(), 20);
}

#[test]
fn commit_knows_its_own_write_by_its_nonce_alone() {
    let world = world();
    granted(&world, &claim(MINE, PR));
    let seen = standing(&world);
    let next = Lease { nonce: Nonce::from_random(Uuid::new_v4()), ..seen.clone() };
    let twin = Lease { nonce: Nonce::from_random(Uuid::new_v4()), ..seen.clone() };
    let attempt = |next: Lease| world.run(commit(&world, Some(&seen), &next)).unwrap();
    assert_eq!(attempt(next.clone()), Ok(Committed::Ours));
    assert_eq!(attempt(next.clone()), Ok(Committed::Ours));
    assert_eq!(attempt(twin), Ok(Committed::Theirs(Some(next))));
    assert_eq!(world.leases.history.borrow().len(), 2);
}
