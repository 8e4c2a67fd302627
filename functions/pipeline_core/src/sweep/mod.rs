//! Sweep: deletes the stacks whose leases ran out, and nothing else.
//!
//! observe (reads) → decide (pure) → a plan that can be printed → apply (one attempt; the next run tries again).

pub mod perform;
pub mod policy;
pub mod ports;
pub mod reach;
pub mod report;
pub mod stack;
