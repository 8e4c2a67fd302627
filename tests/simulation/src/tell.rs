//! What people are told, and the exit code: 0 as it should be, 1 a broken promise or a mutant that survives.

use std::{
    io::{IsTerminal as _, Write as _, stderr},
    ops::Range,
    process::ExitCode,
    sync::Mutex,
    time::{Duration, Instant},
};

use simulation::{Named, Settings, Violation, run};

use crate::{
    STEPS,
    campaign::{Campaign, Found, campaign},
};

/// Between two lines of progress.
const PAUSE: Duration = Duration::from_millis(250);

/// Runs one seed and prints its trace.
pub(crate) fn replay(seed: u64, settings: Settings) -> ExitCode {
    let outcome = run(seed, Settings { traced: true, ..settings });
    outcome.trace.iter().for_each(|line| println!("{line}"));
    let Some(violation) = outcome.violation else {
        println!("seed {seed}: no violation in {} steps", outcome.steps);
        return ExitCode::SUCCESS;
    };
    println!("seed {seed} breaks {}: {}", violation.invariant, violation.what);
    ExitCode::FAILURE
}

/// Runs seeds; none may break a promise.
pub(crate) fn seeds(range: &Range<u64>, threads: u64, settings: Settings) -> ExitCode {
    let began = Instant::now();
    let total = range.end - range.start;
    let campaign = campaign(range, threads, settings, progress("seeds", total));
    clear();
    let seconds = began.elapsed().as_secs_f64();
    let Campaign { seeds, steps, found, .. } = campaign;
    println!(
        "{seeds} seeds, {steps} steps in {seconds:.1} s: {:.0} seeds a second on {threads} threads",
        rate(seeds, seconds)
    );
    match found {
        None => {
            println!("0 violations");
            ExitCode::SUCCESS
        }
        Some(Found { seed, violation }) => {
            println!("seed {seed} breaks {}: {}", violation.invariant, violation.what);
            println!("replay it with: {}", command(seed, settings));
            ExitCode::FAILURE
        }
    }
}

/// Runs mutants; none may survive all seeds.
pub(crate) fn mutants(mutants: &[&'static Named], range: &Range<u64>, threads: u64, settings: Settings) -> ExitCode {
    let mut survivors = 0;
    for &mutant in mutants {
        let settings = Settings { mutant: Some(mutant), ..settings };
        let campaign = campaign(range, threads, settings, progress(mutant.name, range.end - range.start));
        clear();
        survivors += usize::from(campaign.found.is_none());
        println!("{}", fate(mutant, &campaign));
    }
    println!("{} mutants, {survivors} survive", mutants.len());
    if survivors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn fate(mutant: &Named, Campaign { seeds, found, other, .. }: &Campaign) -> String {
    let Some(Found { seed, violation }) = found else {
        if let Some(Found { seed, violation }) = other {
            let Violation { invariant, what } = violation;
            return format!("SURVIVES  {:<32} seed {seed:>7} for another reason: {invariant}  {what}", mutant.name);
        }
        return format!("SURVIVES  {:<32} {seeds} seeds", mutant.name);
    };
    format!("killed    {:<32} seed {seed:>7}  {:<3}  {}", mutant.name, violation.invariant, violation.what)
}

fn command(seed: u64, settings: Settings) -> String {
    let steps = if settings.steps == STEPS { String::new() } else { format!(" --steps {}", settings.steps) };
    let mutant = settings.mutant.map_or_else(String::new, |mutant| format!(" --mutant {}", mutant.name));
    format!("cargo run -p simulation --release -- --seed {seed}{mutant}{steps}")
}

fn rate(seeds: u64, seconds: f64) -> f64 {
    let seeds = u32::try_from(seeds).map_or(f64::from(u32::MAX), f64::from);
    seeds / seconds.max(0.001)
}

/// Says how far it is, on a terminal.
fn progress(what: &str, total: u64) -> impl Fn(u64) + Sync {
    let terminal = stderr().is_terminal();
    let last = Mutex::new(Instant::now());
    move |done| {
        let Ok(mut last) = last.try_lock() else { return };
        if terminal && last.elapsed() >= PAUSE {
            *last = Instant::now();
            let _ = write!(stderr(), "\r\x1b[K{what}: {done} of {total}");
        }
    }
}

fn clear() {
    if stderr().is_terminal() {
        let _ = write!(stderr(), "\r\x1b[K");
    }
}
