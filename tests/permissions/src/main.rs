//! Compares what the roles of `template.yaml` allow with what was seen to be used.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use permissions::compare::compare;
use permissions::exceptions::Exceptions;
use permissions::record::Record;
use permissions::report;
use permissions::template::Roles;

/// Compares what the roles of a template allow with what was seen to be used. Exit codes: 0 they agree; 1 they do not; 2 bad
/// input.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {
    /// The directory that the tests ran with in `FLOWGATE_IAM_RECORD`.
    #[arg(long, value_name = "DIR")]
    seen: PathBuf,
    /// The template.
    #[arg(long, value_name = "FILE", default_value = "template.yaml")]
    template: PathBuf,
    /// What cannot be seen, and what is denied on purpose.
    #[arg(long, value_name = "FILE", default_value = "tests/permissions/exceptions.yaml")]
    exceptions: PathBuf,
    /// One JSON object instead of text.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("permissions: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Whether they agree.
fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let roles = Roles::read(&arguments.template)?;
    let exceptions = Exceptions::read(&arguments.exceptions)?;
    let record = Record::read(&arguments.seen)?;
    let comparison = compare(&roles, &record, &exceptions);
    if arguments.json {
        println!("{}", report::json(&comparison, &record));
    } else {
        print!("{}", report::text(&comparison, &record));
    }
    Ok(comparison.differences.is_empty())
}
