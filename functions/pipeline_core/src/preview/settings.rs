//! What previews may do.

use jiff::SignedDuration;

use crate::{lease::request::Ttl, preview::slots::Quota};

/// The settings of a service's previews.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The service.
    pub service: String,
    /// The pipeline that deploys them.
    pub pipeline: String,
    /// How long one lasts after a push.
    pub ttl: Ttl,
    /// How many there may be.
    pub quota: Quota,
    /// Whether drafts have one, too.
    pub drafts: bool,
}

/// Between two looks at a preview that something goes on with.
pub const TICK: SignedDuration = SignedDuration::from_mins(2);
/// How long one preview is looked at, at most: what cannot be read does not keep the others, nor a function.
pub const LOOK: SignedDuration = SignedDuration::from_secs(40);
/// How long a tick lasts, at most: less than it takes until the next.
pub const ROUND: SignedDuration = SignedDuration::from_secs(100);
/// Between two looks at a preview that nothing goes on with: an event may have been lost.
pub const CALM: SignedDuration = SignedDuration::from_hours(1);
/// Longer than any invocation lasts: whoever was at a preview before is not any more.
pub const SETTLE: SignedDuration = SignedDuration::from_mins(10);
/// The longest time between two looks at a removal that makes no progress.
pub const SLOWEST: SignedDuration = SignedDuration::from_hours(1);
