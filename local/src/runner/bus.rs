//! The event bus hears of every change, as CodePipeline tells it.

mod delivery;
mod detail;
mod git;

use std::collections::HashSet;

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
pub(super) struct Bus(Sender<Occurrence>);

/// The bus, and what carries events to it while the runner lives.
pub(super) fn open(context: &Context) -> (Bus, impl Future<Output = ()> + Send + 'static) {
    let (sender, receiver) = mpsc::channel(KEPT);
    let publisher = Publisher {
        delivery: Delivery::new(EventBus::new(&context.sdk)),
        arn_prefix: format!("arn:aws:codepipeline:{REGION}:{}:", context.account),
        announced: HashSet::new(),
    };
    (Bus(sender), publisher.run(receiver))
}

impl Bus {
    /// Queues a change; `state` is the pipeline's, and tells of the change what it does not carry.
    pub(super) fn tell(&self, change: &Change, state: &State) {
        if let Some(occurrence) = detail::occurrence(change, state) {
            // Without its reader the runner is ending; without room the bus has refused for long, which was said.
            drop(self.0.try_send(occurrence));
        }
    }
}

struct Publisher {
    delivery: Delivery<EventBus>,
    arn_prefix: String,
    /// Actions that run: their progress is no change of state.
    announced: HashSet<RunId>,
}

impl Publisher {
    async fn run(mut self, mut occurrences: Receiver<Occurrence>) {
        let mut batch = Vec::new();
        while occurrences.recv_many(&mut batch, BATCH).await > 0 {
            let news: Vec<_> = batch.drain(..).filter(|occurrence| self.is_news(occurrence)).collect();
            let events: Vec<_> = news.iter().map(|occurrence| self.entry(occurrence)).collect();
            if !events.is_empty() {
                self.delivery.deliver(events).await;
            }
        }
    }

    fn is_news(&mut self, occurrence: &Occurrence) -> bool {
        match &occurrence.run {
            Some(run) if occurrence.running => self.announced.insert(run.clone()),
            Some(run) => {
                self.announced.remove(run);
                true
            }
            None => true,
        }
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
