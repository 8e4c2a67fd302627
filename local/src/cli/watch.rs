//! Following one execution to its end.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;

use super::shared::Shared;
use crate::cloud::Meter;
use crate::pipeline::engine::{ExecutionId, ExecutionStatus, StageStatus, Subject};
use crate::runner::News;

/// What was seen of an execution.
#[derive(Debug)]
pub(super) struct Seen {
    /// Which it was: the first that the news spoke of.
    pub(super) execution: ExecutionId,
    /// The emulator's processor time in each stage, by the stage's name.
    pub(super) emulator: BTreeMap<String, Duration>,
}

/// Reports the news until the first execution of `pipeline` has ended. `None` when there is no more news before.
pub(super) async fn watch(
    news: &mut UnboundedReceiver<News>,
    pipeline: &str,
    meter: &Meter,
    reporter: &Shared,
) -> Option<Seen> {
    let mut first = None;
    let mut emulator = BTreeMap::new();
    let mut entered = Duration::ZERO;
    while let Some(news) = news.recv().await {
        reporter.news(&news);
        let News::Changed(change) = news else { continue };
        // A service may bring pipelines of its own, or start ours again.
        if change.pipeline != pipeline || *first.get_or_insert_with(|| change.execution.clone()) != change.execution {
            continue;
        }
        match change.subject {
            Subject::Stage { status: StageStatus::InProgress, .. } => entered = meter.read().await,
            Subject::Stage { stage, .. } => {
                emulator.insert(stage, meter.read().await.saturating_sub(entered));
            }
            Subject::Pipeline { status, .. } if status != ExecutionStatus::InProgress => {
                return Some(Seen { execution: change.execution, emulator });
            }
            Subject::Pipeline { .. } | Subject::Action(_) | Subject::Rule(_) => {}
        }
    }
    None
}
