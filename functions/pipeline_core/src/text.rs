//! Texts for people, within the limits that CodePipeline documents.

/// The longest `summary` of an execution's details, in [`units`].
pub const SUMMARY: usize = 2048;
/// The longest `message` of a failure's details, in [`units`].
pub const MESSAGE: usize = 5000;

/// The longest continuation token, in [`units`].
pub const TOKEN: usize = 2048;

const CUT: &str = " … (cut)";

/// How long `text` is. CodePipeline documents characters, and does not say which: UTF-16 units are never fewer than its
/// characters, so what is short enough in units is so in any case.
pub fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// The beginning of `text`, of at most `limit` [`units`].
pub fn beginning(text: &str, limit: usize) -> &str {
    let ends = text.char_indices().map(|(at, character)| at + character.len_utf8());
    &text[..whole(text.chars().zip(ends), limit).unwrap_or(0)]
}

/// The end of `text`, of at most `limit` [`units`].
pub fn end(text: &str, limit: usize) -> &str {
    let begins = text.char_indices().rev().map(|(at, character)| (character, at));
    &text[whole(begins, limit).unwrap_or(text.len())..]
}

/// The place of the last of these characters that together are not longer than `limit`.
fn whole(characters: impl Iterator<Item = (char, usize)>, limit: usize) -> Option<usize> {
    let mut length = 0;
    let fitting = characters.take_while(|(character, _)| {
        length += character.len_utf16();
        length <= limit
    });
    fitting.last().map(|(_, place)| place)
}

/// `text` in at most `limit` [`units`]. What is cut says so; an empty text becomes a word, since CodePipeline refuses an
/// empty summary or message.
pub fn fit(text: &str, limit: usize) -> String {
    let text = text.trim();
    if text.is_empty() {
        return "(no message)".to_owned();
    }
    if units(text) <= limit {
        return text.to_owned();
    }
    format!("{}{CUT}", beginning(text, limit.saturating_sub(units(CUT))))
}

/// What is wrong with a text that is to be JSON, without what stands there: it may be a secret in the wrong place (I26).
/// Whoever wrote it finds it by line and column, and a misspelt field by its name.
pub fn complaint(error: &serde_json::Error) -> String {
    let words = error.to_string();
    let repeats = ["invalid type: ", "invalid value: ", "unknown field ", "unknown variant "];
    if !repeats.iter().any(|start| words.starts_with(start)) {
        return words;
    }
    let kind = words.split(['"', '`']).next().unwrap_or_default();
    let kind = kind.split(", expected").next().unwrap_or_default().trim_end();
    let name = misspelt(&words).map(|name| format!(" `{name}`")).unwrap_or_default();
    match words.rsplit_once(", expected ") {
        Some((_, expected)) => format!("{kind}{name}, expected {expected}"),
        None => format!("{kind}{name}"),
    }
}

/// The unknown field, if it is no more than a word.
fn misspelt(words: &str) -> Option<&str> {
    let (name, _) = words.strip_prefix("unknown field `")?.split_once('`')?;
    is_word(name).then_some(name)
}

/// Whether a text from outside may be repeated: a short one of small letters, as keys and tokens have digits and are longer
/// (I26).
pub fn is_word(text: &str) -> bool {
    text.len() <= 20 && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// The same of a text that is to be YAML.
pub fn yaml_complaint(error: &serde_saphyr::Error) -> String {
    // What follows the first line repeats the text.
    let words = error.to_string();
    let line = words.lines().next().unwrap_or_default().trim_start_matches("error: ");
    let line = line.split('"').next().unwrap_or_default();
    if let Some((place, _)) = line.split_once("unknown field `") {
        let unknown = &line[place.len()..];
        let name = misspelt(unknown).map(|name| format!(" `{name}`")).unwrap_or_default();
        let expected = unknown.rsplit_once(", expected ").map(|(_, expected)| format!(", expected {expected}"));
        return format!("{place}unknown field{name}{}", expected.unwrap_or_default());
    }
    let repeats = ["duplicate mapping key", "unsupported tag", "unknown field", "unknown variant"];
    match repeats.iter().find_map(|start| line.split_once(start).map(|(place, _)| format!("{place}{start}"))) {
        Some(kind) => kind,
        None => line.trim_end().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Request {
        #[serde(rename = "count")]
        _count: Option<u8>,
        #[serde(rename = "colour")]
        _colour: Option<Colour>,
    }

    #[derive(Debug, Deserialize)]
    enum Colour {
        #[serde(rename = "red")]
        Red,
    }

    #[test]
    fn i26_a_complaint_says_where_and_what_is_expected_but_not_what_stands_there() {
        for (json, words) in [
            (r#"{"count": "S"}"#, "invalid type: string, expected u8 at line 1 column 13"),
            (r#"{"count": "S, expected T `U` \" V"}"#, "invalid type: string, expected u8 at line 1 column 34"),
            (r#"{"count": 1234567}"#, "invalid value: integer, expected u8 at line 1 column 17"),
            (r#"{"count": [1]}"#, "invalid type: sequence, expected u8 at line 1 column 10"),
            (r#"{"S": 1}"#, "unknown field, expected `count` or `colour` at line 1 column 4"),
            (r#"{"s3cret": 1}"#, "unknown field, expected `count` or `colour` at line 1 column 9"),
            (r#"{"s`, expected S": 1}"#, "unknown field `s`, expected `count` or `colour` at line 1 column 17"),
            (r#"{"color_of_it": 1}"#, "unknown field `color_of_it`, expected `count` or `colour` at line 1 column 14"),
            (r#"{"abcdefghijklmnopqrstu": 1}"#, "unknown field, expected `count` or `colour` at line 1 column 24"),
            (r#"{"colour": "S"}"#, "unknown variant, expected `red` at line 1 column 14"),
            (r#"{"count": 1, "count": 1}"#, "duplicate field `count` at line 1 column 20"),
            (r#"{"count": S}"#, "expected value at line 1 column 11"),
        ] {
            assert_eq!(complaint(&serde_json::from_str::<Request>(json).unwrap_err()), words, "{json}");
        }
    }

    #[test]
    fn i26_a_complaint_about_yaml_repeats_none_of_it() {
        let texts = [
            "a: 1\nSECRET: 1\nSECRET: 2",
            "SECRET: [",
            "SECRET: *SECRET",
            "SECRET: !SECRET [SECRET]",
            "SECRET: SECRET",
            "SECRET",
            "\"SECRET",
            "%YAML SECRET",
            "SECRET: x: SECRET",
            "--- {}\n---\nSECRET: 1",
            "SECRET: !!int SECRET",
        ];
        for text in texts {
            let words = yaml_complaint(&serde_saphyr::from_str::<BTreeMap<String, u8>>(text).unwrap_err());
            assert!(words.contains("line ") && !words.contains("SECRET"), "{text:?}: {words}");
        }
    }

    #[test]
    fn i26_a_misspelt_field_of_yaml_is_named_if_it_is_a_word() {
        for (yaml, words) in [
            ("color_of_it: 1", "unknown field `color_of_it`, expected one of count, colour"),
            ("s3cret: 1", "unknown field, expected one of count, colour"),
            ("'s`, expected S': 1", "unknown field `s`, expected one of count, colour"),
            ("'s\" S': 1", "unknown field"),
        ] {
            let complaint = yaml_complaint(&serde_saphyr::from_str::<Request>(yaml).unwrap_err());
            assert_eq!(complaint, format!("line 1 column 1: {words}"), "{yaml}");
        }
    }

    #[test]
    fn a_text_within_the_limit_is_untouched() {
        assert_eq!(fit("expected 200, got 502", SUMMARY), "expected 200, got 502");
    }

    #[test]
    fn a_long_text_is_cut_on_a_character_and_says_so() {
        let fitted = fit(&"é".repeat(6000), MESSAGE);
        assert_eq!(fitted.chars().count(), MESSAGE);
        assert!(fitted.ends_with("(cut)"));
    }

    #[test]
    fn the_limits_hold_however_characters_are_counted() {
        let fitted = fit(&"😀".repeat(4000), MESSAGE);
        assert!((MESSAGE - 1..=MESSAGE).contains(&units(&fitted)) && fitted.ends_with("(cut)"), "{}", units(&fitted));
        assert_eq!([beginning("😀a😀", 3), beginning("😀a😀", 4), beginning("😀", 1)], ["😀a", "😀a", ""]);
        assert_eq!([end("😀a😀", 3), end("😀a😀", 4), end("😀", 1), end("ab", 9)], ["a😀", "a😀", "", "ab"]);
    }

    #[test]
    fn an_empty_text_becomes_a_word() {
        assert_eq!(fit(" \n", MESSAGE), "(no message)");
    }
}
