//! Following one execution to its end.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;

use super::shared::Shared;
use crate::cloud::Cloud;
use crate::pipeline::engine::{Change, ExecutionId, ExecutionStatus, StageStatus, Subject};
use crate::runner::News;

/// What was seen of an execution.
#[derive(Debug)]
pub(super) struct Seen {
    /// Which it was: the first that the news spoke of.
    pub(super) execution: ExecutionId,
    /// The emulator's processor time in each stage, by the stage's name.
    pub(super) emulator: BTreeMap<String, Duration>,
}

/// Reports the news until the execution that they are about has ended. `None` when there is no more news before.
pub(super) async fn watch(news: &mut UnboundedReceiver<News>, cloud: &Cloud, reporter: &Shared) -> Option<Seen> {
    let mut emulator = BTreeMap::new();
    let mut entered = Duration::ZERO;
    while let Some(news) = news.recv().await {
        reporter.news(&news);
        let News::Changed(Change { execution, subject, .. }) = news else { continue };
        match subject {
            // The emulator not answering costs a figure of the report, nothing else.
            Subject::Stage { status: StageStatus::InProgress, .. } => {
                entered = cloud.usage().await.unwrap_or_default();
            }
            Subject::Stage { stage, .. } => {
                let left = cloud.usage().await.unwrap_or_default();
                emulator.insert(stage, left.saturating_sub(entered));
            }
            Subject::Pipeline { status, .. } if status != ExecutionStatus::InProgress => {
                return Some(Seen { execution, emulator });
            }
            Subject::Pipeline { .. } | Subject::Action(_) => {}
        }
    }
    None
}
