//! Logs: one JSON object a line, as CloudWatch Logs Insights reads them.

use std::env;

use jiff::Timestamp;
use serde_json::{Value, json};
use tracing::Level;
use tracing_subscriber::{filter::Targets, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// Starts logging to standard output, from `info` on or as `RUST_LOG` says. Call once.
///
/// The SDK logs at `debug`, request bodies at `trace`: never turn those on where a job's event passes (I26).
pub fn start() {
    // Not EnvFilter, whose regular expressions are a fifteenth of a function's package.
    let asked = env::var("RUST_LOG").ok().and_then(|text| text.parse().ok());
    let filter: Targets = asked.unwrap_or_else(|| Targets::new().with_default(Level::INFO));
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_target(false);
    tracing_subscriber::registry().with(lines).with(filter).init();
}

/// One job that nobody settled, in the metric `JobsNotSettled` of the service.
pub fn not_settled(service: &str, now: Timestamp) -> Value {
    count("JobsNotSettled", 1, service, now)
}

/// A line of CloudWatch's embedded metric format: printed to the log, it counts in this metric of the service.
pub(crate) fn count(metric: &str, count: usize, service: &str, now: Timestamp) -> Value {
    let metrics = json!([{"Name": metric, "Unit": "Count"}]);
    json!({
        "_aws": {
            "Timestamp": now.as_millisecond(),
            "CloudWatchMetrics": [{"Namespace": "Flowgate", "Dimensions": [["Service"]], "Metrics": metrics}],
        },
        "Service": service,
        metric: count,
    })
}
