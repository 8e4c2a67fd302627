//! Whatever fails, wherever: a request is granted once or not at all, and what is answered is what stands.

use futures_util::future::join;
use jiff::Timestamp;
use pipeline_core::{
    ids::StackName,
    lease::{
        record::{Entered, Lease},
        refusal::Refusal,
        request::Request,
        store::{Cursor, FindLeases, Page, ReadLeases, Replaced, WriteLeases},
        view::{Answer, View},
    },
    memory::{Fault, World},
    ports::PortError,
};
use serde_json::{Value, json};

use super::{
    EXECUTION, MINE, PR, STACK, THEIRS, about, ask, claim, deploy, granted, id, leases, run, standing, until, view,
};
use crate::support::world;

const FAULTS: [Fault; 5] =
    [Fault::KilledBefore, Fault::KilledAfter, Fault::ReplyLost, Fault::Refused, Fault::Throttled];

struct Case {
    name: &'static str,
    request: fn(&World) -> Value,
    /// Every effect of it, so that a new one cannot be left out below.
    sites: &'static [&'static str],
    /// How many records it writes.
    writes: usize,
}

fn case(name: &'static str, request: fn(&World) -> Value, sites: &'static [&'static str], writes: usize) -> Case {
    Case { name, request, sites, writes }
}

fn cases() -> [Case; 10] {
    [
        case("claim", |_| claim(THEIRS, PR), &["read lease", "replace lease"], 1),
        case("renew", |world| about(world, "renew", &json!({"ttl": 7200})), &["read lease", "replace lease"], 1),
        case("release", |world| about(world, "release", &json!({})), &["read lease", "replace lease"], 1),
        case(
            "hold",
            |world| about(world, "hold", &json!({"until": "2026-11-22T12:00:00Z"})),
            &["read lease", "replace lease"],
            1,
        ),
        case(
            "bind",
            |world| about(world, "bind", &json!({"stack_id": id("a")})),
            &["read lease", "read stack by id", "replace lease"],
            1,
        ),
        case(
            "bind by its tags",
            |world| about(world, "bind", &json!({})),
            &["read lease", "read stack by name", "replace lease"],
            1,
        ),
        case(
            "enter",
            |world| about(world, "enter", &json!({"pipeline": "shop-previews", "execution": EXECUTION})),
            &["read lease", "read stack by name", "replace lease"],
            1,
        ),
        case(
            "enter after another",
            |world| {
                let before = Entered { pipeline: "shop-previews".into(), execution: THEIRS.parse().expect("an id") };
                world.leases.put(Lease { executions: vec![before], ..standing(world) });
                about(world, "enter", &json!({"pipeline": "shop-previews", "execution": EXECUTION}))
            },
            &["read lease", "watch execution", "read stack by name", "replace lease"],
            1,
        ),
        case("show", |_| json!({"operation": "show", "stack": STACK}), &["read lease"], 0),
        case("list", |_| json!({"operation": "list"}), &["list leases"], 0),
    ]
}

/// A world where the name is claimed and the stack deployed.
fn deployed() -> World {
    let world = world();
    granted(&world, &claim(MINE, PR));
    deploy(&world, &id("a"), "CREATE_COMPLETE", standing(&world).token);
    world.effects.borrow_mut().clear();
    world
}

/// The record without what differs from run to run: nonces, and times that come of a later clock.
fn plain(lease: &Lease) -> Value {
    let mut record = serde_json::to_value(lease).expect("a record has a JSON form");
    for (key, value) in record.as_object_mut().expect("an object") {
        if ["nonce", "due", "state", "token"].contains(&key.as_str()) {
            value.take();
        }
    }
    json!([lease.state.name(), record])
}

#[test]
fn i8_a_fault_at_any_effect_of_any_operation_and_the_next_delivery_change_the_record_once() {
    let mut sites = 0;
    for Case { name, request, sites: expected, writes } in cases() {
        let whole = deployed();
        granted_or_listed(&whole, &request(&whole));
        assert_eq!(*whole.effects.borrow(), expected, "{name}");
        sites += expected.len();
        for (effect, site) in expected.iter().enumerate() {
            for fault in FAULTS {
                let at = format!("{fault:?} at {effect} ({site}) of {name}");
                let world = deployed();
                let request = request(&world);
                world.strike(effect, fault);
                let killed = matches!(fault, Fault::KilledBefore | Fault::KilledAfter);
                let answer = run(&world, &request);
                assert_eq!(answer.is_none(), killed, "{at}");
                answer
                    .unwrap_or_else(|| run(&world, &request).expect("no fault"))
                    .unwrap_or_else(|e| panic!("{at}: {e}"));
                assert_eq!(world.leases.history.borrow().len(), 1 + writes, "{at}");
                assert_eq!(plain(&standing(&world)), plain(&standing(&whole)), "{at}");
            }
        }
    }
    assert_eq!(sites, 23);
}

fn granted_or_listed(world: &World, request: &Value) {
    run(world, request).expect("no fault").expect("no refusal");
}

/// I1, I2, I8: what one of several claimers was told, against everything that was ever written.
fn told_the_truth(world: &World, answer: &Result<Answer, Refusal>, holder: &str, killed: bool, at: &str) {
    let history = world.leases.history.borrow();
    let theirs = |lease: &&Lease| lease.holder.as_ref().is_some_and(|of| of.as_str() == holder);
    match answer {
        Ok(Answer::Lease(view)) => {
            let granted: Vec<_> = history.iter().filter(theirs).collect();
            // Who was killed does not know of its first grant, which another claim may have taken over since.
            assert!(granted.len() == 1 || killed, "{at}: granted once");
            let latest = granted.last().map(|lease| (lease.token, lease.expires_at()));
            assert_eq!(latest, Some((view.token, view.expires_at)), "{at}");
        }
        Ok(Answer::Leases { .. }) => panic!("{at}: several leases"),
        Err(_) => assert!(history.last().iter().all(|lease| !theirs(lease)), "{at}: holds it, and was refused it"),
    }
}

fn tokens_rise(world: &World, at: &str) {
    let history = world.leases.history.borrow();
    let mut claims: Vec<(String, u64)> = vec![];
    for lease in history.iter() {
        let claim = (lease.holder.as_ref().expect("a holder").to_string(), lease.token.0);
        if claims.last() != Some(&claim) {
            claims.push(claim);
        }
    }
    assert!(claims.is_sorted_by(|(_, one), (_, next)| one < next), "{at}: {claims:?}");
}

#[test]
fn i1_i2_i8_a_claim_beside_another_whatever_fails() {
    for (source, effects) in [("pull request 43", 4), (PR, 5)] {
        let pair = |world: &World| {
            let (mine, theirs) = (claim(MINE, PR), claim(THEIRS, source));
            world.run(async { join(ask(world, &mine), ask(world, &theirs)).await })
        };
        let whole = world();
        let (first, _) = pair(&whole).expect("no fault");
        assert!(first.is_ok(), "{first:?}");
        assert_eq!(whole.effects.borrow().len(), effects, "{:?}", whole.effects.borrow());
        for first in 0..effects + 2 {
            for second in first..effects + 2 {
                for (one, other) in FAULTS.iter().flat_map(|one| FAULTS.map(|other| (*one, other))) {
                    let at = format!("{one:?} at {first}, {other:?} at {second}, beside {source}");
                    let world = world();
                    world.strike(first, one);
                    world.strike(second, other);
                    let mut killed = false;
                    let (mine, theirs) = loop {
                        match pair(&world) {
                            Some(answers) => break answers,
                            None => killed = true,
                        }
                    };
                    told_the_truth(&world, &mine, MINE, killed, &at);
                    told_the_truth(&world, &theirs, THEIRS, killed, &at);
                    tokens_rise(&world, &at);
                    if source != PR {
                        // I1: who claims for something else gets nothing while it is held.
                        assert!(mine.is_ok() != theirs.is_ok(), "{at}: {mine:?} {theirs:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn i7_i8_every_operation_beside_a_claim_that_supersedes_it_whatever_fails() {
    for Case { name, request, .. } in cases() {
        for effect in 0..7 {
            for fault in FAULTS {
                let at = format!("{fault:?} at {effect} of {name} beside a claim");
                let world = deployed();
                let (request, other) = (request(&world), claim("44444444-abcd-1111-abcd-111111abcdef", PR));
                let before = standing(&world).token;
                world.strike(effect, fault);
                let both = || world.run(async { join(ask(&world, &request), ask(&world, &other)).await });
                let (answer, superseding) = both().or_else(both).expect("one fault");
                tokens_rise(&world, &at);
                let Ok(superseding) = superseding else {
                    // The operation was a claim itself, and took over last; or a lost reply left doubt.
                    assert!(name == "claim" || fault == Fault::ReplyLost || fault == Fault::Refused, "{at}");
                    continue;
                };
                let token = view(superseding).token;
                assert!(token > before, "{at}");
                assert!(standing(&world).token >= token, "{at}");
                // Superseded or not, what was answered once stood there.
                if let Ok(Answer::Lease(view)) = answer {
                    let history = world.leases.history.borrow();
                    assert!(history.iter().any(|lease| View::from(lease.clone()) == view), "{at}: {view:?}");
                }
            }
        }
    }
}

#[test]
fn a_store_that_stays_away_is_said_in_time_and_asking_again_tells() {
    for (name, fault) in
        [("read lease", Fault::Refused), ("replace lease", Fault::Throttled), ("replace lease", Fault::ReplyLost)]
    {
        let world = world();
        world.outage(name, fault);
        let until = until(&world);
        let refusal = run(&world, &claim(MINE, PR)).unwrap().unwrap_err();
        assert_eq!((refusal.code(), refusal.to_string().ends_with("; ask again")), ("Unavailable", true), "{refusal}");
        assert!(pipeline_core::ports::Clock::now(&world) < until);
        world.recover();
        assert_eq!(granted(&world, &claim(MINE, PR)).state, "HELD");
        assert_eq!(world.leases.history.borrow().len(), 1);
    }
}

/// A store whose list fails for good.
struct Listless<'a>(&'a World);

impl ReadLeases for Listless<'_> {
    async fn lease(&self, stack: &StackName) -> Result<Option<Lease>, PortError> {
        self.0.lease(stack).await
    }
}

impl FindLeases for Listless<'_> {
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<StackName>, PortError> {
        self.0.due(now, limit).await
    }

    async fn page(&self, _: Option<&Cursor>, _: usize) -> Result<Page, PortError> {
        Err(PortError::Unusable { what: "table state".into(), why: "it is being created".into() })
    }
}

impl WriteLeases for Listless<'_> {
    async fn replace(&self, seen: Option<&Lease>, next: &Lease) -> Result<Replaced, PortError> {
        self.0.replace(seen, next).await
    }
}

#[test]
fn a_list_that_cannot_be_read_is_no_bad_request_and_nobody_is_told_to_ask_again_in_vain() {
    let world = world();
    for request in [r#"{"operation": "list"}"#, r#"{"operation": "list", "after": "2026-11-21T12:00:00Z#shop-pr-42"}"#]
    {
        let request = Request::parse(request).expect("a request");
        let store = Listless(&world);
        let refusal = world.run(leases(&world, &store).handle(request, until(&world))).unwrap().unwrap_err();
        let words = "table state cannot be used: it is being created";
        assert_eq!((refusal.code(), refusal.to_string().as_str()), ("Unavailable", words));
    }
    world.outage("list leases", Fault::Throttled);
    let refusal = run(&world, &json!({"operation": "list"})).unwrap().unwrap_err();
    assert!(refusal.code() == "Unavailable" && refusal.to_string().ends_with("; ask again"), "{refusal}");
}
