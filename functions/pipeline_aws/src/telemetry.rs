//! Logs: one JSON object a line, as CloudWatch Logs Insights reads them.

use tracing_subscriber::EnvFilter;

/// Starts logging to standard output, from `info` on or as `RUST_LOG` says. Call once.
///
/// The SDK logs at `debug`, request bodies at `trace`: never turn those on where a job's event passes (I26).
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().json().flatten_event(true).with_env_filter(filter).with_target(false).init();
}
