//! Every operation on every state, and what a change leaves and keeps.

mod changes;
mod table;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{Change, Moment, bind, claim, enter, hold, release, renew};
use crate::{
    ids::{FencingToken, Holder, Nonce, StackArn},
    lease::{
        place::Place,
        record::{Entered, Lease, Notice, State},
        refusal::Refusal,
        request::{Request, Ttl},
    },
};

const TOKEN: FencingToken = FencingToken(1_800_000_000);
const HOLDER: &str = "11111111-abcd-1111-abcd-111111abcdef";
const OTHER: &str = "22222222-abcd-1111-abcd-111111abcdef";
const MARGIN: SignedDuration = SignedDuration::from_mins(1);

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn minutes(minutes: i64) -> Timestamp {
    now() + SignedDuration::from_mins(minutes)
}

fn nonce(number: u128) -> Nonce {
    Nonce::from_random(Uuid::from_u128(number))
}

fn moment() -> Moment {
    Moment { now: now(), margin: MARGIN, nonce: nonce(2), doubt: false }
}

fn id(unique: &str) -> StackArn {
    format!("arn:aws:cloudformation:eu-west-1:111122223333:stack/shop-pr-42/{unique}").parse().unwrap()
}

fn place() -> Place {
    Place::of(&id("flowgate"), "shop")
}

fn ttl(seconds: i128) -> Ttl {
    Ttl::try_from(seconds).unwrap()
}

/// A lease that was reused once, with everything that can be set.
fn lease(state: State) -> Lease {
    Lease {
        stack: "shop-pr-42".parse().unwrap(),
        token: TOKEN,
        first: FencingToken(TOKEN.0 - 5),
        holder: Some(HOLDER.parse().unwrap()),
        source: Some("pull request 42".parse().unwrap()),
        bound: Some(id("a")),
        empty_buckets: false,
        executions: vec![],
        superseded: vec![],
        hold_until: None,
        state,
        due: Some(now()),
        kept: Some("it is in use".into()),
        nonce: nonce(1),
    }
}

fn holder(text: &str) -> Holder {
    text.parse().unwrap()
}

fn entered(execution: &str) -> Entered {
    Entered { pipeline: "shop-previews".into(), execution: execution.parse().unwrap() }
}

fn held(expires_at: Timestamp) -> Lease {
    lease(State::Held { expires_at })
}

fn dirty(notice: Notice) -> Lease {
    lease(State::Dirty { notice, absent_at: None })
}

fn mark(told_at: Option<Timestamp>) -> Notice {
    Notice::Mark { at: minutes(-30), told_at, changed: Some(minutes(-90)) }
}

fn released() -> Notice {
    Notice::Release { at: minutes(-30) }
}

/// One of every state, by the name of its column in the table.
fn standings() -> [(&'static str, Option<Lease>); 9] {
    [
        ("none", None),
        ("held", Some(held(minutes(10)))),
        // To the second: a lease is over at its expiry, not after it.
        ("expired", Some(held(now()))),
        ("marked", Some(dirty(mark(None)))),
        ("told", Some(dirty(mark(Some(minutes(-20)))))),
        ("released", Some(dirty(released()))),
        ("deleting", Some(lease(State::Deleting { notice: released(), attempts: 2 }))),
        ("quarantined", Some(lease(State::Quarantined { at: minutes(-5), why: "bucket b is not empty".into() }))),
        ("gone", Some(lease(State::Gone { at: minutes(-5) }))),
    ]
}

fn decide(standing: Option<&Lease>, request: &str, moment: &Moment) -> Result<Change, Refusal> {
    match Request::parse(request).unwrap() {
        Request::Claim(request) => claim(standing, &request, moment),
        Request::Enter(request) => enter(standing, &request, moment),
        Request::Bind(request) => bind(standing, &request, request.stack_id.as_ref().unwrap(), &place(), moment),
        Request::Renew(request) => renew(standing, &request, moment),
        Request::Release(request) => release(standing, &request, moment),
        Request::Hold(request) => hold(standing, &request, moment),
        Request::List(_) | Request::Show(_) => unreachable!("they change nothing"),
    }
}

/// A request about the stack, with these fields besides.
fn ask(operation: &str, fields: &str) -> String {
    format!(r#"{{"operation": "{operation}", "stack": "shop-pr-42", {fields}}}"#)
}

fn written(standing: &Lease, request: &str) -> Lease {
    match decide(Some(standing), request, &moment()).unwrap() {
        Change::Write(next) => next,
        Change::Stands(_) => panic!("{request} changes nothing"),
    }
}
