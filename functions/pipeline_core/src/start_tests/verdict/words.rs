//! What a person reads of a run that did not pass, within what CodePipeline takes.

use std::collections::BTreeSet;

use crate::{
    ids::TestName,
    start_tests::{
        run::{Outcome, Run},
        verdict::Part,
    },
    text::{MESSAGE, end, fit, units},
};

/// How long each test's own words may be: when not all tests can be told of, their words are cut before their names.
const WORDS: [usize; 3] = [1000, 300, 100];
/// No less of a log is worth showing.
const LEAST_LOG: usize = 100;

struct Trouble {
    /// How many parts it is about.
    parts: usize,
    words: String,
}

/// `head`, then what happened to the parts, in order, as much as fits, then the ends of their logs where there is room.
/// `report` is where they are all told of, which is said of every failure, and `unfiled` why they are not.
pub(super) fn failure(head: &str, parts: &[Part<'_>], unfiled: Option<&str>, report: Option<&str>) -> String {
    let mut text = head.to_owned();
    let report = report.map(|at| format!("; report: {at}")).unwrap_or_default();
    let left = room(head).saturating_sub(units(&report));
    let troubles = |limit| {
        let mut troubles = troubles(parts, limit);
        troubles.extend(
            unfiled.map(|why| Trouble { parts: 0, words: format!("the report is missing: {}", line(why, limit)) }),
        );
        troubles
    };
    let fitting = WORDS.map(troubles).into_iter().find(|troubles| left >= length(troubles));
    match fitting {
        Some(all) => all.iter().for_each(|trouble| tell(&mut text, &trouble.words)),
        None => some(&mut text, &troubles(WORDS[WORDS.len() - 1]), left),
    }
    text.push_str(&report);
    logs(&mut text, parts);
    text
}

/// The test had the job to settle, and did not.
pub(super) fn unsettled(run: &Run) -> String {
    let tests: Vec<&str> = run.tests.iter().map(TestName::as_str).collect();
    format!(
        "{} did not settle the job until {}; with \"report\": \"self\" the test must call PutJobSuccessResult or \
         PutJobFailureResult",
        tests.join(", "),
        run.deadline
    )
}

fn tell(text: &mut String, words: &str) {
    text.push_str("; ");
    text.push_str(words);
}

fn room(text: &str) -> usize {
    MESSAGE.saturating_sub(units(text))
}

fn length(troubles: &[Trouble]) -> usize {
    troubles.iter().map(|trouble| units(&trouble.words) + "; ".len()).sum()
}

/// As many as there is room left for, and how many more there are.
fn some(text: &mut String, troubles: &[Trouble], left: usize) {
    let more = |rest: &[Trouble]| format!("… and {} more", rest.iter().map(|rest| rest.parts).sum::<usize>());
    let mut left = left.saturating_sub(units(&more(troubles)) + "; ".len());
    let fits = |trouble: &&Trouble| {
        let length = length(std::slice::from_ref(*trouble));
        let fits = length <= left;
        left = left.saturating_sub(length);
        fits
    };
    let told = troubles.iter().take_while(fits).count();
    troubles[..told].iter().for_each(|trouble| tell(text, &trouble.words));
    tell(text, &more(&troubles[told..]));
}

/// Tests that were not started for the same reason are told of together, where the first of them is.
fn troubles(parts: &[Part<'_>], limit: usize) -> Vec<Trouble> {
    let mut told = BTreeSet::new();
    let trouble = |part: &Part<'_>| match skipped(part) {
        Some(why) => told.insert(why.to_owned()).then(|| not_started(parts, part, why, limit)),
        None => Some(Trouble { parts: 1, words: words(part, limit)? }),
    };
    parts.iter().filter_map(trouble).collect()
}

fn not_started(parts: &[Part<'_>], first: &Part<'_>, why: &str, limit: usize) -> Trouble {
    let parts = parts.iter().filter(|part| skipped(part) == Some(why)).count();
    let whom = if parts == 1 { format!("{} was", first.name) } else { format!("{parts} tests were") };
    Trouble { parts, words: format!("{whom} not started: {}", line(why, limit)) }
}

/// Why a test was skipped; set-up and tear-down are always told of by name.
fn skipped<'a>(part: &Part<'a>) -> Option<&'a str> {
    match part.outcome {
        Some(Outcome::Skipped { message }) if part.is_test => Some(message),
        _ => None,
    }
}

fn words(part: &Part<'_>, limit: usize) -> Option<String> {
    let name = part.name;
    let said = |verb: &str, message: &str| Some(format!("{name} {verb}: {}", line(message, limit)));
    match part.outcome {
        Some(Outcome::Passed) => None,
        Some(Outcome::Failed { message }) => said("failed", message),
        Some(Outcome::Misconfigured { message } | Outcome::Denied { message }) => said("could not be started", message),
        Some(Outcome::Lost { message }) => said("was lost", message),
        Some(Outcome::Skipped { message }) => said("was not started", message),
        None => Some(format!("{name} never answered")),
    }
}

/// On one line: an empty one begins the logs, which not everybody is shown who is shown what failed.
fn line(message: &str, limit: usize) -> String {
    fit(&message.split_whitespace().collect::<Vec<_>>().join(" "), limit)
}

fn logs(text: &mut String, parts: &[Part<'_>]) {
    for (part, log) in parts.iter().filter_map(|part| Some((part, part.log?))) {
        let head = format!("\n\nthe end of the log of {}:\n", part.name);
        let left = room(text).saturating_sub(units(&head));
        if left < LEAST_LOG {
            return;
        }
        text.push_str(&head);
        text.push_str(end(log, left));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part<'a>(name: &'a str, outcome: Option<&'a Outcome>, log: Option<&'a str>) -> Part<'a> {
        Part { name, is_test: true, outcome, log }
    }

    fn named(count: usize) -> Vec<String> {
        (0..count).map(|n| format!("TestFunction{n:03}")).collect()
    }

    #[test]
    fn words_are_cut_before_names_are() {
        let failed = Outcome::Failed { message: "é".repeat(1000) };
        let names = named(30);
        let parts: Vec<Part<'_>> = names.iter().map(|name| part(name, Some(&failed), None)).collect();
        let text = failure("0 of 30 passed", &parts, None, None);
        assert!(names.iter().all(|name| text.contains(name.as_str())), "{text}");
        assert!(text.chars().count() <= MESSAGE && !text.contains("more"), "{text}");
    }

    #[test]
    fn each_tests_words_stand_on_one_line_and_only_logs_behind_an_empty_one() {
        let said = |message: &str| Outcome::Failed { message: message.to_owned() };
        let (torn, lost) =
            (said(" expected:\n\n  200\r\n\r\ngot:\t502\n"), Outcome::Lost { message: "no\n\nanswer".into() });
        let skipped = Outcome::Skipped { message: "not\n\nready".into() };
        let parts =
            [part("A", Some(&torn), Some("a\n\nlog")), part("B", Some(&lost), None), part("C", Some(&skipped), None)];
        let text = failure("0 of 3 passed", &parts, Some("no\n\nbucket"), None);
        let expected = "0 of 3 passed; A failed: expected: 200 got: 502; B was lost: no answer; C was not started: not \
                        ready; the report is missing: no bucket\n\nthe end of the log of A:\na\n\nlog";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_failure_says_where_the_report_is_before_the_logs() {
        let failed = Outcome::Failed { message: "é".repeat(1000) };
        let log = "é".repeat(1000);
        let report = "; report: s3://bucket/key";
        let small = Outcome::Failed { message: "no".into() };
        let text = failure("0 of 1 passed", &[part("A", Some(&small), Some("words"))], None, Some("s3://bucket/key"));
        let expected = "0 of 1 passed; A failed: no; report: s3://bucket/key\n\nthe end of the log of A:\nwords";
        assert_eq!(text, expected);
        for count in 1..60 {
            let names = named(count);
            let parts: Vec<Part<'_>> = names.iter().map(|name| part(name, Some(&failed), Some(&log))).collect();
            let text = failure("0 passed", &parts, None, Some("s3://bucket/key"));
            let said = text.split_once("\n\n").map_or(&text[..], |(said, _)| said);
            assert!(said.ends_with(report) && units(&text) <= MESSAGE, "{count}: {text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_counted_and_the_report_has_it() {
        let failed = Outcome::Failed { message: "é".repeat(1000) };
        let names = named(300);
        let parts: Vec<Part<'_>> = names.iter().map(|name| part(name, Some(&failed), Some("a log"))).collect();
        let text = failure("0 of 300 passed", &parts, None, Some("s3://bucket/key"));
        let told = names.iter().filter(|name| text.contains(name.as_str())).count();
        let more = format!("; … and {} more; report: s3://bucket/key", 300 - told);
        assert!(told > 30 && text.ends_with(&more), "{text}");
        assert!((MESSAGE - 300..=MESSAGE).contains(&text.chars().count()), "{}", text.chars().count());
    }

    #[test]
    fn tests_skipped_for_one_reason_are_told_of_together_and_one_by_its_name() {
        let skipped = |why: &str| Outcome::Skipped { message: why.to_owned() };
        let (unready, late) = (skipped("the set-up did not pass"), skipped("the run's time was over"));
        let parts = [part("A", Some(&unready), None), part("B", Some(&late), None), part("C", Some(&unready), None)];
        let text = failure("0 of 3 passed", &parts, None, None);
        let expected = "0 of 3 passed; 2 tests were not started: the set-up did not pass; B was not started: the run's \
                        time was over";
        assert_eq!(text, expected);
    }

    #[test]
    fn logs_fill_the_room_that_is_left_with_their_ends() {
        let failed = Outcome::Failed { message: "é".repeat(1000) };
        let log = format!("first{}last", "é".repeat(991));
        let names = named(4);
        let parts: Vec<Part<'_>> = names.iter().map(|name| part(name, Some(&failed), Some(&log))).collect();
        let text = failure("0 of 4 passed", &parts, None, None);
        assert_eq!(text.chars().count(), MESSAGE);
        assert!(text.contains("\n\nthe end of the log of TestFunction000:\n") && text.ends_with("last"), "{text}");
    }

    #[test]
    fn a_message_never_exceeds_the_limit_however_characters_are_counted() {
        let failed = Outcome::Failed { message: "😀".repeat(1000) };
        let log = "😀".repeat(1000);
        for (count, least) in [(1, 2000), (2, MESSAGE - 1), (3, 2000), (30, 4000), (300, 4000)] {
            let names = named(count);
            let parts: Vec<Part<'_>> = names.iter().map(|name| part(name, Some(&failed), Some(&log))).collect();
            let text = failure("0 passed", &parts, None, None);
            assert!((least..=MESSAGE).contains(&units(&text)), "{count}: {}", units(&text));
        }
    }

    #[test]
    fn a_missing_report_is_told_behind_the_tests() {
        let text = failure("1 of 1 passed", &[part("A", Some(&Outcome::Passed), None)], Some("nobody wrote it"), None);
        assert_eq!(text, "1 of 1 passed; the report is missing: nobody wrote it");
    }
}
