use serde_json::{Value, json};

use super::{Paint, SweepReport, sweep};

fn read(mode: &str, entries: &Value, more: Value) -> SweepReport {
    let mut report = json!({"mode": mode, "at": "2026-01-02T03:04:05.6Z", "entries": entries});
    let (Value::Object(report), Value::Object(more)) = (&mut report, more) else { panic!("no objects") };
    report.extend(more);
    serde_json::from_value(Value::Object(report.clone())).unwrap()
}

fn entry(stack: &str, step: &str, reason: &str, outcome: &str) -> Value {
    json!({"stack": stack, "state": "DIRTY", "token": 7, "step": step, "reason": reason, "outcome": outcome})
}

fn told(report: &SweepReport) -> String {
    sweep(report, "flowgate sweep --apply shop", Paint::Plain)
}

#[test]
fn a_plan_tells_what_would_be_done_and_what_is_kept_and_why() {
    let entries = json!([
        entry("shop-pr-420", "keep", "it is protected from deletion", "planned"),
        entry("shop-dev-ada", "delete", "released at 2026-01-02T03:00:00Z", "planned"),
    ]);
    let report = read("plan", &entries, json!({}));
    let expected = "\
plan at 2026-01-02 03:04:05Z: what a run would do; nothing was changed
NAME          STATE  STEP    OUTCOME  REASON
shop-dev-ada  DIRTY  delete  planned  released at 2026-01-02T03:00:00Z
shop-pr-420   DIRTY  keep    -        it is protected from deletion
1 planned, 1 kept
`flowgate sweep --apply shop` does it
";
    assert_eq!(told(&report), expected);
    assert!(!report.has_failed());
}

#[test]
fn no_command_is_told_that_would_do_nothing() {
    let kept = entry("shop-pr-1", "keep", "it is protected from deletion", "planned");
    let left = entry("shop-pr-2", "delete", "the run's time was up", "left");
    for entries in [json!([]), json!([kept]), json!([kept, left])] {
        let told = told(&read("plan", &entries, json!({})));
        assert!(!told.contains("--apply"), "{told}");
    }
}

#[test]
fn what_was_applied_says_what_came_of_each() {
    let mut failed = entry("shop-pr-1", "delete", "expired", "failed");
    failed["detail"] = "DeleteStack got no answer\nfor long".into();
    let entries = json!([failed, entry("shop-pr-2", "confirm", "it is gone", "done")]);
    let report = read("apply", &entries, json!({}));
    let expected = "\
apply at 2026-01-02 03:04:05Z: what was done
NAME       STATE  STEP     OUTCOME  REASON
shop-pr-1  DIRTY  delete   failed   expired (DeleteStack got no answer)
shop-pr-2  DIRTY  confirm  done     it is gone
1 done, 1 failed
";
    assert_eq!(told(&report), expected);
    assert!(report.has_failed());
}

#[test]
fn what_stands_in_the_way_is_said_first() {
    let more = json!({"stopped": "parameter /flowgate/shop/deletions is not there", "over_limit": 3});
    let report = read("apply", &json!([]), more);
    let expected = "\
apply at 2026-01-02 03:04:05Z: what was done
deletion is stopped: parameter /flowgate/shop/deletions is not there
3 more have expired than a run may delete (MaxDeletes); they are kept for now
nothing to do
";
    assert_eq!(told(&report), expected);
    assert!(!report.has_failed(), "somebody wants it so");
}

#[test]
fn a_run_that_could_change_nothing_has_failed_unless_it_was_a_plan() {
    let report = |mode| read(mode, &json!([]), json!({"read_only": "ListStacks got no answer"}));
    assert!(told(&report("plan")).contains("\nnothing can be changed: ListStacks got no answer\n"));
    assert_eq!((report("plan").has_failed(), report("apply").has_failed()), (false, true));
}

#[test]
fn what_others_wrote_does_not_steer_the_terminal() {
    let report = read("plan", &json!([entry("shop-pr-1", "keep", "a\u{1b}[2J", "planned")]), json!({}));
    assert!(told(&report).contains("a\u{fffd}[2J"), "{report:?}");
}
