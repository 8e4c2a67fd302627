//! Measures the release build of every function against its goals, the figures side by side with what they should be.
//!
//! ```text
//! bash tests/bench/run
//! ```
//! Exits 1 when a goal is missed, and 2 when it could not be measured.

mod aws;
mod binary;
mod goal;
mod invoke;
mod job;
mod preview;
mod runtime_api;
mod tls;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result, ensure};

use crate::goal::Figure;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Whether every goal was met.
async fn run() -> Result<bool> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).context("bench is not in tests/bench")?;
    let mut met = true;
    for name in functions(&root.join("functions"))? {
        for figure in figures(&root.join("target"), &name).await.with_context(|| format!("cannot measure {name}"))? {
            println!("{name:<12} {figure}");
            met &= figure.is_met();
        }
    }
    Ok(met)
}

/// Every folder of `functions/` that makes a binary.
fn functions(folder: &Path) -> Result<Vec<String>> {
    let entries = folder.read_dir().with_context(|| format!("cannot read {}", folder.display()))?;
    let programs = entries.flatten().filter(|entry| entry.path().join("src/main.rs").is_file());
    let mut names: Vec<String> = programs.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    Ok(names)
}

async fn figures(target: &Path, name: &str) -> Result<Vec<Figure>> {
    let shipped = built(&target.join("lambda").join(name))?;
    let named = built(&target.join("lambda-symbols").join(name))?;
    ensure!(
        shipped.metadata()?.modified()? <= named.metadata()?.modified()?,
        "{} is of an earlier build than {}; run `bash tests/bench/run`",
        named.display(),
        shipped.display()
    );
    let symbols = binary::symbols(&named)?;
    // I17: a function that aborted could not report its panic.
    ensure!(symbols.iter().any(|symbol| symbol.contains("panic_unwind")), "it would abort where it panics");
    Ok(vec![
        goal::peak_memory(invoke::peak_memory(&shipped, name).await?),
        goal::package(binary::zipped(&shipped)?),
        goal::jitter_symbols(symbols.iter().filter(|symbol| symbol.contains("jent_")).count()),
    ])
}

fn built(folder: &Path) -> Result<PathBuf> {
    let path = folder.join("bootstrap");
    ensure!(path.is_file(), "{} is missing; build it with `bash tests/bench/run`", path.display());
    Ok(path)
}
