//! What GitHub refuses, made ours.

use aws_smithy_runtime_api::http::Headers;
use jiff::Timestamp;
use pipeline_core::{ports::PortError, text};
use serde::Deserialize;
use serde_json::Value;

use crate::{discreet::Secrets, github::call::Call};

/// An answer that is not what was asked for.
pub(super) struct Refusal<'a> {
    pub(super) status: u16,
    pub(super) headers: &'a Headers,
    /// With what repeats the token blanked.
    pub(super) body: &'a [u8],
    /// Whether a token was sent.
    pub(super) known: bool,
    /// What was asked for.
    pub(super) call: &'a Call<'a>,
}

/// The most that is repeated of GitHub's words.
const LONGEST: usize = 300;

/// Where a token is given.
const TOKEN: &str = " (parameter GitHubTokenSecret or GitHubTokenParameter)";

impl Refusal<'_> {
    /// What it means for what was asked for.
    pub(super) fn error(&self) -> PortError {
        let (operation, what) = (self.call.operation(), self.call.what);
        let said = self.said();
        match self.status {
            403 | 429 if self.is_limit() => PortError::Throttled { operation, detail: self.limit() },
            401 if !self.known => {
                PortError::Denied { operation, detail: format!("GitHub wants a token{TOKEN}: {said}") }
            }
            401 => PortError::Denied { operation, detail: format!("GitHub does not take the token: {said}") },
            403 => PortError::Denied { operation, detail: format!("GitHub refuses it: {said}{}", self.needed()) },
            // So it answers, too, where a token may not see what is there.
            404 | 410 => {
                PortError::NotFound { what: format!("{what}, as far as {} may see{},", self.who(), self.needs()) }
            }
            301 | 302 | 307 | 308 => PortError::Unusable {
                what: what.to_owned(),
                why: "the repository has moved: name it as it is called now".to_owned(),
            },
            400..500 => PortError::Unusable { what: what.to_owned(), why: format!("GitHub refuses it: {said}") },
            _ => PortError::Unavailable { operation, detail: format!("GitHub answered {said}") },
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)
    }

    /// As documented: no more requests are left, or GitHub says how long to wait, or what it says is of a limit.
    fn is_limit(&self) -> bool {
        let words = || self.message().is_some_and(|words| words.to_lowercase().contains("rate limit"));
        self.status == 429
            || (self.status == 403
                && (self.header("x-ratelimit-remaining") == Some("0")
                    || self.header("retry-after").is_some()
                    || words()))
    }

    fn limit(&self) -> String {
        let seconds = self.header("retry-after").and_then(|seconds| seconds.parse::<u32>().ok());
        let reset = self.header("x-ratelimit-reset").and_then(|at| Timestamp::from_second(at.parse().ok()?).ok());
        let until = match (seconds, reset.filter(|_| self.header("x-ratelimit-remaining") == Some("0"))) {
            (Some(seconds), _) => format!("for {seconds} s more"),
            (None, Some(reset)) => format!("until {reset}"),
            (None, None) => "for a minute at least".to_owned(),
        };
        let remedy = if self.known { String::new() } else { format!("; with a token it answers more often{TOKEN}") };
        format!("GitHub answers no more requests {until}{remedy}")
    }

    /// Which permissions would do, where GitHub tells, or it is known.
    fn needed(&self) -> String {
        let told = self.header("x-accepted-github-permissions").filter(|needed| !needed.is_empty());
        let needed = told.or(self.call.needs);
        needed.map(|needed| format!("; it needs {}", text::fit(needed, LONGEST))).unwrap_or_default()
    }

    fn needs(&self) -> String {
        self.call.needs.map(|needs| format!(" (it needs {needs})")).unwrap_or_default()
    }

    fn who(&self) -> &'static str {
        if self.known { "the token" } else { "anybody without a token" }
    }

    fn said(&self) -> String {
        match self.message() {
            Some(words) => format!("{}: {}", self.status, text::fit(&self.discreet(&words), LONGEST)),
            None => self.status.to_string(),
        }
    }

    /// I26: GitHub's words without those that it was sent.
    fn discreet(&self, words: &str) -> String {
        String::from_utf8_lossy(&Secrets::new([self.call.text]).blank(words.as_bytes())).into_owned()
    }

    /// GitHub's words, with those on each thing that it finds wrong.
    fn message(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct Said {
            message: String,
            #[serde(default)]
            errors: Value,
        }
        let said: Said = serde_json::from_slice(self.body).ok()?;
        let errors = said.errors.as_array().into_iter().flatten();
        let errors = errors.filter_map(|error| error["message"].as_str().or(error.as_str()));
        Some(std::iter::once(&said.message[..]).chain(errors).collect::<Vec<_>>().join(": "))
    }
}
