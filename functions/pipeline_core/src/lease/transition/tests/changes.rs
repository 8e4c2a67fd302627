//! What a change leaves and keeps.

use super::*;

fn claim_request() -> String {
    ask("claim", &format!(r#""holder": "{OTHER}", "ttl": 3600, "source": "pull request 42", "empty_buckets": true"#))
}

fn with_token(operation: &str, fields: &str) -> String {
    ask(operation, &format!(r#""token": {TOKEN}{fields}"#))
}

#[test]
fn a_free_name_is_granted_with_nothing_of_what_was() {
    let (executions, superseded) = (vec![entered(OTHER)], vec![holder(&nonce(7).to_string())]);
    let hold_until = Some(minutes(60));
    let gone = Lease { executions, superseded, hold_until, ..lease(State::Gone { at: now() }) };
    for standing in [None, Some(&gone)] {
        let Change::Write(next) = decide(standing, &claim_request(), &moment()).unwrap() else { panic!("no write") };
        assert_eq!(next.state, State::Held { expires_at: minutes(60) });
        assert_eq!((next.due, next.first), (Some(minutes(61)), next.token));
        assert_eq!((next.bound, next.hold_until, next.executions, next.kept), (None, None, vec![], None));
        assert_eq!(next.superseded, []);
        assert_eq!((next.holder, next.empty_buckets), (Some(OTHER.parse().unwrap()), true));
    }
}

#[test]
fn i2_a_token_is_above_the_one_before_and_not_below_the_clock() {
    let clock = u64::try_from(now().as_second()).unwrap();
    for (previous, expected) in [(0, clock), (clock - 1, clock), (clock, clock + 1), (clock + 100, clock + 101)] {
        for state in [State::Gone { at: now() }, State::Held { expires_at: now() }] {
            let standing = Lease { token: FencingToken(previous), ..lease(state) };
            assert_eq!(written(&standing, &claim_request()).token, FencingToken(expected));
        }
    }
    let Change::Write(first) = decide(None, &claim_request(), &moment()).unwrap() else { panic!("no write") };
    assert_eq!(first.token, FencingToken(clock));
}

#[test]
fn i2_a_clock_that_went_back_still_gives_a_greater_token() {
    let standing = lease(State::Gone { at: now() });
    for now in [Timestamp::MIN, Timestamp::UNIX_EPOCH, now() - SignedDuration::from_hours(24)] {
        let moment = Moment { now, ..moment() };
        let Change::Write(next) = decide(Some(&standing), &claim_request(), &moment).unwrap() else {
            panic!("no write")
        };
        assert_eq!(next.token, FencingToken(TOKEN.0 + 1));
    }
}

#[test]
fn i2_no_token_follows_the_last_one() {
    let standing = Lease { token: FencingToken(u64::MAX), ..lease(State::Gone { at: now() }) };
    let refusal = decide(Some(&standing), &claim_request(), &moment()).unwrap_err();
    assert!(refusal.to_string().contains("which none can follow"), "{refusal}");
}

#[test]
fn reuse_keeps_the_stack_and_what_tells_that_it_is_ours_and_clears_the_notice() {
    for notice in [mark(Some(minutes(-20))), released()] {
        let standing = Lease { hold_until: Some(minutes(600)), ..dirty(notice) };
        let next = written(&standing, &claim_request());
        assert_eq!(next.state, State::Held { expires_at: minutes(60) });
        assert_eq!((&next.bound, next.first, next.hold_until), (&standing.bound, standing.first, standing.hold_until));
        assert_eq!((next.due, next.kept), (Some(minutes(600)), None));
    }
}

#[test]
fn i1_reuse_lasts_as_long_as_the_claim_that_it_takes_over() {
    for (before, expires_at) in [(10, 60), (90, 90), (-10, 60)] {
        let next = written(&held(minutes(before)), &claim_request());
        assert_eq!(next.state, State::Held { expires_at: minutes(expires_at) });
        assert_eq!(next.due, Some(minutes(expires_at + 1)));
    }
}

#[test]
fn reuse_remembers_the_last_holders_that_were_taken_over() {
    let numbered = |number| holder(&Uuid::from_u128(number).to_string());
    for (before, kept) in [(0, 0), (3, 3), (19, 19), (20, 19)] {
        let superseded: Vec<_> = (1..=before).map(numbered).collect();
        let next = written(&Lease { superseded: superseded.clone(), ..held(minutes(10)) }, &claim_request());
        let expected: Vec<_> = superseded[superseded.len() - kept..].iter().cloned().chain([holder(HOLDER)]).collect();
        assert_eq!(next.superseded, expected);
    }
    let adopted = Lease { holder: None, source: None, ..dirty(mark(None)) };
    assert_eq!(written(&adopted, &claim_request()).superseded, []);
}

#[test]
fn i6_the_execution_that_was_let_in_is_remembered_alone_bound_or_not_and_through_every_claim() {
    let enter = with_token("enter", &format!(r#", "pipeline": "shop-previews", "execution": "{OTHER}""#));
    for bound in [None, Some(id("a"))] {
        for before in [vec![], vec![entered(HOLDER)], vec![entered(HOLDER), entered(OTHER)]] {
            let next = written(&Lease { bound: bound.clone(), executions: before, ..held(minutes(10)) }, &enter);
            assert_eq!((&next.executions, &next.bound), (&vec![entered(OTHER)], &bound));
            assert_eq!(written(&next, &claim_request()).executions, next.executions);
            // It may ask again.
            assert_eq!(decide(Some(&next), &enter, &moment()), Ok(Change::Stands(next)));
        }
    }
}

#[test]
fn a_renewal_never_shortens() {
    for (ttl, expires_at) in [(1, 10), (3600, 60)] {
        let next = written(&held(minutes(10)), &with_token("renew", &format!(r#", "ttl": {ttl}"#)));
        assert_eq!(next.state, State::Held { expires_at: minutes(expires_at) });
        assert_eq!((next.due, next.kept), (Some(minutes(expires_at + 1)), None));
    }
}

#[test]
fn i11_a_stack_that_is_bound_after_people_were_told_has_them_told_again() {
    let bind = with_token("bind", &format!(r#", "stack_id": "{}""#, id("a")));
    let absent = State::Dirty { notice: mark(Some(minutes(-20))), absent_at: Some(minutes(-1)) };
    let next = written(&Lease { bound: None, ..lease(absent) }, &bind);
    let notice = Notice::Mark { at: minutes(-30), told_at: None, changed: None };
    assert_eq!(next.state, State::Dirty { notice, absent_at: None });
    assert_eq!((next.bound, next.due), (Some(id("a")), Some(now())));
    // A release needs nobody told.
    let next = written(&Lease { bound: None, ..dirty(released()) }, &bind);
    assert_eq!(next.state, State::Dirty { notice: released(), absent_at: None });
}

#[test]
fn i5_a_stack_of_another_account_region_or_name_is_never_bound() {
    let ours = id("a").to_string();
    for (of, other) in [("111122223333", "111122223334"), ("eu-west-1", "eu-west-2"), ("pr-42/", "pr-420/")] {
        let request = with_token("bind", &format!(r#", "stack_id": "{}""#, ours.replace(of, other)));
        let standing = Lease { bound: None, ..held(minutes(10)) };
        let refusal = decide(Some(&standing), &request, &moment()).unwrap_err();
        assert_eq!(refusal.code(), "WrongStack", "{other}");
    }
}

#[test]
fn a_release_is_due_at_once_or_when_a_hold_ends() {
    for (hold_until, kept, due) in
        [(None, None, now()), (Some(now()), None, now()), (Some(minutes(600)), Some(minutes(600)), minutes(600))]
    {
        for standing in [held(minutes(10)), dirty(mark(Some(minutes(-20))))] {
            let standing = Lease { hold_until, ..standing };
            let next = written(&standing, &with_token("release", ""));
            assert_eq!(next.state, State::Dirty { notice: Notice::Release { at: now() }, absent_at: None });
            assert_eq!((next.due, next.hold_until, &next.bound), (Some(due), kept, &standing.bound));
        }
    }
}

#[test]
fn i4_a_release_from_quarantine_goes_on_deleting_the_same_stack_and_counts_its_attempts_anew() {
    let standing = lease(State::Quarantined { at: minutes(-5), why: "bucket b is not empty".into() });
    let next = written(&standing, &with_token("release", r#", "quarantined": true"#));
    assert_eq!(next.state, State::Deleting { notice: Notice::Release { at: now() }, attempts: 0 });
    assert_eq!((next.due, &next.bound, next.token), (Some(now()), &standing.bound, standing.token));
}

#[test]
fn i11_a_hold_clears_mark_and_release_and_says_when_it_is_due() {
    let hold = with_token("hold", r#", "until": "2026-11-21T13:00:00Z""#);
    let untold = |changed| Notice::Mark { at: now(), told_at: None, changed };
    for (notice, cleared) in [(mark(Some(minutes(-20))), untold(Some(minutes(-90)))), (released(), untold(None))] {
        // What was not found before the hold was not looked for since (I6).
        let absent = lease(State::Dirty { notice, absent_at: Some(minutes(-1)) });
        let next = written(&absent, &hold);
        assert_eq!(next.state, State::Dirty { notice: cleared, absent_at: None });
        assert_eq!((next.due, next.hold_until), (Some(minutes(60)), Some(minutes(60))));
    }
    // A hold can be shortened.
    let later = Lease { due: Some(minutes(90)), hold_until: Some(minutes(90)), ..dirty(mark(None)) };
    assert_eq!((written(&later, &hold).due, written(&later, &hold).hold_until), (Some(minutes(60)), Some(minutes(60))));
    for (expires_at, due) in [(10, 60), (120, 121)] {
        assert_eq!(written(&held(minutes(expires_at)), &hold).due, Some(minutes(due)));
    }
}

#[test]
fn a_hold_is_for_the_next_90_days() {
    for (until, accepted) in [
        ("2026-11-21T12:00:00Z", false),
        ("2020-01-01T00:00:00Z", false),
        ("2026-11-21T12:00:01Z", true),
        ("2027-02-19T12:00:00Z", true),
        ("2027-02-19T12:00:01Z", false),
        ("9999-12-30T00:00:00Z", false),
    ] {
        let request = with_token("hold", &format!(r#", "until": "{until}""#));
        let found = decide(Some(&held(minutes(10))), &request, &moment()).map_err(|refusal| refusal.code());
        assert_eq!(found.is_ok(), accepted, "{until}: {found:?}");
        assert!(found.is_ok() || found == Err("BadRequest"));
    }
}

#[test]
fn the_same_request_again_changes_nothing() {
    let execution = format!(r#", "pipeline": "shop-previews", "execution": "{OTHER}""#);
    for request in [
        with_token("renew", r#", "ttl": 3600"#),
        with_token("bind", &format!(r#", "stack_id": "{}""#, id("b"))),
        with_token("hold", r#", "until": "2026-11-21T13:00:00Z""#),
        with_token("enter", &execution),
        with_token("release", ""),
    ] {
        let once = written(&Lease { bound: None, ..held(minutes(10)) }, &request);
        assert_eq!(decide(Some(&once), &request, &moment()), Ok(Change::Stands(once)), "{request}");
    }
}

#[test]
fn the_longest_lease_ends_within_time() {
    let moment = Moment { now: Timestamp::MAX, ..moment() };
    let Change::Write(next) = decide(None, &claim_request(), &moment).unwrap() else { panic!("no write") };
    assert_eq!((next.state, next.due), (State::Held { expires_at: Timestamp::MAX }, Some(Timestamp::MAX)));
    assert_eq!(SignedDuration::from(ttl(2_592_000)), SignedDuration::from_hours(30 * 24));
}
