//! A build's lines in CloudWatch Logs, where the project wants them.

use aws_config::SdkConfig;
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudwatchlogs::operation::create_log_stream::{CreateLogStreamError as Unmade, CreateLogStreamOutput};
use aws_sdk_cloudwatchlogs::types::InputLogEvent;
use jiff::Timestamp;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use crate::actions::Observer;
use crate::actions::store::{self, Reason};
use crate::pipeline::action::Progress;

/// How many lines go up at once; CloudWatch Logs takes ten times as many.
const BATCH: usize = 1000;

/// Passes everything on, and keeps the lines for the upload.
pub(super) struct CloudLog<'a> {
    observer: &'a dyn Observer,
    lines: UnboundedSender<InputLogEvent>,
}

/// Where a build's lines go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) group: String,
    pub(super) stream: String,
}

/// The other end: what is to be uploaded, and where to, if anywhere.
pub(super) struct Upload {
    lines: UnboundedReceiver<InputLogEvent>,
    stream: Option<Stream>,
}

struct Stream {
    client: Client,
    place: Place,
}

impl<'a> CloudLog<'a> {
    /// Opens the stream of a build that has one; only a role that may not fails that. The upload ends when the log is
    /// dropped and everything is there.
    pub(super) async fn new(
        observer: &'a dyn Observer,
        sdk: &SdkConfig,
        place: Option<Place>,
    ) -> Result<(Self, Upload), Reason> {
        let (sender, lines) = mpsc::unbounded_channel();
        let stream = place.map(|place| Stream { client: Client::new(sdk), place });
        if let Some(stream) = &stream {
            stream.open().await?;
        }
        Ok((Self { observer, lines: sender }, Upload { lines, stream }))
    }
}

impl Observer for CloudLog<'_> {
    fn progress(&self, progress: Progress) {
        self.observer.progress(progress);
    }

    fn line(&self, line: &str) {
        self.observer.line(line);
        // An event without a message is refused, and an empty line is worth a line.
        let message = if line.is_empty() { " " } else { line };
        let event = InputLogEvent::builder().message(message).timestamp(Timestamp::now().as_millisecond()).build();
        if let Ok(event) = event {
            drop(self.lines.send(event));
        }
    }
}

impl Upload {
    /// Uploads lines as they come.
    pub(super) async fn run(mut self) -> Result<(), Reason> {
        let mut batch = Vec::new();
        let mut all = Ok(());
        while self.lines.recv_many(&mut batch, BATCH).await > 0 {
            let lines = std::mem::take(&mut batch);
            if let Some(stream) = &self.stream {
                all = all.and(stream.write(lines).await);
            }
        }
        all
    }
}

impl Stream {
    /// Makes it, and its group where the template does not declare one.
    async fn open(&self) -> Result<(), Reason> {
        match self.make().await {
            Err(error) if error.as_service_error().is_some_and(Unmade::is_resource_not_found_exception) => {
                let group = self.client.create_log_group().log_group_name(&self.place.group).send().await;
                unless_denied(group)?;
                unless_denied(self.make().await)
            }
            made => unless_denied(made),
        }
    }

    async fn make(&self) -> Result<CreateLogStreamOutput, SdkError<Unmade>> {
        self.client
            .create_log_stream()
            .log_group_name(&self.place.group)
            .log_stream_name(&self.place.stream)
            .send()
            .await
    }

    async fn write(&self, lines: Vec<InputLogEvent>) -> Result<(), Reason> {
        let put = self.client.put_log_events().log_group_name(&self.place.group).log_stream_name(&self.place.stream);
        unless_denied(put.set_log_events(Some(lines)).send().await)
    }
}

/// A log that cannot be written for a moment must not fail a build: it is in a file too.
fn unless_denied<T, E>(answer: Result<T, SdkError<E>>) -> Result<(), Reason>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let reason = answer.err().map(|error| store::reason(&error));
    reason.filter(|reason| reason.denied).map_or(Ok(()), Err)
}
