//! What Flowgate's functions decide, the ports through which they see and change the world, and the [`drive`] that
//! carries one job from its event to its verdict.
//!
//! Nothing here knows AWS, an async runtime, the environment or a clock: time arrives through [`ports::Clock`], and
//! the adapters live in `pipeline_aws`. Each function's folder holds `params` (bad input ends here), a pure decision
//! over what was observed, and the `perform` that applies it.

pub mod configure;
pub mod digest;
pub mod drive;
pub mod gate;
pub mod ids;
pub mod job;
pub mod lease;
#[cfg(feature = "memory")]
pub mod memory;
pub mod ports;
pub mod preview;
pub mod record;
pub mod repair;
pub mod start_tests;
pub mod sweep;
pub mod text;
pub mod verdict;
