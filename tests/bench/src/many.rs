//! P7 and P8: how many tests run at the same time, over how many connections, and with how many calls.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Result;
use uuid::Uuid;

use crate::{
    aws::Calls,
    goal::{Figure, Goal, milliseconds},
    job,
    lines::{Lines, note},
    program::Program,
    session::Session,
};

const MANY: usize = 100;
/// The tests that run at the same time unless the action says otherwise, each over a connection of its own.
const WIDTH: usize = 32;
/// What a job takes besides one invoke and one record for each test: its verdict and its run are looked for, both stacks
/// described, the run announced and claimed, the verdict recorded, sent and marked as sent.
const CALLS: usize = 9;
/// How long a test takes, and one that is waited for.
const PACE: Duration = Duration::from_millis(200);
const LONG: Duration = Duration::from_secs(3);

/// What a cold process made of a job.
struct Seen {
    took: Duration,
    cpu: Duration,
    overlap: usize,
    connections: usize,
    calls: Calls,
}

pub(crate) async fn measure(target: &Path, lines: &mut Lines) -> Result<()> {
    let program = Program::function(target, "start_tests");
    let one = see(&program, 1, PACE).await?;
    let many = see(&program, MANY, PACE).await?;
    let slow = see(&program, 1, LONG).await?;
    note("start_tests", format_args!("P7  1 test: {one}; {MANY} tests: {many}; a test takes {PACE:?}"));
    note("start_tests", format_args!("P7  {MANY} tests to 1: {}", ratio(&many, &one)));
    note("start_tests", format_args!("P8  {MANY} tests: {:?}", many.calls));
    for figure in figures(&one, &many, &slow) {
        lines.figure("start_tests", figure);
    }
    Ok(())
}

fn figures(one: &Seen, many: &Seen, slow: &Seen) -> [Figure; 6] {
    [
        Goal("P7", "overlap of 100 tests").at_least(many.overlap, MANY.min(WIDTH)),
        Goal("P7", "connections for 100 tests").at_most(many.connections, WIDTH),
        Goal("P8", "invokes for 100 tests").at_most(invokes(&many.calls), MANY),
        Goal("P8", "calls for 1 test, but its invoke and record").at_most(besides(&one.calls, 1), CALLS),
        Goal("P8", "calls for 100 tests, but theirs").at_most(besides(&many.calls, MANY), CALLS),
        Goal("P8", "more calls for a test of 3 s").at_most(total(&slow.calls).saturating_sub(total(&one.calls)), 0),
    ]
}

async fn see(program: &Program, tests: usize, pace: Duration) -> Result<Seen> {
    let mut session = Session::start(program, pace).await?;
    session.aws.gather(tests.min(WIDTH));
    let (began, before) = (Instant::now(), session.cpu()?);
    session.invoke(&job::tests(Uuid::new_v4(), tests)).await?;
    let aws = &session.aws;
    Ok(Seen {
        took: began.elapsed(),
        cpu: session.cpu()?.saturating_sub(before),
        overlap: aws.overlap(),
        connections: aws.connections(),
        calls: aws.calls(),
    })
}

fn total(calls: &Calls) -> usize {
    calls.values().sum()
}

fn invokes(calls: &Calls) -> usize {
    calls.get("Invoke").copied().unwrap_or_default()
}

fn besides(calls: &Calls, tests: usize) -> usize {
    total(calls).saturating_sub(2 * tests)
}

fn ratio(many: &Seen, one: &Seen) -> String {
    let times = |many: Duration, one: Duration| many.as_secs_f64() / one.as_secs_f64();
    format!("{:.2}x the time, {:.2}x the CPU", times(many.took, one.took), times(many.cpu, one.cpu))
}

impl std::fmt::Display for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (took, cpu) = (milliseconds(self.took), milliseconds(self.cpu));
        write!(f, "{took}, {cpu} of it CPU, {} connections", self.connections)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_job_takes_is_told_from_what_each_test_takes() {
        let calls = Calls::from([("Invoke".to_owned(), 8), ("PutItem".to_owned(), 11), ("GetItem".to_owned(), 2)]);
        assert_eq!((invokes(&calls), total(&calls), besides(&calls, 8)), (8, 21, 5));
    }
}
