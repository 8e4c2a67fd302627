use std::collections::BTreeSet;

use clap::Parser as _;
use serde_json::json;

use super::set_aside::{Judged, choose, deed, next, reason};
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
    Gate { stage: stage.to_owned(), overrides: "/flowgate/s/overrides".to_owned(), rules }
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

#[test]
fn what_is_set_aside_is_shown_first_and_what_to_do_after() {
    let both = status(("InProgress", NEW), ("Failed", OLD));
    let mut judged = choose(&both, &[gate("Prod", &["no_drift"])], &options(OLD, &["no_drift"])).unwrap();
    let said = Some("denied: Table drifted\nand more".to_owned());
    let failed = Some("Failed".to_owned());
    judged.stage.actions = vec![Action { name: "Gate".to_owned(), status: failed, summary: said, ..Action::default() }];
    let before = json!({"rules": ["approved", "tested"], "reason": "another"});
    let rules = BTreeSet::from(["no_drift", "tested"]);
    let shown = deed("p", &judged, &rules, "an incident", "/a/b", Some(&before));
    assert_eq!(shown.what, format!("set no_drift and tested aside for execution {OLD} of p"));
    let details = [
        "commit no commit is known",
        "Gate Failed: denied: Table drifted",
        "in place of what was set aside before, approved and tested: another",
        "because: an incident",
        "written in your name to /a/b, and told by `flowgate history`",
    ];
    assert_eq!(shown.details, details);
    assert_eq!(next("p", &judged), Some(format!("flowgate retry p --stage Prod --execution {OLD}")));
    let stage = Stage { status: Some("InProgress".to_owned()), ..judged.stage.clone() };
    assert_eq!(next("p", &Judged { stage, ..judged }), None);
}
