//! The `Value` of a `VariableCheck` rule whose operator is `MATCHES`.

use std::str::FromStr;

use regex_lite::Regex;

/// A pattern for whole texts, as Java's `matches` takes it.
#[derive(Debug, Clone)]
pub struct Pattern(Regex);

impl FromStr for Pattern {
    type Err = regex_lite::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Alone, too: `a)|(b` is a pattern between other brackets only, and another one than was meant.
        Regex::new(text)?;
        Regex::new(&format!("^(?:{text})$")).map(Self)
    }
}

impl Pattern {
    /// Whether the whole text is one of those that the pattern describes.
    pub fn matches(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_text_must_match() {
        for (pattern, text, expected) in [
            ("release-[0-9]+", "release-12", true),
            ("release-[0-9]+", "release-12b", false),
            ("release-[0-9]+", "a release-12", false),
            ("a|b", "b", true),
            ("a|b", "ab", false),
            ("a", "a\n", false),
            ("^a$", "a", true),
            ("", "", true),
        ] {
            assert_eq!(pattern.parse::<Pattern>().unwrap().matches(text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn what_is_no_pattern_by_itself_is_refused() {
        for pattern in ["(", "a)|(b", "a)|(?:b", ")(", "[", "*"] {
            assert!(pattern.parse::<Pattern>().is_err(), "{pattern}");
        }
    }
}
