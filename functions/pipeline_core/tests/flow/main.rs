//! Whole deliveries through the envelope, in the world in memory.

mod configure;
mod drive;
mod gate;
mod lease;
mod preview;
mod record;
mod release;
mod repair;
mod start_tests;
mod support;
mod sweep;
mod tell;
