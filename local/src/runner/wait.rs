//! Waiting without holding up what else there is to do.

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;

/// Does what may wait, for a disk or for another. Where there are several workers, they do meanwhile what this one would
/// have done.
pub(super) fn while_others_go_on<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => block_in_place(work),
        _ => work(),
    }
}
