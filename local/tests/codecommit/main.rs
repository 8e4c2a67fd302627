//! CodeCommit on the local cloud, reached as its users reach it: by AWS clients and by `git`, at the emulator's endpoint.

#![expect(clippy::unwrap_used, reason = "a test that cannot prepare its world has failed")]

mod api;
mod approvals;
mod bus;
mod closing;
mod git;
mod permissions;
mod pulls;
mod pushes;
mod said;
mod templates;
mod transport;
mod world;
