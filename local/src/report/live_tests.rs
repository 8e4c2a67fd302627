use console::measure_text_width;

use super::Paint;
use super::live::{Size, changes, frame};
use super::view::{Action, Condition, Execution, Revision, Stage, Status};
use crate::pipeline::action::ConditionKind;

const NOW: &str = "2026-01-02T05:00:00Z";

fn id(digit: u8) -> String {
    format!("{}-aaaa-bbbb-cccc-000000000001", digit.to_string().repeat(8))
}

fn action(name: &str, status: Option<&str>, summary: Option<&str>) -> Action {
    let (status, summary) = (status.map(str::to_owned), summary.map(str::to_owned));
    Action {
        name: name.to_owned(),
        status,
        summary,
        at: Some("2026-01-02T04:58:48Z".parse().unwrap()),
        ..Action::default()
    }
}

fn execution(digit: u8) -> Execution {
    let revision = Revision { commit: Some("0123456789".to_owned()), message: Some("Say hello".to_owned()) };
    Execution { execution: id(digit), status: "InProgress".to_owned(), revision, ..Execution::default() }
}

/// Beta runs and others queue before it; Prod is closed, and a window is.
fn busy() -> Status {
    let stage = |name: &str, status: Option<&str>, action| Stage {
        name: name.to_owned(),
        status: status.map(str::to_owned),
        execution: status.map(|_| id(2)),
        actions: vec![action],
        ..Stage::default()
    };
    let words = "Stack shop-beta is being updated: 日本語の長い説明が続きます";
    let window = Condition {
        kind: ConditionKind::BeforeEntry,
        status: "InProgress".to_owned(),
        summary: Some("the window opens at 9".to_owned()),
    };
    Status {
        pipeline: "shop".to_owned(),
        mode: Some("QUEUED".to_owned()),
        stages: vec![
            stage("Source", Some("Succeeded"), action("Source", Some("Succeeded"), Some("Say hello"))),
            Stage {
                inbound: Some(id(3)),
                queued: vec![id(4)],
                retries: 1,
                ..stage("Beta", Some("InProgress"), action("Deploy", Some("InProgress"), Some(words)))
            },
            Stage {
                disabled: Some("a freeze".to_owned()),
                conditions: vec![window],
                ..stage("Prod", None, action("Gate", None, None))
            },
        ],
        executions: vec![execution(4), execution(3), execution(2)],
    }
}

fn drawn(status: &Status, rows: usize, columns: usize) -> String {
    frame(status, None, NOW.parse().unwrap(), Size { rows, columns }, Paint::Plain).join("\n")
}

#[test]
fn a_wide_terminal_has_words_beside_each_status() {
    let expected = "\
shop  QUEUED  05:00:00Z
Source             Succeeded   22222222
  Source           Succeeded   Say hello
Beta               InProgress  22222222, tried again once
  2 wait to enter: 33333333, then 44444444
  Deploy           InProgress  1m 12s Stack shop-beta is being updated: 日本語…
Prod               -
  nothing may enter: a freeze
  (before entry)   InProgress  the window opens at 9
  Gate             -

44444444  InProgress  01234567 Say hello
33333333  InProgress  01234567 Say hello
22222222  InProgress  01234567 Say hello";
    assert_eq!(drawn(&busy(), 24, 80), expected);
    assert!(drawn(&busy(), 24, 120).contains("日本語の長い説明が続きます"));
}

#[test]
fn a_narrow_terminal_has_them_below() {
    let expected = "\
shop  QUEUED  05:00:00Z
Source           Succeeded   22222222
  Source         Succeeded   Say hello
Beta             InProgress
  22222222, tried again once
  2 wait to enter: 33333333, then 44444…
  Deploy         InProgress  1m 12s
    Stack shop-beta is being updated: …
Prod             -
  nothing may enter: a freeze
  (before entry) InProgress
    the window opens at 9
  Gate           -

44444444  InProgress  01234567 Say hello
33333333  InProgress  01234567 Say hello
22222222  InProgress  01234567 Say hello";
    assert_eq!(drawn(&busy(), 24, 40), expected);
}

#[test]
fn what_rests_is_folded_before_anything_is_left_out() {
    let folded = drawn(&busy(), 13, 80);
    assert!(!folded.contains("Gate") && folded.contains("Deploy") && !folded.contains("more lines"), "{folded}");
    let cut = drawn(&busy(), 8, 80);
    assert!(cut.ends_with("\n… 6 more lines; see `flowgate status`"), "{cut}");
}

#[test]
fn no_line_is_wider_and_no_picture_higher_than_the_terminal() {
    for (rows, columns) in [(1, 1), (2, 5), (5, 20), (10, 39), (24, 59), (24, 60), (50, 200)] {
        let size = Size { rows, columns };
        let lines = frame(&busy(), Some("no answer"), NOW.parse().unwrap(), size, Paint::Colours);
        assert!(lines.len() <= (rows - 1).max(1), "{size:?}: {lines:#?}");
        assert!(lines.iter().all(|line| measure_text_width(line) <= columns), "{size:?}: {lines:#?}");
    }
}

#[test]
fn executions_side_by_side_are_shown_each_with_its_own_stage() {
    let place = |digit, name: &str| Stage {
        name: name.to_owned(),
        execution: Some(id(digit)),
        actions: vec![action("Deploy", Some("InProgress"), None)],
        ..Stage::default()
    };
    let status = Status {
        pipeline: "shop".to_owned(),
        mode: Some("PARALLEL".to_owned()),
        stages: vec![Stage { name: "Beta".to_owned(), ..Stage::default() }],
        executions: vec![
            Execution { stage: Some(place(2, "Beta")), ..execution(2) },
            Execution { stage: Some(place(1, "Prod")), ..execution(1) },
        ],
    };
    let expected = "\
shop  PARALLEL  05:00:00Z

22222222  InProgress  01234567 Say hello
  Beta Deploy      InProgress  1m 12s
11111111  InProgress  01234567 Say hello
  Prod Deploy      InProgress  1m 12s";
    assert_eq!(drawn(&status, 24, 80), expected);
}

#[test]
fn a_change_is_a_line_and_what_stays_is_none() {
    let mut after = busy();
    after.stages[1].status = Some("Succeeded".to_owned());
    after.stages[1].actions = vec![action("Deploy", Some("Succeeded"), Some("it is\u{1b}[2J there"))];
    after.stages[2].disabled = None;
    let expected =
        ["Beta Succeeded 22222222", "Beta Deploy Succeeded: it is\u{fffd}[2J there", "Prod may be entered again"];
    assert_eq!(changes(&busy(), &after), expected);
    assert_eq!(changes(&after, &after), [""; 0]);
}
