//! CodeConnections against a real local cloud, with the user's own git.

#![expect(clippy::unwrap_used, reason = "a test that cannot prepare its world has failed")]

mod api;
#[path = "../codecommit/git.rs"]
mod git;
mod github;
mod pulls;
mod pushes;
mod stacks;
mod world;
