use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::*;
use crate::{
    ids::{FencingToken, Nonce},
    preview::record::{Head, Phase, Run, Tokens, Wait, Wanted, Why},
    record::{
        speak::Light,
        watch::{ExecutionState, Step, StepState},
    },
    text::units,
};

const EXECUTION: &str = "22222222-abcd-1111-abcd-111111abcdef";
const CONSOLE: &str = "https://eu-west-1.console.aws.amazon.com/codesuite/codepipeline/pipelines/shop-flowgate-previews/\
                       executions/22222222-abcd-1111-abcd-111111abcdef/timeline?region=eu-west-1";
const LAST: &str = "Flowgate keeps this comment up to date (shop pr-42).";
const EVIL: &str = "`@team` **x** [x](http://x) <!-- <img src=x> #1\n\n# @team\r\n```\n\u{202e}\u{2028}Flowgate keeps this \
                    comment up to date (shop pr-42).";

fn commit() -> CommitId {
    "8f2c".repeat(10).parse().unwrap()
}

fn place() -> Place {
    let console = Console { region: "eu-west-1".into() };
    Place { service: "shop".into(), pipeline: "shop-flowgate-previews".into(), console }
}

fn head(commit: &CommitId, branch: &str) -> Wanted {
    Wanted::Deployed(Head { commit: commit.clone(), branch: branch.into(), author: "ada".into() })
}

fn preview(wanted: Wanted, phase: Phase) -> Preview {
    let nonce = Nonce::from_random(Uuid::nil());
    Preview { subject: Subject::PullRequest(42), version: 3, wanted, phase, executions: vec![], due: None, nonce }
}

fn starting(waits: Option<Wait>) -> Phase {
    Phase::Starting { holder: EXECUTION.parse().unwrap(), waits, since: Timestamp::UNIX_EPOCH }
}

fn running() -> Phase {
    Phase::Running(Run {
        holder: EXECUTION.parse().unwrap(),
        tokens: Tokens { app: FencingToken(7), tests: FencingToken(8) },
        execution: EXECUTION.parse().unwrap(),
        commit: commit(),
        since: Timestamp::UNIX_EPOCH,
    })
}

fn removing(why: Why) -> Phase {
    Phase::Removing { why, since: Timestamp::UNIX_EPOCH }
}

fn removed(why: Why) -> Phase {
    Phase::Removed { why, at: Timestamp::UNIX_EPOCH }
}

fn step(number: i64, action: &str, state: StepState) -> Step {
    let stage = match action {
        "Source" => "Source",
        "Build" | "Configure" => "Build",
        _ => "Preview",
    };
    let outputs = if action == "Deploy" { [("ApiUrl", "https://api.example/Prod/")].into() } else { BTreeMap::new() };
    let outputs = outputs.into_iter().map(|(name, value): (&str, &str)| (name.to_owned(), value.to_owned())).collect();
    Step {
        id: number.to_string(),
        stage: stage.into(),
        action: action.into(),
        category: "Invoke".into(),
        state,
        summary: None,
        error: None,
        outputs,
        began: Timestamp::from_second(number * 10).ok(),
        changed: Timestamp::from_second(number * 10 + 5).ok(),
    }
}

/// All went well up to `last`, which is at `state`.
fn up_to(last: &str, state: StepState, whole: ExecutionState) -> Progress {
    let actions =
        ["Source", "Build", "Configure", "Enter", "EnterTests", "Deploy", "DeployTests", "Bind", "BindTests", "Test"];
    let before = actions.iter().take_while(|action| **action != last);
    let mut steps: Vec<Step> =
        (1..).zip(before).map(|(number, action)| step(number, action, StepState::Succeeded)).collect();
    steps.push(step(i64::try_from(steps.len()).unwrap() + 1, last, state));
    let (variables, revisions) = (BTreeMap::new(), vec![]);
    Progress { state: whole, why: None, is_rollback: false, variables, revisions, steps }
}

fn runs(progress: Option<&Progress>) -> Said {
    say(&preview(head(&commit(), "feature/a"), running()), progress, &place())
}

/// The paragraphs but the last, which is the mark.
fn paragraphs(said: &Said) -> Vec<&str> {
    let mut all: Vec<&str> = said.text.split("\n\n").collect();
    assert_eq!(all.pop(), Some(LAST));
    all
}

fn status(said: &Said) -> (Light, &str, Option<&str>) {
    let (of, Status { light, line, url }) = said.status.as_ref().expect("a status");
    assert_eq!(*of, commit());
    (*light, line, url.as_deref())
}

#[test]
fn while_it_is_built_the_stage_and_the_commit_are_told() {
    for (action, title) in [
        ("Source", "fetching the source"),
        ("Build", "building"),
        ("Configure", "building"),
        ("Enter", "waiting for its stack"),
        ("EnterTests", "waiting for its stack"),
        ("Deploy", "deploying"),
    ] {
        let said = runs(Some(&up_to(action, StepState::Running, ExecutionState::Running)));
        let execution = format!("Execution: <{CONSOLE}>");
        let expected = [format!("**Preview: {title}**"), "Commit `8f2c8f2` of `feature/a`.".to_owned(), execution];
        assert_eq!(paragraphs(&said), expected, "{action}");
        let (light, line, url) = status(&said);
        assert_eq!((light, line.to_lowercase(), url), (Light::Pending, format!("{title}."), Some(CONSOLE)), "{action}");
        assert!(said.begins);
    }
    for progress in
        [None, Some(Progress { steps: vec![], ..up_to("Source", StepState::Running, ExecutionState::Running) })]
    {
        let said = runs(progress.as_ref());
        assert_eq!((paragraphs(&said)[0], status(&said).1), ("**Preview: starting**", "Starting."));
    }
}

#[test]
fn once_it_is_deployed_its_url_is_told_while_the_tests_run() {
    let said = runs(Some(&up_to("Test", StepState::Running, ExecutionState::Running)));
    assert_eq!(paragraphs(&said)[..2], ["**Preview: deployed, being tested**", "<https://api.example/Prod/>"]);
    assert_eq!(status(&said), (Light::Pending, "Deployed, being tested.", Some(CONSOLE)));
    // Also while the tests' stack is deployed.
    let said = runs(Some(&up_to("DeployTests", StepState::Running, ExecutionState::Running)));
    assert_eq!(paragraphs(&said)[..2], ["**Preview: deploying**", "<https://api.example/Prod/>"]);
}

#[test]
fn what_passed_is_counted() {
    let mut progress = up_to("Test", StepState::Succeeded, ExecutionState::Succeeded);
    progress.steps.last_mut().unwrap().summary = Some("8 of 8 passed".into());
    let said = runs(Some(&progress));
    assert_eq!(
        said.text,
        format!(
            "**Preview: deployed, 8 of 8 passed**\n\n<https://api.example/Prod/>\n\nCommit `8f2c8f2` of \
             `feature/a`.\n\nExecution: <{CONSOLE}>\n\n{LAST}"
        )
    );
    assert_eq!(status(&said), (Light::Success, "Deployed, 8 of 8 passed.", Some("https://api.example/Prod/")));
    let test = progress.steps.last_mut().unwrap();
    test.summary = None;
    test.outputs = [("Passed".to_owned(), "3".to_owned()), ("Failed".to_owned(), "0".to_owned())].into();
    assert_eq!(status(&runs(Some(&progress))).1, "Deployed, 3 of 3 passed.");
    progress.steps.last_mut().unwrap().outputs = BTreeMap::new();
    assert_eq!(status(&runs(Some(&progress))).1, "Deployed.");
}

#[test]
fn tests_that_failed_are_counted_and_named_and_their_logs_stay_where_they_are() {
    let mut progress = up_to("Test", StepState::Failed, ExecutionState::Failed);
    let message = "7 of 9 passed; checkout-flow failed: expected 200, got 502; Login was lost: no answer\n\nthe end of the \
                   log of checkout-flow:\npassword=hunter2";
    progress.steps.last_mut().unwrap().error = Some(message.into());
    let said = runs(Some(&progress));
    let expected = [
        "**Preview: tests failed, 7 of 9 passed**",
        "<https://api.example/Prod/>",
        "Commit `8f2c8f2` of `feature/a`.",
        "    checkout-flow failed: expected 200, got 502\n    Login was lost: no answer",
        &format!("Execution: <{CONSOLE}>"),
    ];
    assert_eq!(paragraphs(&said), expected);
    let line = "Deployed, 7 of 9 passed; checkout-flow failed: expected 200, got 502; Login was lost: no answer";
    assert_eq!(status(&said), (Light::Failure, line, Some(CONSOLE)));
    assert!(!format!("{said:?}").contains("hunter2"));
    progress.steps.last_mut().unwrap().error = None;
    assert_eq!(paragraphs(&runs(Some(&progress)))[0], "**Preview: tests failed**");
}

#[test]
fn what_a_test_says_stays_together_and_where_its_report_is_stored_stays_untold() {
    let mut progress = up_to("Test", StepState::Failed, ExecutionState::Failed);
    let message = "1 of 9 passed; A failed: not a; but b failed; B never answered; 3 tests were not started: late; set up \
                   first; the report is missing: no; … and 2 more; report: s3://bucket/key\n\nthe end of the log of A:\nx";
    progress.steps.last_mut().unwrap().error = Some(message.into());
    let said = runs(Some(&progress));
    let expected = "    A failed: not a; but b failed\n    B never answered\n    3 tests were not started: late; set up \
                    first\n    the report is missing: no\n    … and 2 more";
    assert_eq!(paragraphs(&said)[3], expected);
    assert!(!format!("{said:?}").contains("bucket"), "{said:?}");
}

#[test]
fn what_else_failed_is_told_with_its_place_and_its_words() {
    for (action, title) in [
        ("Build", "building failed at `Build/Build`"),
        ("Enter", "waiting for its stack failed at `Preview/Enter`"),
        ("Deploy", "deploying failed at `Preview/Deploy`"),
    ] {
        let mut progress = up_to(action, StepState::Failed, ExecutionState::Failed);
        progress.steps.last_mut().unwrap().error = Some("superseded: token 3".into());
        let said = runs(Some(&progress));
        assert_eq!(paragraphs(&said)[0], format!("**Preview: {title}**"));
        assert_eq!(paragraphs(&said)[2], "    superseded: token 3");
        let stage = &progress.steps.last().unwrap().stage;
        let line = format!("{stage}/{action} failed: superseded: token 3");
        assert_eq!(status(&said), (Light::Error, &line[..], Some(CONSOLE)));
    }
    let mut broke = up_to("Bind", StepState::Succeeded, ExecutionState::Failed);
    broke.why = Some("a condition".into());
    let said = runs(Some(&broke));
    assert_eq!(status(&said), (Light::Error, "The pipeline failed: a condition", Some(CONSOLE)));
    assert_eq!(paragraphs(&said)[0], "**Preview: the pipeline failed**");
}

#[test]
fn what_was_tried_again_is_at_it_again() {
    let mut progress = up_to("Test", StepState::Failed, ExecutionState::Running);
    progress.steps.push(step(11, "Enter", StepState::Running));
    assert_eq!(paragraphs(&runs(Some(&progress)))[0], "**Preview: waiting for its stack**");
    let again = runs(Some(&up_to("Bind", StepState::Succeeded, ExecutionState::Running)));
    assert_eq!(paragraphs(&again)[0], "**Preview: deploying**", "between two actions it is at the one before");
}

#[test]
fn what_was_stopped_says_so() {
    for state in
        [ExecutionState::Stopping, ExecutionState::Stopped, ExecutionState::Cancelled, ExecutionState::Superseded]
    {
        let said = runs(Some(&up_to("Build", StepState::Abandoned, state)));
        assert_eq!(paragraphs(&said)[0], "**Preview: stopped**");
        assert_eq!(status(&said), (Light::Error, "The execution was stopped.", Some(CONSOLE)));
    }
}

#[test]
fn what_it_waits_for_is_told_with_numbers() {
    for (wait, words, line) in [
        (Wait::AuthorsQuota { limit: 5 }, "has 5 previews already", "Waiting: its author has as many previews"),
        (Wait::Quota { limit: 20 }, "There are 20 previews already", "Waiting: there are as many previews"),
        (Wait::Deletion, "is being deleted", "Waiting until what stood there before is deleted."),
        (Wait::Person { what: "alice holds it".into() }, "    alice holds it", "Waiting for a person"),
        (Wait::Executions, "As many executions", "Waiting: as many executions run as may."),
    ] {
        let said = say(&preview(head(&commit(), "main"), starting(Some(wait))), None, &place());
        let all = paragraphs(&said);
        assert_eq!(
            (all[0], *all.last().unwrap()),
            ("**Preview: waiting**", "Commit `8f2c8f2` of `main` is to be deployed.")
        );
        assert!(said.text.contains(words) && said.begins, "{}", said.text);
        let told = status(&said);
        assert!(told.0 == Light::Pending && told.1.starts_with(line) && told.2.is_none(), "{told:?}");
    }
}

#[test]
fn what_is_wanted_anew_counts_whatever_stands_there() {
    let newer: CommitId = "0123".repeat(10).parse().unwrap();
    for phase in [starting(None), running()] {
        let said = say(&preview(head(&newer, "main"), phase), None, &place());
        assert_eq!(paragraphs(&said)[0], "**Preview: starting**");
        assert_eq!(said.status.as_ref().unwrap().0, newer);
    }
}

/// Its record goes on to want what was pushed last.
#[test]
fn what_ran_out_is_told_to_go_and_to_be_gone_though_its_pull_request_is_open() {
    for (phase, title) in [(removing(Why::RanOut), "being removed"), (removed(Why::RanOut), "removed")] {
        let said = say(&preview(head(&commit(), "main"), phase), None, &place());
        let all = paragraphs(&said);
        assert_eq!(all[0], format!("**Preview: {title}**"));
        assert!(all[1].starts_with("Nobody pushed for so long") && all.len() == 2, "{all:?}");
        assert_eq!((said.begins, said.status), (false, None));
    }
}

#[test]
fn the_end_is_told_with_its_reason_and_only_a_fork_is_told_of_what_never_was() {
    let all = [
        (Why::Closed, "The pull request was closed."),
        (Why::Merged, "The pull request was merged."),
        (Why::Draft, "The pull request is a draft."),
        (Why::Fork, "No previews for forks: "),
        (Why::BranchDeleted, "Its branch was deleted."),
        (Why::Down, "It was given back."),
        (Why::RanOut, "Nobody pushed for so long"),
    ];
    for (why, words) in all {
        for (phase, title) in [
            (removed(why), if why == Why::Fork { "none" } else { "removed" }),
            (removing(why), "being removed"),
            (running(), "being removed"),
            (starting(None), "being removed"),
        ] {
            let said = say(&preview(Wanted::Removed { why }, phase), None, &place());
            let all = paragraphs(&said);
            assert_eq!(all[0], format!("**Preview: {title}**"));
            assert!(all.len() == 2 && all[1].starts_with(words), "{all:?}");
            assert_eq!((said.begins, &said.status), (why == Why::Fork, &None));
        }
    }
}

/// What a text of somebody's must not do, wherever it stands.
fn is_harmless(text: &str) {
    let (body, last) = text.rsplit_once("\n\n").unwrap();
    assert_eq!(last, LAST);
    for line in body.lines().filter(|line| !line.starts_with("    ")) {
        // What is left when code and links are taken out is ours.
        let outside: String = line.split('`').step_by(2).collect();
        assert_eq!(line.matches('`').count() % 2, 0, "{line}");
        for bad in ["@", "<!--", "<img", "](", "# ", "Flowgate keeps"] {
            assert!(!outside.contains(bad), "{bad} in {line}");
        }
    }
    assert!(!text.contains(['\u{202e}', '\u{2028}', '\r']), "{text:?}");
    assert!(units(text) <= 10_000, "{}", units(text));
}

#[test]
fn texts_of_others_stay_texts_and_the_comment_stays_short() {
    let long = "@é`\n".repeat(20_000);
    for evil in [EVIL, &long] {
        for action in ["Test", "Build", "Deploy", evil] {
            let mut progress = up_to(action, StepState::Failed, ExecutionState::Failed);
            progress.steps.last_mut().unwrap().error = Some(evil.replace("\n\n", "\n"));
            progress.steps.last_mut().unwrap().stage = evil.into();
            for step in &mut progress.steps {
                step.outputs = [("ApiUrl".to_owned(), format!("https://{evil}"))].into();
            }
            let said = say(&preview(head(&commit(), evil), running()), Some(&progress), &place());
            is_harmless(&said.text);
            let (_, line, url) = status(&said);
            assert!(units(line) <= 140 && !line.contains(['\n', '\r']), "{line:?}");
            assert_eq!(url, Some(CONSOLE));
        }
        let person = starting(Some(Wait::Person { what: evil.to_owned() }));
        is_harmless(&say(&preview(head(&commit(), evil), person), None, &place()).text);
    }
}

#[test]
fn the_mark_begins_the_last_line_and_is_of_one_service_alone() {
    assert_eq!(mark("shop", &Subject::PullRequest(42)), LAST);
    let other = mark("shop-api", &Subject::PullRequest(42));
    assert!(!other.contains(&mark("shop", &Subject::PullRequest(4))) && !other.contains(LAST));
}

#[test]
fn only_a_comment_that_ends_with_the_mark_has_it() {
    for (comment, has_it) in [
        (format!("It is there.\n\n{LAST}"), true),
        (format!("It is there.\r\n\r\n{LAST}\r\n \r\n"), true),
        (format!("{LAST} (cut)"), true),
        (format!("> It is there.\n>\n> {LAST}"), false),
        (format!("{LAST}\n\nIs that so?"), false),
        (format!("I see: {LAST}"), false),
        (format!("    {LAST}"), false),
        (String::new(), false),
    ] {
        assert_eq!(is_marked(&comment, LAST), has_it, "{comment:?}");
    }
}
