//! The whole delivery pipeline on one machine: a CodePipeline that runs its actions against an embedded local cloud.

pub mod actions;
pub mod buildspec;
pub mod cloud;
pub mod pipeline;
pub mod repository;
pub mod supervise;
