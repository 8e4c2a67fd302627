use std::collections::BTreeMap;

use super::view::{Action, Condition, Execution, Other, Revision, Said, Stage, Status, Waiting};
use super::{Paint, approval, history, status};
use crate::pipeline::action::ConditionKind;
use crate::pipeline::token::Token;

const EXECUTION: &str = "11111111-aaaa-bbbb-cccc-000000000001";
const NEWER: &str = "22222222-aaaa-bbbb-cccc-000000000002";
const NOW: &str = "2026-01-02T05:00:00Z";
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

fn execution(id: &str, status: &str) -> Execution {
    Execution {
        execution: id.to_owned(),
        status: status.to_owned(),
        revision: Revision {
            commit: Some(COMMIT.to_owned()),
            message: Some("Say hello\n\nin all languages".to_owned()),
        },
        ..Execution::default()
    }
}

fn stage(name: &str, status: Option<&str>, actions: Vec<Action>) -> Stage {
    let execution = status.map(|_| EXECUTION.to_owned());
    Stage { name: name.to_owned(), status: status.map(str::to_owned), execution, actions, ..Stage::default() }
}

fn action(name: &str, status: Option<&str>, summary: Option<&str>) -> Action {
    let (status, summary) = (status.map(str::to_owned), summary.map(str::to_owned));
    Action { name: name.to_owned(), status, summary, ..Action::default() }
}

#[track_caller]
fn shows(stage: Stage, expected: &str) {
    let shown = status(&Status { stages: vec![stage], ..Status::default() }, NOW.parse().unwrap(), Paint::Plain);
    assert_eq!(shown.trim_start_matches('\n'), expected);
}

#[test]
fn a_stage_that_succeeded_shows_what_its_actions_said() {
    let deploy = action("Deploy", Some("Succeeded"), Some("Stack a-beta was created.\nmore"));
    shows(
        stage("Beta", Some("Succeeded"), vec![deploy]),
        "Beta               Succeeded   11111111\n  Deploy           Succeeded   Stack a-beta was created.\n",
    );
}

#[test]
fn a_stage_that_nobody_entered_has_no_status() {
    shows(stage("Prod", None, vec![action("Gate", None, None)]), "Prod               -\n  Gate             -\n");
}

#[test]
fn an_approval_that_waits_says_how_to_answer_it_and_one_that_was_answered_says_by_whom() {
    let waits = Action { waits: true, ..action("Approve", Some("InProgress"), None) };
    shows(
        stage("Approve", Some("InProgress"), vec![waits]),
        "Approve            InProgress  11111111\n  \
           Approve          waits       for `flowgate approve` or `flowgate reject`\n",
    );
    let answered =
        Action { by: Some("user/approver".to_owned()), ..action("Approve", Some("Succeeded"), Some("fine")) };
    shows(
        stage("Approve", Some("Succeeded"), vec![answered]),
        "Approve            Succeeded   11111111\n  Approve          Succeeded   fine (by user/approver)\n",
    );
}

#[test]
fn who_waits_before_a_stage_and_what_holds_it_is_shown() {
    let condition = Condition {
        kind: ConditionKind::BeforeEntry,
        status: "InProgress".to_owned(),
        summary: Some("the window opens at 9".to_owned()),
    };
    let prod = Stage {
        inbound: Some(NEWER.to_owned()),
        disabled: Some("a freeze".to_owned()),
        conditions: vec![condition],
        ..stage("Prod", Some("InProgress"), Vec::new())
    };
    shows(
        prod,
        "Prod               InProgress  11111111\n  22222222 waits to enter\n  nothing may enter: a freeze\n  \
           (before entry)   InProgress  the window opens at 9\n",
    );
}

#[test]
fn a_stage_that_failed_although_people_answered_says_how_they_are_asked_again() {
    let by_bob = |name: &str| Action { by: Some("user/bob".to_owned()), ..action(name, Some("Succeeded"), None) };
    let approved = Action { is_approval: true, ..by_bob("Approve") };
    let denied = || action("Gate", Some("Failed"), Some("denied: bob wrote this"));
    let shown = |actions: Vec<Action>| {
        let stages = vec![stage("Approve", Some("Failed"), actions)];
        let one = Status { pipeline: "shop".to_owned(), stages, ..Status::default() };
        status(&one, NOW.parse().unwrap(), Paint::Plain)
    };
    let remedy = "  `flowgate retry shop --stage Approve --all` tries all of it again, and asks anew\n";
    assert!(shown(vec![approved, denied()]).ends_with(remedy));
    assert!(!shown(vec![by_bob("Deploy"), denied()]).contains("flowgate retry"));
}

#[test]
fn superseded_executions_say_so() {
    let superseded = Execution { summary: Some("by a newer one".to_owned()), ..execution(EXECUTION, "Superseded") };
    let executions = vec![execution(NEWER, "InProgress"), superseded];
    let shown = status(
        &Status { pipeline: "a".to_owned(), executions, ..Status::default() },
        NOW.parse().unwrap(),
        Paint::Plain,
    );
    let expected = "a\n\n22222222  InProgress  01234567 Say hello\n\
                    11111111  Superseded  01234567 Say hello (by a newer one)\n";
    assert_eq!(shown, expected);
}

#[test]
fn history_tells_how_each_execution_went_and_what_was_said_of_it() {
    let said = |action: &str, status: &str, by: Option<&str>, words: &str| Said {
        stage: "Prod".to_owned(),
        action: action.to_owned(),
        status: status.to_owned(),
        by: by.map(str::to_owned),
        text: Some(words.to_owned()),
        judged: None,
    };
    let executions = [Execution {
        rollback: true,
        trigger: Some("CloudWatchEvent".to_owned()),
        started_by: Some("rule/push".to_owned()),
        started: Some("2026-01-02T03:04:05.6Z".parse().unwrap()),
        updated: Some("2026-01-02T03:05:07.6Z".parse().unwrap()),
        said: vec![said("Approve", "Succeeded", Some("user/approver"), "fine"), said("Gate", "Failed", None, "denied")],
        ..execution(EXECUTION, "Failed")
    }];
    let expected = "11111111  Failed      01234567 Say hello (rollback)\n  \
                    2026-01-02 03:04:05Z, 1m 02s, started by CloudWatchEvent (rule/push)\n  \
                    Prod Approve Succeeded by user/approver: fine\n  Prod Gate Failed: denied\n";
    assert_eq!(history(&executions, NOW.parse().unwrap(), Paint::Plain), expected);
    let [ended] = executions;
    let runs = Execution { status: "InProgress".to_owned(), ..ended };
    let shown = history(&[runs], NOW.parse().unwrap(), Paint::Plain);
    assert!(shown.contains("2026-01-02 03:04:05Z, 1h 55m 54s so far, started by"), "{shown}");
}

#[test]
fn an_approval_shows_the_commit_and_what_was_deployed_before() {
    let outputs = BTreeMap::from([("ApiUrl".to_owned(), "http://127.0.0.1/beta".to_owned())]);
    let waiting = Waiting {
        pipeline: "a".to_owned(),
        stage: "Approve".to_owned(),
        action: "Yes".to_owned(),
        token: Token::new("secret"),
        execution: EXECUTION.to_owned(),
        revision: execution(EXECUTION, "").revision,
        outputs: BTreeMap::from([("Beta".to_owned(), outputs)]),
        others: vec![
            Other { action: "Second".to_owned(), approved: None, by: None },
            Other { action: "Third".to_owned(), approved: Some(true), by: Some("user/bob".to_owned()) },
        ],
    };
    let expected = "Approve Yes of a, execution 11111111-aaaa-bbbb-cccc-000000000001\n  \
                    commit 01234567 Say hello\n  Beta ApiUrl  http://127.0.0.1/beta\n  Second waits, too\n  \
                    Third is approved by user/bob; who answers twice counts once\n";
    assert_eq!(approval(&waiting), expected);
    // I26: neither is printed.
    assert!(!format!("{waiting:?}{}", serde_json::to_string(&waiting).unwrap()).contains("secret"));
}

#[test]
fn colours_appear_only_where_they_are_wanted() {
    let one = [Execution {
        revision: Revision { commit: None, message: Some("\u{1b}[2J".to_owned()) },
        ..execution(EXECUTION, "Failed")
    }];
    let now = NOW.parse().unwrap();
    assert!(history(&one, now, Paint::Colours).contains("\u{1b}[31mFailed"));
    assert!(!history(&one, now, Paint::Plain).contains('\u{1b}'));
}
