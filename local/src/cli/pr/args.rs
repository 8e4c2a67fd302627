//! The arguments of `flowgate pr`.

use std::path::PathBuf;

use crate::cli::args::Caller;

#[derive(Debug, clap::Args)]
pub(crate) struct Pr {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Pushes the folder as it stands to a branch, opens a pull request, and follows its preview
    Open(Open),
    /// Pushes the folder as it stands to the pull request's branch, and follows its preview
    Update(Update),
    /// Closes a pull request, and waits until its preview is given back
    Close(Close),
    /// Lists open pull requests and their previews
    List(List),
}

#[derive(Debug, clap::Args)]
pub(super) struct Open {
    #[command(flatten)]
    pub(super) about: About,
    /// The branch to push to [default: `flowgate/preview/` and the service's name]
    #[arg(long, value_name = "BRANCH")]
    pub(super) branch: Option<String>,
    /// The number that it should have; only the local cloud gives it, and on GitHub's API there it opens a closed one again
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) number: Option<u64>,
    /// Its title [default: the branch]
    #[arg(long, value_name = "TEXT")]
    pub(super) title: Option<String>,
    #[command(flatten)]
    pub(super) wait: Wait,
}

#[derive(Debug, clap::Args)]
pub(super) struct Update {
    #[command(flatten)]
    pub(super) about: About,
    /// The pull request
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) number: Option<u64>,
    /// The branch of the pull request, if its number is not given [default: as `pr open` has it]
    #[arg(long, value_name = "BRANCH", conflicts_with = "number")]
    pub(super) branch: Option<String>,
    #[command(flatten)]
    pub(super) wait: Wait,
}

#[derive(Debug, clap::Args)]
pub(super) struct Close {
    #[command(flatten)]
    pub(super) about: About,
    /// The pull request
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) number: u64,
    #[command(flatten)]
    pub(super) wait: Wait,
}

#[derive(Debug, clap::Args)]
pub(super) struct List {
    #[command(flatten)]
    pub(super) about: About,
}

/// A service's folder, and who asks.
#[derive(Debug, clap::Args)]
pub(crate) struct About {
    /// The service: a folder with app-sam.yaml, test-sam.yaml and buildspec.yml
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    #[command(flatten)]
    pub(crate) caller: Caller,
    /// Prints one JSON object a line instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Wait {
    /// Returns at once, and does not wait for what follows
    #[arg(long)]
    pub(crate) no_wait: bool,
}
