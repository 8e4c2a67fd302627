//! Whole deliveries through the envelope, in the world in memory.

mod drive;
mod start_tests;
mod support;
