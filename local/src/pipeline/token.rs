//! What proves that an answer is meant for the question it is given to.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The token of a manual approval, a UUID. Whoever has it can answer, so it does not print itself (I26).
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Token(String);

impl Token {
    /// The token as it stands in a request or an answer of the API.
    pub fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }

    /// For a request or an answer of the API.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token([REDACTED])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::action::Approval;

    #[test]
    fn i26_a_question_is_printed_without_its_token() {
        let approval = Approval { token: Token::new("1a2b3c4d"), expires: "2026-07-07T20:22:00Z".parse().unwrap() };
        let printed = format!("{approval:?} {approval:#?}");
        assert!(printed.contains("2026-07-07T20:22:00Z") && !printed.contains("1a2b3c4d"), "{printed}");
    }
}
