use clap::Parser as _;
use jiff::Timestamp;
use serde_json::json;

use super::set_aside::{Judged, choose, deed, reason, turn, what_follows};
use super::stands::Aside;
use crate::cli::args::{Args, Override, Subcommand};
use crate::cli::gate::Gate;
use crate::report::view::{Action, Execution, Stage, Status};

const OLD: &str = "11111111-aaaa-bbbb-cccc-000000000001";
const NEW: &str = "22222222-aaaa-bbbb-cccc-000000000002";

fn options(execution: &str, rules: &[&str]) -> Override {
    let rules = rules.iter().flat_map(|rule| ["--rule", rule]);
    let words = ["flowgate", "override", "p", "--execution", execution, "--reason", "an incident"];
    match Args::parse_from(words.into_iter().chain(rules)).command {
        Some(Subcommand::Override(options)) => options,
        other => panic!("{other:?}"),
    }
}

fn gate(stage: &str, rules: &[&str]) -> Gate {
    let rules = rules.iter().map(ToString::to_string).collect();
    let [stage, action, overrides] = [stage, "Gate", "/flowgate/s/overrides"].map(str::to_owned);
    Gate { stage, action, overrides, rules }
}

fn status(approve: (&str, &str), prod: (&str, &str)) -> Status {
    let stage = |name: &str, (status, execution): (&str, &str)| Stage {
        name: name.to_owned(),
        status: Some(status.to_owned()),
        execution: Some(execution.to_owned()),
        ..Stage::default()
    };
    let execution =
        |id: &str| Execution { execution: id.to_owned(), status: "Failed".to_owned(), ..Execution::default() };
    let stages = vec![stage("Beta", ("Failed", NEW)), stage("Approve", approve), stage("Prod", prod)];
    Status { pipeline: "p".to_owned(), mode: None, stages, executions: vec![execution(NEW), execution(OLD)] }
}

fn chosen(status: &Status, execution: &str, rules: &[&str]) -> Result<(String, String), String> {
    let gates = [gate("Approve", &["approved"]), gate("Approve", &["tested"]), gate("Prod", &["digest", "no_drift"])];
    let judged = choose(status, &gates, &options(execution, rules)).map_err(|error| error.to_string())?;
    Ok((judged.stage.name, judged.execution.execution))
}

#[test]
fn rules_are_set_aside_for_what_waits_or_failed_at_a_gate() {
    let both = status(("InProgress", NEW), ("Failed", OLD));
    let at = |stage: &str, id: &str| Ok((stage.to_owned(), id.to_owned()));
    assert_eq!(chosen(&both, &NEW[..7], &["approved", "tested"]), at("Approve", NEW));
    assert_eq!(chosen(&both, OLD, &["no_drift"]), at("Prod", OLD));
    // What was approved before failed last at Prod's gate.
    let one = status(("Failed", OLD), ("Stopped", OLD));
    assert_eq!(chosen(&one, OLD, &["no_drift"]), at("Prod", OLD));
}

#[test]
fn nothing_else_can_be_set_aside() {
    let both = status(("Succeeded", NEW), ("Failed", OLD));
    let held_up = format!("held up are: {OLD} (Prod)");
    let unknown = chosen(&both, "3333333", &["no_drift"]).unwrap_err();
    assert_eq!(unknown, format!("pipeline p has had no execution 3333333 lately; {held_up}"));
    let elsewhere = chosen(&both, NEW, &["no_drift"]).unwrap_err();
    assert!(elsewhere.starts_with(&format!("execution {NEW} of pipeline p is not held up at a gate: it is Failed")));
    assert!(elsewhere.ends_with(&held_up), "{elsewhere}");
    let not_asked = chosen(&both, OLD, &["no_drift", "tested"]).unwrap_err();
    assert_eq!(not_asked, "the gate of Prod in pipeline p has no rule tested to set aside; it has digest, no_drift");
    let none = chosen(&status(("Succeeded", NEW), ("Succeeded", OLD)), OLD, &["no_drift"]).unwrap_err();
    assert!(none.ends_with("none is held up at a gate now"), "{none}");
    let no_gate = choose(&both, &[], &options(OLD, &["no_drift"])).unwrap_err().to_string();
    assert_eq!(no_gate, "pipeline p has no gate whose rules can be set aside");
}

#[test]
fn whoever_sets_rules_aside_says_why() {
    assert_eq!(reason(" an incident\n"), Ok("an incident"));
    assert!(reason("  ").unwrap_err().to_string().contains("--reason"));
    assert!(reason(&"é".repeat(500)).is_ok());
    assert!(
        reason(&"é".repeat(501)).unwrap_err().to_string().starts_with("the reason has 501 characters, 500 at most")
    );
}

fn aside(rules: &[&str], reason: &str) -> Aside {
    Aside { rules: rules.iter().map(ToString::to_string).collect(), reason: reason.to_owned() }
}

/// Names, statuses and times of actions.
type Runs<'a> = &'a [(&'a str, &'a str, i64)];

/// Held up in Approve, whose actions ran so.
fn held_up(stage: &str, actions: Runs<'_>) -> Judged {
    let action = |&(name, status, at): &(&str, &str, i64)| Action {
        name: name.to_owned(),
        status: Some(status.to_owned()),
        at: Some(Timestamp::from_second(at).unwrap()),
        ..Action::default()
    };
    let status = status((stage, OLD), ("Succeeded", NEW));
    let gates = [gate("Approve", &["approved"]), Gate { action: "Ready".to_owned(), ..gate("Approve", &["tested"]) }];
    let mut judged = choose(&status, &gates, &options(OLD, &["approved"])).unwrap();
    judged.approvals = vec!["Approve".to_owned(), "Second".to_owned()];
    judged.stage.actions = actions.iter().map(action).collect();
    judged
}

#[test]
fn what_is_set_aside_is_shown_first_with_what_stands() {
    let mut judged = held_up("Failed", &[("Gate", "Failed", 1)]);
    judged.stage.actions[0].summary = Some("denied: Table drifted\nand more".to_owned());
    let shown =
        |stands: Option<&str>| deed("p", &judged, &aside(&["no_drift", "tested"], "an incident"), "/a/b", stands);
    let stands = json!({"rules": ["approved", "tested"], "reason": "another"}).to_string();
    assert_eq!(shown(None).what, format!("set no_drift and tested aside for execution {OLD} of p"));
    let details = |stands: &str| {
        [
            "commit no commit is known",
            "Gate Failed: denied: Table drifted",
            stands,
            "because: an incident",
            "written in your name to /a/b, and told by `flowgate history`",
        ]
        .map(str::to_owned)
    };
    let kept = "and with it what is set aside already, approved and tested: another";
    assert_eq!(shown(Some(&stands)).details, details(kept));
    assert_eq!(shown(Some("{}")).details, details("in place of what the gate takes for no override: {}"));
    assert_eq!(shown(None).details.len(), 4);
}

#[test]
fn the_gate_itself_says_what_is_to_be_done_after() {
    let retry = format!("flowgate retry p --stage Approve --execution {OLD}");
    let now = format!("now `{retry}`");
    let holds = "it holds when the gate of Approve decides; there is nothing to retry yet";
    let once = format!("once Approve has ended, `{retry}`");
    let both = "Approve and Second still have to be answered";
    let second = "Second still has to be answered";
    let (ready, approve) = (("Ready", "Succeeded", 1), ("Approve", "Succeeded", 3));
    let cases: [(&str, Runs<'_>, &[&str]); 8] = [
        ("InProgress", &[], &[holds, both]),
        ("InProgress", &[ready, ("Approve", "InProgress", 2)], &[holds, both]),
        ("InProgress", &[ready, approve, ("Second", "InProgress", 2)], &[holds, second]),
        ("InProgress", &[ready, approve, ("Second", "Succeeded", 4), ("Gate", "InProgress", 5)], &[holds]),
        ("Failed", &[ready, approve, ("Second", "Succeeded", 4), ("Gate", "Failed", 6)], &[&now]),
        ("Failed", &[ready, approve, ("Second", "Failed", 4)], &[&now, second]),
        // Others beside it still run, or all of it is being tried again.
        ("InProgress", &[("Gate", "Failed", 6), approve, ("Second", "InProgress", 2)], &[&once, second]),
        ("InProgress", &[("Gate", "Failed", 6), ("Ready", "InProgress", 8), approve], &[holds, second]),
    ];
    for (stage, actions, expected) in cases {
        let judged = held_up(stage, actions);
        let turn = turn("p", &judged, &aside(&["approved"], "r")).unwrap();
        assert_eq!(what_follows("p", &judged, turn), expected, "{stage} {actions:?}");
    }
}

#[test]
fn what_the_gate_let_through_is_held_up_by_no_rule_of_it() {
    let judged = held_up("Failed", &[("Ready", "Succeeded", 1), ("Gate", "Succeeded", 2), ("Deploy", "Failed", 3)]);
    let refused = turn("p", &judged, &aside(&["approved", "tested"], "r")).unwrap_err().to_string();
    let expected =
        format!("the gate of Approve let execution {OLD} of pipeline p through, so no approved nor tested holds");
    assert!(refused.starts_with(&expected), "{refused}");
    // Of its gates the one let it through, the other did not.
    let judged = held_up("Failed", &[("Ready", "Succeeded", 1), ("Gate", "Failed", 2)]);
    assert!(turn("p", &judged, &aside(&["approved", "tested"], "r")).is_ok());
    assert!(turn("p", &judged, &aside(&["tested"], "r")).is_err());
}
