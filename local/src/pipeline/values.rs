//! What the values of actions' configurations mean: read when a pipeline is, where they hold no references, and again when
//! its actions run.

mod build;
mod deployment;

pub use build::{UnknownType, Variable, VariableError, VariableType, environment_variables, is_project_name};
pub use deployment::{NAME_RULE, capabilities, is_stack_name};
