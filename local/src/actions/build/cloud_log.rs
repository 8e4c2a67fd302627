//! A build's lines in CloudWatch Logs, where CodeBuild puts them: group `/aws/codebuild/PROJECT`, stream the build's uuid.

use aws_config::SdkConfig;
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::types::InputLogEvent;
use jiff::Timestamp;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use crate::actions::Observer;
use crate::pipeline::action::Progress;

/// How many lines go up at once; CloudWatch Logs takes ten times as many.
const BATCH: usize = 1000;

/// Passes everything on, and keeps the lines for the upload.
pub(super) struct CloudLog<'a> {
    observer: &'a dyn Observer,
    lines: UnboundedSender<InputLogEvent>,
}

/// The other end: what is to be uploaded.
pub(super) struct Upload(UnboundedReceiver<InputLogEvent>);

impl<'a> CloudLog<'a> {
    /// The upload ends when this is dropped and everything is there.
    pub(super) fn new(observer: &'a dyn Observer) -> (Self, Upload) {
        let (lines, receiver) = mpsc::unbounded_channel();
        (Self { observer, lines }, Upload(receiver))
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
    /// Uploads lines as they come. A log that cannot be written must not fail a build: it is in a file too.
    pub(super) async fn run(mut self, sdk: &SdkConfig, project: &str, stream: &str) {
        let client = Client::new(sdk);
        let group = format!("/aws/codebuild/{project}");
        // It is there already where the template declares it.
        drop(client.create_log_group().log_group_name(&group).send().await);
        drop(client.create_log_stream().log_group_name(&group).log_stream_name(stream).send().await);
        let mut batch = Vec::new();
        while self.0.recv_many(&mut batch, BATCH).await > 0 {
            let put = client.put_log_events().log_group_name(&group).log_stream_name(stream);
            drop(put.set_log_events(Some(std::mem::take(&mut batch))).send().await);
        }
    }
}
