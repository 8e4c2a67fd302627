//! The command line of the simulation.

use std::process::ExitCode;

use clap::Parser;

mod campaign;
mod tell;

/// Runs leases, sweep, runs of tests and their repair on an in-memory AWS with a seeded schedule, clocks and faults.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {
    /// How many seeds to run, one after the other from --start: 20,000 unless given, and up to 1,000,000 for each mutant.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=FURTHEST))]
    seeds: Option<u64>,
    /// The first seed.
    #[arg(long, value_name = "S", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=FURTHEST))]
    start: u64,
    /// Replays this seed alone, and prints what happens.
    #[arg(long, value_name = "X", conflicts_with_all = ["seeds", "start", "mutants"])]
    seed: Option<u64>,
    /// With --seed: with this defect.
    #[arg(long, value_name = "NAME", requires = "seed", value_parser = mutant)]
    mutant: Option<&'static simulation::Named>,
    /// Runs all defects made on purpose, or those of these names, each until a seed shows it.
    #[arg(long, value_name = "NAME", num_args = 0.., value_parser = mutant)]
    mutants: Option<Vec<&'static simulation::Named>>,
    /// How many threads; one for each core unless given.
    #[arg(long, value_name = "T", value_parser = clap::value_parser!(u64).range(1..=1024))]
    threads: Option<u64>,
    /// How often actors are polled in a seed while there are faults.
    #[arg(long, value_name = "N", default_value_t = STEPS, value_parser = clap::value_parser!(u64).range(LEAST..))]
    steps: u64,
}

/// As SAFETY.md defines a seed, 120 at least.
const STEPS: u64 = 160;
const LEAST: u64 = 120;
/// No seed is further than twice this.
const FURTHEST: u64 = 1 << 60;
/// The seeds of a short run.
const SEEDS: u64 = 20_000;
/// Within so many every mutant has to show.
const MOST: u64 = 1_000_000;

fn mutant(name: &str) -> Result<&'static simulation::Named, String> {
    let known = || simulation::MUTANTS.iter().map(|mutant| mutant.name).collect::<Vec<_>>().join(", ");
    simulation::MUTANTS.iter().find(|mutant| mutant.name == name).ok_or_else(|| format!("the mutants are {}", known()))
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let settings = simulation::Settings { steps: arguments.steps, mutant: arguments.mutant, traced: false };
    if let Some(seed) = arguments.seed {
        return tell::replay(seed, settings);
    }
    let threads =
        arguments.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, |n| n.get() as u64));
    let count = arguments.seeds.unwrap_or(if arguments.mutants.is_some() { MOST } else { SEEDS });
    let seeds = arguments.start..arguments.start.saturating_add(count);
    match arguments.mutants {
        Some(only) if only.is_empty() => {
            tell::mutants(&simulation::MUTANTS.iter().collect::<Vec<_>>(), &seeds, threads, settings)
        }
        Some(only) => tell::mutants(&only, &seeds, threads, settings),
        None => tell::seeds(&seeds, threads, settings),
    }
}
