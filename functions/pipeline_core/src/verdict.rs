//! The end of a job: what is reported to CodePipeline, or why nothing is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::text;

/// How one delivery of a job ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// This delivery tells CodePipeline.
    Report(Report),
    /// A stored run owns the report: another delivery settles it, or the test itself does. Only what has that record
    /// may say so (I17).
    Deferred {
        /// Who reports, and until when.
        why: String,
    },
}

/// What CodePipeline is told of a job. Built by the constructors below, which keep the documented limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "report", rename_all = "snake_case")]
pub enum Report {
    /// The action did what it should.
    Succeed {
        /// One line for people.
        summary: String,
        /// Output variables, for later actions.
        outputs: BTreeMap<String, String>,
    },
    /// Not done yet: CodePipeline invokes the function again, as a new job that carries the token.
    Continue {
        /// What the next job needs to know, 1-2048 characters.
        token: String,
        /// How far it is, 0-100.
        percent: u8,
        /// One line for people.
        summary: String,
    },
    /// The action fails, and with it the stage.
    Fail {
        /// Whose fault it is.
        kind: FailureKind,
        /// What failed, on what, and what to do.
        message: String,
    },
}

/// CodePipeline's failure types, as far as a function of ours can be their cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailureKind {
    /// The work was done and did not succeed: a test failed.
    JobFailed,
    /// The pipeline, a stack or an artifact is not as the action needs it.
    ConfigurationError,
    /// A role lacks a permission.
    PermissionError,
    /// A service did not answer; a retry may help.
    SystemUnavailable,
}

impl Report {
    /// Success, with one line for people.
    pub fn succeed(summary: &str, outputs: BTreeMap<String, String>) -> Self {
        Self::Succeed { summary: text::fit(summary, text::SUMMARY), outputs }
    }

    /// Not done yet; `token` comes back with the next job.
    pub fn proceed(token: &str, percent: u8, summary: &str) -> Self {
        let token = text::fit(token, text::TOKEN);
        Self::Continue { token, percent: percent.min(100), summary: text::fit(summary, text::SUMMARY) }
    }

    /// Failure.
    pub fn fail(kind: FailureKind, message: &str) -> Self {
        Self::Fail { kind, message: text::fit(message, text::MESSAGE) }
    }

    /// A failure that the pipeline's author can mend.
    pub fn misconfigured(message: &str) -> Self {
        Self::fail(FailureKind::ConfigurationError, message)
    }
}

impl From<Report> for Verdict {
    fn from(report: Report) -> Self {
        Self::Report(report)
    }
}
