//! The real functions `lease` and `sweep`, as processes behind Lambda's Runtime API, against the local cloud. What they
//! send passes a proxy that writes it down, and can harm it.

#![expect(clippy::unwrap_used, reason = "a test that cannot prepare its world has failed")]

mod bad_input;
mod binaries;
mod buckets;
mod call;
mod contention;
mod function;
mod listing;
mod near_misses;
mod people;
mod plan;
mod proxy;
mod released;
mod runtime_api;
mod scale;
mod stacks;
mod table;
mod world;
