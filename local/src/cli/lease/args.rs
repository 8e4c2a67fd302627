//! The arguments of `flowgate lease`.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::when;
use crate::cli::args::Caller;

#[derive(Debug, clap::Args)]
pub(crate) struct Lease {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Claims the name of a stack, so that you may deploy it and sweep leaves it alone
    Claim(Claim),
    /// Keeps a claim longer; it never becomes shorter
    Renew(Renew),
    /// Gives a claim back, so that sweep may delete the stack; a hold keeps it to its end
    Release(Release),
    /// Keeps a stack from deletion until then, whoever holds it, and also once it is released
    Hold(Hold),
    /// Lists the leases, what is due first above
    List(List),
    /// Shows one lease
    Show(Show),
}

#[derive(Debug, clap::Args)]
pub(super) struct Claim {
    #[command(flatten)]
    pub(super) about: About,
    /// How long, such as 90m, 8h or 3d; 30 days at most
    #[arg(long, value_name = "LENGTH", value_parser = when::length, default_value = "8h")]
    pub(super) ttl: SignedDuration,
    /// What for. Who claims for the same takes the claim over [default: you, as USER@HOST]
    #[arg(long, value_name = "TEXT")]
    pub(super) source: Option<String>,
    /// Lets sweep empty the stack's buckets when it deletes the stack
    #[arg(long)]
    pub(super) empty_buckets: bool,
    /// The claim's own id: repeated with it, it is the same claim [default: a new one]
    #[arg(long, value_name = "UUID")]
    pub(super) holder: Option<Uuid>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Renew {
    #[command(flatten)]
    pub(super) claim: Standing,
    /// How long from now, such as 90m, 8h or 3d; 30 days at most
    #[arg(long, value_name = "LENGTH", value_parser = when::length, default_value = "8h")]
    pub(super) ttl: SignedDuration,
}

#[derive(Debug, clap::Args)]
pub(super) struct Release {
    #[command(flatten)]
    pub(super) claim: Standing,
    /// Also from quarantine: what stood in the way is mended, and sweep tries again
    #[arg(long)]
    pub(super) quarantined: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Hold {
    #[command(flatten)]
    pub(super) claim: Standing,
    #[command(flatten)]
    pub(super) end: HoldEnd,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(super) struct HoldEnd {
    /// Until then: a day, which counts to its end here, or a time; 90 days ahead at most
    #[arg(long, value_name = "TIME", value_parser = when::here)]
    pub(super) until: Option<Timestamp>,
    /// For so long from now, such as 3d
    #[arg(id = "for", long = "for", value_name = "LENGTH", value_parser = when::length)]
    pub(super) length: Option<SignedDuration>,
}

#[derive(Debug, clap::Args)]
pub(super) struct List {
    /// The service; without it the only one there is
    pub(super) service: Option<String>,
    #[command(flatten)]
    pub(super) caller: Caller,
    /// Prints one JSON object a line instead of a table
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Show {
    #[command(flatten)]
    pub(super) about: About,
}

/// A lease, whatever its token.
#[derive(Debug, clap::Args)]
pub(super) struct About {
    /// The stack's name, in full: SERVICE-dev-NAME or SERVICE-pr-NUMBER[-tests]
    #[arg(id = "stack", value_name = "NAME")]
    pub(super) stack: String,
    /// The service [default: as the stack's name tells]
    #[arg(long, value_name = "NAME")]
    pub(super) service: Option<String>,
    #[command(flatten)]
    pub(super) caller: Caller,
    /// Prints a JSON object instead of text
    #[arg(long)]
    pub(super) json: bool,
}

/// A lease as it stood when its token was seen.
#[derive(Debug, clap::Args)]
pub(super) struct Standing {
    #[command(flatten)]
    pub(super) about: About,
    /// The claim's token: another claim is not touched. Without it a terminal asks about the one that stands
    #[arg(long, value_name = "N")]
    pub(super) token: Option<u64>,
    /// Does not ask when no token is given, but takes the claim that stands
    #[arg(long)]
    pub(super) yes: bool,
}
