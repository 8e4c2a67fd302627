//! The event bus hears of every change, as CodePipeline tells it.

mod detail;

use std::collections::HashSet;

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::error::DisplayErrorContext;
use aws_sdk_eventbridge::primitives::DateTime;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use crate::actions::Context;
use crate::cloud::client::REGION;
use crate::pipeline::engine::{Change, RunId, State};
use detail::Occurrence;

const SOURCE: &str = "aws.codepipeline";
/// What `PutEvents` takes at once.
const BATCH: usize = 10;

/// The way to the bus.
#[derive(Debug)]
pub(super) struct Bus(UnboundedSender<Occurrence>);

/// The bus, and what carries events to it while the runner lives.
pub(super) fn open(context: &Context) -> (Bus, impl Future<Output = ()> + Send + 'static) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let publisher = Publisher {
        client: Client::new(&context.sdk),
        arn_prefix: format!("arn:aws:codepipeline:{REGION}:{}:", context.account),
        announced: HashSet::new(),
    };
    (Bus(sender), publisher.run(receiver))
}

impl Bus {
    /// Queues a change; `state` is the pipeline's, and tells of the change what it does not carry.
    pub(super) fn tell(&self, change: &Change, state: &State) {
        if let Some(occurrence) = detail::occurrence(change, state) {
            // Without its reader the runner is ending.
            drop(self.0.send(occurrence));
        }
    }
}

struct Publisher {
    client: Client,
    arn_prefix: String,
    /// Actions that run: their progress is no change of state.
    announced: HashSet<RunId>,
}

impl Publisher {
    async fn run(mut self, mut occurrences: UnboundedReceiver<Occurrence>) {
        let (mut batch, mut refused) = (Vec::new(), false);
        while occurrences.recv_many(&mut batch, BATCH).await > 0 {
            let news: Vec<_> = batch.drain(..).filter(|occurrence| self.is_news(occurrence)).collect();
            if let Err(reason) = self.put(&news).await
                && !std::mem::replace(&mut refused, true)
            {
                eprintln!("warning: the event bus refuses events of the pipeline, which goes on without: {reason}");
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

    async fn put(&self, news: &[Occurrence]) -> Result<(), String> {
        if news.is_empty() {
            return Ok(());
        }
        let entries = news.iter().map(|occurrence| self.entry(occurrence)).collect();
        let put = self.client.put_events().set_entries(Some(entries)).send().await;
        let answer = put.map_err(|error| DisplayErrorContext(&error).to_string())?;
        let refusal = answer.entries().iter().find_map(|entry| Some((entry.error_code()?, entry.error_message())));
        refusal.map_or(Ok(()), |(code, message)| Err(format!("{code}: {}", message.unwrap_or_default())))
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
