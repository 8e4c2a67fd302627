//! GitHub, by its REST API: who made a commit, and which pull request brought it.
//!
//! What a token proves is sent to the API's own origin alone; it is in no error and in no log (I26).

mod activity;
mod answers;
mod api;
mod makers;
mod pulls;
mod refusal;
mod reviews;
mod token;
mod transport;

pub use api::{Api, InvalidApi};
use aws_types::SdkConfig;
pub use token::{InvalidTokenSource, TokenSource};
use transport::Transport;

/// The repositories that one token can read, or those that are public.
#[derive(Debug)]
pub struct GitHub(Transport);

impl GitHub {
    /// The API there, over the HTTP client of `config`, with the token that is kept there.
    pub fn new(config: &SdkConfig, api: Api, token: Option<TokenSource>) -> Self {
        Self(Transport::new(config, api, token))
    }
}
