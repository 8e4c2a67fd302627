//! The whole delivery pipeline on one machine: a CodePipeline that runs its actions against an embedded local cloud.

pub mod actions;
pub mod api;
pub mod buildspec;
pub mod cli;
pub mod clock;
pub mod cloud;
pub mod codecommit;
pub mod connections;
mod event_bus;
mod git_http;
pub mod identity;
mod json_api;
pub mod pipeline;
pub mod polling;
pub mod report;
pub mod repository;
pub mod runner;
pub mod supervise;
pub mod template;
