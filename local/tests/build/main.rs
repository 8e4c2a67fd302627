//! Buildspecs run with a real bash, without any cloud.

#![expect(clippy::unwrap_used, reason = "a test that cannot prepare its world has failed")]

mod artifacts;
mod failures;
mod places;
mod shells;
mod timeouts;
mod variables;
mod world;
