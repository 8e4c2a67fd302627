//! The token, and where it is kept.

use std::sync::{Mutex, PoisonError};

use aws_types::SdkConfig;
use jiff::{SignedDuration, Timestamp};
use pipeline_core::ports::{Clock, PortError};
use secrecy::{ExposeSecret, SecretString};

pub use crate::github::keeper::{InvalidSecretSource as InvalidTokenSource, SecretSource as TokenSource};
use crate::{clock::SystemClock, github::keeper::Keeper};

/// A token that is read when it is needed.
#[derive(Debug)]
pub(super) struct Token {
    keeper: Keeper,
    kept: Mutex<Option<(SecretString, Timestamp)>>,
}

/// A token, and whether it was read before now.
pub(super) struct Given {
    pub(super) token: SecretString,
    pub(super) is_kept: bool,
}

/// So long a token is used before it is read again: it may have been replaced.
const KEPT: SignedDuration = SignedDuration::from_mins(5);

impl Token {
    pub(super) fn new(config: &SdkConfig, source: TokenSource) -> Self {
        Self { keeper: Keeper::new(config, "GitHub's token", source), kept: Mutex::default() }
    }

    pub(super) async fn read(&self) -> Result<Given, PortError> {
        let now = SystemClock.now();
        if let Some(token) = self.kept(now) {
            return Ok(Given { token, is_kept: true });
        }
        let token = self.anew().await?;
        self.keep(Some((token.clone(), now)));
        Ok(Given { token, is_kept: false })
    }

    /// GitHub does not take it: the next one may be there already.
    pub(super) fn forget(&self) {
        self.keep(None);
    }

    async fn anew(&self) -> Result<SecretString, PortError> {
        let text = self.keeper.read().await?;
        let token = text.expose_secret().trim();
        if is_token(token) {
            return Ok(SecretString::from(token));
        }
        Err(self.keeper.unusable("it is not a token alone; store just the token, as plain text"))
    }

    fn kept(&self, now: Timestamp) -> Option<SecretString> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (token, since) = kept.as_ref()?;
        (now.duration_since(*since) < KEPT).then(|| token.clone())
    }

    fn keep(&self, token: Option<(SecretString, Timestamp)>) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = token;
    }
}

/// As RFC 6750 has it.
fn is_token(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    !text.is_empty() && text.bytes().all(known)
}
