//! GitHub's webhook, on a function's URL: anybody may send it anything, and only what GitHub signed is read.
//!
//! What is signed is the body alone, so that whoever once saw one could send it again under another delivery's id. That is
//! why an event is a hint and no more: what it leads to is read from GitHub.

mod answer;
mod payload;
mod ports;
mod request;
mod secret;
mod signature;

pub use answer::Answer;
use jiff::SignedDuration;
use pipeline_core::ports::{Clock, PortError, within};
pub use ports::{Deliveries, DeliveryId, InvalidDelivery, PassOn, ReadSecret};
pub use request::Request;
pub use secret::{Secret, secret_in};

use crate::{previewing::Change, webhook::payload::Told};

/// The largest body, in bytes: a function's URL takes no larger request.
const LARGEST: usize = 6 << 20;

/// GitHub waits for 10 s, and the network wants its part of that.
const PATIENCE: SignedDuration = SignedDuration::from_secs(8);

/// The webhook of one repository.
#[derive(Debug)]
pub struct Webhook<'a, C, S, D, P> {
    /// Time.
    pub clock: &'a C,
    /// What GitHub signs with; without it nothing is accepted.
    pub secret: Option<Secret<S>>,
    /// The deliveries that were passed on.
    pub deliveries: &'a D,
    /// Does the work while GitHub has its answer.
    pub worker: &'a P,
    /// The repository, such as `octocat/Hello-World`.
    pub repository: String,
}

impl<C: Clock, S: ReadSecret, D: Deliveries, P: PassOn> Webhook<'_, C, S, D, P> {
    /// The answer to a request, after what it asks for was passed on.
    pub async fn answer(&self, request: &Request) -> Answer {
        let until = self.clock.now().saturating_add(PATIENCE).unwrap_or_else(|_| self.clock.now());
        let answered = within(self.clock, until, self.take(request)).await;
        let answer = match answered {
            Some(Ok(answer) | Err(answer)) => answer,
            None => Answer::unavailable(),
        };
        tracing::info!(status = answer.status, message = answer.message, "answered a webhook");
        answer
    }

    async fn take(&self, request: &Request) -> Result<Answer, Answer> {
        request.is_plausible()?;
        self.authenticate(request).await?;
        let delivery: DeliveryId =
            request.header("x-github-delivery").and_then(|id| id.parse().ok()).ok_or(Answer::NO_DELIVERY)?;
        match payload::read(request, &self.repository)? {
            Told::Nothing(why) => Ok(Answer::ok(why)),
            Told::Changed(change) => self.pass_on(&delivery, &change).await.map_err(|error| refuse(&error)),
        }
    }

    async fn authenticate(&self, request: &Request) -> Result<(), Answer> {
        let secret = self.secret.as_ref().ok_or(Answer::UNSIGNED)?;
        let signature = request.header("x-hub-signature-256").and_then(|text| text.parse().ok());
        let signature = signature.ok_or(Answer::UNSIGNED)?;
        let signed = secret.has_signed(&request.body, &signature, self.clock.now()).await;
        signed.map_err(|error| refuse(&error))?.then_some(()).ok_or(Answer::UNSIGNED)
    }

    /// It is remembered when it was passed on, and not before: what was not can be sent again, and what was does no harm
    /// twice.
    async fn pass_on(&self, delivery: &DeliveryId, change: &Change) -> Result<Answer, PortError> {
        if self.deliveries.is_known(delivery).await? {
            return Ok(Answer::ok("this delivery was accepted before; it has no effect again"));
        }
        self.worker.pass_on(change).await?;
        tracing::info!(delivery = delivery.as_str(), ?change, "passed on");
        if let Err(error) = self.deliveries.remember(delivery).await {
            tracing::warn!(%error, delivery = delivery.as_str(), "a delivery is not remembered");
        }
        Ok(Answer::ACCEPTED)
    }
}

/// I26: whoever asks is not told what is wrong here.
fn refuse(error: &PortError) -> Answer {
    tracing::error!(%error, "a webhook could not be passed on");
    Answer::unavailable()
}

#[cfg(test)]
mod tests;
