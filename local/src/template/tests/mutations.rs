//! No damage to a template makes the check fail other than with an answer.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;

/// Words that mean something in a template, put where they do not belong.
const WORDS: [&str; 20] = [
    "!Ref ",
    "!Sub ",
    "!If ",
    "!Join ",
    "!Select ",
    "!GetAtt ",
    "!FindInMap ",
    "{Ref: Pipeline}",
    "[",
    "]",
    "{",
    "}",
    "&a ",
    "*a",
    "${",
    "\n",
    "- ",
    ": ",
    "{{resolve:",
    "Fn::If: ",
];

#[derive(Debug, Clone)]
enum Damage {
    Truncate(Index),
    Remove(Index, usize),
    Insert(Index, &'static str),
    Repeat(Index, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        any::<Index>().prop_map(Damage::Truncate),
        (any::<Index>(), 1..40_usize).prop_map(|(at, many)| Damage::Remove(at, many)),
        (any::<Index>(), select(&WORDS[..])).prop_map(|(at, word)| Damage::Insert(at, word)),
        (any::<Index>(), 1..200_usize).prop_map(|(at, many)| Damage::Repeat(at, many)),
    ]
}

fn damaged(text: &str, damage: &Damage) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    if letters.is_empty() {
        return String::new();
    }
    let part = |at: &Index, many: usize| at.index(letters.len())..(at.index(letters.len()) + many).min(letters.len());
    match damage {
        Damage::Truncate(at) => letters.truncate(at.index(letters.len())),
        Damage::Remove(at, many) => drop(letters.drain(part(at, *many))),
        Damage::Insert(at, word) => drop(letters.splice(part(at, 0), word.chars())),
        Damage::Repeat(at, many) => letters.extend_from_within(part(at, *many)),
    }
    letters.into_iter().collect()
}

proptest! {
    #[test]
    fn a_damaged_template_is_judged_or_refused(damages in prop::collection::vec(damage(), 1..6)) {
        let text = damages.iter().fold(VALID.to_owned(), |text, damage| damaged(&text, damage));
        match said(&text) {
            Ok(checked) => prop_assert!(!checked.pipelines.is_empty()),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    #[test]
    fn a_value_that_is_not_what_it_should_be_is_judged_or_refused(at in any::<Index>(), other in select(&WORDS[..14])) {
        let values: Vec<_> = VALID.match_indices(": ").map(|(at, _)| at + 2).collect();
        let at = values[at.index(values.len())];
        let end = VALID[at..].find([',', '}', '\n']).map_or(VALID.len(), |length| at + length);
        let text = format!("{}{other}{}", &VALID[..at], &VALID[end..]);
        drop(said(&text));
    }
}
