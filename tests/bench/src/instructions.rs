//! P1 and P2: the instructions of a start and of the first call over TLS, as callgrind counts them.

use std::{fs, path::Path, process::Command, time::Duration};

use anyhow::{Context as _, Result};

use crate::{
    goal::{Goal, millions},
    job,
    lines::{Lines, note},
    program::Program,
    session::Session,
};

/// How often something is counted until nothing disturbed it.
const TRIES: usize = 3;

pub(crate) async fn measure(target: &Path, lines: &mut Lines) -> Result<()> {
    if !Command::new("valgrind").arg("--version").output().is_ok_and(|output| output.status.success()) {
        lines.left_out("P1", "and P2: valgrind is not installed");
        return Ok(());
    }
    let ours = Program::function(target, "start_tests");
    let init = init(&ours).await?;
    starts(&Program::empty(target), init, lines).await?;
    let Some(call) = call(&ours, init).await? else {
        too_slow(&ours, lines);
        return Ok(());
    };
    lines.figure("start_tests", Goal("P2", "first TLS call, instructions").instructions(call, 8_000_000));
    calls(&Program::sdk_defaults(target), call, lines).await
}

fn too_slow(program: &Program, lines: &mut Lines) {
    let why = format_args!("valgrind was too slow for the time limits of {}, {TRIES} times", program.name);
    lines.left_out("P2", why);
}

async fn starts(empty: &Program, ours: u64, lines: &mut Lines) -> Result<()> {
    if !empty.is_there() {
        lines.left_out("P1", format_args!("{} is missing", empty.path().display()));
        return Ok(());
    }
    let theirs = init(empty).await?;
    note("", format_args!("P1  init: start_tests {}, empty {}", millions(ours), millions(theirs)));
    let goal = Goal("P1", "init instructions, to an empty bootstrap's");
    lines.figure("start_tests", goal.as_much(ours, theirs, 150));
    Ok(())
}

async fn calls(defaults: &Program, ours: u64, lines: &mut Lines) -> Result<()> {
    if !defaults.is_there() {
        lines.left_out("P2", format_args!("{} is missing", defaults.path().display()));
        return Ok(());
    }
    let Some(theirs) = call(defaults, init(defaults).await?).await? else {
        too_slow(defaults, lines);
        return Ok(());
    };
    note("", format_args!("P2  first call: start_tests {}, SDK defaults {}", millions(ours), millions(theirs)));
    lines.figure("start_tests", Goal("P2", "first TLS call, less than the SDK's defaults").less(ours, theirs, 50));
    Ok(())
}

/// What a process executes until it asks for its first event.
async fn init(program: &Program) -> Result<u64> {
    let counted = attempt(program, 0).await?;
    counted.with_context(|| format!("{} makes calls before it has an event", program.name))
}

/// What it executes from there until it asks for its second. The event takes one call. Under valgrind that may take longer
/// than its time limit; then it is made again, which is not what is counted.
async fn call(program: &Program, init: u64) -> Result<Option<u64>> {
    for _ in 0..TRIES {
        if let Some(counted) = attempt(program, 1).await? {
            return Ok(Some(counted.saturating_sub(init)));
        }
    }
    Ok(None)
}

/// `None` when the process made more than one connection and call for an event.
async fn attempt(program: &Program, events: usize) -> Result<Option<u64>> {
    let scratch = tempfile::tempdir()?;
    let out = scratch.path().join("callgrind.out");
    let mut session = Session::start(&program.under_callgrind(&out), Duration::ZERO).await?;
    for _ in 0..events {
        session.invoke(&job::repeated()).await?;
    }
    let calls = session.aws.calls().values().sum::<usize>();
    if (calls, session.aws.connections()) != (events, events) {
        return Ok(None);
    }
    session.terminate().await?;
    let written = fs::read_to_string(&out).with_context(|| format!("callgrind wrote nothing of {}", program.name))?;
    total(&written).map(Some).with_context(|| format!("callgrind wrote no total of {}", program.name))
}

/// The line is `totals: 1234567`.
fn total(written: &str) -> Option<u64> {
    written.lines().find_map(|line| line.strip_prefix("totals:"))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_read_and_not_a_part_of_it() {
        let written = "version: 1\nevents: Ir\nsummary: 7\n\nfn=(1) main\n3 5\n\ntotals: 1234567\n";
        assert_eq!(total(written), Some(1_234_567));
        assert_eq!(total("events: Ir\n"), None);
    }
}
