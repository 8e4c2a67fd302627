//! The secret, kept for a while, and read again where it may have been replaced.

use std::sync::{Mutex, PoisonError};

use aws_types::SdkConfig;
use jiff::{SignedDuration, Timestamp};
use pipeline_core::ports::PortError;
use secrecy::{ExposeSecret, SecretString};

use crate::{
    github::{Keeper, SecretSource},
    webhook::{ports::ReadSecret, signature::Signature},
};

/// So long a secret is used before it is read again: one that was replaced is no secret any more.
const KEPT: SignedDuration = SignedDuration::from_mins(5);

/// How often at most it is read because something was not signed with it: anybody can send such a thing.
const PAUSE: SignedDuration = SignedDuration::from_mins(1);

/// The secret that GitHub signs with.
#[derive(Debug)]
pub struct Secret<S> {
    source: S,
    kept: Mutex<Kept>,
}

/// The secret as it was read last, and when it was asked for last.
#[derive(Debug, Clone, Default)]
struct Kept {
    secret: Option<(SecretString, Timestamp)>,
    asked: Option<Timestamp>,
}

impl<S: ReadSecret> Secret<S> {
    /// That which is kept there.
    pub fn new(source: S) -> Self {
        Self { source, kept: Mutex::default() }
    }

    /// Whether `signature` is that of `body`.
    pub(super) async fn has_signed(
        &self,
        body: &[u8],
        signature: &Signature,
        now: Timestamp,
    ) -> Result<bool, PortError> {
        let Some(kept) = self.kept(now) else { return Ok(signature.is_of(body, &self.anew(now).await?)) };
        if signature.is_of(body, &kept) {
            return Ok(true);
        }
        if self.was_asked(now) {
            return Ok(false);
        }
        Ok(signature.is_of(body, &self.anew(now).await?))
    }

    async fn anew(&self, now: Timestamp) -> Result<SecretString, PortError> {
        self.change(|kept| kept.asked = Some(now));
        let text = self.source.read().await?;
        // As a file or a terminal ends it.
        let secret = SecretString::from(text.expose_secret().trim_end_matches(['\r', '\n']));
        self.change(|kept| kept.secret = Some((secret.clone(), now)));
        Ok(secret)
    }

    fn kept(&self, now: Timestamp) -> Option<SecretString> {
        let (secret, since) = self.change(|kept| kept.secret.clone())?;
        (now.duration_since(since) < KEPT).then_some(secret)
    }

    fn was_asked(&self, now: Timestamp) -> bool {
        self.change(|kept| kept.asked).is_some_and(|asked| now.duration_since(asked) < PAUSE)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Kept) -> T) -> T {
        change(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// That which is kept in Secrets Manager or Parameter Store.
pub fn secret_in(config: &SdkConfig, source: SecretSource) -> Secret<impl ReadSecret + use<>> {
    Secret::new(Keeper::new(config, "the webhook's secret", source))
}

impl ReadSecret for Keeper {
    async fn read(&self) -> Result<SecretString, PortError> {
        Self::read(self).await
    }
}
