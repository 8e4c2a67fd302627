//! What the API says, from states that are given.

mod answers;
mod refusals;
mod types;
pub(in crate::api) mod world;
