//! Whole runs of the real `flowgate`, each a process of its own with a state directory of its own: what a service, a
//! mistake, a signal and a neighbour do to it.
//!
//! The Python environments are installed once, into `FLOWGATE_TEST_STATE` or a directory below cargo's target.

#![expect(clippy::unwrap_used, reason = "a test that cannot prepare its world has failed")]

mod bad_input;
mod checked;
mod clients;
mod connection;
mod enforced;
mod failing;
mod gate;
mod guarded;
#[cfg(target_os = "linux")]
mod interrupted;
mod job_events;
mod lease;
mod passed_on;
mod passing;
mod previews;
#[cfg(target_os = "linux")]
mod processes;
mod promoted;
mod refused;
mod released;
mod run;
mod secrets;
mod sweep;
mod terminal;
mod together;
mod up;
mod wide;
mod world;
