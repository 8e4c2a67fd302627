//! Measures the release build of the functions against its goals, the figures side by side with what they should be.
//!
//! ```text
//! bash tests/bench/run
//! ```
//! Exits 1 when a goal is missed, and 2 when it could not be measured.

mod aws;
mod baselines;
mod binary;
mod goal;
mod instructions;
mod job;
mod lines;
mod many;
mod preview;
mod program;
mod rounds;
mod runtime_api;
mod session;
mod shipped;
mod tls;
mod webhook;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result};
use clap::Parser;

use crate::lines::Lines;

/// Measures the functions that `bash tests/bench/run` has built.
#[derive(Debug, Parser)]
struct Options {
    /// The goals to measure; all of them without any
    #[arg(value_parser = ["P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "P12"])]
    goals: Vec<String>,
    /// The folder with lambda/, lambda-symbols/ and bench/
    #[arg(long)]
    target: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Options::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Whether every goal was met.
async fn run(options: &Options) -> Result<bool> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).context("bench is not in tests/bench")?;
    let target = options.target.clone().unwrap_or_else(|| root.join("target"));
    let mut lines = Lines::default();
    if options.ask_for(&["P4", "P5", "P12"]) {
        shipped::measure(root, &target, &mut lines).await?;
    }
    if options.ask_for(&["P1", "P2"]) {
        instructions::measure(&target, &mut lines).await?;
    }
    if options.ask_for(&["P3", "P6"]) {
        rounds::measure(&target, &mut lines).await?;
    }
    if options.ask_for(&["P7", "P8"]) {
        many::measure(&target, &mut lines).await?;
    }
    Ok(lines.end())
}

impl Options {
    fn ask_for(&self, goals: &[&str]) -> bool {
        self.goals.is_empty() || self.goals.iter().any(|goal| goals.contains(&goal.as_str()))
    }
}
