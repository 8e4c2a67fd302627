//! Why what somebody asked for was not done.

use pipeline_core::{ports::PortError, preview::subject::Subject};
use serde::{Serialize, Serializer};
use serde_json::json;

/// Why a request came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The request is not one; nothing was changed.
    #[error("{0}")]
    BadRequest(String),
    /// There is no such preview.
    #[error("there is no preview {0}, and was none for long")]
    NoPreview(Subject),
    /// A service did not answer till the end: what was done stands, and the next look at the preview goes on from there.
    #[error("{0}; ask again")]
    Unavailable(#[from] PortError),
}

impl Refusal {
    pub(super) fn bad(why: &str) -> Self {
        Self::BadRequest(why.to_owned())
    }

    /// The word that programs tell refusals by.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadRequest(_) => "BadRequest",
            Self::NoPreview(_) => "NoPreview",
            Self::Unavailable(_) => "Unavailable",
        }
    }
}

/// `{"error": {"code", "message"}}`.
impl Serialize for Refusal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json!({"error": {"code": self.code(), "message": self.to_string()}}).serialize(serializer)
    }
}
