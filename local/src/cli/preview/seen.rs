//! Asking the function that sees to previews.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::cli::client::ClientError;
use crate::cli::function::{Function, FunctionError};
use crate::report::Preview;

/// The function's name, after the service's.
pub(super) const FUNCTION: &str = "preview";

/// The code of a refusal: it never heard of that preview.
const UNKNOWN: &str = "NoPreview";

/// A preview, as it answers.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Seen {
    /// As it is.
    pub(in crate::cli) answer: Value,
    /// As it is read.
    pub(in crate::cli) preview: Preview,
}

impl Seen {
    /// The preview of this name, if there is or was one.
    pub(in crate::cli) async fn of(function: &Function, preview: &str) -> Result<Option<Self>, ClientError> {
        Self::asked(function, &json!({"operation": "show", "preview": preview})).await
    }

    /// Asks for one in any way.
    pub(in crate::cli) async fn asked(function: &Function, request: &Value) -> Result<Option<Self>, ClientError> {
        match function.ask(request).await {
            Ok(answer) => Ok(Some(Self { preview: function.read(&answer)?, answer })),
            Err(error) if is_unknown(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn is_unknown(error: &FunctionError) -> bool {
    error.code() == Some(UNKNOWN)
}

/// All previews that are there, or come and go.
pub(in crate::cli) async fn previews(function: &Function) -> Result<Vec<Seen>, ClientError> {
    #[derive(Deserialize)]
    struct List {
        previews: Vec<Value>,
    }
    let list: List = function.read(&function.ask(&json!({"operation": "list"})).await?)?;
    let seen = |answer: Value| Ok(Seen { preview: function.read(&answer)?, answer });
    list.previews.into_iter().map(seen).collect()
}
