//! The pipeline: its definition, its variables, and the engine that moves executions through it.
//!
//! Nothing here touches a file, beside the machine's time zones, or a socket or a clock: an [`action::Request`] goes out, an
//! [`action::Outcome`] comes back.

pub mod action;
pub mod definition;
pub mod engine;
pub mod rules;
pub mod token;
pub mod triggers;
pub mod values;
pub mod variables;
