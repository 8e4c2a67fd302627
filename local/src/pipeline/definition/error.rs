//! Why a pipeline's definition is refused.

use std::fmt;

/// A definition that CodePipeline would refuse, or that cannot run here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}{message}")]
pub struct DefinitionError {
    /// The exception of CodePipeline's API that says so.
    pub kind: ErrorKind,
    /// Where in the definition it is.
    pub place: Place,
    /// What is wrong and what to do.
    pub message: String,
}

/// The exceptions that CodePipeline's API documents for a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// `InvalidStructureException`
    Structure,
    /// `InvalidStageDeclarationException`
    Stage,
    /// `InvalidActionDeclarationException`
    Action,
    /// `InvalidBlockerDeclarationException`
    Blocker,
    /// `LimitExceededException`
    Limit,
    /// `ValidationException`
    Validation,
}

impl ErrorKind {
    /// The exception's name, as the API's `__type` gives it.
    pub fn exception(self) -> &'static str {
        match self {
            Self::Structure => "InvalidStructureException",
            Self::Stage => "InvalidStageDeclarationException",
            Self::Action => "InvalidActionDeclarationException",
            Self::Blocker => "InvalidBlockerDeclarationException",
            Self::Limit => "LimitExceededException",
            Self::Validation => "ValidationException",
        }
    }
}

/// A place in a definition; what is not set is not part of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The stage's name.
    pub stage: Option<String>,
    /// The action's name.
    pub action: Option<String>,
    /// The field, in the API's spelling.
    pub field: Option<String>,
}

impl Place {
    /// The whole pipeline.
    pub(in crate::pipeline) fn pipeline() -> Self {
        Self::default()
    }

    /// A stage of it.
    pub(super) fn stage(stage: &str) -> Self {
        Self { stage: Some(stage.to_owned()), ..Self::default() }
    }

    /// An action of a stage.
    pub(super) fn action(&self, action: &str) -> Self {
        Self { action: Some(action.to_owned()), ..self.clone() }
    }

    /// A field of what this place is.
    pub(in crate::pipeline) fn field(&self, field: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..self.clone() }
    }

    /// A part of the field that this place is.
    pub(super) fn within(&self, part: &str) -> Self {
        let field = self.field.iter().map(String::as_str).chain([part]).collect::<Vec<_>>().join(".");
        self.field(field)
    }

    /// An error at this place.
    pub(in crate::pipeline) fn error(&self, kind: ErrorKind, message: impl Into<String>) -> DefinitionError {
        DefinitionError { kind, place: self.clone(), message: message.into() }
    }
}

impl fmt::Display for Place {
    /// `stage "Beta", action "Deploy", field "runOrder": `, as far as it is known.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [("stage", &self.stage), ("action", &self.action), ("field", &self.field)];
        let known: Vec<String> =
            parts.iter().filter_map(|(what, name)| name.as_ref().map(|name| format!("{what} {name:?}"))).collect();
        if known.is_empty() { Ok(()) } else { write!(f, "{}: ", known.join(", ")) }
    }
}
