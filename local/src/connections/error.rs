//! Why a request about a pull request is refused.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::repository;

#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error(transparent)]
    Repository(#[from] repository::Error),
    #[error("repository {repository} has no pull request {number}")]
    NoPullRequest { repository: String, number: u64 },
    #[error("a pull request cannot be from {0} into {0}: name two branches")]
    Itself(String),
    #[error("the title has {0} characters; 256 is the most")]
    Title(usize),
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Repository(repository::Error::NoRepository(_) | repository::Error::NoBranch { .. })
            | Self::NoPullRequest { .. } => StatusCode::NOT_FOUND,
            Self::Repository(repository::Error::Name(_)) | Self::Itself(_) | Self::Title(_) => StatusCode::BAD_REQUEST,
            Self::Repository(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, Json(json!({"message": self.to_string()}))).into_response()
    }
}
