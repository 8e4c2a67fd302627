//! SNS, by which people are told.

use aws_sdk_sns::Client;
use aws_types::SdkConfig;
use pipeline_core::{ports::PortError, sweep::ports::Tell, text};

use crate::{client, error::port_error};

/// The longest message that SNS takes is 256 KB; a character has 4 bytes at most.
const LONGEST: usize = (256 << 10) / 4;

/// A topic.
#[derive(Debug, Clone)]
pub struct Topic {
    client: Client,
    arn: String,
}

impl Topic {
    /// The topic of this ARN.
    pub fn new(config: &SdkConfig, arn: String) -> Self {
        // A second attempt after a reply that was lost would tell people twice; the next run of sweep does, if need be.
        Self { client: Client::new(&client::once(config)), arn }
    }
}

impl Tell for Topic {
    async fn tell(&self, subject: &str, text: &str) -> Result<(), PortError> {
        let request = self.client.publish().topic_arn(&self.arn).subject(subject).message(text::fit(text, LONGEST));
        request.send().await.map_err(|error| port_error(&format!("publish to {}", self.arn), &error))?;
        Ok(())
    }
}
