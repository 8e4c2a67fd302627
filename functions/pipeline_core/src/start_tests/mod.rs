//! `start_tests`: reads the outputs of a deployed stage, runs its integration tests, and settles the job.

pub mod answer;
pub mod checks;
mod execute;
mod filing;
pub mod params;
pub mod payload;
pub mod perform;
pub mod plan;
pub mod ports;
pub mod report;
pub mod run;
pub mod settle;
pub mod site;
mod time;
pub mod verdict;
