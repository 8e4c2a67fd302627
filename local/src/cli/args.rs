//! The arguments.

use std::path::PathBuf;

/// The whole delivery pipeline on one machine.
#[derive(Debug, clap::Parser)]
#[command(name = "flowgate", version, about, disable_help_subcommand = true)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Option<Subcommand>,
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum Subcommand {
    /// Takes a service through its pipeline on a local cloud, start to finish (the default)
    Run(Run),
}

#[derive(Debug, Default, clap::Args)]
pub(super) struct Run {
    /// The service: a folder with app-sam.yaml, test-sam.yaml and buildspec.yml, or a bare repository of one; without it,
    /// the time service of the examples
    pub(super) service: Option<PathBuf>,
    /// Answers approvals: ask on the terminal, or always the same
    #[arg(long, value_name = "HOW")]
    pub(super) approve: Option<Approve>,
    /// Prints one JSON object a line instead of text
    #[arg(long)]
    pub(super) json: bool,
    /// Keeps the local cloud running at the end, until Ctrl-C
    #[arg(long)]
    pub(super) keep: bool,
    /// The local cloud's port on 127.0.0.1 [default: a free one]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) port: Option<u16>,
}

/// How approvals are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Approve {
    /// By whoever sits at the terminal.
    Ask,
    /// Approved.
    Yes,
    /// Rejected.
    No,
}
