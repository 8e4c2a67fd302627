//! `on-failure`: what follows a failed phase.

use regex_lite::Regex;

/// How often `RETRY` runs a phase again where it does not say.
const RETRIES: u8 = 3;
/// The most that it may say.
const MOST_RETRIES: u8 = 100;

/// What follows a failed phase. Unless a retry succeeds, the build has failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnFailure {
    /// `ABORT`: no further phase.
    Abort,
    /// `CONTINUE`: the next phase.
    Continue,
    /// `RETRY…`: the phase again.
    Retry {
        /// How often at most.
        count: u8,
        /// Only after a failure that this is found in.
        pattern: Option<Pattern>,
    },
}

/// A regular expression.
#[derive(Debug, Clone)]
pub struct Pattern(Regex);

impl Pattern {
    /// Whether it is found in a text.
    pub fn is_in(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Eq for Pattern {}

impl OnFailure {
    /// Reads `ABORT`, `CONTINUE`, `RETRY`, `RETRY-count`, `RETRY-regex` or `RETRY-count-regex`. The error says what to do.
    pub(super) fn read(text: &str) -> Result<Self, &'static str> {
        match text {
            "ABORT" => Ok(Self::Abort),
            "CONTINUE" => Ok(Self::Continue),
            "RETRY" => Ok(Self::Retry { count: RETRIES, pattern: None }),
            _ => retry(text.strip_prefix("RETRY-").ok_or("write ABORT, CONTINUE or RETRY")?),
        }
    }
}

fn retry(text: &str) -> Result<OnFailure, &'static str> {
    let (number, rest) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let (count, regex) = match rest.strip_prefix('-') {
        _ if number.is_empty() => (RETRIES, text),
        Some(regex) => (count(number)?, regex),
        None if rest.is_empty() => (count(number)?, ""),
        None => (RETRIES, text),
    };
    let pattern = (!regex.is_empty()).then(|| Regex::new(regex).map(Pattern)).transpose();
    let pattern = pattern.map_err(|_| "its regular expression cannot be read, correct it")?;
    Ok(OnFailure::Retry { count, pattern })
}

fn count(number: &str) -> Result<u8, &'static str> {
    let count = number.parse().ok().filter(|count| *count <= MOST_RETRIES);
    count.ok_or("retry 0 to 100 times")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        match OnFailure::read(text) {
            Ok(OnFailure::Retry { count, pattern }) => {
                format!("{count} {}", pattern.as_ref().map_or("any", |pattern| pattern.0.as_str()))
            }
            Ok(other) => format!("{other:?}"),
            Err(why) => why.to_owned(),
        }
    }

    #[test]
    fn every_documented_form_is_read() {
        for (text, expected) in [
            ("ABORT", "Abort"),
            ("CONTINUE", "Continue"),
            ("RETRY", "3 any"),
            ("RETRY-0", "0 any"),
            ("RETRY-100", "100 any"),
            ("RETRY-.*timed out.*", "3 .*timed out.*"),
            ("RETRY-2-.*timed-out.*", "2 .*timed-out.*"),
            ("RETRY-5xx", "3 5xx"),
            ("RETRY-101", "retry 0 to 100 times"),
            ("RETRY-999999999999-x", "retry 0 to 100 times"),
            ("RETRY-(", "its regular expression cannot be read, correct it"),
            ("retry", "write ABORT, CONTINUE or RETRY"),
            ("RETRY3", "write ABORT, CONTINUE or RETRY"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }
}
