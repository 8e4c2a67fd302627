//! P4, P5 and P12: what each function is as it is shipped, its memory, its size and what it links.

use std::{path::Path, time::Duration};

use anyhow::{Context as _, Result, ensure};
use uuid::Uuid;

use crate::{
    binary,
    goal::{Figure, Goal},
    job,
    lines::Lines,
    program::Program,
    session::Session,
};

/// The first is the cold start; the others would show what is not given back.
const JOBS: usize = 20;

pub(crate) async fn measure(root: &Path, target: &Path, lines: &mut Lines) -> Result<()> {
    for name in functions(&root.join("functions"))? {
        for figure in figures(target, &name).await.with_context(|| format!("cannot measure {name}"))? {
            lines.figure(&name, figure);
        }
    }
    Ok(())
}

/// Every folder of `functions/` that makes a binary.
fn functions(folder: &Path) -> Result<Vec<String>> {
    let entries = folder.read_dir().with_context(|| format!("cannot read {}", folder.display()))?;
    let programs = entries.flatten().filter(|entry| entry.path().join("src/main.rs").is_file());
    let mut names: Vec<String> = programs.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    Ok(names)
}

async fn figures(target: &Path, name: &str) -> Result<[Figure; 3]> {
    let shipped = Program::function(target, name);
    shipped.must_be_there()?;
    let symbols = symbols(target, name, shipped.path())?;
    // I17: a function that aborted could not report its panic.
    ensure!(symbols.iter().any(|symbol| symbol.contains("panic_unwind")), "it would abort where it panics");
    // The symbols of aws-lc's CPU-jitter entropy, which would cost more than all the rest of a cold start.
    let jitter = symbols.iter().filter(|symbol| symbol.contains("jent_")).count();
    Ok([
        Goal("P4", "peak RSS").bytes(peak_memory(&shipped, name).await?, 10_000_000),
        Goal("P5", "zip").bytes(binary::zipped(shipped.path())?, 3_000_000),
        Goal("P12", "jent_ symbols").at_most(jitter, 0),
    ])
}

fn symbols(target: &Path, name: &str, shipped: &Path) -> Result<Vec<String>> {
    let named = target.join("lambda-symbols").join(name).join("bootstrap");
    ensure!(named.is_file(), "{} is missing; make it with `bash tests/bench/run`", named.display());
    ensure!(
        shipped.metadata()?.modified()? <= named.metadata()?.modified()?,
        "{} is of an earlier build than {}; run `bash tests/bench/run`",
        named.display(),
        shipped.display()
    );
    binary::symbols(&named)
}

/// The peak resident set size, in bytes, of a process that performed some jobs over TLS, each of them with success.
async fn peak_memory(program: &Program, function: &str) -> Result<u64> {
    let mut session = Session::start(program, Duration::ZERO).await?;
    for _ in 0..JOBS {
        session.invoke(&job::event(function, Uuid::new_v4())?).await?;
    }
    // Read while it lives: a process that has ended has no memory.
    let peak = session.peak_memory()?;
    let calls = session.aws.calls();
    let done = calls.get(job::proof(function)).copied().unwrap_or_default();
    ensure!(done == JOBS, "{done} of {JOBS} events came to their end; the calls were {calls:?}\n{}", session.log());
    Ok(peak)
}
