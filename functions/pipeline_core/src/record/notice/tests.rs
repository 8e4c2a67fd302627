use std::collections::BTreeMap;

use super::*;
use crate::{
    record::{
        console::Console,
        notice::words::message,
        say::Place,
        watch::{ExecutionState, Progress, Revision, Step, StepState},
    },
    sweep::notice::Message,
};

const EXECUTION: &str = "22222222-abcd-1111-abcd-111111abcdef";
const END: &str = "\n\nPipeline: https://eu-west-1.console.aws.amazon.com/codesuite/codepipeline/pipelines/shop/view\
                   ?region=eu-west-1\n\nExecution: https://eu-west-1.console.aws.amazon.com/codesuite/codepipeline/\
                   pipelines/shop/executions/22222222-abcd-1111-abcd-111111abcdef/timeline?region=eu-west-1\n";

fn failed(stage: &str, action: &str, category: &str, error: &str) -> Step {
    Step {
        id: "1".into(),
        stage: stage.into(),
        action: action.into(),
        category: category.into(),
        state: StepState::Failed,
        summary: None,
        error: Some(error.into()),
        outputs: BTreeMap::new(),
        began: None,
        changed: None,
    }
}

fn progress(state: ExecutionState, summary: &str, steps: &[Step]) -> Progress {
    let revisions = vec![Revision { id: "8f2c".repeat(10), summary: Some(summary.into()) }];
    Progress { state, why: None, is_rollback: false, variables: BTreeMap::new(), revisions, steps: steps.to_vec() }
}

fn told(what: What, progress: &Progress) -> Message {
    let place =
        Place { service: "shop".into(), pipeline: "shop".into(), console: Console { region: "eu-west-1".into() } };
    message(&News { attempt: 1, what }, progress, &EXECUTION.parse().unwrap(), &place)
}

/// The subject, and the text without the links, which always end it.
fn words(what: What, progress: &Progress) -> (String, String) {
    let Message { subject, text } = told(what, progress);
    (subject, text.strip_suffix(END).expect("the links").to_owned())
}

#[test]
fn a_release_that_begins_and_ends_well_is_told_with_its_commit() {
    let commit = "8f2c".repeat(10);
    for (what, came) in [(What::Started, "started"), (What::Succeeded, "succeeded")] {
        let expected = (
            format!("shop: release {came} (8f2c8f2)"),
            format!("The release of shop {came}.\n\nCommit {commit}: Say \"hello\""),
        );
        for summary in
            ["Say \"hello\"\n\nand more", r#"{"ProviderType":"GitHub","CommitMessage":"Say \"hello\"\n\nand more"}"#]
        {
            assert_eq!(words(what.clone(), &progress(ExecutionState::Running, summary, &[])), expected);
        }
    }
    let unknown = Progress { revisions: vec![], ..progress(ExecutionState::Running, "", &[]) };
    let expected = ("shop: release started".to_owned(), "The release of shop started.".to_owned());
    assert_eq!(words(What::Started, &unknown), expected);
    let unfetched = Revision { id: String::new(), summary: Some(String::new()) };
    let unfetched = Progress { revisions: vec![unfetched], ..unknown.clone() };
    assert_eq!(words(What::Started, &unfetched), expected, "with its pipeline and execution");
    let back = Progress { is_rollback: true, ..unknown };
    assert_eq!(words(What::Started, &back).0, "shop: rollback started");
}

#[test]
fn an_approval_that_is_waited_for_says_how_to_answer() {
    let (subject, text) = words(What::Waits { stage: "Approve".into() }, &progress(ExecutionState::Running, "x", &[]));
    assert_eq!(subject, "shop: release waits for approval at Approve (8f2c8f2)");
    assert!(text.contains("flowgate approve shop") && text.contains("flowgate reject shop"), "{text}");
}

#[test]
fn a_failure_says_where_and_why_and_what_to_do() {
    let test =
        failed("Gamma", "Test", "Invoke", "7 of 8 passed; A failed: no\n\nthe end of the log of A:\n\u{1b}[31mx");
    let (subject, text) = words(What::Failed, &progress(ExecutionState::Failed, "x", &[test]));
    assert_eq!(subject, "shop: release failed at Gamma/Test (8f2c8f2)");
    assert!(text.contains("7 of 8 passed; A failed: no\n\nthe end of the log of A:\n[31mx\n\n"), "{text}");
    assert!(text.contains("flowgate retry shop"), "{text}");
    assert!(text.contains("has deployed so far stays deployed, unless the stage rolls back."), "{text}");
    let answer = failed("Approve", "Approve", "Approval", "not before Monday");
    let (subject, text) = words(What::Failed, &progress(ExecutionState::Failed, "x", &[answer]));
    assert_eq!(subject, "shop: release was rejected at Approve (8f2c8f2)");
    assert!(text.contains("not before Monday\n\n") && text.contains("retry all actions of that stage"), "{text}");
    let why = Some("condition of Prod".to_owned());
    let condition = Progress { why, ..progress(ExecutionState::Failed, "x", &[]) };
    let (subject, text) = words(What::Failed, &condition);
    assert_eq!(subject, "shop: release failed (8f2c8f2)");
    assert!(text.contains("condition of Prod") && text.contains("conditions of its stages"), "{text}");
}

#[test]
fn what_failed_is_told_of_also_when_it_is_being_tried_again() {
    let mut test = failed("Gamma", "Test", "Invoke", "no");
    test.changed = Timestamp::from_second(5).ok();
    let again = Step { began: Timestamp::from_second(9).ok(), state: StepState::Running, ..test.clone() };
    let (subject, _) = words(What::Failed, &progress(ExecutionState::Running, "x", &[test, again]));
    assert_eq!(subject, "shop: release failed at Gamma/Test (8f2c8f2)");
}

#[test]
fn who_stops_a_release_is_told_that_it_went_no_further() {
    let stopped = Progress { why: Some("wrong day".into()), ..progress(ExecutionState::Stopped, "x", &[]) };
    let (subject, text) = words(What::Stopped, &stopped);
    assert_eq!(subject, "shop: release was stopped (8f2c8f2)");
    assert!(text.contains("wrong day\n\n"), "{text}");
    let changed = progress(ExecutionState::Cancelled, "x", &[]);
    assert_eq!(words(What::Stopped, &changed).0, "shop: release was ended by a change of the pipeline (8f2c8f2)");
}

#[test]
fn no_text_of_a_commit_gets_into_a_subject_and_a_subject_is_one_that_sns_takes() {
    let evil = "x\r\nBcc: all@example.com\u{1b}]0;\u{7}";
    let mut long = failed(&"Ä\n".repeat(200), &"y".repeat(200), "Invoke", &"z".repeat(10_000));
    long.summary = Some(evil.into());
    let mut all = progress(ExecutionState::Failed, evil, &[long]);
    all.revisions[0].id = "é\n".repeat(100);
    for what in
        [What::Started, What::Waits { stage: "Ä\r\n".repeat(100) }, What::Failed, What::Stopped, What::Succeeded]
    {
        let Message { subject, text } = told(what, &all);
        assert!(subject.len() < 100 && subject.chars().all(|c| (' '..='~').contains(&c)), "{subject:?}");
        assert!(!subject.contains("Bcc") && text.contains(": x\n"), "{subject:?} {text:?}");
        assert!(!text.contains(['\u{1b}', '\r']) && text.chars().count() < 10_000, "{text:?}");
    }
}

#[test]
fn what_is_known_or_older_than_that_is_no_news() {
    let news = |attempt, what| News { attempt, what };
    let waits = |stage: &str| What::Waits { stage: stage.to_owned() };
    let told = |all: &[News]| Noticed { told: all.to_vec() };
    for (before, next, is_news) in [
        (vec![], news(1, What::Started), true),
        (vec![news(1, What::Started)], news(1, What::Started), false),
        (vec![news(1, What::Started)], news(1, waits("Approve")), true),
        (vec![news(1, waits("Approve"))], news(1, waits("Approve")), false),
        (vec![news(1, waits("Approve"))], news(1, waits("Legal")), true),
        (vec![news(1, waits("Approve"))], news(1, What::Started), false),
        (vec![news(1, What::Succeeded)], news(1, What::Started), false),
        (vec![news(1, What::Failed)], news(1, waits("Approve")), false),
        (vec![news(1, What::Failed)], news(2, waits("Approve")), true),
        (vec![news(1, What::Failed)], news(2, What::Failed), true),
        (vec![news(2, What::Failed)], news(1, What::Failed), false),
        (vec![news(0, What::Failed)], news(0, What::Succeeded), true),
        (vec![news(2, What::Succeeded)], news(1, What::Failed), false),
    ] {
        assert_eq!(told(&before).is_news(&next), is_news, "{next:?} after {before:?}");
    }
}
