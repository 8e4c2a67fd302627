//! What GitHub answers where it does not do what it is asked.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::repository;

/// A documented refusal.
#[derive(Debug)]
pub(super) struct Refused {
    status: StatusCode,
    message: String,
    errors: Option<Value>,
}

impl Refused {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), errors: None }
    }

    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not Found")
    }

    pub(super) fn bad_credentials() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Bad credentials")
    }

    /// Whoever asks is no user.
    pub(super) fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "Resource not accessible by integration")
    }

    pub(super) fn unparsable() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Problems parsing JSON")
    }

    pub(super) fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "Request is too large")
    }

    /// What a body has cannot be.
    pub(super) fn malformed(why: &impl ToString) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, format!("Invalid request.\n\n{}", why.to_string()))
    }

    pub(super) fn no_commit(name: &str) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, format!("No commit found for SHA: {name}"))
    }

    /// A field of a pull request is `missing_field` or `invalid`.
    pub(super) fn field(field: &str, code: &str) -> Self {
        Self::field_of("PullRequest", field, code)
    }

    pub(super) fn field_of(resource: &str, field: &str, code: &str) -> Self {
        Self::validation(&json!({"resource": resource, "field": field, "code": code}))
    }

    /// What a pull request is to be it cannot be.
    pub(super) fn custom(message: &str) -> Self {
        Self::of("PullRequest", message)
    }

    /// What a webhook is to be it cannot be.
    pub(super) fn hook(message: &str) -> Self {
        Self::of("Hook", message)
    }

    pub(super) fn of(resource: &str, message: &str) -> Self {
        Self::validation(&json!({"resource": resource, "code": "custom", "message": message}))
    }

    fn validation(error: &Value) -> Self {
        let errors = Some(json!([error]));
        Self { errors, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Validation Failed") }
    }

    pub(super) fn unprocessable(why: &str) -> Self {
        Self { errors: Some(json!([why])), ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Unprocessable Entity") }
    }

    pub(super) fn not_mergeable() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "Pull Request is not mergeable")
    }

    pub(super) fn draft() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "Pull Request is still a draft")
    }

    pub(super) fn head_moved() -> Self {
        Self::new(StatusCode::CONFLICT, "Head branch was modified. Review and try the merge again.")
    }

    pub(super) fn broke_off() -> Self {
        let message = "the request broke off: this is a defect of flowgate, its panic message is in the log";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    }
}

impl From<repository::Error> for Refused {
    fn from(error: repository::Error) -> Self {
        match error {
            repository::Error::NoRepository(_) | repository::Error::Name(_) => Self::not_found(),
            error => Self::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Self { status, message, errors } = self;
        let mut body = json!({
            "message": message,
            "documentation_url": "https://docs.github.com/rest",
            "status": status.as_u16().to_string(),
        });
        if let Some(errors) = errors {
            body["errors"] = errors;
        }
        (status, Json(body)).into_response()
    }
}
