//! The arguments.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::dev::args::Dev;
use super::lease::args::Lease;
use super::pr::args::Pr;
use crate::cloud::authority::Iam;

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
    /// Serves a local cloud until Ctrl-C, and prints the variables by which other commands find it
    Up(Up),
    /// Pushes a service; makes its repository and pipeline first, when they do not exist
    Push(Push),
    /// Shows where executions are, and what waits for an answer
    Status(Status),
    /// Approves what waits
    Approve(Answer),
    /// Rejects what waits
    Reject(Answer),
    /// Has a stage tried again that failed or was stopped
    Retry(Retry),
    /// Stops an execution, once what runs of it has ended or at once
    Stop(Stop),
    /// Brings a stage back to what an earlier execution made of it
    Rollback(Rollback),
    /// Sets rules of the gate aside for one execution, which is recorded with who did it and why
    Override(Override),
    /// Lists executions, the newest first, with what approvals said and the gate decided
    History(Look),
    /// Prints what the newest execution's builds and functions wrote
    Logs(Logs),
    /// Says whether the pipelines of a template would run here
    Check(Check),
    /// Opens, updates and closes pull requests, and follows their previews
    Pr(Pr),
    /// Gives a developer a stack of their own, and looks into it
    Dev(Dev),
    /// Claims stacks for a while, keeps them, and gives them back
    Lease(Lease),
    /// Shows what sweep would do now, or does it
    Sweep(Sweep),
}

#[derive(Debug, Default, clap::Args)]
pub(super) struct Run {
    /// The service: a folder with app-sam.yaml, test-sam.yaml and buildspec.yml, or a bare repository of one; without it,
    /// the time service of the examples
    pub(super) service: Option<PathBuf>,
    /// Answers approvals: ask on the terminal, or always the same [default: ask on a terminal, else yes]
    #[arg(long, value_name = "HOW")]
    pub(super) approve: Option<Approve>,
    /// Prints one JSON object a line instead of text
    #[arg(long)]
    pub(super) json: bool,
    /// Keeps the local cloud running at the end, until Ctrl-C
    #[arg(long)]
    pub(super) keep: bool,
    #[command(flatten)]
    pub(super) port: Port,
    #[command(flatten)]
    pub(super) iam: Enforcement,
    #[command(flatten)]
    pub(super) parameters: Parameters,
}

#[derive(Debug, clap::Args)]
pub(super) struct Up {
    /// Which cloud: each holds its own, and goes on the next time where it was left
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub(super) name: String,
    /// Forgets what the cloud held, and begins anew
    #[arg(long)]
    pub(super) fresh: bool,
    #[command(flatten)]
    pub(super) port: Port,
    #[command(flatten)]
    pub(super) iam: Enforcement,
}

#[derive(Debug, clap::Args)]
pub(super) struct Push {
    /// The service: a folder with app-sam.yaml, test-sam.yaml and buildspec.yml
    pub(super) service: PathBuf,
    #[command(flatten)]
    pub(super) parameters: Parameters,
    #[command(flatten)]
    pub(super) caller: Caller,
    /// Prints a JSON object instead of text
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Look {
    #[command(flatten)]
    pub(super) pipeline: Pipeline,
    #[command(flatten)]
    pub(super) caller: Caller,
    /// Prints JSON instead of text, one object a line
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Status {
    #[command(flatten)]
    pub(super) look: Look,
    /// Goes on showing it until Ctrl-C: live on a terminal, elsewhere a line for each change
    #[arg(long)]
    pub(super) watch: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Retry {
    #[command(flatten)]
    pub(super) pipeline: Pipeline,
    #[command(flatten)]
    pub(super) caller: Caller,
    /// The stage to try again, when several failed or were stopped
    #[arg(long, value_name = "NAME")]
    pub(super) stage: Option<String>,
    /// Retries only if it is this execution that failed there; its first 7 characters or more
    #[arg(long, value_name = "ID", value_parser = prefix)]
    pub(super) execution: Option<String>,
    /// Runs all actions of the stage again, not only those that failed
    #[arg(long)]
    pub(super) all: bool,
    #[command(flatten)]
    pub(super) ask: Ask,
}

#[derive(Debug, clap::Args)]
pub(super) struct Stop {
    #[command(flatten)]
    pub(super) pipeline: Pipeline,
    #[command(flatten)]
    pub(super) caller: Caller,
    /// The execution to stop, when several are in progress; its first 7 characters or more
    #[arg(long, value_name = "ID", value_parser = prefix)]
    pub(super) execution: Option<String>,
    /// Does not wait for what runs of it
    #[arg(long)]
    pub(super) abandon: bool,
    /// Said of the execution from then on
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<String>,
    #[command(flatten)]
    pub(super) ask: Ask,
}

#[derive(Debug, clap::Args)]
pub(super) struct Rollback {
    #[command(flatten)]
    pub(super) pipeline: Pipeline,
    #[command(flatten)]
    pub(super) caller: Caller,
    /// The stage to bring back; without it the one that failed
    #[arg(long, value_name = "NAME")]
    pub(super) stage: Option<String>,
    /// The execution to go back to, its first 7 characters or more; without it the last that succeeded there before
    #[arg(long, value_name = "ID", value_parser = prefix)]
    pub(super) to: Option<String>,
    #[command(flatten)]
    pub(super) ask: Ask,
}

#[derive(Debug, clap::Args)]
pub(super) struct Override {
    #[command(flatten)]
    pub(super) pipeline: Pipeline,
    #[command(flatten)]
    pub(super) caller: Caller,
    /// The execution that waits or failed at a gate; its first 7 characters or more
    #[arg(long, value_name = "ID", value_parser = prefix)]
    pub(super) execution: String,
    /// A rule to set aside: `approved`, `pull_request`, `tested` or `no_drift`; may be repeated
    #[arg(long = "rule", value_name = "RULE", value_parser = rule, required = true)]
    pub(super) rules: Vec<String>,
    /// Why that may be; kept with the decision
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: String,
    #[command(flatten)]
    pub(super) ask: Ask,
}

#[derive(Debug, clap::Args)]
pub(super) struct Ask {
    /// Does not ask first, as is done on a terminal
    #[arg(long)]
    pub(super) yes: bool,
    /// Prints a JSON object instead of text
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Answer {
    #[command(flatten)]
    pub(super) pipeline: Pipeline,
    #[command(flatten)]
    pub(super) caller: Caller,
    /// Said with the answer
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(super) comment: String,
    /// The approval to answer when several wait; without it the first is approved, and a rejection answers them all
    #[arg(long, value_name = "NAME")]
    pub(super) action: Option<String>,
    /// Answers only if this commit waits; its first 7 characters or more
    #[arg(long, value_name = "ID", value_parser = prefix)]
    pub(super) commit: Option<String>,
    /// Answers only if this execution waits; its first 7 characters or more
    #[arg(long, value_name = "ID", value_parser = prefix)]
    pub(super) execution: Option<String>,
    /// Does not ask first, as is done on a terminal when neither commit nor execution is named
    #[arg(long)]
    pub(super) yes: bool,
    /// Prints a JSON object instead of text
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Logs {
    #[command(flatten)]
    pub(super) pipeline: Pipeline,
    #[command(flatten)]
    pub(super) caller: Caller,
    /// Only this action's
    #[arg(long, value_name = "NAME")]
    pub(super) action: Option<String>,
    /// Prints one JSON object a line instead of text
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Check {
    /// A CloudFormation template with pipelines, or what `aws codepipeline get-pipeline` prints; YAML or JSON
    pub(super) template: PathBuf,
    /// A parameter of the template; may be repeated. Without it, and without a default, something stands for it
    #[arg(long = "parameter", value_name = "KEY=VALUE", value_parser = parameter)]
    pub(super) parameters: Vec<(String, String)>,
    /// Prints one JSON object a line instead of text
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Sweep {
    /// The service; without it the only one there is, but not to apply on AWS
    pub(super) service: Option<String>,
    /// Does what would be done
    #[arg(long)]
    pub(super) apply: bool,
    /// Looks for stacks that belong to previews and have no lease, rather than for leases that are due
    #[arg(long)]
    pub(super) adopt: bool,
    #[command(flatten)]
    pub(super) caller: Caller,
    /// Prints the report as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Pipeline {
    /// The pipeline; without it the only one there is, but not to answer or to change anything on AWS
    #[arg(id = "pipeline", value_name = "PIPELINE")]
    pub(super) name: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Caller {
    /// Who calls: author, approver or reviewer of the local cloud, a profile on AWS
    #[arg(id = "as", long = "as", value_name = "NAME")]
    pub(super) name: Option<String>,
}

#[derive(Debug, Default, clap::Args)]
pub(super) struct Port {
    /// The local cloud's port on 127.0.0.1 [default: a free one]
    #[arg(long = "port", value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) number: Option<u16>,
}

#[derive(Debug, Default, clap::Args)]
pub(super) struct Enforcement {
    /// Whether requests need permission, as on AWS: every function, build and deployment works as its own role
    #[arg(long = "iam", value_name = "HOW", default_value_t, value_enum)]
    pub(super) how: Iam,
}

#[derive(Debug, Default, clap::Args)]
pub(super) struct Parameters {
    /// A parameter of Flowgate's template; may be repeated. It stays until it is given again
    #[arg(long = "parameter", value_name = "KEY=VALUE", value_parser = parameter)]
    list: Vec<(String, String)>,
}

impl Parameters {
    /// By name; of one that was given twice the last counts.
    pub(super) fn map(&self) -> BTreeMap<String, String> {
        self.list.iter().cloned().collect()
    }
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

fn prefix(text: &str) -> Result<String, String> {
    let is_long = text.chars().count() >= 7;
    is_long.then(|| text.to_lowercase()).ok_or_else(|| "write its first 7 characters or more".to_owned())
}

/// The rules that somebody may answer for. What is released is what was judged, whoever says so.
pub(super) const OVERRIDABLE: [&str; 4] = ["approved", "pull_request", "tested", "no_drift"];

fn rule(text: &str) -> Result<String, String> {
    match text {
        known if OVERRIDABLE.contains(&known) => Ok(known.to_owned()),
        "digest" | "revision" => Err("nobody can set that aside: what is released is what was judged".to_owned()),
        _ => Err(format!("there is no such rule; {} can be set aside", OVERRIDABLE.join(", "))),
    }
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(key, _)| !key.is_empty());
    let (key, value) = pair.ok_or("write KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_do_not_contradict_one_another() {
        Args::command().debug_assert();
    }

    #[test]
    fn an_id_that_could_be_anybodys_is_refused() {
        assert_eq!(prefix("ABCDEF0"), Ok("abcdef0".to_owned()));
        for text in ["", "abcdef"] {
            assert!(prefix(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_rule_that_nobody_may_set_aside_is_refused() {
        for known in OVERRIDABLE {
            assert_eq!(rule(known), Ok(known.to_owned()));
        }
        for fixed in ["digest", "revision"] {
            assert!(rule(fixed).unwrap_err().starts_with("nobody can set that aside"), "{fixed}");
        }
        for unknown in ["", "Approved", "no-drift", "all"] {
            assert!(rule(unknown).unwrap_err().contains("approved, pull_request, tested, no_drift"), "{unknown}");
        }
    }

    #[test]
    fn a_parameter_has_a_name_and_any_value() {
        let pair = |key: &str, value: &str| Ok((key.to_owned(), value.to_owned()));
        let cases = [("A=1", pair("A", "1")), ("A=", pair("A", "")), ("A=b=c", pair("A", "b=c"))];
        for (text, expected) in cases {
            assert_eq!(parameter(text), expected);
        }
        for text in ["A", "=1", ""] {
            assert_eq!(parameter(text), Err("write KEY=VALUE".to_owned()), "{text:?}");
        }
    }
}
