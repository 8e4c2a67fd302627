//! Runs of tests: which verdict they come to, and that nothing duplicates, loses or invents one.

mod announced;
mod cost;
mod duplicates;
mod fixtures;
mod interleavings;
mod itself;
mod kills;
mod kinds;
mod late;
mod misconfigured;
mod report;
mod sites;
mod time;
mod verdicts;
mod whole;

use pipeline_core::{drive::Delivered, memory::World};

use crate::support::{PARAMETERS, job, start_tests};

fn run(world: &World, parameters: &str) -> Option<Delivered> {
    world.run(start_tests(world, job(parameters)))
}

/// The parameters, with these fields more.
fn with(fields: &str) -> String {
    PARAMETERS.replace('}', &format!(", {fields}}}"))
}
