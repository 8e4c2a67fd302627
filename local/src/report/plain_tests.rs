use serde_json::{Value, json};

use super::*;

fn change(subject: Value) -> Change {
    let mut change = json!({
        "at": "2026-01-02T03:04:05Z", "pipeline": "shop", "version": 1,
        "execution": "11111111-aaaa-bbbb-cccc-000000000001",
    });
    let (Value::Object(change), Value::Object(subject)) = (&mut change, subject) else { panic!("no objects") };
    change.extend(subject);
    serde_json::from_value(Value::Object(change.clone())).unwrap()
}

fn window(status: &str, summary: Option<&str>) -> Change {
    change(json!({
        "level": "rule", "stage": "Prod", "kind": "BEFORE_ENTRY", "rule": "Window", "run": "r", "status": status,
        "summary": summary,
    }))
}

fn line(change: Change) -> Option<String> {
    describe(&News::Changed(change))
}

#[test]
fn a_rule_says_what_it_waits_for_and_is_failed_only_when_it_is() {
    assert_eq!(line(window("InProgress", None)), None);
    assert_eq!(line(window("InProgress", Some("opens at 9"))).unwrap(), "  Window waits: opens at 9");
    assert_eq!(line(window("Failed", Some("closed"))).unwrap(), "  Window FAILED: closed");
    assert_eq!(line(window("Abandoned", None)).unwrap(), "  Window abandoned, as another rule has decided");
    assert_eq!(line(window("Succeeded", Some("is open"))), None);
}

#[test]
fn of_several_executions_each_line_names_its_own() {
    let said = |subject| describe_of_many(&change(subject));
    let why = "rule \"Alarm\" failed; execution 22222222 rolls it back";
    assert_eq!(
        said(json!({"level": "pipeline", "status": "Failed", "summary": why})).unwrap(),
        format!("shop 11111111: failed: {why}")
    );
    assert_eq!(said(json!({"level": "pipeline", "status": "Succeeded"})).unwrap(), "shop 11111111: succeeded");
    assert_eq!(said(json!({"level": "pipeline", "status": "InProgress"})), None);
    assert_eq!(
        said(json!({"level": "stage", "stage": "Prod", "status": "InProgress"})).unwrap(),
        "shop 11111111: Prod"
    );
    let waits = describe_of_many(&window("InProgress", Some("opens at 9"))).unwrap();
    assert_eq!(waits, "shop 11111111: Prod Window waits: opens at 9");
}

#[test]
fn a_line_of_a_log_does_not_steer_the_terminal() {
    let run = serde_json::from_value(json!("r")).unwrap();
    let (stage, action) = ("Build".to_owned(), "Build".to_owned());
    let news = News::Line { stage, action, run, text: "one\n\u{1b}[2Jtwo".to_owned() };
    assert_eq!(describe(&news).unwrap(), "    Build | one\n    Build | \u{fffd}[2Jtwo");
}
