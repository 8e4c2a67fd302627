use clap::Parser as _;

use super::*;
use crate::cli::args::{Args, Subcommand};
use crate::report::view::Revision;

const FIRST: &str = "11111111-aaaa";
const SECOND: &str = "22222222-aaaa";

fn waiting(stage: &str, action: &str, execution: &str) -> Waiting {
    let revision = Revision { commit: Some("0123456789".to_owned()), message: None };
    let [pipeline, stage, action, execution] = ["p", stage, action, execution].map(str::to_owned);
    Waiting { pipeline, stage, action, execution, revision, ..Waiting::default() }
}

fn chosen(all: &[Waiting], words: &[&str]) -> Result<Vec<String>, String> {
    let command = Args::parse_from(["flowgate"].iter().chain(words)).command;
    let (options, approved) = match command.unwrap() {
        Subcommand::Approve(options) => (options, true),
        Subcommand::Reject(options) => (options, false),
        other => panic!("{other:?}"),
    };
    let chosen = choose("p", all.to_vec(), &options, approved).map_err(|error| error.to_string())?;
    Ok(chosen.into_iter().map(|waiting| waiting.action).collect())
}

fn some(actions: &[&str]) -> Vec<String> {
    actions.iter().map(ToString::to_string).collect()
}

#[test]
fn only_what_was_meant_is_answered() {
    let waits = [waiting("Approve", "A", FIRST)];
    for words in [&[][..], &["--commit", "0123456"], &["--execution", "11111111-AAAA"], &["--action", "A"]] {
        assert_eq!(chosen(&waits, &[&["approve"], words].concat()), Ok(some(&["A"])), "{words:?}");
    }
    let is_not = |asked: &str| {
        let waiting = "commit 01234567, execution 11111111-aaaa";
        Err(format!("{asked} is not what waits in pipeline p, but {waiting}; nothing was answered"))
    };
    assert_eq!(chosen(&waits, &["approve", "--commit", "0123457"]), is_not("commit 0123457"));
    let both = ["approve", "--commit", "0123456", "--execution", "11111112"];
    assert_eq!(chosen(&waits, &both), is_not("execution 11111112"));
    let unknown = Err("no approval named C waits in pipeline p; these do: A".to_owned());
    assert_eq!(chosen(&waits, &["approve", "--action", "C"]), unknown);
    let nothing = Err("no approval waits in pipeline p; `flowgate status p` shows where it is".to_owned());
    assert_eq!(chosen(&[], &["approve", "--action", "A"]), nothing);
}

#[test]
fn of_several_in_a_stage_a_person_approves_one_and_rejects_them_all() {
    let both = [waiting("Approve", "A", FIRST), waiting("Approve", "B", FIRST)];
    let cases = [
        (&["approve"][..], &["A"][..]),
        (&["approve", "--action", "B"], &["B"]),
        (&["reject"], &["A", "B"]),
        (&["reject", "--action", "B"], &["B"]),
    ];
    for (words, expected) in cases {
        assert_eq!(chosen(&both, words), Ok(some(expected)), "{words:?}");
    }
}

#[test]
fn what_waits_in_several_places_must_be_told_apart() {
    let apart = [waiting("Early", "A", SECOND), waiting("Late", "A", FIRST), waiting("Late", "B", FIRST)];
    let several = |names: &str| {
        Err(format!("several approvals wait in pipeline p, name one with --action or --execution: {names}"))
    };
    for verb in ["approve", "reject"] {
        assert_eq!(chosen(&apart, &[verb]), several("A, A, B"));
        assert_eq!(chosen(&apart, &[verb, "--action", "A"]), several("A, A"));
        assert_eq!(chosen(&apart, &[verb, "--action", "B"]), Ok(some(&["B"])));
        assert_eq!(chosen(&apart, &[verb, "--execution", "2222222"]), Ok(some(&["A"])));
    }
    assert_eq!(chosen(&apart, &["approve", "--execution", "1111111"]), Ok(some(&["A"])));
    assert_eq!(chosen(&apart, &["reject", "--execution", "1111111"]), Ok(some(&["A", "B"])));
    let none = chosen(&apart, &["approve", "--action", "B", "--execution", "2222222"]).unwrap_err();
    assert!(none.starts_with("execution 2222222 is not what waits in pipeline p, but"), "{none}");
}

#[test]
fn who_answers_is_told_what_is_answered_with_it_and_what_is_left() {
    let other = |action: &str, approved: Option<bool>| Other { action: action.to_owned(), approved, by: None };
    let first = Waiting { others: vec![other("B", None), other("C", Some(true))], ..waiting("Approve", "A", FIRST) };
    let asked = question(&[first.clone(), waiting("Approve", "B", FIRST)]);
    let expected = "Approve A of p, execution 11111111-aaaa\n  commit 01234567\n  C is approved; who answers twice counts \
                    once\n  and with it B\n";
    assert_eq!(asked, expected);
    assert!(question(&[first]).contains("  B waits, too\n"));
    let cases = [
        (None, true, true, ", for another person: `flowgate approve --as reviewer`"),
        (None, true, false, ", for another person"),
        (None, false, true, ", and the stage ends only when it is answered: `flowgate reject`"),
        (Some(true), true, true, ""),
    ];
    for (answer, approved, is_local, expected) in cases {
        assert_eq!(remedy(&other("B", answer), approved, is_local), expected);
    }
}
