//! `start_tests`: reads the outputs of a deployed stage, runs its integration tests, and settles the job.

pub mod answer;
pub mod checks;
pub mod params;
pub mod perform;
pub mod plan;
pub mod ports;
pub mod report;
pub mod run;
pub mod site;
pub mod verdict;
