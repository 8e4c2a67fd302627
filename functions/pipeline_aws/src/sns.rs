//! SNS, by which people are told.

use aws_sdk_sns::Client;
use aws_types::SdkConfig;
use pipeline_core::{ports::PortError, sweep::ports::Tell, text};

use crate::{client, error::port_error};

/// The longest message that SNS takes is 256 KB; a character has 4 bytes at most.
const LONGEST: usize = (256 << 10) / 4;

/// The attribute of a topic that says how many have asked for what is published to it, and confirmed that.
const CONFIRMED: &str = "SubscriptionsConfirmed";

/// What is to be done about a topic that has no such subscription.
const NOBODY: &str =
    "nobody is subscribed to it; deploy Flowgate with NoticeEmail, and confirm the mail that SNS sends there";

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

    /// I11: what is published to nobody tells nobody.
    async fn heard(&self) -> Result<(), PortError> {
        let operation = format!("read who is subscribed to {}", self.arn);
        let answer = self.client.get_topic_attributes().topic_arn(&self.arn).send().await;
        let answer = answer.map_err(|error| port_error(&operation, &error))?;
        let confirmed = answer.attributes().and_then(|all| all.get(CONFIRMED)?.parse::<u64>().ok());
        match confirmed {
            None => Err(PortError::Unavailable { operation, detail: format!("SNS does not say {CONFIRMED}") }),
            Some(0) => Err(PortError::Unusable { what: self.arn.clone(), why: NOBODY.to_owned() }),
            Some(_) => Ok(()),
        }
    }

    async fn publish(&self, subject: &str, text: &str) -> Result<(), PortError> {
        let request = self.client.publish().topic_arn(&self.arn).subject(subject).message(text::fit(text, LONGEST));
        request.send().await.map_err(|error| port_error(&format!("publish to {}", self.arn), &error))?;
        Ok(())
    }
}

impl Tell for Topic {
    async fn tell(&self, subject: &str, text: &str) -> Result<(), PortError> {
        self.heard().await?;
        self.publish(subject, text).await
    }
}

/// A topic on which it does no harm that nobody listens: whoever wants to hear of it subscribes.
#[derive(Debug, Clone)]
pub struct Notices(Topic);

impl Notices {
    /// The topic of this ARN.
    pub fn new(config: &SdkConfig, arn: String) -> Self {
        Self(Topic::new(config, arn))
    }
}

impl Tell for Notices {
    async fn tell(&self, subject: &str, text: &str) -> Result<(), PortError> {
        self.0.publish(subject, text).await
    }
}
