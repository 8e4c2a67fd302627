//! P3 and P6: the processor's time of a cold start with a job, and of the jobs after it, beside Node and boto3.

use std::{path::Path, time::Duration};

use anyhow::{Result, ensure};
use uuid::Uuid;

use crate::{
    aws::Calls,
    goal::{Goal, milliseconds, nanoseconds},
    job,
    lines::{Lines, note},
    program::Program,
    session::Session,
};

/// Medians of so many, of which one follows the other, so that what slows the machine down slows all of them.
const ROUNDS: usize = 9;
/// The jobs after the first.
const WARM: u32 = 20;

/// The time that the processors worked for one process.
#[derive(Debug, Clone, Copy)]
struct Sample {
    /// From its start to the end of the first job.
    cold: Duration,
    /// For each of the others.
    warm: Duration,
}

/// Whom we compare with: the program, and how much less we take, cold and warm.
struct Rival {
    program: Program,
    cold: (&'static str, u64),
    warm: (&'static str, u64),
}

pub(crate) async fn measure(target: &Path, lines: &mut Lines) -> Result<()> {
    let mut rivals = vec![
        Rival {
            program: Program::node(target),
            cold: ("cold CPU, less than Node's", 40),
            warm: ("warm CPU, less than Node's", 8),
        },
        Rival {
            program: Program::boto3(target),
            cold: ("cold CPU, less than boto3's", 65),
            warm: ("warm CPU, less than boto3's", 5),
        },
    ];
    for missing in rivals.extract_if(.., |rival| !rival.program.is_there()) {
        lines.left_out("P3", format_args!("and P6: {} is missing", missing.program.path().display()));
    }
    if rivals.is_empty() {
        return Ok(());
    }
    for tests in [1, job::TESTS] {
        compare(&Program::function(target, "start_tests"), &rivals, tests, lines).await?;
    }
    Ok(())
}

async fn compare(ours: &Program, rivals: &[Rival], tests: usize, lines: &mut Lines) -> Result<()> {
    let programs: Vec<&Program> = std::iter::once(ours).chain(rivals.iter().map(|rival| &rival.program)).collect();
    let mut samples = vec![Vec::with_capacity(ROUNDS); programs.len()];
    for _ in 0..ROUNDS {
        round(&programs, tests, &mut samples).await?;
    }
    let medians: Vec<Sample> = samples.iter().map(|samples| median(samples)).collect();
    for (program, sample) in programs.iter().zip(&medians) {
        let (cold, warm) = (milliseconds(sample.cold), milliseconds(sample.warm));
        note(&program.name, format_args!("P3  a job of {tests} tests: cold CPU {cold}, warm CPU {warm}"));
    }
    for (rival, theirs) in rivals.iter().zip(&medians[1..]) {
        judge(rival, medians[0], *theirs, lines);
    }
    Ok(())
}

/// One process of each, and the same calls of all.
async fn round(programs: &[&Program], tests: usize, samples: &mut [Vec<Sample>]) -> Result<()> {
    let mut expected: Option<Calls> = None;
    for (program, samples) in programs.iter().zip(samples) {
        let (sample, calls) = sample(program, tests).await?;
        let expected = expected.get_or_insert_with(|| calls.clone());
        ensure!(
            calls == *expected,
            "{} makes the calls {calls:?}, and start_tests {expected:?}; bring tests/bench/baselines up to it",
            program.name
        );
        samples.push(sample);
    }
    Ok(())
}

async fn sample(program: &Program, tests: usize) -> Result<(Sample, Calls)> {
    let mut session = Session::start(program, Duration::ZERO).await?;
    session.invoke(&job::tests(Uuid::new_v4(), tests)).await?;
    let cold = session.cpu()?;
    for _ in 0..WARM {
        session.invoke(&job::tests(Uuid::new_v4(), tests)).await?;
    }
    let warm = session.cpu()?.saturating_sub(cold) / WARM;
    Ok((Sample { cold, warm }, session.aws.calls()))
}

fn judge(rival: &Rival, ours: Sample, theirs: Sample, lines: &mut Lines) {
    let ((cold, colder), (warm, warmer)) = (rival.cold, rival.warm);
    let times =
        [(Goal("P3", cold), ours.cold, theirs.cold, colder), (Goal("P6", warm), ours.warm, theirs.warm, warmer)];
    for (goal, ours, theirs, limit) in times {
        lines.figure("start_tests", goal.less(nanoseconds(ours), nanoseconds(theirs), limit));
    }
}

/// Each figure's own.
fn median(samples: &[Sample]) -> Sample {
    Sample { cold: middle(samples, |sample| sample.cold), warm: middle(samples, |sample| sample.warm) }
}

fn middle(samples: &[Sample], of: impl Fn(&Sample) -> Duration) -> Duration {
    let mut durations: Vec<Duration> = samples.iter().map(of).collect();
    durations.sort_unstable();
    durations.get(durations.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_of_each_figure_by_itself() {
        let sample = |cold, warm| Sample { cold: Duration::from_millis(cold), warm: Duration::from_millis(warm) };
        let median = median(&[sample(9, 1), sample(1, 3), sample(5, 2)]);
        assert_eq!((median.cold, median.warm), (Duration::from_millis(5), Duration::from_millis(2)));
    }
}
