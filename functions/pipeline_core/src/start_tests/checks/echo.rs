//! What an answer may echo of a request, and nobody is to read (I26).

/// The words of a request's headers that may be secrets.
#[derive(Debug, Default)]
pub(super) struct Echo(Vec<String>);

/// No secret is shorter, in characters, and few other words are as long.
const SHORTEST: usize = 8;
const HIDDEN: &str = "(hidden)";

impl Echo {
    /// Of these headers' values, which may be echoed in parts, as the token without its `Bearer`, and as a text in JSON.
    pub(super) fn of<'a>(values: impl Iterator<Item = &'a str>) -> Self {
        let words = values.flat_map(|value| value.split([' ', ',', ';', '=']).chain([value]));
        let words = words.filter(|word| word.len() >= SHORTEST);
        let mut words: Vec<String> = words.flat_map(|word| [word.to_owned(), in_json(word)]).collect();
        // The longest first: no part of one is left over where another is found in it.
        words.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        words.dedup();
        Self(words)
    }

    /// The text without them.
    pub(super) fn hide(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, word| text.replace(word, HIDDEN))
    }
}

fn in_json(word: &str) -> String {
    word.replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_their_parts_are_hidden_and_short_words_are_not() {
        let echo = Echo::of(["Bearer 0123456789", "UTC", "a\"b\\c-12345", "key=abcdefgh; x"].into_iter());
        for (text, shown) in [
            ("got Bearer 0123456789!", "got (hidden)!"),
            ("0123456789,Bearer", "(hidden),Bearer"),
            ("UTC a\"b\\c-12345", "UTC (hidden)"),
            (r#"{"x": "a\"b\\c-12345"}"#, r#"{"x": "(hidden)"}"#),
            ("[abcdefgh]", "[(hidden)]"),
        ] {
            assert_eq!(echo.hide(text), shown);
        }
    }
}
