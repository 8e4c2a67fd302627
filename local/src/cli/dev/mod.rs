//! `flowgate dev`: a stack of a developer's own.

pub(super) mod args;
mod error;
mod invoke;
mod logs;
mod name;
mod stack;
mod up;

use serde_json::json;

use super::End;
use super::client::ClientError;
use super::preview::{Seen, Target};
use crate::report::Preview;
use args::{Command, Whose};
pub(super) use error::DevError;

pub(super) async fn run(options: &args::Dev) -> Result<End, ClientError> {
    match &options.command {
        Command::Up(options) => up::up(options).await,
        Command::Down(options) => up::down(options).await,
        Command::Logs(options) => logs::run(options).await,
        Command::Invoke(options) => invoke::run(options).await,
    }
}

/// A developer of a service.
struct Developer {
    target: Target,
    name: String,
}

impl Developer {
    async fn open(whose: &Whose) -> Result<Self, ClientError> {
        let target = Target::open(&whose.about.folder, &whose.about.caller).await?;
        let name = name::of(&target.account, whose.name.as_deref()).await?;
        Ok(Self { target, name })
    }

    /// The preview that is theirs: only the function knows what it makes of a name.
    async fn preview(&self) -> Result<Preview, ClientError> {
        let request = json!({"operation": "show", "developer": self.name});
        let seen = Seen::asked(&self.target.function(), &request).await?;
        Ok(seen.map(|seen| seen.preview).ok_or_else(|| self.none())?)
    }

    fn none(&self) -> DevError {
        DevError::None { service: self.target.service.name.clone(), name: self.name.clone() }
    }
}
