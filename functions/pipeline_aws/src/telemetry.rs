//! Logs: one JSON object a line, as CloudWatch Logs Insights reads them.

use std::{env, panic};

use jiff::Timestamp;
use serde_json::{Value, json};
use tracing::Level;
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

/// Starts logging to standard output, from `info` on or less, as `RUST_LOG` says. Call once.
///
/// I26: never more than that, whatever `RUST_LOG` says. The SDK logs its requests and Lambda's runtime the event at `debug`
/// and `trace`, and these hold credentials. Of a panic it is told where it was, and its message if that stands in the code.
pub fn start() {
    // Not EnvFilter, whose regular expressions are a fifteenth of a function's package.
    let asked = env::var("RUST_LOG").ok().and_then(|text| text.parse().ok());
    let filter: Targets = asked.unwrap_or_else(|| Targets::new().with_default(Level::INFO));
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_target(false);
    tracing_subscriber::registry().with(lines).with(filter).with(LevelFilter::INFO).init();
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        let message = panic.payload().downcast_ref::<&'static str>();
        tracing::error!(place, message, "panicked");
    }));
}

/// Lines of metrics of the service, for what there is any of: a metric costs for every hour in which it has a value.
pub(crate) fn counts(counts: &[(&str, usize)], service: &str, now: Timestamp) -> Vec<Value> {
    let some = counts.iter().filter(|(_, number)| *number > 0);
    some.map(|(metric, number)| count(metric, *number, service, now)).collect()
}

/// A line of CloudWatch's embedded metric format: printed to the log, it counts in this metric of the service.
fn count(metric: &str, count: usize, service: &str, now: Timestamp) -> Value {
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
