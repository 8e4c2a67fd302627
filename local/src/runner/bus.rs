//! The event bus hears of every change, as CodePipeline tells it.

mod delivery;
mod detail;
mod git;

use std::collections::{HashMap, HashSet};

use aws_sdk_eventbridge::primitives::DateTime;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use tokio::sync::mpsc::{self, Receiver, Sender};

use crate::actions::Context;
use crate::cloud::client::REGION;
use crate::event_bus::EventBus;
use crate::pipeline::engine::{Change, RunId, State};
use delivery::Delivery;
use detail::Occurrence;

const SOURCE: &str = "aws.codepipeline";
/// What `PutEvents` takes at once.
const BATCH: usize = 10;
/// As many events wait for a bus that refuses; what is more is lost.
const KEPT: usize = 10_000;

/// The way to the bus.
#[derive(Debug)]
pub(super) struct Bus(Sender<Message>);

#[derive(Debug)]
enum Message {
    Happened(Box<Occurrence>),
    /// Nothing more is heard of this pipeline.
    Deleted(String),
}

/// The bus, and what carries events to it while the runner lives.
pub(super) fn open(context: &Context) -> (Bus, impl Future<Output = ()> + Send + 'static) {
    let (sender, receiver) = mpsc::channel(KEPT);
    let publisher = Publisher {
        delivery: Delivery::new(EventBus::new(&context.sdk)),
        arn_prefix: format!("arn:aws:codepipeline:{REGION}:{}:", context.account),
        announced: HashMap::new(),
    };
    (Bus(sender), publisher.run(receiver))
}

impl Bus {
    /// Queues a change; `state` is the pipeline's, and tells of the change what it does not carry.
    pub(super) fn tell(&self, change: &Change, state: &State) {
        if let Some(occurrence) = detail::occurrence(change, state) {
            // Without its reader the runner is ending; without room the bus has refused for long, which was said.
            drop(self.0.try_send(Message::Happened(Box::new(occurrence))));
        }
    }

    /// Tells of a pipeline nothing more.
    pub(super) fn forget(&self, pipeline: &str) {
        drop(self.0.try_send(Message::Deleted(pipeline.to_owned())));
    }
}

struct Publisher {
    delivery: Delivery<EventBus>,
    arn_prefix: String,
    /// Actions that run, by their pipeline: their progress is no change of state.
    announced: HashMap<String, HashSet<RunId>>,
}

impl Publisher {
    async fn run(mut self, mut messages: Receiver<Message>) {
        let mut batch = Vec::new();
        while messages.recv_many(&mut batch, BATCH).await > 0 {
            let events: Vec<_> = batch.drain(..).filter_map(|message| self.event(message)).collect();
            if !events.is_empty() {
                self.delivery.deliver(events).await;
            }
        }
    }

    fn event(&mut self, message: Message) -> Option<PutEventsRequestEntry> {
        match message {
            Message::Happened(occurrence) => self.is_news(&occurrence).then(|| self.entry(&occurrence)),
            Message::Deleted(pipeline) => {
                self.announced.remove(&pipeline);
                None
            }
        }
    }

    fn is_news(&mut self, occurrence: &Occurrence) -> bool {
        let Some(run) = &occurrence.run else { return true };
        let announced = self.announced.entry(occurrence.pipeline.clone()).or_default();
        if occurrence.running {
            return announced.insert(run.clone());
        }
        announced.remove(run);
        true
    }

    fn entry(&self, occurrence: &Occurrence) -> PutEventsRequestEntry {
        PutEventsRequestEntry::builder()
            .source(SOURCE)
            .time(DateTime::from_millis(occurrence.at.as_millisecond()))
            .resources(format!("{}{}", self.arn_prefix, occurrence.pipeline))
            .detail_type(occurrence.detail_type)
            .detail(occurrence.detail.to_string())
            .build()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::Value;

    use super::*;
    use crate::cloud::client::sdk_config;

    fn of(pipeline: &str, run: &str, running: bool) -> Message {
        let (detail_type, detail, run) = ("an action's", Value::Null, Some(RunId(run.to_owned())));
        let (at, pipeline) = (Timestamp::UNIX_EPOCH, pipeline.to_owned());
        Message::Happened(Box::new(Occurrence { at, pipeline, detail_type, detail, run, running }))
    }

    #[test]
    fn progress_is_no_news_and_of_deleted_pipelines_nothing_is_remembered() {
        let delivery = Delivery::new(EventBus::new(&sdk_config("http://127.0.0.1:1")));
        let mut publisher = Publisher { delivery, arn_prefix: String::new(), announced: HashMap::new() };
        let mut is_told = |message| publisher.event(message).is_some();
        assert!(is_told(of("a", "1", true)) && !is_told(of("a", "1", true)));
        assert!(is_told(of("a", "1", false)) && is_told(of("a", "1", true)), "it ended in between");
        assert!(is_told(of("b", "2", true)) && !is_told(Message::Deleted("a".to_owned())));
        assert!(!is_told(of("b", "2", true)), "another's run goes on");
        assert_eq!(publisher.announced.into_keys().collect::<Vec<_>>(), ["b"]);
    }
}
