//! `flowgate pr`: pull requests of a service's folder, and their previews.

pub(super) mod args;
mod branch;
mod close;
mod error;
mod host;
mod list;
mod open;
mod update;

use super::End;
use super::client::ClientError;
use super::preview::{Expected, Target, follow};
use crate::report::Preview;
use args::Command;
pub(super) use error::PrError;

pub(super) async fn run(options: &args::Pr) -> Result<End, ClientError> {
    match &options.command {
        Command::Open(options) => open::run(options).await,
        Command::Update(options) => update::run(options).await,
        Command::Close(options) => close::run(options).await,
        Command::List(options) => list::run(options).await,
    }
}

/// The name of a pull request's preview.
fn preview(number: u64) -> String {
    format!("pr-{number}")
}

/// The name of its service's stack.
fn stack(target: &Target, number: u64) -> String {
    format!("{}-{}", target.service.name, preview(number))
}

/// Follows the preview of a pull request to which this commit was pushed, and says how it ended.
async fn see(
    target: &Target,
    number: u64,
    commit: &str,
    before: Option<Preview>,
    json: bool,
) -> Result<End, ClientError> {
    let expected = Expected { preview: preview(number), commit: commit.to_owned(), before };
    Ok(follow(target, &expected, json).await?.tell(json, Some(number)))
}
