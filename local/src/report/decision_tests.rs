use jiff::Timestamp;
use serde_json::{Value, json};

use super::decision::{details, heading, maker};
use super::paint::Paint;
use super::view::{Execution, Said, Span};

fn decision() -> Value {
    json!({
        "job": "j", "at": "2026-01-02T03:04:05.5Z", "phase": "decide", "outcome": "deny",
        "revision": "0123456789", "digest": "1b4a", "new": {"nobody": "knows"},
        "answers": [
            {"rule": "approved", "outcome": "deny", "because": "bob@example.com wrote this;\n one more is needed"},
            {"rule": "digest", "outcome": "approve", "because": "the artifact is the one that was built"},
            {"rule": "no_drift", "outcome": "deny", "because": "carol@example.com overrode it (incident 7)",
             "overridden": "carol@example.com"},
        ],
        "votes": [
            {"action": "Approve", "worth": "counts", "person": "alice@example.com",
             "run": {"by": "arn:aws:iam::1:user/alice", "answered": "2026-01-02T03:00:00Z"}},
            {"action": "ApproveSecond", "worth": {"excluded": "wrote"}, "person": "bob@example.com", "run": {}},
            {"action": "ApproveThird", "worth": {"nobody": "stranger"}, "person": null,
             "run": {"by": "arn:aws:iam::1:user/eve"}},
            {"action": "ApproveFourth", "worth": "not_answered", "person": null, "run": null},
        ],
        "excluded": [{"person": "bob@example.com", "why": "wrote"}, {"person": "dan@example.com", "why": "pushed"}],
    })
}

fn told(decision: &Value) -> String {
    details(decision, Paint::Plain)
}

#[test]
fn a_decision_tells_each_rule_each_approval_and_what_was_judged() {
    let expected = "    \
        approved  denied     bob@example.com wrote this; one more is needed
    digest    passes     the artifact is the one that was built
    no_drift  set aside  carol@example.com overrode it (incident 7)
    Approve        counts          alice@example.com at 2026-01-02 03:00:00Z
    ApproveSecond  does not count  bob@example.com, wrote the commit
    ApproveThird   does not count  arn:aws:iam::1:user/eve, is not in the people map
    ApproveFourth  does not count  is not answered
    whose approval cannot count: bob@example.com wrote the commit; dan@example.com pushed the commit
    commit 0123456789, artifact 1b4a
";
    assert_eq!(told(&decision()), expected);
    assert_eq!(heading(&decision(), Paint::Plain), "decision of 2026-01-02 03:04:05Z: denied");
}

#[test]
fn what_is_not_known_is_told_as_it_stands_and_steers_no_terminal() {
    let strange = json!({
        "answers": [{"rule": "moon_phase", "outcome": "perhaps", "because": "\u{1b}[2J", "overridden": true}, 7],
        "votes": [{"action": 1, "worth": "half"}, {"worth": {"excluded": {"by": "a comet"}}}, null],
        "digest": 9, "at": "yesterday",
    });
    let expected = "    \
        moon_phase  set aside  \u{fffd}[2J
    1  does not count  half
       does not count  {\"by\":\"a comet\"}
";
    assert_eq!(told(&strange), expected);
    assert_eq!(told(&json!("{")), "    a record that this flowgate does not understand: {\n");
    for nothing in [json!(null), json!([]), json!({})] {
        assert_eq!((told(&nothing), heading(&nothing, Paint::Plain)), (String::new(), "decision: ".to_owned()));
    }
}

#[test]
fn a_decision_is_of_the_run_that_took_place_then() {
    let at = |second: i64| Timestamp::from_second(1_700_000_000 + second).unwrap();
    let run = |from: i64, to: i64| Said { judged: Some(Span { from: at(from), to: at(to) }), ..Said::default() };
    let said = [Said::default(), run(0, 2), run(3, 5), run(600, 602)];
    for (second, expected) in [(-61, None), (-60, Some(1)), (1, Some(1)), (3, Some(2)), (30, Some(2)), (599, Some(3))] {
        assert_eq!(maker(&json!({"at": at(second)}), &said), expected, "{second}");
    }
    assert_eq!(maker(&json!({}), &said), None);
}

#[test]
fn history_has_the_record_in_place_of_the_gates_words() {
    let at: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
    let gate = Said {
        stage: "Approve".to_owned(),
        action: "Gate".to_owned(),
        status: "Failed".to_owned(),
        text: Some("denied: all of it".to_owned()),
        judged: Some(Span { from: at, to: at }),
        ..Said::default()
    };
    let (here, elsewhere) = (json!({"at": at, "digest": "here"}), json!({"outcome": "approve", "digest": "there"}));
    let shown = |decisions: Vec<Value>| {
        let one = Execution { said: vec![gate.clone()], decisions, ..Execution::default() };
        let text = super::history(&[one], at, Paint::Plain);
        text.lines().skip(2).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(shown(Vec::new()), ["  Approve Gate Failed: denied: all of it"]);
    assert_eq!(shown(vec![here.clone()]), ["  Approve Gate Failed", "    artifact here"]);
    let both = shown(vec![elsewhere, here]);
    assert_eq!(both, ["  Approve Gate Failed", "    artifact here", "  decision: passes", "    artifact there"]);
}
