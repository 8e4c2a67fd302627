//! Sweep: deletes the stacks whose leases ran out, and nothing else.
//!
//! observe (reads) → decide (pure) → a plan that can be printed → apply (one attempt; the next run tries again).

pub mod adopt;
pub mod apply;
pub mod decide;
pub mod eligible;
pub mod keep;
pub mod notice;
pub mod observe;
pub mod pace;
pub mod perform;
pub mod plan;
pub mod policy;
pub mod ports;
pub mod reach;
pub mod remedy;
pub mod report;
pub mod stack;
pub mod trust;
