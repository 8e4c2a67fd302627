//! Being asked to stop.

use tokio::signal::unix::{SignalKind, signal};

/// Ready when somebody interrupts us: Ctrl-C, a polite kill, or a terminal that closes. Listens from now on, not only
/// once it is awaited.
pub(super) fn interrupted() -> impl Future<Output = ()> {
    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    let mut signals: Vec<_> = kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect();
    async move {
        let waits = signals.iter_mut().map(|signal| Box::pin(signal.recv()));
        if waits.len() == 0 {
            return std::future::pending().await;
        }
        futures_util::future::select_all(waits).await;
    }
}
