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
/// Longer than any invocation lasts: whoever was at a preview before is not any more.
pub const SETTLE: SignedDuration = SignedDuration::from_mins(10);
/// The longest time between two looks at a removal that makes no progress.
pub const SLOWEST: SignedDuration = SignedDuration::from_hours(1);
