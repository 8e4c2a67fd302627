//! CodePipeline: the jobs it gives us, and what it tells of its executions.

mod executions;
mod jobs;
mod previews;
mod progress;
mod watch;

pub use executions::Executions;
pub use jobs::Jobs;
pub use previews::PreviewPipeline;
