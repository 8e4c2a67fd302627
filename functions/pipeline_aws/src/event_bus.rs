//! EventBridge, by which those who show previews to people hear of them.

use aws_sdk_eventbridge::{
    Client,
    types::{PutEventsRequestEntry, PutEventsResultEntry},
};
use aws_types::SdkConfig;
use pipeline_core::{
    ports::PortError,
    preview::{ports::Announce, record::Preview},
};
use serde_json::{Value, json};

use crate::error::port_error;

/// Who says it.
const SOURCE: &str = "flowgate";
/// What is said.
const PREVIEW: &str = "Flowgate Preview State Change";

/// The error codes of an entry by which EventBridge says that it may take it later.
const NOT_NOW: [&str; 2] = ["InternalFailure", "ThrottlingException"];

/// The account's default bus.
#[derive(Debug, Clone)]
pub struct EventBus {
    client: Client,
    service: String,
}

impl EventBus {
    /// That of our region; what is said is of this service.
    pub fn new(config: &SdkConfig, service: String) -> Self {
        Self { client: Client::new(config), service }
    }

    /// What is not in it is read where it stands: an event can be late.
    fn detail(&self, preview: &Preview) -> Value {
        let Preview { subject, version, phase, .. } = preview;
        json!({"service": self.service, "preview": subject, "version": version, "phase": phase.name()})
    }
}

impl Announce for EventBus {
    async fn changed(&self, preview: &Preview) -> Result<(), PortError> {
        let operation = format!("announce preview {}", preview.subject);
        let entry = PutEventsRequestEntry::builder().source(SOURCE).detail_type(PREVIEW);
        let entry = entry.detail(self.detail(preview).to_string()).build();
        let sent = self.client.put_events().entries(entry).send().await;
        let answer = sent.map_err(|error| port_error(&operation, &error))?;
        match answer.failed_entry_count() {
            0 => Ok(()),
            _ => Err(refused(operation, answer.entries().first())),
        }
    }
}

/// EventBridge answers 200 to what it did not take, too.
fn refused(operation: String, entry: Option<&PutEventsResultEntry>) -> PortError {
    let code = entry.and_then(PutEventsResultEntry::error_code).unwrap_or_default();
    let message = entry.and_then(PutEventsResultEntry::error_message).unwrap_or_default();
    let detail = format!("{code}: {message}");
    match code {
        code if NOT_NOW.contains(&code) => PortError::Throttled { operation, detail },
        "AccessDeniedException" => PortError::Denied { operation, detail },
        _ => PortError::Unavailable { operation, detail },
    }
}
