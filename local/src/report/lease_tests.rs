use serde_json::{Value, json};

use super::{Lease, Paint, changed, claimed, lease, leases};

fn read(more: Value) -> Lease {
    let mut view = json!({"stack": "shop-dev-ada", "state": "HELD", "token": 1_767_323_045, "empty_buckets": false});
    let (Value::Object(view), Value::Object(more)) = (&mut view, more) else { panic!("no objects") };
    view.extend(more);
    serde_json::from_value(Value::Object(view.clone())).unwrap()
}

fn held() -> Lease {
    read(json!({
        "holder": "11111111-aaaa-4bbb-8ccc-000000000001", "source": "ada@laptop", "expires_at": "2026-01-02T11:04:05Z",
        "due": "2026-01-02T11:05:05Z",
    }))
}

fn quarantined() -> Lease {
    read(json!({
        "stack": "shop-pr-7", "state": "QUARANTINED", "source": "pull request 7",
        "stack_id": "arn:aws:cloudformation:eu-west-1:111122223333:stack/shop-pr-7/1", "empty_buckets": true,
        "why": "bucket Files is not empty;\n\u{1b}[2Jempty it",
    }))
}

#[test]
fn leases_stand_under_one_another() {
    let adopted = read(json!({
        "stack": "shop-dev-x", "state": "DIRTY", "due": "2026-01-03T00:00:00.25Z", "hold_until": "2026-01-03T00:00:00Z",
        "why": "it is protected from deletion",
    }));
    let shown = leases(&[adopted, held(), quarantined()], Paint::Plain);
    let expected = "\
NAME          STATE        SOURCE          UNTIL                        DUE                   WHY
shop-dev-x    DIRTY        -               2026-01-03 00:00:00Z (hold)  2026-01-03 00:00:00Z  it is protected from deletion
shop-dev-ada  HELD         ada@laptop      2026-01-02 11:04:05Z         2026-01-02 11:05:05Z
shop-pr-7     QUARANTINED  pull request 7  -                            -                     bucket Files is not empty;
";
    assert_eq!(shown, expected);
}

#[test]
fn on_a_terminal_a_state_has_its_colour() {
    let shown = leases(&[held(), quarantined()], Paint::Colours);
    assert!(shown.contains("\u{1b}[32mHELD       \u{1b}[0m  ada"), "{shown:?}");
    assert!(shown.contains("\u{1b}[31mQUARANTINED\u{1b}[0m  pull"), "{shown:?}");
}

#[test]
fn a_claim_that_is_held_longer_says_so_once() {
    let until = |hold: &str| {
        let shown = leases(&[Lease { hold_until: Some(hold.parse().unwrap()), ..held() }], Paint::Plain);
        shown.lines().nth(1).unwrap().split("  ").nth(3).unwrap().to_owned()
    };
    assert_eq!(until("2026-01-02T11:04:04Z"), "2026-01-02 11:04:05Z");
    assert_eq!(until("2026-01-02T11:04:06Z"), "2026-01-02 11:04:06Z (hold)");
}

#[test]
fn one_lease_is_told_whole() {
    let expected = "\
shop-dev-ada  HELD
  token    1767323045
  holder   11111111-aaaa-4bbb-8ccc-000000000001
  source   ada@laptop
  until    2026-01-02 11:04:05Z
  buckets  never emptied
  due      2026-01-02 11:05:05Z
";
    assert_eq!(lease(&held(), Paint::Plain), expected);
}

#[test]
fn a_quarantined_lease_says_what_stands_in_the_way_and_what_to_do() {
    let expected = "\
shop-pr-7  QUARANTINED
  token    1767323045
  source   pull request 7
  stack    arn:aws:cloudformation:eu-west-1:111122223333:stack/shop-pr-7/1
  buckets  emptied when the stack is deleted
  why      bucket Files is not empty;
\u{fffd}[2Jempty it
  next     remedy it, then `flowgate lease release shop-pr-7 --quarantined`
";
    assert_eq!(lease(&quarantined(), Paint::Plain), expected);
}

#[test]
fn a_claim_says_how_to_go_on() {
    let expected = "\
shop-dev-ada is held until 2026-01-02 11:04:05Z for ada@laptop, token 1767323045, holder \
11111111-aaaa-4bbb-8ccc-000000000001
  deploy it with the role that stack shop-flowgate has as output PreviewDeployRole, and with the tags
    flowgate:ephemeral=true flowgate:service=shop flowgate:token=1767323045
  `flowgate lease renew shop-dev-ada` keeps it longer, `flowgate lease release shop-dev-ada` gives it back
";
    assert_eq!(claimed(&held(), "shop"), expected);
    let again = claimed(&Lease { stack_id: Some("arn:1".to_owned()), ..held() }, "shop");
    assert!(again.contains("\n  with it comes the stack that was deployed before, arn:1\n  deploy it"), "{again}");
}

#[test]
fn a_change_says_what_it_came_to() {
    let of = |state: &str| Lease { state: state.to_owned(), ..held() };
    let now = "2026-01-02T03:04:05Z".parse().unwrap();
    let kept = Lease { hold_until: Some("2026-02-01T00:00:00Z".parse().unwrap()), ..of("DIRTY") };
    let over = Lease { hold_until: Some(now), ..of("DIRTY") };
    let cases = [
        (held(), "renew", "shop-dev-ada is held until 2026-01-02 11:04:05Z for ada@laptop, token 1767323045"),
        (kept.clone(), "hold", "shop-dev-ada is kept until 2026-02-01 00:00:00Z, token 1767323045"),
        (of("DIRTY"), "release", "shop-dev-ada is released; sweep may delete it, token 1767323045"),
        (over, "release", "shop-dev-ada is released; sweep may delete it, token 1767323045"),
        (
            kept,
            "release",
            "shop-dev-ada is released; a hold keeps it until 2026-02-01 00:00:00Z, then sweep may delete it, token \
             1767323045",
        ),
        (of("DELETING"), "release", "shop-dev-ada is DELETING, token 1767323045"),
    ];
    for (lease, operation, expected) in cases {
        assert_eq!(changed(&lease, operation, now), expected);
    }
}
