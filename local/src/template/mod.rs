//! CloudFormation templates and pipeline documents, as far as it takes to say whether their pipelines would run here.
//!
//! Nothing is asked of an account: what only an account knows is replaced by a text that fits where it stands, and
//! named. Nothing here reads a file.

mod check;
mod conditions;
mod document;
mod functions;
mod judge;
mod lookups;
mod path;
mod placeholder;
mod problem;
mod projects;
mod resolver;
mod section;
mod spelling;
mod starts;
mod sub;
#[cfg(test)]
mod tests;

pub use check::{Checked, CheckedPipeline, check};
pub use document::LARGEST;
pub use problem::{Error, Problem};
