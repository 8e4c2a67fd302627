//! What keeps a pipeline from running here.

use std::fmt;

use serde::Serialize;

use super::document::LARGEST;
use crate::pipeline::definition::{DefinitionError, Place};

/// More problems than anybody reads.
pub(super) const MOST: usize = 100;

/// Why a file says nothing about pipelines.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// CloudFormation would not take it.
    #[error("has {bytes} bytes; a template has {LARGEST} at most")]
    TooLong {
        /// Its size.
        bytes: usize,
    },
    /// Neither YAML nor JSON.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// It is something else.
    #[error(
        "is neither a template, which has Resources, nor the document of `aws codepipeline get-pipeline`, which has \
         pipeline"
    )]
    Neither,
    /// A part has another shape than documented.
    #[error("is no template: {at}: {message}")]
    Shape {
        /// Which part.
        at: String,
        /// What is wrong with it.
        message: String,
    },
    /// Parameters were given that the template does not have.
    #[error("has no parameter {}; {}", names.join(", "), known(declared))]
    NoParameter {
        /// Those.
        names: Vec<String>,
        /// What it has.
        declared: Vec<String>,
    },
    /// There is nothing to judge.
    #[error("has no AWS::CodePipeline::Pipeline{0}")]
    NoPipeline(&'static str),
}

fn known(declared: &[String]) -> String {
    if declared.is_empty() { "it has none".to_owned() } else { format!("it has {}", declared.join(", ")) }
}

/// One thing that would not run, and where it stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The stage's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// The action's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The field of the pipeline, or where in the template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What is wrong and what to do.
    pub message: String,
}

impl Problem {
    /// At a place in the template.
    pub(super) fn at(path: &str, message: String) -> Self {
        Self { field: Some(path.to_owned()), message, ..Self::default() }
    }
}

impl From<DefinitionError> for Problem {
    fn from(error: DefinitionError) -> Self {
        let Place { stage, action, field } = error.place;
        Self { stage, action, field, message: error.message }
    }
}

impl fmt::Display for Problem {
    /// In the words of the API's refusal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stage, action, field, message } = self.clone();
        write!(f, "{}{message}", Place { stage, action, field })
    }
}
