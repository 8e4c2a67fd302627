//! GitHub, by its REST API: who made a commit, which pull request brought it, how a pull request stands, and what is said
//! on it.
//!
//! What a token proves is sent to the API's own origin alone; it is in no error and in no log (I26).

mod activity;
mod answers;
mod api;
mod call;
mod comments;
mod keeper;
mod makers;
mod preview;
mod pulls;
mod refusal;
mod reviews;
mod status;
mod token;
mod transport;

pub(crate) use api::FullName;
pub use api::{Api, InvalidApi};
use aws_types::SdkConfig;
pub(crate) use keeper::Keeper;
pub use keeper::{InvalidSecretSource, SecretSource};
pub use token::{InvalidTokenSource, TokenSource};
use transport::Transport;

use crate::environment::{Environment, InvalidVariable};

/// The repositories that one token can read, or those that are public.
#[derive(Debug)]
pub struct GitHub(Transport);

impl GitHub {
    /// The API there, over the HTTP client of `config`, with the token that is kept there.
    pub fn new(config: &SdkConfig, api: Api, token: Option<TokenSource>) -> Self {
        Self(Transport::new(config, api, token))
    }

    /// The API is where `GITHUB_API` says, and its token where `GITHUB_TOKEN` does. Both are the environment's, and not an
    /// action's: whoever may change the pipeline must not send the token elsewhere (I26).
    pub fn of_environment(config: &SdkConfig, environment: &Environment<'_>) -> Result<Self, InvalidVariable> {
        let api = environment.unseen::<Api>("GITHUB_API")?.unwrap_or_default();
        Ok(Self::new(config, api, environment.unseen::<TokenSource>("GITHUB_TOKEN")?))
    }
}
