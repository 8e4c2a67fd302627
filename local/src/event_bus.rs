//! The local cloud's event bus.

use aws_config::SdkConfig;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::error::DisplayErrorContext;
use aws_sdk_eventbridge::types::{PutEventsRequestEntry, PutEventsResultEntry};

/// As many as one request may hold.
const AT_ONCE: usize = 10;

/// The default bus, as a client that puts events on it.
#[derive(Debug, Clone)]
pub(crate) struct EventBus(Client);

/// Some events were not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Which of them, by their places.
    pub(crate) which: Vec<usize>,
    /// Why the first one was not.
    pub(crate) reason: String,
}

impl EventBus {
    pub(crate) fn new(sdk: &SdkConfig) -> Self {
        Self(Client::new(sdk))
    }

    /// Puts the events in their order, and each of them whatever became of those before.
    pub(crate) async fn put(&self, events: &[PutEventsRequestEntry]) -> Result<(), Refusal> {
        let mut refused = Vec::new();
        for (chunk, some) in events.chunks(AT_ONCE).enumerate() {
            refused.extend(self.request(some).await.into_iter().map(|(at, why)| (chunk * AT_ONCE + at, why)));
        }
        let Some((_, reason)) = refused.first().cloned() else { return Ok(()) };
        Err(Refusal { which: refused.into_iter().map(|(at, _)| at).collect(), reason })
    }

    /// The places of those that one request did not bring there, and why.
    async fn request(&self, events: &[PutEventsRequestEntry]) -> Vec<(usize, String)> {
        match self.0.put_events().set_entries(Some(events.to_vec())).send().await {
            Ok(answer) => {
                let refused = answer.entries().iter().enumerate();
                refused.filter_map(|(at, entry)| Some((at, refusal(entry)?))).collect()
            }
            Err(error) => {
                let reason = DisplayErrorContext(&error).to_string();
                (0..events.len()).map(|at| (at, reason.clone())).collect()
            }
        }
    }
}

fn refusal(entry: &PutEventsResultEntry) -> Option<String> {
    Some(format!("{}: {}", entry.error_code()?, entry.error_message().unwrap_or_default()))
}
