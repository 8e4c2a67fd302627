//! The adapters between `pipeline_core` and AWS: one file for each service, the event's way in, and the main loop.
//!
//! Clients are built once, during init, which Lambda does not throttle; all share one HTTP client. SDK types end here.

pub mod client;
pub mod clock;
pub mod cloudformation;
pub mod codecommit;
pub mod codepipeline;
mod discreet;
pub mod dynamodb;
pub mod environment;
mod error;
pub mod event;
pub mod event_bus;
pub mod events;
pub mod github;
pub mod host;
pub mod http;
pub mod iam;
mod junit;
pub mod lambda;
pub mod leasing;
mod pages;
pub mod previewing;
pub mod recorder;
mod repaired;
pub mod runtime;
pub mod s3;
pub mod sites;
pub mod sns;
pub mod source;
pub mod ssm;
pub mod sweeper;
pub mod telemetry;
pub mod webhook;
mod wire;
