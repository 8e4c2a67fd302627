//! The executors: one file for each kind of action. Each turns a [`crate::pipeline::action::Request`] into an
//! [`crate::pipeline::action::Outcome`] by acting on the local cloud.

pub mod archive;
pub mod jobs;
mod limits;
